"""Stages that llama.cpp lacks or gets wrong, and users' own."""

from pathlib import Path

import numpy as np
import pytest

from tests.engine.sampling.logit_rows import Native, make_rows
from tui.core.own_sampler import OwnSampler, Parameter
from tui.core.settings import Settings
from tui.core.step import Step
from tui.sampling.chain import Chain
from tui.sampling.vocab import Vocab

NEUTRAL = {"top_k": 0, "top_p": 1.0, "min_p": 0.0, "temperature": 1.0}


def one_step(logits, own=(), **values) -> Step:
    row = np.array(logits, np.float32)
    samplers = {sampler.name: sampler for sampler in own}
    chain = Chain(Vocab(row.size), Settings(**{**NEUTRAL, **values}), 1, [], own=samplers)
    step = chain.record(chain.sample(row), 0)
    chain.close()
    return step


def survivors(step: Step) -> list[int]:
    return sorted(step.record.ids[step.record.p_final > 0].tolist())


@pytest.mark.parametrize(
    ("z", "min_keep", "left"),
    [(0.25, 0, [4]), (0.75, 0, [3, 4]), (0.99, 0, [3, 4]), (0.25, 1, [4]), (0.0, 2, [3, 4]),
     (0.0, 0, [4]), (1.0, 0, [0, 1, 2, 3, 4])],
)  # fmt: skip
def test_tail_free_golden(z: float, min_keep: int, left: list[int]) -> None:
    step = one_step(np.log([0.1, 0.15, 0.2, 0.25, 0.3]), tfs_z=z, min_keep=min_keep)
    assert survivors(step) == left


def test_tail_free_leaves_two_alone_and_does_not_count_the_removed() -> None:
    assert survivors(one_step([1.0, 0.0], tfs_z=0.1)) == [0, 1]
    assert survivors(one_step([1.0, 0.0, -np.inf, -np.inf, -np.inf], tfs_z=0.1)) == [0, 1]


@pytest.mark.parametrize("tail", [-50.0, -200.0, -np.inf])
def test_typical_is_right_where_a_probability_is_0(tail: float) -> None:
    step = one_step([0.0, -1.0, -2.0, -3.0, tail], typical_p=0.2)
    assert survivors(step) == [1]


def test_typical_after_a_mask_keeps_what_it_keeps_without_it() -> None:
    random = np.random.default_rng(0)
    row = np.concatenate([[0.0, -1.0, -2.0, -3.0], random.normal(-6, 0.2, 100)])
    masked = one_step(row, top_n_sigma=3.0, top_k=40, typical_p=0.2)
    plain = one_step(row, top_n_sigma=3.0, top_k=4, typical_p=0.2)
    assert survivors(masked) == survivors(plain) == [0]


def test_mirostat_1_is_not_greedy_after_a_ban() -> None:
    row = np.random.default_rng(1).normal(0, 1.5, 90).astype(np.float32)
    bans = ((3, -np.inf), (4, -np.inf))
    settings = Settings(mirostat=1, mirostat_tau=6.0, logit_bias=bans)
    chain, native = Chain(Vocab(90), settings, 3, []), Native(Vocab(90), settings, 3)
    drawn, theirs = set(), set()
    for _ in range(60):
        draw = chain.sample(row, record=False)
        chain.accept(draw.token)
        drawn.add(draw.token)
        theirs.add(native.sample(row))
    chain.close()
    native.close()
    assert len(theirs) == 1
    assert len(drawn) > 5


def test_a_dynamic_temperature_that_overflows_is_cold() -> None:
    values = {"temperature": 0.0, "dynatemp_range": 1.0, "dynatemp_exponent": 60.0}
    step = one_step([30.0, 20.0, 10.0, 5.0], **values)
    assert survivors(step) == [0]
    assert step.p_final == 1.0


def test_a_temperature_near_0_is_0() -> None:
    step = one_step([30.0, 29.0, 10.0], temperature=1e-38)
    assert survivors(step) == [0]


def push(ids, logits, values):
    return np.where(ids % 2 == 0, logits - values["push"], logits)


PUSH = OwnSampler("push", push, parameters=[Parameter("push", maximum=5.0)])


def test_an_own_stage_changes_the_draw_and_is_traced() -> None:
    order = ("custom:push", "top_k")
    step = one_step([3.0, 2.5, 2.0, 1.0], [PUSH], samplers=order, top_k=2,
                    custom={"push": {"push": 4.0}})  # fmt: skip
    assert [stage.sampler for stage in step.stages] == ["custom:push", "top_k"]
    assert step.stages[0].changed
    assert survivors(step) == [1, 3]
    assert step.record.cut[list(step.record.ids).index(0)] == 1


def test_an_own_stage_removes_with_infinity_and_with_nan() -> None:
    drop = OwnSampler("drop", lambda ids, logits, values: np.where(ids < 2, [-np.inf, np.nan, 0, 0],
                                                                   logits))  # fmt: skip
    step = one_step([3.0, 2.5, 2.0, 1.0], [drop], samplers=("custom:drop",))
    assert survivors(step) == [2, 3]
    assert (step.stages[0].kept, step.stages[0].changed) == (2, True)


def broken(ids, logits, values):
    raise KeyError("nothing here")


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (broken, "KeyError"),
        (lambda ids, logits, values: logits[:-1], "shape"),
        (lambda ids, logits, values: None, "nothing"),
        (lambda ids, logits, values: logits * np.nan, "NaN"),
        (lambda ids, logits, values: logits - np.inf, "no candidate"),
        (lambda ids, logits, values: logits + np.inf, "infinite"),
        (lambda ids, logits, values: logits.astype(float) + 1e300, "precision"),
    ],
)
def test_a_fault_of_an_own_stage_is_told_once_and_the_reply_goes_on(function, why: str) -> None:
    own = {"bad": OwnSampler("bad", function, path=__file__)}
    order = ("custom:bad", "top_k", "custom:bad", "temperature")
    rows = make_rows(300, 6)
    chain = Chain(Vocab(300), Settings(samplers=order), 4, [], own=own)
    plain = Chain(Vocab(300), Settings(samplers=("top_k", "temperature")), 4, [])
    for i in range(12):
        draw, expected = chain.sample(rows[i % 6]), plain.sample(rows[i % 6])
        assert draw.token == expected.token
        assert [s.sampler for s in chain.record(draw, i).stages] == ["top_k", "temperature"]
        chain.accept(draw.token)
        plain.accept(expected.token)
        if i == 6:
            chain.change(Settings(samplers=order, temperature=0.8))
    (fault,) = chain.faults
    assert fault.key == "custom:bad"
    assert why in fault.message
    assert Path(fault.path).name == Path(__file__).name
    chain.close()
    plain.close()


def few(ids, logits, values):
    if len(ids) < 5:
        raise ValueError("too few")
    return logits


def test_an_own_stage_that_fails_at_its_second_place_is_traced_at_its_first() -> None:
    order = ("custom:few", "top_k", "custom:few", "temperature")
    own = {"few": OwnSampler("few", few)}
    chain = Chain(Vocab(300), Settings(samplers=order, top_k=3), 4, [], own=own)
    rows, found = make_rows(300, 2), []
    for i, row in enumerate(rows):
        draw = chain.sample(row)
        found.append([stage.sampler for stage in chain.record(draw, i).stages])
        chain.accept(draw.token)
    chain.close()
    assert found == [["custom:few", "top_k", "temperature"], ["top_k", "temperature"]]


def test_an_own_stage_that_is_not_installed_is_told() -> None:
    chain = Chain(Vocab(300), Settings(samplers=("custom:gone", "top_k")), 4, [])
    chain.sample(make_rows(300, 1)[0])
    assert "installed" in chain.faults[0].message
    chain.close()


@pytest.mark.parametrize("n", [1, 40, 3000, 50_000])
def test_the_most_likely_are_found_whatever_the_row_looks_like(n: int) -> None:
    random = np.random.default_rng(n)
    masked = np.full(n, -np.inf, np.float32)
    masked[random.choice(n, max(1, n // 400), replace=False)] = 1.0
    spiked = np.zeros(n, np.float32)
    spiked[::32] = 5.0
    hidden = np.zeros(n, np.float32)
    hidden[1::32] = 5.0
    rows = [random.normal(0, 3, n).astype(np.float32), masked, spiked, hidden,
            np.zeros(n, np.float32), np.arange(n, dtype=np.float32),
            np.round(random.normal(0, 1, n), 1).astype(np.float32)]  # fmt: skip
    for row in rows:
        for top_k in (0, 1, 300, 3000):
            step = one_step(row, top_k=top_k, temperature=0.8)
            order = np.lexsort((np.arange(n), -row))
            order = order[row[order] > -np.inf][:256]
            assert step.record.ids[:256].tolist() == order.tolist()
            assert (step.record.logits == row[step.record.ids]).all()
