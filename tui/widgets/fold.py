"""Text of several lines and tones, folded to a width with nothing of it left out.

Keeps true: what is drawn is clean and fits; blanks and empty lines stay. Unlike `candidate_cell.wrap`
this is for text whose form matters. Costs one pass over the text, at most `LIMIT_CHARS` of it.
"""

import re
from collections.abc import Iterable
from typing import Final

from rich.cells import cell_len, set_cell_size

from tui.core.text import sanitize
from tui.widgets.candidate_cell import Part, plain

LIMIT_CHARS: Final = 200_000
"""More is not drawn, and that is said."""
_TAB: Final = "    "
_CHUNK: Final = re.compile(r"\S+[ ]*|[ ]+|\s")

Line = list[Part]


def fold(
    parts: Iterable[Part], width: int, *, indent: int = 0, ascii_only: bool = False
) -> list[Line]:
    """The parts one after another, in lines of at most `width` cells, each begun with `indent`.

    >>> fold([("one two", ""), (" three", "dim")], 8)
    [[('one two', '')], [('three', 'dim')]]
    """
    lines: list[Line] = [[]]
    room = max(4, width - indent)
    column = 0
    left = LIMIT_CHARS
    for text, tone in parts:
        over = len(text) - left
        clean = sanitize(text[:left]).expandtabs(len(_TAB))
        left -= min(left, len(text))
        for number, line in enumerate(clean.split("\n")):
            if number:
                lines.append([])
                column = 0
            for chunk in _CHUNK.findall(plain(line) if ascii_only else line):
                column = _add(lines, chunk, tone, column, room)
        if over > 0:
            lines += [[], [(f"{over:,} more characters are not shown", "dim")]]
            break
    margin: Line = [(" " * indent, "")] if indent else []
    return [[*margin, *_joined(line)] if line else [] for line in lines]


def _add(lines: list[Line], chunk: str, tone: str, column: int, room: int) -> int:
    """Put a word and the blanks behind it at the end; the column after it."""
    word = chunk.rstrip(" ")
    if column and word and column + cell_len(word) > room:
        lines.append([])
        column = 0
        chunk = chunk if lines[-1] else chunk.lstrip(" ")
    while cell_len(word) > room:
        head = set_cell_size(word, room).rstrip() or word[0]
        lines[-1].append((head, tone))
        lines.append([])
        word, chunk = word[len(head) :], chunk[len(head) :]
    if column + cell_len(chunk) > room:
        chunk = set_cell_size(chunk, max(0, room - column))
    if chunk:
        lines[-1].append((chunk, tone))
    return column + cell_len(chunk)


def _joined(line: Line) -> Line:
    """Neighbours of one tone as one part; blanks at the end go."""
    found: Line = []
    for text, tone in line:
        if found and found[-1][1] == tone:
            found[-1] = (found[-1][0] + text, tone)
        else:
            found.append((text, tone))
    if found and found[-1][0].isspace() and len(found) > 1:
        found.pop()
    if found:
        found[-1] = (found[-1][0].rstrip() or found[-1][0], found[-1][1])
    return found
