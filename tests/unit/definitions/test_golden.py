"""The golden numbers of llama.cpp's own sampler tests (`tests/test-sampling.cpp`)."""

import math

import numpy as np
import pytest

from tui.core.definitions.candidate import Candidates
from tui.core.definitions.cut import min_p, tfs_z, top_k, top_n_sigma, top_p, typ_p, xtc
from tui.core.definitions.reshape import dry, penalties, temperature

RISING = (0.1, 0.2, 0.3, 0.4)


def falling(candidates: Candidates) -> list[float]:
    return sorted(candidates.by_id().values(), reverse=True)


def approx(values: list[float]) -> object:
    return pytest.approx(values, abs=5e-6)


def of(*p: float) -> Candidates:
    """Probabilities as llama.cpp's test hands them over: logits in single precision."""
    return Candidates.of(np.log(np.array(p, np.float32)))


def test_temperature() -> None:
    assert falling(temperature(of(*RISING), 1.0)) == approx([0.4, 0.3, 0.2, 0.1])
    assert temperature(of(*RISING), 0.0).p.tolist() == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("low", [0.0])
def test_dynamic_temperature_without_range_is_temperature(low: float) -> None:
    ext = temperature(of(*RISING), 1.0, dynamic_range=low, dynamic_exponent=1.0)
    assert falling(ext) == approx([0.4, 0.3, 0.2, 0.1])
    assert temperature(of(*RISING), 0.0, dynamic_range=low).p.tolist() == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("k", "kept"),
    [
        (1, [1.0]),
        (3, [0.444444, 0.333333, 0.222222]),
        (4, [0.4, 0.3, 0.2, 0.1]),
        (0, [0.4, 0.3, 0.2, 0.1]),
    ],
)
def test_top_k(k: int, kept: list[float]) -> None:
    assert falling(top_k(of(*RISING), k)) == approx(kept)


@pytest.mark.parametrize(
    ("p", "kept"),
    [
        (0.0, [1.0]),
        (0.7, [0.571429, 0.428571]),
        (0.8, [0.444444, 0.333333, 0.222222]),
        (1.0, [0.4, 0.3, 0.2, 0.1]),
    ],
)
def test_top_p(p: float, kept: list[float]) -> None:
    assert falling(top_p(of(*RISING), p)) == approx(kept)


@pytest.mark.parametrize(
    ("p", "kept"),
    [
        (0.0, [0.4, 0.3, 0.2, 0.1]),
        (0.24, [0.4, 0.3, 0.2, 0.1]),
        (0.26, [0.444444, 0.333333, 0.222222]),
        (0.49, [0.444444, 0.333333, 0.222222]),
        (0.51, [0.571429, 0.428571]),
        (0.74, [0.571429, 0.428571]),
        (0.76, [1.0]),
        (1.0, [1.0]),
        (1.05, [1.0]),
    ],
)
def test_min_p(p: float, kept: list[float]) -> None:
    assert falling(min_p(of(*RISING), p)) == approx(kept)


@pytest.mark.parametrize(
    ("threshold", "kept"),
    [
        (0.09, [1.0]),
        (0.19, [0.666667, 0.333333]),
        (0.29, [0.5, 0.333333, 0.166667]),
        (0.39, [0.4, 0.3, 0.2, 0.1]),
    ],
)
def test_xtc(threshold: float, kept: list[float]) -> None:
    after = xtc(of(0.4, 0.3, 0.2, 0.1), coin=0.5, probability=0.99, threshold=threshold)
    assert falling(after) == approx(kept)


def test_xtc_leaves_everything_when_the_coin_says_so() -> None:
    after = xtc(of(0.4, 0.3, 0.2, 0.1), coin=0.5, probability=0.49, threshold=0.09)
    assert len(after) == 4


@pytest.mark.parametrize(
    ("given", "kept"),
    [((0.97, 0.01, 0.01, 0.01), [1.0]), ((0.4, 0.2, 0.2, 0.2), [1 / 3, 1 / 3, 1 / 3])],
)
def test_typical(given: tuple[float, ...], kept: list[float]) -> None:
    assert falling(typ_p(of(*given), 0.5)) == approx(kept)


@pytest.mark.parametrize(("z", "kept"), [(0.25, [0.3]), (0.75, [0.3, 0.25]), (0.99, [0.3, 0.25])])
@pytest.mark.parametrize("min_keep", [0, 1])
def test_tail_free(z: float, kept: list[float], min_keep: int) -> None:
    after = tfs_z(of(0.1, 0.15, 0.2, 0.25, 0.3), z, min_keep)
    assert falling(after) == approx([p / sum(kept) for p in kept])


@pytest.mark.parametrize(
    ("history", "p"),
    [
        ([0], [0, 0.25, 0.25, 0.25, 0.25]),
        ([0, 1, 2], [0, 0, 0, 0.5, 0.5]),
        ([0, 1, 2, 0, 0], [0, 0, 0, 0.5, 0.5]),
    ],
)
def test_repeat_penalty(history: list[int], p: list[float]) -> None:
    after = penalties(of(*[0.2] * 5), history, last_n=len(history), repeat=50.0)
    assert after.p.tolist() == approx(p)


@pytest.mark.parametrize(
    ("history", "p"),
    [
        ([0], [0.000011, 0.249997, 0.249997, 0.249997, 0.249997]),
        ([0, 1, 2], [0.000023, 0.000023, 0.000023, 0.499966, 0.499966]),
        ([0, 1, 2, 0, 0], [0.000000, 0.000023, 0.000023, 0.499977, 0.499977]),
    ],
)
def test_frequency_and_presence_penalty(history: list[int], p: list[float]) -> None:
    after = penalties(of(*[0.2] * 5), history, last_n=len(history), frequency=5.0, presence=5.0)
    assert after.p.tolist() == approx(p)


@pytest.mark.parametrize(
    ("history", "base", "allowed", "last_n", "p"),
    [
        ([0, 1], 1.1, 2, 4, [0.25, 0.25, 0.25, 0.25]),
        ([0, 1, 2, 0, 1], 1.1, 2, 5, [0.296923, 0.296923, 0.109232, 0.296923]),
    ],
)
def test_dry(history: list[int], base: float, allowed: int, last_n: int, p: list[float]) -> None:
    after = dry(of(*[0.25] * 4), history, multiplier=1.0, base=base, allowed_length=allowed,
                last_n=last_n)  # fmt: skip
    assert after.p.tolist() == approx(p)


def test_dry_stops_at_a_breaker() -> None:
    history = [0, 1, 3, 4, 0, 1]
    given = of(*[0.2] * 5)
    free = dry(given, history, multiplier=1.0, base=1.1, last_n=6)
    broken = dry(given, history, multiplier=1.0, base=1.1, last_n=6, breakers=[(1, ())])
    assert free.p[3] < 0.2
    assert broken.p.tolist() == approx([0.2] * 5)


@pytest.mark.parametrize(
    ("n", "p"),
    [
        (1.0, [0.0, 0.0, 0.428571, 0.571429]),
        (0.0, list(RISING)),
        (3.0, list(RISING)),
    ],
)
def test_top_n_sigma(n: float, p: list[float]) -> None:
    assert top_n_sigma(of(*RISING), n).p.tolist() == approx(p)


def test_a_probability_of_zero_does_not_spoil_typical() -> None:
    given = Candidates.of([0.0, -1.0, -2.0, -3.0, -math.inf])
    assert typ_p(given, 0.2).ids.tolist() == [1]
    assert typ_p(Candidates.of([0.0, -1.0, -2.0, -3.0, -200.0]), 0.2).ids.tolist() == [1]


def test_min_p_sorts_only_when_min_keep_asks_for_more_than_it_keeps() -> None:
    assert min_p(of(*RISING), 0.6).ids.tolist() == [2, 3]
    assert min_p(of(*RISING), 0.6, min_keep=3).ids.tolist() == [3, 2, 1]
    assert min_p(of(0.45, 0.55), 0.05, min_keep=3).ids.tolist() == [1, 0]
