"""A persona as a card: everything its file says, or everything that is wrong with it, as lines.

Keeps true: every field that a persona has is on its card, whatever later versions add; a field that
says nothing is left out. Texts are cleaned and folded in `fold`.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from tui.core.errors import Problem
from tui.core.number import plain_number
from tui.core.persona import BrokenPersona, Persona
from tui.core.persona_search import tags_of
from tui.core.text import one_line
from tui.widgets.candidate_cell import Part, plain
from tui.widgets.fold import Line, fold

_OWN_PLACE: Final = ("id", "name", "tags", "path", "built_in")
"""Told in the head of the card."""
_PLACE: Final = 10
"""Cells for the line of a problem."""
_DEPTH: Final = 8
_EACH_CHARS: Final = 200_000


def origin(persona: Persona | BrokenPersona, covers: bool) -> str:
    """Whose it is, in words."""
    if persona.built_in:
        return "built in"
    return "yours, over the built-in one" if covers else "yours"


def card_lines(
    persona: Persona | BrokenPersona, width: int, *, covers: bool = False, edit_key: str = "e",
    ascii_only: bool = False,
) -> list[Line]:  # fmt: skip
    """The whole card.

    Args:
        persona: whose.
        width: cells.
        covers: whether it is a person's own over a built-in one.
        edit_key: what edits it, for the reader.
        ascii_only: draw with ASCII alone.
    """
    broken = isinstance(persona, BrokenPersona)
    name = persona.id if isinstance(persona, BrokenPersona) else persona.name or persona.id
    about = [one_line(persona.id), origin(persona, covers), *map(one_line, tags_of(persona))]
    lines = fold(
        [(one_line(name), "problem" if broken else "heading")], width, ascii_only=ascii_only
    )
    lines += fold([(" · ".join(about), "dim")], width, ascii_only=ascii_only)
    if not persona.built_in:
        lines += fold([(one_line(persona.path, 400), "dim")], width, ascii_only=ascii_only)
    if isinstance(persona, BrokenPersona):
        count = len(persona.problems)
        told = "a problem" if count == 1 else f"{count} problems"
        words = f"It cannot be used: its file has {told}. {edit_key} edits it."
        return [
            *lines, [], *fold([(words, "")], width, ascii_only=ascii_only), [],
            *problem_lines(persona.problems, width, ascii_only=ascii_only),
        ]  # fmt: skip
    for field in msgspec.structs.fields(persona):
        value = getattr(persona, field.name)
        if field.name not in _OWN_PLACE and not _empty(value):
            lines += _field(field.name, value, width, ascii_only)
    return lines


def problem_lines(
    problems: Iterable[Problem], width: int, *, ascii_only: bool = False
) -> list[Line]:
    """Each problem with its line and key, without its file."""
    lines: list[Line] = []
    for problem in problems:
        place = f"line {problem.line}" if problem.line else "file"
        text = msgspec.structs.replace(problem, path="", line=0)
        words = fold(
            [(one_line(str(text), 500), "problem")], width, indent=_PLACE, ascii_only=ascii_only
        )
        lines += [[(f"{place:<{_PLACE}}", "dim"), *words[0][1:]], *words[1:]]
    return lines


def _field(name: str, value: Any, width: int, ascii_only: bool) -> list[Line]:
    label = name.replace("_", " ")
    head: Line = [(plain(label) if ascii_only else label, "label")]
    return [[], head, *_value(value, width, 2, ascii_only)]


def _value(value: Any, width: int, indent: int, ascii_only: bool, depth: int = 0) -> list[Line]:
    def told(text: str, tone: str = "") -> list[Line]:
        return fold([(text[:_EACH_CHARS], tone)], width, indent=indent, ascii_only=ascii_only)

    if depth >= _DEPTH:
        return told("…", "dim")
    match value:
        case str():
            return told(value)
        case bool():
            return told("yes" if value else "no")
        case int() | float():
            return told(plain_number(value))
        case dict() | msgspec.Struct():
            return _table(value, width, indent, ascii_only, depth)
        case tuple() | list() if all(_is_word(item) for item in value):
            return told(", ".join(value))
        case tuple() | list():
            return _list(value, width, indent, ascii_only, depth)
        case None:
            return told("none")
        case _:
            return told(str(value))


def _table(value: Any, width: int, indent: int, ascii_only: bool, depth: int) -> list[Line]:
    if isinstance(value, msgspec.Struct):
        value = {
            field.name: getattr(value, field.name)
            for field in msgspec.structs.fields(value)
            if not _empty(found := getattr(value, field.name)) and found != field.default
        }
    lines: list[Line] = []
    for key, item in value.items():
        label = one_line(str(key), 60)
        inner = _value(item, width, indent + 2, ascii_only, depth + 1)
        short = isinstance(item, str | int | float) and len(inner) == 1 and inner[0]
        head = fold([(label, "dim")], width, indent=indent, ascii_only=ascii_only)
        if short and len(text := inner[0][-1][0]) + len(label) + indent + 2 <= width:
            head[-1] += [("  ", ""), (text, "")]
            lines += head
        else:
            lines += head + inner
    return lines


def _list(
    value: Sequence[Any], width: int, indent: int, ascii_only: bool, depth: int
) -> list[Line]:
    lines: list[Line] = []
    digits = len(str(len(value)))
    for number, item in enumerate(value, 1):
        inner = _value(item, width, indent + digits + 2, ascii_only, depth + 1) or [[]]
        mark: Part = (" " * indent + f"{number:>{digits}}  ", "dim")
        first = inner[0][1:] if inner[0] and inner[0][0][0].isspace() else inner[0]
        lines += [[mark, *first], *inner[1:]]
    return lines


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) < 30 and not any(map(str.isspace, value))


def _empty(value: Any) -> bool:
    if isinstance(value, msgspec.Struct):
        return all(
            _empty(getattr(value, f.name)) or getattr(value, f.name) == f.default
            for f in msgspec.structs.fields(value)
        )
    return value is None or (isinstance(value, str | dict | tuple | list) and not value)
