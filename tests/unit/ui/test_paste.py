"""Pastes, in whatever pieces a terminal sends them."""

import pytest
from textual import events

from tui.paste import PasteFilter, PasteParser

LINES = "a \x1b[31mred\rb \x1b\x1b]52;c;eA==\x07\x1b[20\x1b[200~c\r"
SENT = f"x\x1b[A\x1b[200~{LINES}\x1b[201~\x1b[By"


def got(pieces: list[str]) -> list[str]:
    parser = PasteParser()
    found = [event for piece in pieces for event in parser.feed(piece)]
    return [
        f"paste {event.text}" if isinstance(event, events.Paste) else event.key
        for event in found
        if isinstance(event, events.Paste | events.Key)
    ]


WHOLE = ["x", "up", f"paste {LINES.replace(chr(27), '␛')}", "down", "y"]


@pytest.mark.parametrize("at", range(len(SENT)))
def test_a_paste_with_escapes_is_one_paste_wherever_it_is_split(at: int) -> None:
    assert got([piece for piece in (SENT[:at], SENT[at:]) if piece]) == WHOLE


def test_a_paste_that_comes_character_by_character_is_one_paste() -> None:
    assert got(list(SENT)) == WHOLE


def test_two_pastes_and_an_empty_one() -> None:
    sent = "\x1b[200~a\x1b\x1b[201~\x1b[200~\x1b[201~\x1b[200~\x1bb\x1b[201~\r"
    assert got([sent]) == ["paste a␛", "paste ", "paste ␛b", "enter"]


def test_nothing_outside_a_paste_waits_or_changes() -> None:
    paste = PasteFilter()
    assert [paste.feed(piece) for piece in ("\x1b", "\x1b[2", "~\x1b[20", "0", "x")] == [
        "\x1b", "\x1b[2", "~\x1b[20", "0", "x",
    ]  # fmt: skip
