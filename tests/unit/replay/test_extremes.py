"""Numbers at the ends of what is accepted: answers, or doubts, and reasons that say what is true."""

import math

import numpy as np
import pytest

from tui.cli.main import main
from tui.core.reason import reason, reasons
from tui.core.replay import Replay, replay
from tui.core.settings import Settings, preset
from tui.core.step import KEPT, Step
from tui.core.whatif import Moment
from tui.sampling.chain import Chain
from tui.sampling.vocab import Vocab

NEUTRAL = preset("neutral")


def made(row: np.ndarray, settings: Settings, history: list[int] | None = None) -> Step:
    chain = Chain(Vocab(row.size), settings, 3, history or [])
    try:
        return chain.record(chain.sample(row), 0)
    finally:
        chain.close()


def long_row(n: int = 900, spread: float = 3.0) -> np.ndarray:
    return np.random.default_rng(1).normal(0, spread, n).astype(np.float32)


def unrecorded(step: Step) -> int:
    return min(set(range(step.record.n_vocab)) - set(step.record.ids.tolist()))


@pytest.mark.parametrize(
    "order",
    [("temperature", "penalties"), ("temperature", "dry", "xtc"), ("temperature", "temperature")],
)
@pytest.mark.parametrize("temperature", [0.001, 1e-12, 1e-200, 100.0])
def test_a_what_if_that_overflows_is_answered(order: tuple[str, ...], temperature: float) -> None:
    step = made(long_row(), Settings())
    history = [unrecorded(step), 1, 2] * 5
    asked = Settings(
        samplers=order, temperature=temperature, repeat_penalty=1.1, dry_multiplier=100.0,
        xtc_probability=1.0,
    )  # fmt: skip
    reading = Moment(step, Settings(), history).under(asked)
    assert [stage.sampler for stage in reading.stages] == list(order)
    assert reading.exact or reading.why_not
    assert np.isfinite(reading.p_final).all()


def test_one_candidate_far_above_all_others_is_replayed() -> None:
    row = long_row()
    row[5] = 2000.0
    step = made(row, NEUTRAL)
    again = replay(step, NEUTRAL)
    assert (again.token, again.exact) == (5, True)


def test_mirostat_whose_mu_grew_beyond_all_numbers_is_replayed() -> None:
    settings = Settings(mirostat=1, mirostat_tau=100.0)
    step = made(long_row(), settings)
    far = type(step.state)({"mirostat": 50}, 5000.0, step.state.adaptive)
    assert Moment(step, settings).again(settings, far).token is not None


@pytest.mark.parametrize("amount", [1e10, -1e10, 2e9])
def test_a_bias_that_is_none_or_a_ban_is_the_same_in_a_replay(amount: float) -> None:
    row = long_row(50)
    settings = NEUTRAL.changed(logit_bias=((3, amount), (4, 1.0)))
    step = made(row, settings)
    again = replay(step, settings)
    assert again.exact
    assert again.token == step.id
    assert again.cut.tolist() == step.record.cut.tolist()
    assert np.abs(again.p_final - step.record.p_final).max() < 1e-5


def test_a_ban_of_a_token_that_was_not_recorded_takes_it_from_the_count() -> None:
    step = made(long_row(), NEUTRAL)
    asked = NEUTRAL.changed(logit_bias=((unrecorded(step), -math.inf),))
    assert replay(step, asked).stages[0].kept == 899 == made(long_row(), asked).stages[0].kept


def test_xtc_counts_what_the_model_rules_out_for_min_keep() -> None:
    row = np.full(400, -np.inf, np.float32)
    row[:4] = np.log([0.4, 0.3, 0.2, 0.1])
    settings = NEUTRAL.changed(xtc_probability=1.0, xtc_threshold=0.15, min_keep=300)
    step = made(row, settings)
    again = replay(step, settings)
    assert again.exact
    assert step.stages[0].kept == again.stages[0].kept == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"top_k": 2}, {"top_p": 0.3}, {"min_p": 0.5, "top_k": 3}, {"tfs_z": 0.4},
        {"samplers": ("top_k", "temperature"), "top_k": 4, "temperature": 0.0},
        {"samplers": ("temperature",), "temperature": 0.0, "dynatemp_range": 1e-30},
        {"samplers": ("top_k", "greedy"), "top_k": 4}, {"mirostat": 2, "mirostat_tau": 0.5},
    ],
)  # fmt: skip
def test_which_of_equal_logits_stays_is_not_told_to_be_certain(changed: dict[str, object]) -> None:
    settings = NEUTRAL.changed(**changed)
    again = replay(made(np.zeros(6, np.float32), settings), settings)
    assert not again.exact
    assert "equal logits" in again.why_not


def test_a_step_of_equal_logits_is_told_as_it_was_recorded() -> None:
    settings = NEUTRAL.changed(top_k=2)
    step = made(np.zeros(6, np.float32), settings)
    reading = Moment(step, settings).under(settings)
    assert reading.exact
    assert reading.token == step.id
    told = reasons(step, replay(step, settings), settings, range(6))
    assert [bool(why) for why in told] == [bool(cut != KEPT) for cut in step.record.cut]


def why(row: list[float], settings: Settings, index: int) -> tuple[str, Replay]:
    step = made(np.array(row, np.float32), settings)
    again = replay(step, settings)
    return reason(step, again, settings, index), again


@pytest.mark.parametrize(
    ("row", "changed", "said"),
    [
        ([1000, 0, -1, -2, -3], {"tfs_z": 0.9}, "the curve has bent by 100 % > 90 % at rank 2"),
        ([1000, 0, -1, -2, -3], {"typical_p": 0.9}, "too unlikely to be told in numbers; nearer"),
        ([1000, 0, -1, -2, -3], {"mirostat": 2}, "too unlikely to be told in numbers"),
        ([1000, 0, -1, -2, -3], {"top_n_sigma": 1.0}, "1e+03 below the best > 1 × σ 4"),
        (
            [1000, 0, -1, -2, -3],
            {"top_n_sigma": 1.0, "logit_bias": ((1, 1.0),)},
            "too unlikely to be told in numbers",
        ),
    ],
)
def test_a_probability_that_no_number_holds_is_told_in_words(
    row: list[float], changed: dict[str, object], said: str
) -> None:
    text, _ = why(row, NEUTRAL.changed(**changed), 4)
    assert said in text
    assert "inf " not in text


@pytest.mark.parametrize(
    ("words", "said", "not_said"),
    [
        (("--logits", "1000,0,-1,-2,-3", "--preset", "neutral", "--tfs", ".9"), "cut by tail-free", ""),
        (("--probs", "1,1,1,1", "--temp", "0"), "as likely as one that is kept; not all of equals stay", ""),
        (
            ("--logits", ",".join(str(i % 97 / 20) for i in range(1000)), "--samplers",
             "temperature;typ_p", "--typical", "0.2", "--temp", "0.7", "--top", "300"),
            "cut by typical",
            "entropy 5",
        ),
        (
            ("--logits", ",".join(str(-(i**0.5) / 4) for i in range(1000)), "--samplers",
             "tfs_z;top_p", "--tfs", "0.95", "--top-p", "0.5", "--top", "300"),
            "cut by top-p",
            "",
        ),
    ],
)  # fmt: skip
def test_sample_gives_every_removed_candidate_a_true_reason(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str, not_said: str
) -> None:
    assert main(["sample", *words]) == 0
    out = capsys.readouterr().out
    assert said in out
    assert not not_said or not_said not in out
    table = out[out.index("    id") :].splitlines()[1:]
    rows = [line for line in table if line[:1] == " " and "◂ drawn" not in line]
    width = max(line.index("cut by") for line in rows if "cut by" in line)
    assert all("cut by" in line or len(line) >= width - 4 for line in rows)
