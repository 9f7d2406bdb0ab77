from types import SimpleNamespace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tui.core.spark import Course, cells, heights
from tui.core.tint import Tint


def token(p_raw: float | None, rank: int = 1, entropy_bits: float = 0.0) -> SimpleNamespace:
    return SimpleNamespace(p_raw=p_raw, rank=rank, entropy_bits=entropy_bits)


def test_a_course_that_grew_is_one_that_came_whole() -> None:
    tokens = [token(1 / (n + 1), n + 1, n / 10) for n in range(1000)]
    grown, whole = Course(), Course()
    for end in (1, 3, 300, 301, 1000):
        grown.take(tokens[:end])
    whole.take(tokens)
    for tint in (Tint.PROBABILITY, Tint.ENTROPY, Tint.RANK):
        assert np.array_equal(grown.of(tint), whole.of(tint))
    assert grown.of(Tint.RANK).tolist() == list(range(1, 1001))


def test_a_course_knows_a_text_that_only_grew_from_another() -> None:
    tokens = [token(0.5), token(0.4), token(0.3)]
    course = Course()
    course.take(tokens[:2])
    assert course.begins(tokens)
    assert not course.begins(tokens[:1])
    assert not course.begins([token(0.5), token(0.4), token(0.3)])
    assert not course.begins([tokens[0], token(0.4), tokens[2]])


@given(st.integers(1, 500), st.integers(1, 60))
def test_cells_fit_and_keep_the_worst(count: int, width: int) -> None:
    values = np.random.default_rng(count).uniform(size=count)
    per, worst = cells(values, width, lowest=True)
    assert len(worst) <= width
    assert (len(worst) - 1) * per < count <= len(worst) * per
    assert worst.min() == values.min()
    assert cells(values, width, lowest=False)[1].max() == values.max()


def test_a_token_without_a_number_hides_no_other() -> None:
    course = Course()
    course.take([token(None), token(0.2), token(None)])
    _, worst = cells(course.of(Tint.PROBABILITY), 2, lowest=True)
    assert worst[0] == 0.2
    assert np.isnan(worst[1])


def test_heights_of_a_rank_are_on_a_log_scale_and_nothing_divides_by_zero() -> None:
    assert heights(Tint.RANK, np.array([1.0, 10.0, 100.0]), 100.0).tolist() == [0.0, 0.5, 1.0]
    assert heights(Tint.RANK, np.array([1.0, 1.0]), 1.0).tolist() == [0.0, 0.0]
    assert heights(Tint.ENTROPY, np.array([0.0]), 0.0).tolist() == [0.0]
