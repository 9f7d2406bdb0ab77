"""Text that grows, wrapped into rows of cells that remember their tokens.

Pure: no Textual. Keeps true: a row that is followed by another never changes while its text only
grows, so that a streamed token costs one row and not one message; a grapheme is never cut. Takes
text that is already sanitised. Does not decide colours: spans carry the names of styles.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from rich.cells import split_graphemes

TAB: Final = 4
_PARTS: Final = re.compile(r"[\n\t]|[^\n\t]+")
_MARKS: Final = 16
"""Most characters of one grapheme that are drawn: a pile of accents is hostile, not text."""

_JOINER: Final = "\u200d"
_NOTHING: Final = "\u200b"
"""As long as a joiner, and of no width whatever stands beside it."""
_PICTURE: Final = "[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]"
_IDLE_JOINER: Final = re.compile(f"(?<!{_PICTURE}){_JOINER}|{_JOINER}(?!{_PICTURE})")

_OPEN: Final = 4096
"""Most characters of an open row; only characters without width reach it."""


class Span(NamedTuple):
    """Neighbouring cells of one token and one style."""

    text: str
    style: str
    token: int
    """Index in the reply; -1 for what is no token."""
    width: int
    """Cells."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of the transcript."""

    spans: tuple[Span, ...]
    key: int = -1
    """The message; -1 for what belongs to none."""
    first: int = -1
    """The first token that has cells here; -1 when none has."""
    last: int = -1
    """The last one."""

    @property
    def text(self) -> str:
        """Its characters."""
        return "".join(span.text for span in self.spans)


class Piece(NamedTuple):
    """Text that came as one."""

    text: str
    style: str
    token: int = -1


class _Cell(NamedTuple):
    text: str
    width: int
    piece: int
    """Index into the open pieces."""
    start: int
    """Characters before it in the open text."""


class Wrapper:
    """Wraps a text that grows, at words, to `width` cells.

    A blank that ends a row, and a newline, may hang one cell beyond the width.
    """

    def __init__(self, width: int, key: int) -> None:
        self.width = max(2, width)
        self.done: list[Row] = []
        """Rows that will not change."""
        self.tail = Row((), key)
        """The row that is still open."""
        self._key = key
        self._open: list[Piece] = []

    def feed(self, pieces: Iterable[Piece]) -> None:
        """Add text at the end."""
        self._open += pieces
        rows: list[tuple[_Cell, ...]] = []
        cells, length = self._lay(self._open, rows)
        if not rows and length > _OPEN:
            rows, cells = [cells], ()
        self.done += [self._row(row, self._open) for row in rows]
        self.tail = self._row(cells, self._open)
        if rows:
            self._open = _after(self._open, cells[0].start if cells else length)

    def _lay(
        self, pieces: list[Piece], rows: list[tuple[_Cell, ...]]
    ) -> tuple[tuple[_Cell, ...], int]:
        """Fill rows; the cells of the last, open one, and how many characters there are."""
        text = "".join(piece.text for piece in pieces)
        owner = _owners(pieces)
        cells: list[_Cell] = []
        column = 0
        word = 0
        for part in _PARTS.finditer(text):
            at = part.start()
            if text[at] == "\n":
                if column > self.width:  # the one hanging cell is the newline's
                    hanging = max(n for n, cell in enumerate(cells) if cell.width)
                    cells[hanging] = cells[hanging]._replace(text="", width=0)
                cells.append(_Cell(" ", 1, owner[at], at))
                rows.append(tuple(cells))
                cells, column, word = [], 0, 0
                continue
            if text[at] == "\t":
                graphemes = [(0, "\t", TAB - column % TAB)]
            elif part[0].isascii():
                graphemes = [(n, char, 1) for n, char in enumerate(part[0])]
            else:
                graphemes = _graphemes(part[0])
            for start, drawn, wide in graphemes:
                blank = drawn in (" ", "\t")
                room = self.width - column
                while wide > room and cells and not blank:
                    cells = _break(cells, word, rows)
                    column, word = sum(cell.width for cell in cells), 0
                    room = self.width - column
                width = min(wide, max(room, int(room == 0))) if blank else wide
                shown = " " * width if blank else drawn
                cells.append(_Cell(shown, width, owner[at + start], at + start))
                column += width
                if blank or width > 1:
                    word = len(cells)
        return tuple(cells), len(text)

    def _row(self, cells: tuple[_Cell, ...], pieces: list[Piece]) -> Row:
        spans: list[Span] = []
        for cell in cells:
            piece = pieces[cell.piece]
            if spans and spans[-1].token == piece.token and spans[-1].style == piece.style:
                last = spans[-1]
                spans[-1] = last._replace(text=last.text + cell.text, width=last.width + cell.width)
            else:
                spans.append(Span(cell.text, piece.style, piece.token, cell.width))
        tokens = [span.token for span in spans if span.token >= 0 and span.width]
        return Row(
            tuple(spans), self._key, tokens[0] if tokens else -1, tokens[-1] if tokens else -1
        )


def _graphemes(text: str) -> list[tuple[int, str, int]]:
    """Where each begins, what is drawn of it, and its cells.

    A joiner between what is no picture joins nothing on a screen, and widths would be told as if it
    did: it is left out.
    """
    if _JOINER in text:
        text = _IDLE_JOINER.sub(_NOTHING, text)
    return [
        (start, text[start : min(end, start + _MARKS)].replace(_NOTHING, ""), wide)
        for start, end, wide in split_graphemes(text)[0]
    ]


def _owners(pieces: list[Piece]) -> list[int]:
    return [n for n, piece in enumerate(pieces) for _ in piece.text]


def _break(cells: list[_Cell], word: int, rows: list[tuple[_Cell, ...]]) -> list[_Cell]:
    """End a row before the word that does not fit, or in it where it fills the row alone."""
    at = word if 0 < word <= len(cells) else len(cells)
    rows.append(tuple(cells[:at]))
    return cells[at:]


def _after(pieces: list[Piece], start: int) -> list[Piece]:
    """What stands from the character `start` on."""
    kept: list[Piece] = []
    for piece in pieces:
        if start < len(piece.text):
            kept.append(piece._replace(text=piece.text[start:]) if start > 0 else piece)
        start = max(0, start - len(piece.text))
    return kept


def plain_rows(text: str, width: int, style: str, key: int = -1) -> list[Row]:
    """A finished text as rows of one style."""
    wrapper = Wrapper(width - 1, key)
    wrapper.feed([Piece(text, style)])
    return [*wrapper.done, wrapper.tail]
