"""Settings as a line that is read and typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.edits import edits_text, parse_edits
from tui.core.settings import Settings

BASE = Settings(temperature=0.5, top_k=20)


@given(
    st.builds(
        Settings,
        temperature=st.floats(0, 5).map(lambda x: round(x, 3)),
        top_k=st.integers(0, 100),
        min_p=st.floats(0, 1).map(lambda x: round(x, 3)),
        mirostat=st.integers(0, 2),
        samplers=st.sampled_from([("top_k", "temperature"), ("min_p",), Settings().samplers]),
    )
)
def test_what_a_line_says_is_read_back(settings: Settings) -> None:
    assert parse_edits(BASE, edits_text(BASE, settings)) == (settings, [])


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("temp 1.3", {"temperature": 1.3}),
        (" --top-k=0 ,typical_p 0.2", {"top_k": 0, "typical_p": 0.2}),
        ("samplers top_k;temp", {"samplers": ("top_k", "temperature")}),
        ("", {}),
    ],
)
def test_every_spelling_of_a_name_is_known(line: str, values: dict[str, object]) -> None:
    assert parse_edits(BASE, line) == (BASE.changed(**values), [])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("tmp 1", "did you mean temp?"),
        ("temp", "no value"),
        ("temp NaN", "not a finite number"),
        ("temp inf", "temperature"),
        ("temp 101", "it goes from"),
        ("top-k 1.5", "not a whole number"),
        ("samplers top_q", "did you mean top_"),
        ("x" * 3000, "longer than"),
    ],
)
def test_a_problem_is_told_and_changes_nothing(line: str, told: str) -> None:
    settings, problems = parse_edits(BASE, f"min-p 0.3, {line}")
    assert settings == BASE
    assert any(told in str(problem) for problem in problems)
