"""Hostile text that can be edited and comes out as it went in."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tui.core.stand_in import disguise
from tui.core.text import sanitize

TEXTS = st.text(st.one_of(st.characters(exclude_categories=["Cs"]),
                          st.sampled_from("\r\n\t\x1b\x85\u2028\u202e␛①�\ufeff")))  # fmt: skip


@settings(max_examples=50)
@given(TEXTS)
def test_it_comes_back_as_it_was_and_draws_safely(text: str) -> None:
    shown = disguise(text)
    assert shown.restore(shown.text) == text
    assert sanitize(shown.text) == shown.text
    assert shown.text.splitlines() == shown.text.removesuffix("\n").split("\n") or not shown.text


def test_windows_line_ends_stay() -> None:
    shown = disguise("a = 1\r\nb = 2\r\n")
    assert shown.text == "a = 1\nb = 2\n"
    assert shown.restore("a = 1\nb = 3\n") == "a = 1\r\nb = 3\r\n"


def test_mixed_line_ends_are_seen_and_stay() -> None:
    shown = disguise("a\r\nb\n")
    assert shown.text == "a␍\nb\n"
    assert shown.restore(shown.text) == "a\r\nb\n"
