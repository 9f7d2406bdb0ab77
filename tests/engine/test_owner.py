"""Whose a token of a prompt is, and how a row of logits is measured."""

import datetime

import numpy as np
import pytest

from tui.core.messages import Turn
from tui.core.score import TEMPLATE
from tui.engine.handle import Model
from tui.engine.measure import measure
from tui.engine.owner import Chunk, owners
from tui.engine.prompt import Prompter


def test_measures_are_the_definitions_and_finite_for_a_damaged_row():
    rng = np.random.default_rng(0)
    row = rng.normal(0, 3, 50).astype(np.float32)
    p = np.exp(row.astype(np.float64))
    p /= p.sum()
    (one,) = measure(row[None], [7], 5)
    assert one.p_raw == pytest.approx(p[7], rel=1e-5)
    assert one.entropy_bits == pytest.approx(-(p * np.log2(p)).sum(), rel=1e-5)
    assert one.rank == (p > p[7]).sum() + 1
    top = np.frombuffer(one.top_id_bytes, np.int32)
    assert list(top) == list(np.argsort(-row, kind="stable")[:5])
    row[3], row[7] = np.nan, -np.inf
    (bad,) = measure(row[None], [7], 5)
    assert bad.p_raw == 0.0
    assert np.isfinite([bad.entropy_bits, bad.logit, bad.logit_mean, bad.log_sum_exp]).all()
    (none,) = measure(np.full((1, 4), -np.inf, np.float32), [0], 5)
    assert (none.p_raw, none.top_id_bytes) == (0.0, b"")


@pytest.mark.parametrize("which", ["model", "model_spm"])
def test_owners_hold_for_both_kinds_of_tokenizer(which: str, request: pytest.FixtureRequest):
    model: Model = request.getfixturevalue(which)
    now = datetime.datetime(2024, 1, 1)
    template = "{% for m in messages %}[{{ m.role }}] {{ m.content | trim }}\n{% endfor %}"
    prompter = Prompter(model.tokenizer, template, now)
    turns = (
        Turn(role="system", text="the system user"), Turn(role="user", text=" hello é\n"),
        Turn(role="assistant", text="red", ids=tuple(model.tokenizer.encode("red"))),
        Turn(role="user", text="a"),
    )  # fmt: skip
    prompt = prompter.conversation(turns, special_input=False)
    pieces = [model.tokenizer.pieces[token] for token in prompt.ids]
    found = owners(prompt.chunks, pieces)
    assert len(found) == len(prompt.ids)
    said = [b"".join(p for p, turn in zip(pieces, found, strict=True) if turn == n)
            for n in range(4)]  # fmt: skip
    assert [text.decode().strip() for text in said] == ["the system user", "hello é", "red", "a"]


def test_a_template_that_rewrites_is_told_as_far_as_it_shows(model: Model):
    now = datetime.datetime(2024, 1, 1)
    template = "{% for m in messages %}{{ m.content | upper if m.role == 'user' else m.content }};{% endfor %}"
    prompter = Prompter(model.tokenizer, template, now)
    turns = (Turn(role="system", text="red blue"), Turn(role="user", text="hello"))
    prompt = prompter.conversation(turns, special_input=False)
    pieces = [model.tokenizer.pieces[token] for token in prompt.ids]
    found = owners(prompt.chunks, pieces)
    assert b"".join(p for p, t in zip(pieces, found, strict=True) if t == 0) == b"red blue"
    assert 1 not in found


def test_a_token_on_a_border_is_the_turns():
    chunk = Chunk(3, (("ab", TEMPLATE), ("cd", 4), ("ef", TEMPLATE)))
    assert owners([chunk], [b"a", b"bc", b"def"]) == (TEMPLATE, 4, 4)
    assert owners([chunk], [b"x", b"y", b"z"]) == (TEMPLATE,) * 3
