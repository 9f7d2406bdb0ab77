"""One candidate as a line of cells, the heading over it and the rest under it.

Keeps true: a line is never wider than its columns; where there is little room the columns give way
in an order: bars get shorter, then the id goes, the rank, the raw bar.
"""

from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

from tui.widgets.candidate_cell import Part, bar, fit, fit_right
from tui.widgets.candidate_table import CandidateTable

_TELLING: Final = 20
"""Cells that a reason in numbers takes at least."""
NUMBER: Final = 6
"""Cells of a percentage: `100.00`."""


def percent(share: float) -> str:
    """A probability in percent, always with two decimals; what is not 0 never reads as 0.

    >>> percent(0.73), percent(1e-9)
    ('73.00', '<0.01')
    """
    value = 100.0 * share
    return "<0.01" if 0.0 < value < 0.005 else f"{value:.2f}"


@dataclass(frozen=True)
class CandidateColumns:
    """Widths, in cells; 0 where a column has no room."""

    token: int
    rank: int
    id: int
    raw_bar: int
    final_bar: int
    raw_unit: str = ""
    """Stands after each raw number where there is no heading."""
    final_unit: str = ""
    was: int = 0
    """Of what the final probability was, beside what it would be."""

    @classmethod
    def of(cls, width: int, *, headed: bool = True, asked: bool = False) -> "CandidateColumns":
        """The columns of a table of `width` cells (at least 30), with or without a heading.

        Where other settings are `asked` about, what was has a column of its own if it has room.
        """
        rank = 5 if width >= 42 else 0
        number = 8 if width >= 56 and headed else 0
        was = 1 + NUMBER if asked and headed and width >= 64 else 0
        units = ("", "") if headed or width < 50 else (" % raw", " % if" if asked else " % final")
        fixed = 2 + rank + number + was + 2 * (1 + NUMBER) + len("".join(units)) + 1
        token = min(max(8, width // 5), 24)
        left = width - fixed - token
        if width < 36:
            return cls(max(4, left - 5 + token), rank, number, 0, 5, *units, was)
        half = max(5, (left - 1) // 2)
        return cls(width - fixed - 1 - 2 * half, rank, number, half, half, *units, was)

    @property
    def raw(self) -> int:
        """Width of a raw number with the blank before it and its unit."""
        return 1 + NUMBER + len(self.raw_unit)

    @property
    def final(self) -> int:
        """Width of a final number with the blank before it and its unit."""
        return 1 + NUMBER + len(self.final_unit)

    @property
    def between(self) -> int:
        """Width of the raw bar and the blank before it."""
        return self.raw_bar + bool(self.raw_bar)


def heading(
    columns: CandidateColumns, *, by_final: bool, ascii_only: bool, asked: bool = False
) -> list[Part]:
    """The line above the candidates; an arrow stands at the column that orders them."""
    arrow = "v" if ascii_only else "↓"
    last = "if %" if asked else "fin. %" if by_final else "final %"
    raw, final = ("raw %", f"{arrow}{last}") if by_final else (f"{arrow}raw %", last)
    text = "  " + ("rank " if columns.rank else "")
    text += fit("token", columns.token) + fit_right("id", columns.id)
    text += fit_right(raw, columns.raw) + " " * columns.between + fit_right("was %", columns.was)
    return [(text + fit_right(final, columns.final), "dim")]


@dataclass(frozen=True)
class Shown:
    """How a line is to be drawn."""

    current: bool = False
    taken: bool = False
    """The stage that is looked at removed it."""
    ascii_only: bool = False


def line_of(
    table: CandidateTable, line: int, columns: CandidateColumns, shown: Shown
) -> list[Part]:
    """One candidate."""
    plain = shown.ascii_only
    at = int(table.order[line])
    chosen = line == table.chosen
    reason = table.reason(line)
    tone = "chosen" if chosen else "taken" if shown.taken else "dim" if reason else "value"
    text = ""
    if columns.rank:
        rank = table.rank(line)
        text = f"{rank if rank else '':>4} "
    text += fit(table.token(line, ascii_only=plain), columns.token, ascii_only=plain)
    if columns.id:
        text += fit_right(str(int(table.ids[at])), columns.id)
    raw, final = float(table.p_raw[at]), float(table.p_final[at])
    parts: list[Part] = [
        (_sign(table, line, shown) + " ", "marker" if shown.current else tone),
        (text + fit_right(percent(raw) + columns.raw_unit, columns.raw), tone),
    ]
    last = columns.final + columns.final_bar
    if reason and not columns.was:
        why = _why(table, line, reason, last, last + columns.between)
        if why != reason and cell_len(why) >= last:
            return [
                *parts,
                (" " + fit_right(why, last + columns.between - 1, ascii_only=plain), tone),
            ]
    if columns.raw_bar:
        parts.append((" ", ""))
        parts.append((bar(raw, columns.raw_bar, ascii_only=plain), "cut" if reason else "bar"))
    if columns.was:
        was = float(table.step.record.p_final[at])
        parts.append((fit_right(percent(was), columns.was), "dim"))
    if reason:
        why = _why(table, line, reason, last, last)
        return [*parts, (" " + fit_right(why, last, ascii_only=plain), tone)]
    parts.append((fit_right(percent(final) + columns.final_unit, columns.final) + " ", tone))
    return [*parts, (bar(final, columns.final_bar, ascii_only=plain), "bar")]


def _sign(table: CandidateTable, line: int, shown: Shown) -> str:
    """Chosen, what the same dice take, taken by the stage, under the cursor: the first that holds."""
    plain = shown.ascii_only
    if line == table.chosen:
        return "*" if plain else "●"
    if line == table.other:
        return "+" if plain else "◆"
    if shown.taken:
        return "x" if plain else "×"
    return (">" if plain else "›") if shown.current else " "


def _why(table: CandidateTable, line: int, reason: str, zone: int, most: int) -> str:
    """The reason in numbers in `zone` cells, or in up to `most`; else the stage alone."""
    if cell_len(reason) > zone:
        reason = reason.removeprefix("cut by ")
    if most < _TELLING:
        return reason
    numbers = table.numbers(line)
    bare = numbers.removeprefix("cut by ")
    short = bare.replace(" already held by ", " held by ").removesuffix(" tokens")
    for room in (zone, most - 1):
        for text in (numbers, bare, short):
            if cell_len(text) <= room:
                return text
    return reason


def others_line(table: CandidateTable, lines: list[int], columns: CandidateColumns) -> list[Part]:
    """The mass of every candidate that has no line in sight."""
    left, raw, final = table.others(lines)
    name = fit(f"{left} others" if columns.token >= 13 else "others", columns.token)
    text = " " * (2 + columns.rank) + name + " " * columns.id
    text += fit_right(percent(raw), columns.raw) + " " * columns.between
    if columns.was:
        was = 1.0 - float(table.step.record.p_final[table.order[lines]].sum(dtype="float64"))
        text += fit_right(percent(was if was > 1e-6 else 0.0), columns.was)
    return [(text + fit_right(percent(final), columns.final), "dim")]
