"""Every stage that removes a candidate says why, in numbers that hold as printed."""

import math
import re

import numpy as np
import pytest

from tui.core.own_sampler import OwnSampler
from tui.core.reason import percent, reason
from tui.core.replay import replay
from tui.core.settings import Settings, preset
from tui.core.step import Step
from tui.sampling.chain import Chain
from tui.sampling.vocab import Vocab

NEUTRAL = preset("neutral")
FALLING = (0.4, 0.3, 0.15, 0.08, 0.04, 0.02, 0.008, 0.002)


def step_of(p: tuple[float, ...], settings: Settings, seed: int = 1, **rest: object) -> Step:
    row = np.log(np.array(p, np.float32))
    chain = Chain(Vocab(row.size), settings, seed, [], **rest)
    step = chain.record(chain.sample(row), 0)
    chain.close()
    return step


def why(settings: Settings, index: int, p: tuple[float, ...] = FALLING) -> str:
    step = step_of(p, settings)
    return reason(step, replay(step, settings), settings, index)


@pytest.mark.parametrize(
    ("changed", "index", "text"),
    [
        ({"min_p": 0.05}, 6, "cut by min-p: 0.8 % < 5 % × 40 %"),
        ({"top_k": 5}, 6, "cut by top-k: rank 7 > 5"),
        ({"top_p": 0.9}, 5, "cut by top-p: 93 % already held by 4 tokens"),
        ({"top_p": 0.2}, 5, "cut by top-p: 40 % already held by 1 token"),
        ({"temperature": 0.0}, 1, "cut by temperature: temperature 0 leaves the most likely alone"),
        ({"logit_bias": ((2, -math.inf),)}, 2, "cut by logit bias: banned"),
        (
            {"xtc_probability": 1.0, "xtc_threshold": 0.1},
            1,
            "cut by XTC: 30 % ≥ 10 %, and it is not the last such choice",
        ),
    ],
)
def test_the_reason_of_each_stage(changed: dict[str, object], index: int, text: str) -> None:
    assert why(NEUTRAL.changed(**changed), index) == text


def test_top_n_sigma_gives_distance_and_spread() -> None:
    text = why(NEUTRAL.changed(top_n_sigma=1.0), 7)
    found = re.match(r"cut by top-n-sigma: ([\d.]+) below the best > 1 × σ ([\d.]+)$", text)
    assert found, text
    logits = np.log(np.array(FALLING))
    assert float(found[1]) == pytest.approx(logits[0] - logits[7], rel=0.05)
    assert float(found[2]) == pytest.approx(logits.std(), rel=0.05)


def test_tail_free_gives_the_bend() -> None:
    text = why(NEUTRAL.changed(tfs_z=0.5), 7)
    found = re.match(
        r"cut by tail-free: the curve has bent by ([\d.]+) % > 50 % at rank (\d+)$", text
    )
    assert found, text
    assert float(found[1]) > 50


def test_typical_gives_surprise_and_entropy() -> None:
    text = why(NEUTRAL.changed(typical_p=0.5), 7)
    assert text.startswith("cut by typical: surprise 8.97 is "), text
    assert "bits from the entropy 2.1" in text


@pytest.mark.parametrize("mode", [1, 2])
def test_mirostats_own_cut_is_told(mode: int) -> None:
    settings = Settings(mirostat=mode, mirostat_tau=1.0, temperature=1.0)
    text = why(settings, 7)
    pattern = r"rank 8 > k \d" if mode == 1 else r"surprise 9\.0 > μ 2\.0 bits"
    assert re.fullmatch(f"cut by mirostat: {pattern}", text), text


def test_a_sampler_of_ones_own_is_named() -> None:
    def only_first(ids, logits, values):
        return np.where(ids == 0, logits, -np.inf)

    own = {"first": OwnSampler("first", only_first)}
    settings = NEUTRAL.changed(samplers=("custom:first",))
    step = step_of(FALLING, settings, own=own)
    again = replay(step, settings, own=own)
    assert reason(step, again, settings, 3) == "cut by first: its function removed it"


def test_a_survivor_has_no_reason() -> None:
    assert why(NEUTRAL.changed(min_p=0.05), 0) == ""


def test_a_candidate_the_model_rules_out_says_so() -> None:
    row = np.array([1.0, 0.0, -np.inf], np.float32)
    chain = Chain(Vocab(3), NEUTRAL, 1, [])
    step = chain.record(chain.take(chain.sample(row), 2), 0)
    chain.close()
    places = {token: place for place, token in enumerate(step.record.ids.tolist())}
    text = reason(step, replay(step, NEUTRAL), NEUTRAL, places[2])
    assert text == "the model gives it no probability"


def test_the_comparison_holds_as_printed_when_it_is_close() -> None:
    p = (0.5, 0.2496, 0.2504)
    text = why(NEUTRAL.changed(min_p=0.5), 2, p)
    numbers = [float(n) for n in re.findall(r"([\d.]+) %", text)]
    assert numbers[0] < numbers[1] * numbers[2] / 100


@pytest.mark.parametrize("p", [1.0, 0.999999, 0.5, 0.1, 0.012345, 1e-5, 1e-9, 0.0])
def test_percentages_are_short_and_have_no_exponent(p: float) -> None:
    text = percent(p)
    assert "e" not in text
    assert len(text) <= 12
    assert text.endswith(" %")
