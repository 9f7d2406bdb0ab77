"""Replay and the written definitions where a real vocabulary has a say: breakers, grammars."""

import numpy as np
import pytest

from tests.engine.sampling.conftest import Words
from tui.core.definitions.breaker import breaker_tokens
from tui.core.definitions.candidate import Candidates
from tui.core.definitions.reshape import dry
from tui.core.replay import replay
from tui.core.settings import DRY_BREAKERS, Settings
from tui.sampling import library
from tui.sampling.candidate import Candidates as Rows
from tui.sampling.chain import Chain

BREAKERS = [DRY_BREAKERS, (" red",), ("hello world", "\n"), (" the blue", "ro"), ()]


@pytest.mark.parametrize("texts", BREAKERS, ids=repr)
def test_dry_with_breakers_is_libllamas(words: Words, texts: tuple[str, ...]) -> None:
    n = words.vocab.n_vocab
    pieces = [words.piece(token) for token in range(n)]
    breakers = breaker_tokens(
        texts, pieces, lambda rest: words.vocab.tokenize(rest.decode("utf-8", "replace"))
    )
    pool = words.ids('hello world the red: blue\n roll "one" two*') + words.ids(" the blue ro")
    rng = np.random.default_rng(5)
    penalised = 0
    for _ in range(300):
        history = rng.choice(pool[: rng.integers(3, len(pool))], rng.integers(0, 40)).tolist()
        sampler = library.dry(words.vocab.handle, 0.8, 1.75, 1, 32, texts)
        for token in history:
            sampler.accept(token)
        rows = Rows(n)
        rows.fill(np.zeros(n, np.float32))
        sampler.apply(rows.address)
        sampler.close()
        real = rows.rows()["logit"]
        ours = dry(Candidates.of(np.zeros(n)), history, multiplier=0.8, base=1.75,
                   allowed_length=1, last_n=32, breakers=breakers)  # fmt: skip
        assert np.abs(real - ours.logits).max() <= 1e-3 * max(1.0, float(np.abs(real).max()))
        penalised += bool((real < 0).any())
    assert penalised > 30


@pytest.mark.parametrize("xtc", [0.0, 0.5])
def test_a_grammars_step_replayed_is_itself(words: Words, xtc: float) -> None:
    n = words.vocab.n_vocab
    rng = np.random.default_rng(2)
    settings = Settings(
        grammar='root ::= ("hello" | " red" | " blue" | " one")+', temperature=1.5, top_k=0,
        top_p=0.8, xtc_probability=xtc, xtc_threshold=0.03,
    )  # fmt: skip
    likely = [words.ids(text)[0] for text in ("hello", " red", " blue", " one")]
    chain = Chain(words.vocab, settings, 3, [])
    resampled = certain = 0
    history: list[int] = []
    for i in range(40):
        row = rng.normal(0, 2, n).astype(np.float32)
        row[likely] += 3.0
        step = chain.record(chain.sample(row), i)
        again = replay(step, settings, history)
        if again.exact:
            assert again.token == step.id
            assert np.abs(again.p_final - step.record.p_final).max() < 1e-4
            assert [s.sampler for s in again.stages] == [s.sampler for s in step.stages]
            certain += 1
            resampled += step.resampled
        chain.accept(step.id)
        history.append(step.id)
    chain.close()
    assert certain > 20
    assert resampled > 0


def test_a_refused_draw_can_be_replayed_without_the_grammar(words: Words) -> None:
    n = words.vocab.n_vocab
    settings = Settings(grammar='root ::= "hello"', temperature=1.0, top_k=0, top_p=0.5)
    row = np.random.default_rng(4).normal(0, 2, n).astype(np.float32)
    free = settings.changed(grammar="")
    bound, loose = (Chain(words.vocab, s, 9, []) for s in (settings, free))
    step, fresh = (c.record(c.sample(row), 0) for c in (bound, loose))
    bound.close()
    loose.close()
    assert step.resampled
    again = replay(step, free)
    assert again.exact
    assert again.token == fresh.id
