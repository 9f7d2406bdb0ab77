"""Where a replay calls itself exact, it is: rows with equals and bans, stages twice, own samplers."""

import math
from typing import Any

import msgspec
import numpy as np
import pytest

from tui.core.definitions.candidate import Candidates
from tui.core.own_sampler import Ids, Logits, OwnSampler, Parameter, Values
from tui.core.replay import Replay, replay
from tui.core.settings import Settings, preset
from tui.core.step import Step
from tui.sampling.chain import Banned, Chain
from tui.sampling.vocab import Vocab

NEUTRAL = preset("neutral")
STAGES = ("penalties", "dry", "top_n_sigma", "top_k", "tfs_z", "typ_p", "top_p", "min_p", "xtc",
          "temperature", "custom:dim", "custom:floor", "custom:odd")  # fmt: skip
CLOSE = 2e-4


def dim(ids: Ids, logits: Logits, values: Values) -> Logits:
    """The first of the most likely becomes less likely: tells equals apart by their place."""
    logits[np.argmax(logits)] -= values["by"]
    return logits


def floor(ids: Ids, logits: Logits, values: Values) -> Logits:
    """What is far below the best goes: looks at logits alone."""
    logits[logits < logits.max() - values["depth"]] = -np.inf
    return logits


def odd(ids: Ids, logits: Logits, values: Values) -> Logits:
    """Odd ids become less likely: tells equals apart by their id."""
    logits[ids % 2 == 1] -= values["by"]
    return logits


OWN = {
    "dim": OwnSampler("dim", dim, parameters=[Parameter("by", maximum=9.0)]),
    "floor": OwnSampler("floor", floor, parameters=[Parameter("depth", maximum=9.0)]),
    "odd": OwnSampler("odd", odd, parameters=[Parameter("by", maximum=9.0)]),
}


class Case:
    """A row, what stood before it, and a seed."""

    def __init__(self, row: Any, history: Any = (), seed: int = 1) -> None:
        self.row = np.asarray(row, np.float32)
        self.history, self.seed = list(history), seed

    def step(self, settings: Settings, after: Step | None = None) -> Step | None:
        """The step of the real chain, with the state that `after` had; None where all is banned."""
        chain = Chain(Vocab(self.row.size), settings, self.seed, self.history, own=OWN)
        try:
            if after is not None:
                chain.restore(after.state, self.history)
            return chain.record(chain.sample(self.row), 0)
        except Banned:
            return None
        finally:
            chain.close()

    def made(self, settings: Settings) -> Step:
        step = self.step(settings)
        assert step is not None
        return step

    def again(self, step: Step, settings: Settings) -> Replay:
        return replay(step, settings, self.history, OWN)


def differences(step: Step, again: Replay, real: Step | None) -> list[str]:
    """In what a replay and the chain are not the same."""
    if real is None or again.token is None:
        return [] if real is again.token else ["one of them has no candidate left"]
    told = [] if again.token == real.id else [f"token {again.token}, not {real.id}"]
    ours = dict(zip(step.record.ids.tolist(), again.p_final.tolist(), strict=True))
    theirs = dict(zip(real.record.ids.tolist(), real.record.p_final.tolist(), strict=True))
    told += [f"p of {i}" for i in ours.keys() & theirs.keys() if abs(ours[i] - theirs[i]) > CLOSE]
    for one, other, rough in zip(again.stages, real.stages, again.rough, strict=True):
        same = one.kept == other.kept and abs(one.mass - other.mass) < 1e-3
        if one.sampler != other.sampler or not (rough or same):
            told.append(f"{one} instead of {other}")
    return told


class Chance:
    """Rows and settings at random."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def of(self, *values: Any) -> Any:
        return values[int(self.rng.integers(len(values)))]

    def case(self) -> Case:
        n = self.of(1, 2, 3, 3, 6, 12, 12, 40, 270, 600)
        row = self.rng.normal(self.of(0, 0, -30), self.of(0.3, 2.0, 6.0), n)
        if self.rng.random() < 0.4:
            row = np.round(row)
        if self.rng.random() < 0.3:
            row[self.rng.random(n) < 0.4] = -np.inf
            row[self.rng.integers(n)] = 1.0
        history = self.rng.integers(0, min(n, 9), self.of(0, 4, 20)).tolist()
        return Case(row, history, int(self.rng.integers(1 << 31)))

    def settings(self, n_vocab: int) -> Settings:
        of = self.of
        order = [of(*STAGES) for _ in range(of(0, 1, 2, 3, 5, 8))]
        bias = [(int(self.rng.integers(min(n_vocab, 300))), of(-math.inf, -2.0, 1.0, 45.0))
                for _ in range(of(0, 0, 1, 3))]  # fmt: skip
        return Settings(
            samplers=(*order, *of((), (), (), ("greedy",), ("adaptive_p",))), logit_bias=tuple(bias),
            top_k=of(1, 2, 5, 40, 1000), top_p=of(0.5, 0.9, 0.997), min_p=of(0.02, 0.3, 1.2),
            typical_p=of(0.25, 0.9), tfs_z=of(0.4, 0.97), top_n_sigma=of(0.6, 2.0),
            temperature=of(0.0, 0.2, 1.0, 1.6), dynatemp_range=of(0.0, 0.6, 1.8),
            dynatemp_exponent=of(0.5, 1.0, 2.0), xtc_probability=of(0.4, 1.0),
            xtc_threshold=of(0.03, 0.2), repeat_last_n=of(5, 64), repeat_penalty=of(0.8, 1.0, 1.25),
            frequency_penalty=of(0.0, 0.25), presence_penalty=of(0.0, 1.0),
            dry_multiplier=of(1.0, 3.0), dry_allowed_length=of(0, 1, 2), dry_sequence_breakers=(),
            min_keep=of(0, 0, 2), mirostat=of(*[0] * 9, 1, 2), mirostat_tau=of(1.5, 4.0),
            adaptive_target=of(-1.0, 0.3),
            custom={"dim": {"by": of(1.0, 4.0)}, "floor": {"depth": 3.0}, "odd": {"by": 1.0}},
        )  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_what_is_called_exact_is_what_the_chain_does(seed: int) -> None:
    found, exact, total = Chance(seed), 0, 0
    for _ in range(330):
        case = found.case()
        first, second = (found.settings(case.row.size) for _ in range(2))
        step = case.step(first)
        if step is None:
            continue
        for settings in (first, second):
            again = case.again(step, settings)
            total += 1
            if not again.exact:
                assert again.why_not
                continue
            exact += 1
            wrong = differences(step, again, case.step(settings, after=step))
            assert not wrong, (wrong, settings, case.row.tolist(), case.history, case.seed)
    assert total > 500
    assert exact > total / 2


def with_stages(*names: str, **values: Any) -> Settings:
    return NEUTRAL.changed(samplers=names, **values)


BY = {"dim": {"by": 2.0}, "floor": {"depth": 2.0}, "odd": {"by": 2.0}}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (with_stages("top_k", top_k=3), "which of equal logits"),
        (with_stages("top_k", "temperature", top_k=3, temperature=0.0), "which of equal logits"),
        (with_stages("top_k", "greedy", top_k=3), "which of equal logits"),
        (with_stages("top_k", top_k=2), "cuts between equal logits"),
        (with_stages("typ_p", "dry", typical_p=0.99, dry_multiplier=1.0, dry_sequence_breakers=()), "which of equal logits"),
        (
            with_stages("top_k", "penalties", top_k=3, repeat_last_n=64, presence_penalty=0.5),
            "which of equal logits",
        ),
        (with_stages("top_k", "custom:dim", top_k=3, custom=BY), "treats equal logits apart"),
        (with_stages("typ_p", "custom:dim", typical_p=0.99, custom=BY), "treats equal logits apart"),
        (with_stages("custom:floor", "min_p", min_p=1.2, min_keep=2, custom=BY), "cuts between equal"),
        (NEUTRAL.changed(mirostat=2, mirostat_tau=0.6), "the draw cuts between equal logits"),
    ],
    ids=lambda x: ",".join(x.samplers) if isinstance(x, Settings) else "",
)  # fmt: skip
def test_equals_whose_order_a_sort_left_open_are_a_doubt(settings: Settings, said: str) -> None:
    case = Case([0.0, 0.0, 0.0], history=[0, 1, 0, 1, 0])
    again = case.again(case.made(settings), settings)
    assert not again.exact
    assert said in again.why_not


@pytest.mark.parametrize(
    "settings",
    [
        NEUTRAL,  # never sorted: candidates stand by id
        with_stages("temperature", temperature=0.0),
        with_stages("greedy"),
        with_stages("min_p", min_p=0.5),
        with_stages("custom:dim", custom=BY),
        with_stages("penalties", repeat_last_n=64, presence_penalty=0.5),
    ],
    ids=lambda x: ",".join(x.samplers),
)  # fmt: skip
def test_equals_that_nothing_has_sorted_are_certain(settings: Settings) -> None:
    for seed in range(20):
        case = Case([0.0, 0.0, 0.0], history=[0, 1], seed=seed)
        step = case.made(settings)
        again = case.again(step, settings)
        assert again.exact, again.why_not
        assert not differences(step, again, step)


@pytest.mark.parametrize(
    "settings",
    [
        with_stages("top_k", top_k=5),
        with_stages("top_p", "temperature", top_p=0.97, temperature=0.7),
        with_stages("top_k", "greedy", top_k=5),
        with_stages("top_k", "custom:floor", top_k=5, custom=BY),
        with_stages("top_k", "penalties", "top_k", top_k=5, repeat_last_n=64, presence_penalty=0.5),
    ],
    ids=lambda x: ",".join(x.samplers),
)  # fmt: skip
def test_equals_that_are_not_drawn_leave_a_replay_exact(settings: Settings) -> None:
    case = Case([9.0, 2.0, 2.0, 0.5, -3.0, -4.0], history=[5])
    step = case.made(settings)
    again = case.again(step, settings)
    assert again.exact, again.why_not
    assert not differences(step, again, step)


def test_two_that_typical_cannot_tell_apart_are_a_doubt() -> None:
    settings = with_stages("typ_p", typical_p=0.3)
    again = Case([1.3955141, 1.3955798]).again(
        Case([1.3955141, 1.3955798]).made(settings), settings
    )
    assert not again.exact
    assert "last digits" in again.why_not


@pytest.mark.parametrize(
    "settings",
    [
        with_stages("top_p", top_p=0.5),
        with_stages("typ_p", typical_p=0.3),
        with_stages("xtc", xtc_probability=1.0, xtc_threshold=0.25),
        with_stages("min_p", min_p=float(np.float32(math.exp(-1.0)))),
        with_stages("top_n_sigma"),
        with_stages("tfs_z"),
    ],
    ids=lambda x: ",".join(x.samplers),
)
def test_a_limit_that_rounding_moves_over_a_candidate_is_a_doubt(settings: Settings) -> None:
    rows = {
        "top_p": [2.0, 2.0 - 1e-7, -30.0], "typ_p": np.log([0.5, 0.3, 0.2]),
        "tfs_z": np.log([0.4, 0.3, 0.2, 0.1]) + np.arange(4) % 2, "xtc": np.log([0.4, 0.25, 0.2, 0.15]), "min_p": [1.0, 0.0, -1.0],
        "top_n_sigma": [*[0.0] * 7, -1.0, 1.0],
    }  # fmt: skip
    name = settings.samplers[0]
    case = Case(rows[name])
    if name == "top_n_sigma":
        settings = settings.changed(top_n_sigma=float(1.0 / case.row.std()))
    if name == "tfs_z":
        bend = np.abs(np.diff(np.sort(Candidates.of(case.row).p)[::-1], 2))
        settings = settings.changed(tfs_z=float(bend[0] / bend.sum()))
    again = case.again(case.made(settings), settings)
    assert not again.exact
    assert "last digits" in again.why_not


def test_a_slope_of_one_makes_mirostat_uncertain() -> None:
    row = [-0.8434607, -0.24899492, -0.45952493, -0.25482643, 0.787425, 0.10921899, -0.332178,
           -0.44183496, -0.57494694, -0.66128707]  # fmt: skip
    settings = NEUTRAL.changed(mirostat=1, mirostat_tau=2.0, temperature=0.8)
    step = Case(row).made(settings)
    again = Case(row).again(step, settings)
    assert not again.exact
    assert again.why_not == "mirostat cuts where the last digits decide"


@pytest.mark.parametrize("seed", range(8))
def test_a_very_small_dynamic_temperature_keeps_what_the_chain_keeps(seed: int) -> None:
    row = np.random.default_rng(seed).normal(0.0, 2.0, 200)
    settings = with_stages("temperature", temperature=1.0, dynatemp_range=2.0, dynatemp_exponent=2.0,
                           logit_bias=((20, 50.0),))  # fmt: skip
    case = Case(row)
    step = case.made(settings)
    again = case.again(step, settings)
    assert step.stages[-1].kept == again.stages[-1].kept == 200
    assert again.cut.tolist() == step.record.cut.tolist()


def test_a_dynamic_temperature_that_hangs_on_rounding_is_a_doubt() -> None:
    settings = with_stages(
        "temperature", temperature=0.5, dynatemp_range=0.5, dynatemp_exponent=5.0
    )
    case = Case(np.random.default_rng(1).normal(0.0, 2.0, 32_000))
    again = case.again(case.made(NEUTRAL), settings)
    assert again.why_not == "the dynamic temperature hangs on the last digits of the entropy"


def test_the_entropy_behind_a_dynamic_temperature_is_libllamas() -> None:
    settings = with_stages(
        "temperature", temperature=5.0, dynatemp_range=5.0, dynatemp_exponent=0.1
    )
    case = Case([18.3, *np.linspace(0.0, -0.01, 249)])
    step = case.made(settings)
    again = case.again(step, settings)
    assert again.exact, again.why_not
    assert not differences(step, again, step)


def test_typical_counts_what_was_not_recorded_for_what_is_next_to_impossible() -> None:
    settings = with_stages("typ_p", typical_p=0.9, min_keep=3)
    case = Case([100.0, 18.7, 18.6, *np.linspace(12.0, 0.0, 597)])
    step = case.made(settings)
    again = case.again(step, settings)
    assert step.stages[-1].kept == 1
    assert not again.exact


@pytest.mark.parametrize(
    ("third_ruled_out", "spread", "estimate"),
    [(True, 4.0, True), (False, 0.3, True), (False, 4.0, False)],
)
def test_what_a_ban_of_an_unrecorded_token_leaves_is_an_estimate_where_it_shows(
    *, third_ruled_out: bool, spread: float, estimate: bool
) -> None:
    # Which tokens the model rules out is not recorded; neither is what the banned one weighed.
    row = np.random.default_rng(4).normal(0.0, spread, 600)
    if third_ruled_out:
        row[1::3] = -np.inf
    case = Case(row)
    step = case.made(NEUTRAL)
    finite = set(np.flatnonzero(np.isfinite(row)).tolist())
    unseen = min(finite - set(step.record.ids.tolist()))
    best = int(np.argmax(row))
    again = case.again(step, NEUTRAL.changed(logit_bias=((unseen, -math.inf), (best, 45.0))))
    assert again.rough[0] == estimate


def lifted_tail(seed: int) -> tuple[Case, Step, tuple[tuple[int, float], ...]]:
    """A step whose recorded candidates a bias can put below those that were not recorded."""
    case = Case(np.random.default_rng(seed).normal(0.0, 0.5, 700), seed=seed)
    step = case.made(with_stages("top_k", top_k=1))
    return case, step, tuple((i, -60.0) for i in step.record.ids.tolist())


@pytest.mark.parametrize("names", [("temperature",), ("greedy",), ("temperature", "greedy")])
def test_the_most_likely_of_what_was_not_recorded_is_not_guessed(names: tuple[str, ...]) -> None:
    case, step, bias = lifted_tail(1)
    settings = with_stages(*names, temperature=0.0, logit_bias=bias)
    again = case.again(step, settings)
    assert again.token != case.made(settings).id
    assert not again.exact


def test_a_draw_that_may_fall_on_what_was_not_recorded_is_not_certain() -> None:
    between = 0
    for seed in range(60):
        case, step, _ = lifted_tail(seed)
        again, real = case.again(step, NEUTRAL), case.step(NEUTRAL, after=step)
        assert real is not None
        assert not again.exact or again.token == real.id
        between += again.token is not None and again.token != real.id
    # The walk passes candidates that were not recorded: one that was stands where it would end.
    assert between > 10


def test_a_draw_on_the_last_digits_is_a_doubt() -> None:
    case = Case([0.0, 0.0])
    step = case.made(NEUTRAL)
    for u, exact in ((0.4999, True), (0.5, False), (0.5 + 1e-8, False), (0.5001, True)):
        moved = msgspec.structs.replace(step, u=u)
        assert case.again(moved, NEUTRAL).exact == exact
