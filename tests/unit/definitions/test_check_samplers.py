"""`check-samplers` finds no mismatch, and would find one."""

import re

import numpy as np
import pytest

from tui.cli.check import draw, stage
from tui.cli.check.case import LARGE, make_case
from tui.cli.check.compare import Outcome, compare_cut, compare_logits, compare_typical
from tui.cli.main import main
from tui.core.definitions.candidate import Candidates
from tui.core.definitions.cut import top_p, typ_p


def test_no_stage_differs_from_its_definition(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-samplers", "--cases", "60", "--seed", "5"]) == 0
    rows = re.findall(r"^(\S.*?) +(\d+) +(\d+) +(\d+)$", capsys.readouterr().out, re.MULTILINE)
    assert len(rows) == 17
    assert {row[1] for row in rows} == {"60"}
    assert {row[2] for row in rows} == {"0"}


def test_every_kind_of_case_comes_up() -> None:
    rng = np.random.default_rng(0)
    cases = [make_case(rng, number) for number in range(1000)]
    sizes = {case.logits.size for case in cases}
    assert {1, 2, LARGE} <= sizes
    assert {case.kind for case in cases} == {
        "plain",
        "ties",
        "equal",
        "bans",
        "zeros",
        "faint",
        "peak",
    }
    assert {case.is_sorted for case in cases} == {True, False}
    assert all(np.isfinite(case.logits).any() for case in cases)


def test_one_candidate_too_many_is_a_mismatch() -> None:
    given = Candidates.of_probabilities([0.4, 0.3, 0.2, 0.1])
    wrong = top_p(given, 0.95)
    assert compare_cut(wrong, lambda p: top_p(given, p), 0.8, 1e-6) is Outcome.DIFFERS


def test_a_threshold_met_exactly_is_borderline() -> None:
    given = Candidates.of_probabilities([0.5, 0.25, 0.125, 0.125])
    kept_more = top_p(given, 0.7500005)
    assert compare_cut(kept_more, lambda p: top_p(given, p), 0.75, 1e-6) is Outcome.BORDERLINE


def test_a_logit_that_is_off_is_a_mismatch() -> None:
    given = Candidates.of([1.0, -np.inf, 3.0])
    assert compare_logits(given, Candidates.of([1.0, -np.inf, 3.0])) is Outcome.AGREES
    assert compare_logits(given, Candidates.of([1.001, -np.inf, 3.0])) is Outcome.DIFFERS
    assert compare_logits(given, Candidates.of([1.0, 0.0, 3.0])) is Outcome.DIFFERS


@pytest.mark.parametrize(
    ("apart", "outcome"), [(1e-6, Outcome.BORDERLINE), (0.01, Outcome.DIFFERS)]
)
def test_typical_may_swap_only_what_is_as_far_from_the_entropy(
    apart: float, outcome: Outcome
) -> None:
    as_far = -1.0593489720487723
    """Beside 0, -1 and -1: then 0 and it are equally far from the entropy, above and below."""
    given = Candidates.of([0.0, as_far - apart, -1.0, -1.0])
    assert typ_p(given, 0.4).ids.tolist() == [2, 3, 0]
    swapped = given.take(np.array([2, 3, 1]), sorted=False)
    assert compare_typical(typ_p(given, 0.4), given, 0.4, 1) is Outcome.AGREES
    assert compare_typical(swapped, given, 0.4, 1) is outcome
    more = given.take(np.array([2, 3, 1, 0]), sorted=False)
    assert compare_typical(more, given, 0.4, 1) is Outcome.DIFFERS


@pytest.mark.parametrize("check", [stage.typ_p, draw.mirostat_1])
def test_zero_probabilities_agree_where_llama_cpp_has_nan(check: object) -> None:
    rng = np.random.default_rng(8)
    cases = [case for n in range(600) if (case := make_case(rng, n)).kind in ("bans", "zeros")]
    assert len(cases) > 100
    assert Outcome.DIFFERS not in {check(case)[0] for case in cases}  # type: ignore[operator]
