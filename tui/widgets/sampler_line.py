"""One row of the sampler panel as a line of cells: label, value, slider, and what to say beside it.

Keeps true: values end in the same column on every row, and a row's text says whether it has an
effect without any colour. Knows no widget; the geometry also answers where a pointer is.
"""

from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

from tui.widgets.candidate_cell import Part, fit, fit_right
from tui.widgets.sampler_row import NEUTRAL, Row, RowKind

_VALUE: Final = 6
_GLYPHS: Final = ("─", "━", "●", "┼", "┿")
"""Track, heavy track, knob, the neutral value on each of the two."""
_ASCII: Final = ("-", "=", "o", "|", "+")


@dataclass(frozen=True)
class Columns:
    """Where things stand on a row, in cells from its left end."""

    label: int
    """Width of the label, from cell 2."""
    value: int
    """First cell of the value."""
    zone: int
    """First cell of the slider."""
    zone_width: int
    source: int
    """Width of the source at the right end; 0 without."""

    @classmethod
    def of(cls, width: int) -> "Columns":
        """The columns of a panel of `width` cells (at least 30)."""
        label = 13 if width < 36 else 14 if width < 44 else 18
        source = 0 if width < 54 else 9 if width < 70 else 18
        value = 2 + label + 1
        zone = value + _VALUE + 1
        return cls(label, value, zone, width - zone - source, source)

    @property
    def zone_end(self) -> int:
        """Last cell of the slider."""
        return self.zone + self.zone_width - 1

    def cell(self, fraction: float) -> int:
        """The cell at `fraction` of the slider."""
        return self.zone + round(fraction * (self.zone_width - 1))

    def fraction_at(self, x: int) -> float | None:
        """Where on the slider cell `x` is, 0..1; None beside it."""
        if not self.zone <= x <= self.zone_end:
            return None
        return (x - self.zone) / max(1, self.zone_width - 1)


@dataclass(frozen=True)
class Edit:
    """A value that is being typed."""

    typed: str
    cursor: int
    hint: str
    """What may be typed."""


@dataclass(frozen=True)
class Look:
    """How a row is to be drawn."""

    current: bool = False
    """The cursor is here and the panel has the focus."""
    pointed: bool = False
    """The pointer is over it."""
    edit: Edit | None = None
    message: str = ""
    source: str = ""
    differs: bool = False
    """Another value than the token was drawn with."""
    was: float | None = None
    """Where that one stands on the slider."""
    ascii_only: bool = False


def line_of(row: Row, width: int, columns: Columns, look: Look) -> list[Part]:
    """The row as parts of together at most `width` cells."""
    plain = look.ascii_only
    marker = (">" if plain else "›") if look.current else " "
    differs = ("!" if plain else "≠") if look.differs else " "
    heading = row.kind is RowKind.PRESETS
    name = "heading" if heading or look.differs else "dim" if row.reason else "label"
    arrow = ""
    if row.opened is not None:
        arrow = ("-" if plain else "▾") if row.opened else ("+" if plain else "▸")
    label_width = columns.label - 2 * row.depth
    label = row.label
    if arrow:
        label = f"{fit(label, min(cell_len(label), label_width - 2), ascii_only=plain)} {arrow}"
    start: list[Part] = [
        (f"{marker}{differs}" + "  " * row.depth, "marker"),
        (fit(label, label_width, ascii_only=plain), name),
    ]
    room = width - 2 - columns.label
    if heading or row.kind is RowKind.PRESET:
        style = "value" if heading and not look.current else "dim" if not look.current else "value"
        room = width - 2 - 2 * row.depth - cell_len(label) - 1
        name_part = (label + " ", name)
        return [start[0], name_part, (fit_right(row.value, room, ascii_only=plain), style)]
    if look.edit is not None:
        return [*start, *_edit_parts(look.edit, room, look)]
    end: list[Part] = (
        [(fit_right(look.source, columns.source, ascii_only=plain), "dim")]
        if columns.source
        else []
    )
    return [*start, *_body(row, room - columns.source, look), *end]


def _body(row: Row, room: int, look: Look) -> list[Part]:
    """Value and slider, or the words in place of the slider."""
    plain = look.ascii_only
    value = fit_right(row.value, max(_VALUE, cell_len(row.value)), ascii_only=plain)
    tone = "heading" if look.differs else "dim" if row.reason else "value"
    reason = "" if row.reason == NEUTRAL and row.value == "off" else row.reason
    words, words_tone = (look.message, "problem") if look.message else (reason, "dim")
    slider = row.amount is not None and (
        not row.reason or (row.reason == NEUTRAL and (look.current or look.pointed))
    )
    left = room - 1 - cell_len(value) - 1
    if not look.message and slider and left >= 3:
        return [(f" {value} ", tone), *_slider(row, left, look)]
    if words and cell_len(words) <= left:
        return [(f" {value} ", tone), (fit_right(words, left), words_tone)]
    if words:
        return [(" ", ""), (fit_right(words, room - 1, ascii_only=plain), words_tone)]
    return [(fit(f" {value}", room), tone)]


def _slider(row: Row, width: int, look: Look) -> list[Part]:
    """A track; its heavy part runs from the neutral value to the value: what the stage does."""
    assert row.amount is not None
    track, heavy, knob, rest, crossed = _ASCII if look.ascii_only else _GLYPHS
    at = round(row.amount * (width - 1))
    origin = None if row.rest is None else round(row.rest * (width - 1))
    low, high = sorted((at, origin if origin is not None else 0))
    cells = [heavy if low <= x <= high and low != high else track for x in range(width)]
    styles = ["fill" if low <= x <= high and low != high else "track" for x in range(width)]
    if origin is not None:
        cells[origin] = crossed if styles[origin] == "fill" else rest
    if look.was is not None:
        cells[round(look.was * (width - 1))] = "." if look.ascii_only else "○"
    idle = row.reason != ""
    cells[at] = knob if not idle else ("." if look.ascii_only else "○")
    styles[at] = "knob" if not idle else "track"
    parts: list[Part] = []
    for cell, style in zip(cells, styles, strict=True):
        if parts and parts[-1][1] == style:
            parts[-1] = (parts[-1][0] + cell, style)
        else:
            parts.append((cell, style))
    return parts


def _edit_parts(edit: Edit, room: int, look: Look) -> list[Part]:
    """The typed value where the value stood, growing to the right, and what may be typed."""
    typed = edit.typed + " "
    width = min(max(_VALUE, cell_len(typed)), room - 1)
    first = max(0, min(edit.cursor - width + 1, len(typed) - 1))
    before, under, after = (
        typed[first : edit.cursor],
        typed[edit.cursor],
        typed[edit.cursor + 1 :],
    )
    pad = " " * max(0, width - cell_len(typed[first:]))
    hint = look.message or edit.hint
    left = max(0, room - 1 - width - 1)
    return [
        (" ", ""),
        (pad + before, "edit"),
        (under, "caret"),
        (fit(after, max(0, width - cell_len(pad + before + under))), "edit"),
        (" ", ""),
        (fit_right(hint, left, ascii_only=look.ascii_only), "problem" if look.message else "dim"),
    ]
