"""Replay gives what the real chain gives, for any settings and logits."""

import math
from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tui.core.replay import Replay, replay
from tui.core.samplers import DEFAULT_ORDER
from tui.core.settings import Settings
from tui.core.step import KEPT, Step
from tui.sampling.chain import Banned, Chain
from tui.sampling.vocab import Vocab

CLOSE = 1e-4


def rounded(low: float, high: float) -> st.SearchStrategy[float]:
    """Values a person might set; never near a boundary such as 0.5 exactly."""
    return st.floats(low, high).map(lambda x: round(x, 3) + 0.000123)


@st.composite
def any_settings(draw: Any) -> Settings:
    order = draw(st.permutations(DEFAULT_ORDER))
    order = order[: draw(st.integers(0, len(order)))]
    if draw(st.booleans()):
        order = DEFAULT_ORDER
    extra = draw(st.sampled_from([(), (), ("adaptive_p",), ("greedy",)]))
    maybe = st.sampled_from

    def off_or(neutral: float, low: float, high: float) -> float:
        return neutral if draw(st.booleans()) else draw(rounded(low, high))

    return Settings(
        samplers=(*order, *extra),
        top_k=draw(maybe([0, 1, 5, 40, 300])),
        top_p=off_or(1.0, 0.1, 0.99),
        min_p=draw(maybe([0.0, 0.0512, 0.3001])),
        typical_p=off_or(1.0, 0.1, 0.95),
        tfs_z=off_or(1.0, 0.1, 0.95),
        top_n_sigma=draw(maybe([-1.0, 1.003, 2.5007])),
        temperature=draw(maybe([0.0, 0.3, 1.0, 1.7])),
        dynatemp_range=draw(maybe([0.0, 0.0, 0.4])),
        xtc_probability=draw(maybe([0.0, 0.5, 1.0])),
        xtc_threshold=draw(maybe([0.0501, 0.2003])),
        repeat_penalty=draw(maybe([1.0, 1.3])),
        frequency_penalty=draw(maybe([0.0, 0.4])),
        repeat_last_n=draw(maybe([0, 4, 64])),
        dry_multiplier=draw(maybe([0.0, 0.8])),
        dry_sequence_breakers=(),
        min_keep=draw(maybe([0, 0, 1, 3])),
        mirostat=draw(maybe([0, 0, 0, 1, 2])),
        adaptive_target=draw(maybe([-1.0, 0.4])),
        logit_bias=draw(maybe([(), ((3, 2.5),), ((0, -math.inf), (5, -1.0))])),
    )


@st.composite
def any_case(draw: Any) -> tuple[np.ndarray, int, list[int]]:
    n = draw(st.sampled_from([2, 5, 60, 256, 1500]))
    spread = draw(st.sampled_from([0.5, 2.0, 4.0]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    row = rng.normal(0, spread, n).astype(np.float32)
    history = rng.integers(0, min(n, 6), draw(st.sampled_from([0, 3, 12]))).tolist()
    return row, draw(st.integers(0, 2**31)), history


def made(row: np.ndarray, seed: int, history: list[int], chain: Settings) -> Step:
    real = Chain(Vocab(row.size), chain, seed, history)
    try:
        return real.record(real.sample(row), i=0, piece=b"", text="", settings_version=0)
    except Banned:
        assume(False)
        raise
    finally:
        real.close()


def assert_same(step: Step, again: Replay) -> None:
    assert [stage.sampler for stage in again.stages] == [stage.sampler for stage in step.stages]
    assert again.token == step.id
    assert np.abs(again.p_final - step.record.p_final).max() < CLOSE
    for index, (ours, theirs) in enumerate(zip(again.stages, step.stages, strict=True)):
        if again.rough[index]:
            continue
        assert ours.kept == theirs.kept, ours.sampler
        assert abs(ours.mass - theirs.mass) < CLOSE
        assert abs(ours.entropy_bits - theirs.entropy_bits) < 10 * CLOSE
    if not any(again.rough):
        assert again.cut.tolist() == step.record.cut.tolist()


COMMON = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)


@COMMON
@given(any_case(), any_settings())
def test_a_step_replayed_with_its_own_settings_is_itself(
    case: tuple[np.ndarray, int, list[int]], chain: Settings
) -> None:
    row, seed, history = case
    step = made(row, seed, history, chain)
    again = replay(step, chain, history)
    if row.size <= 256:
        assert again.exact, again.why_not
    if again.exact:
        assert_same(step, again)


@COMMON
@given(any_case(), any_settings(), any_settings())
def test_other_settings_give_what_a_fresh_run_gives(
    case: tuple[np.ndarray, int, list[int]], first: Settings, second: Settings
) -> None:
    row, seed, history = case
    step, fresh = made(row, seed, history, first), made(row, seed, history, second)
    assume(fresh.u is None or step.u == fresh.u)
    assume(step.state == fresh.state)
    again = replay(step, second, history)
    if not again.exact:
        assert row.size > 256
        return
    places = {token: place for place, token in enumerate(step.record.ids.tolist())}
    shared = [token for token in fresh.record.ids.tolist() if token in places]
    ours = {token: again.p_final[places[token]] for token in shared}
    theirs = dict(zip(fresh.record.ids.tolist(), fresh.record.p_final.tolist(), strict=True))
    assert all(abs(ours[token] - theirs[token]) < CLOSE for token in shared)
    assert again.token == fresh.id
    assert (again.p_final[(again.cut != KEPT)] == 0.0).all()
