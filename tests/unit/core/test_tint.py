from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from tui.core.settings import DEFAULTS
from tui.core.step import Step
from tui.core.tint import (
    LEVELS,
    SCALES,
    Tint,
    is_forced,
    is_surprising,
    is_uncertain,
    level,
)
from tui.engine.invented import InventedVocabulary, invent


def token(p_raw: float = 1.0, rank: int = 1, entropy_bits: float = 0.0) -> SimpleNamespace:
    return SimpleNamespace(p_raw=p_raw, rank=rank, entropy_bits=entropy_bits)


def step(**settings: object) -> Step:
    words = InventedVocabulary([b" red"])
    return invent(words, words.id(b" red"), " red", i=0, settings=DEFAULTS.changed(**settings),
                  version=0, rng=np.random.default_rng(3))  # fmt: skip


@pytest.mark.parametrize(
    ("p", "expected"),
    [(1.0, 0), (0.9, 0), (0.6, 1), (0.5, 2), (0.2, 3), (0.1, 3), (0.05, 4), (0.02, 4), (0.0, 5)],
)
def test_the_less_likely_a_token_the_further_it_steps_forward(p: float, expected: int) -> None:
    assert level(Tint.PROBABILITY, token(p)) == expected


@pytest.mark.parametrize(
    ("tint", "found", "expected"),
    [
        (Tint.SURPRISE, token(1.0), 0), (Tint.SURPRISE, token(0.5), 2),
        (Tint.SURPRISE, token(0.0), 5), (Tint.ENTROPY, token(entropy_bits=0.0), 0),
        (Tint.ENTROPY, token(entropy_bits=9.0), 5), (Tint.RANK, token(rank=1), 0),
        (Tint.RANK, token(rank=2), 1), (Tint.RANK, token(rank=5), 2), (Tint.RANK, token(rank=41), 5),
        (Tint.NONE, token(0.0, 900, 9.0), 0),
    ],
)  # fmt: skip
def test_every_measure_has_its_levels(tint: Tint, found: SimpleNamespace, expected: int) -> None:
    assert level(tint, found) == expected


def test_every_level_of_every_measure_is_told_in_numbers() -> None:
    for scale in SCALES.values():
        assert len(scale.names) == len(scale.bounds) + 1 == LEVELS
        assert list(scale.bounds) in (sorted(scale.bounds), sorted(scale.bounds, reverse=True))


def test_tints_go_round() -> None:
    seen, tint = [], Tint.NONE
    for _ in Tint:
        tint = tint.next
        seen.append(tint)
    assert set(seen) == set(Tint)
    assert tint is Tint.NONE


def test_a_surprise_and_a_doubt_are_not_the_same() -> None:
    assert is_surprising(token(0.01, entropy_bits=0.1))
    assert not is_uncertain(token(0.01, entropy_bits=0.1))
    assert is_uncertain(token(0.9, entropy_bits=3.0))
    assert not is_surprising(token(0.1))


def test_one_survivor_is_forced_whatever_the_probability_says() -> None:
    assert is_forced(step(top_k=1))
    drawn = step(top_k=2, top_p=1.0, min_p=0.0)
    assert not is_forced(drawn)
    # Two are left; that the likely one's share rounds to 1 forces nothing.
    assert not is_forced(msgspec.structs.replace(drawn, p_final=1.0))
    assert not is_forced(token(1.0))


def test_the_guide_tells_every_level() -> None:
    page = (Path(__file__).parents[3] / "docs" / "guide" / "heat-maps.md").read_text()
    for tint, scale in SCALES.items():
        assert f"| {tint} | {scale.unit}".rstrip() in page
        assert f"| {', '.join(scale.names)} |" in page
