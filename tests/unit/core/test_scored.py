import math

import numpy as np
import pytest

from tui.core.score import TEMPLATE, ScoredToken, Scoring
from tui.core.scored import as_step, by_message


def scored(text: str, turn: int, p: float | None = 0.25, **rest: object) -> ScoredToken:
    return ScoredToken(id=3, piece=text.encode(), text=text, control=False, turn=turn, p_raw=p,
                       **rest)  # fmt: skip


def scoring(key: int, *tokens: ScoredToken) -> Scoring:
    return Scoring(key=key, owners=(None, 0, None, key), tokens=tokens)


def test_tokens_go_to_their_messages_and_the_templates_to_none() -> None:
    tokens = [scored("<s>", TEMPLATE), scored("Be", 0), scored("Hi", 1), scored(" kind", 2),
              scored("Yes", 3)]  # fmt: skip
    found = by_message([scoring(5, *tokens)])
    assert {key: "".join(t.text for t in texts) for key, texts in found.items()} == {
        None: "Be kind", 0: "Hi", 5: "Yes",
    }  # fmt: skip


def test_the_scoring_that_came_further_is_shown() -> None:
    long = scoring(5, scored("Hi", 1), scored(" you", 1))
    short = scoring(6, scored("Hi", 1))
    assert len(by_message([long, short])[0]) == 2


def test_a_scored_token_as_a_step_says_what_the_score_says() -> None:
    top = np.array([0.5, 0.3], np.float32)
    token = scored(" blue", 1, 0.1, rank=3, entropy_bits=1.5, log_sum_exp=2.0,
                   logit=math.log(0.1) + 2.0, top_id_bytes=np.array([8, 9], np.int32).tobytes(),
                   top_p_bytes=top.tobytes())  # fmt: skip
    step = as_step(token, 4, 100)
    assert (step.i, step.p_raw, step.rank, step.entropy_bits) == (4, 0.1, 3, 1.5)
    assert step.u is None
    assert step.stages == ()
    assert step.record.ids.tolist() == [8, 9, 3]
    assert step.record.p_raw.tolist() == pytest.approx([0.5, 0.3, 0.1])
