"""Rows of the library's list: what is looked for, the tags, and one persona.

Keeps true: every text of a file is cleaned here and fits the width it is given; each state has a word
or a sign of its own, not a colour alone.
"""

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len

from tui.core.persona import BrokenPersona, Persona
from tui.core.persona_search import tags_of
from tui.core.text import one_line
from tui.widgets.candidate_cell import Part, fit, plain

_NAME: Final = 20
_LONG_NAME: Final = 30
_ROOMY: Final = 66
"""Cells of a row from which names have more of them."""
_ORIGIN: Final = 9
_WORDY: Final = 30
"""Cells from which a persona is told in words, not in tags."""
ALL: Final = "all"


def search_row(
    typed: str, typing: bool, count: int, width: int, *, find: str, ascii_only: bool
) -> list[Part]:
    """What is looked for, or how to look: with the key `find`."""
    told = f"{count} found" if typed else f"{count}"
    if not typed and not typing:
        words = fit(f"{find} finds by name, #tag or text", width - 8, ascii_only=ascii_only)
        return [("  ", ""), (words, "dim"), (f"{told:>6}", "dim")]
    caret = "▏" if typing else ""
    room = max(4, width - len(told) - 3)
    shown = one_line(typed, 60)
    return [("/ ", "marker" if typing else "dim"),
            (fit(f"{shown}{caret}", room, ascii_only=ascii_only), "name"), (f" {told}", "dim")]  # fmt: skip


def tag_row(
    tags: Sequence[tuple[str, int]], chosen: str, width: int, *, ascii_only: bool
) -> tuple[list[Part], list[tuple[int, int, str]]]:
    """The tags, the chosen one in sight; and (first cell, cell after, tag) of each that is shown."""
    named = [("", ALL), *((tag, f"{one_line(tag, 20)} {count}") for tag, count in tags)]
    shown = [(tag, plain(text) if ascii_only else text) for tag, text in named]
    at = next((n for n, (tag, _) in enumerate(shown) if tag == chosen), 0)
    first = 0
    while first < at and 2 + sum(cell_len(t) + 2 for _, t in shown[first : at + 1]) > width - 2:
        first += 1
    more = "< " if first and ascii_only else "‹ " if first else "  "
    parts: list[Part] = [(more, "dim")]
    places: list[tuple[int, int, str]] = []
    column = 2
    for n, (tag, text) in enumerate(shown[first:], first):
        if column + cell_len(text) > width - (2 if n + 1 < len(shown) else 0):
            parts.append((">" if ascii_only else "›", "dim"))
            break
        if tag == chosen:
            mark = f"[{text}]"
            parts[-1] = (parts[-1][0][:-1], parts[-1][1])
            parts += [(mark, "chosen"), (" ", "")]
        else:
            parts += [(text, "dim"), ("  ", "")]
        places.append((column, column + cell_len(text), tag))
        column += cell_len(text) + 2
    return parts, places


def persona_row(
    persona: Persona | BrokenPersona, width: int, *, current: bool, in_use: bool, favourite: bool,
    covers: bool, ascii_only: bool,
) -> list[Part]:  # fmt: skip
    """One persona: its marks, its name, whose it is, and its tags or its first words."""
    pointer = (">" if ascii_only else "›") if current else " "
    star = ("*" if ascii_only else "★") if favourite else " "
    broken = isinstance(persona, BrokenPersona)
    tone = "problem" if broken else "current" if in_use else "name"
    name = persona.id if isinstance(persona, BrokenPersona) else persona.name
    widest = _NAME if width < _ROOMY else _LONG_NAME
    name_width = min(widest, max(10, width - 4 - _ORIGIN - 2))
    whose = (
        "broken" if broken else "in use" if in_use else "built in" if persona.built_in else "yours"
    )
    if covers and not broken and not in_use:
        whose = "yours *" if ascii_only else "yours ↑"
    parts: list[Part] = [
        (f"{pointer}", "marker"),
        (f"{star} ", "star"),
        (fit(one_line(name) or one_line(persona.id), name_width, ascii_only=ascii_only), tone),
        ("  ", ""),
        (fit(whose, _ORIGIN), "problem" if broken else "in-use" if in_use else "dim"),
    ]
    left = width - 3 - name_width - 2 - _ORIGIN - 1
    if left >= 6:
        parts += [(" ", ""), (fit(_about(persona, left), left, ascii_only=ascii_only), "dim")]
    return parts


def _about(persona: Persona | BrokenPersona, room: int) -> str:
    if isinstance(persona, BrokenPersona):
        return one_line(persona.problems[0].message) if persona.problems else ""
    tags = ", ".join(one_line(tag, 30) for tag in tags_of(persona))
    words = one_line(persona.creator_notes or persona.system or persona.description)
    return words if room >= _WORDY else tags or words
