"""The candidates of one step as lines: token, raw and final probability, or what removed each.

Keeps true: numbers are the step's own; the chosen candidate is told by its id, not by its
probability; a removed one keeps its place and names the stage. Needs no model and no widget; lines
are made one at a time, so only those in sight cost anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tui.core.model import Vocabulary
from tui.core.own_sampler import OwnSampler
from tui.core.reason import reason as reason_in_numbers
from tui.core.replay import Replay, replay
from tui.core.replay.tail import CONTIGUOUS
from tui.core.samplers import STAGES
from tui.core.settings import DEFAULTS, Settings
from tui.core.step import KEPT, Step
from tui.core.text import one_line, visible
from tui.widgets.candidate_cell import Part, bar, fit, fit_right

NUMBER = 6
"""Cells of a percentage: `100.00`."""
_ROUNDING = 1e-6
"""Sums of float32 probabilities miss 1 by less than this."""


def stage_label(name: str) -> str:
    """A stage's name for people."""
    stage = STAGES.get(name)
    return stage.label if stage else one_line(name.removeprefix("custom:"), 40)


def percent(share: float) -> str:
    """A probability in percent, always with two decimals; what is not 0 never reads as 0.

    >>> percent(0.73), percent(1e-9)
    ('73.00', '<0.01')
    """
    value = 100.0 * share
    return "<0.01" if 0.0 < value < 0.005 else f"{value:.2f}"


class CandidateTable:
    """The candidates of a step, in an order."""

    def __init__(
        self,
        step: Step,
        vocabulary: Vocabulary | None,
        *,
        settings: Settings = DEFAULTS,
        history: Sequence[int] = (),
        own: Mapping[str, OwnSampler] = {},
        by_final: bool = False,
    ) -> None:
        self.step = step
        self.by_final = by_final
        self._vocabulary = vocabulary
        self._settings = settings
        self._history = history
        self._own = own
        record = step.record
        self.ids = record.ids
        self.p_raw = record.p_raw
        self.p_final = record.p_final
        self.cut = record.cut

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def order(self) -> npt.NDArray[np.intp]:
        """Positions in the record, first line first."""
        if self.by_final:
            return np.argsort(-self.p_final, kind="stable")
        return np.arange(len(self.ids))

    @cached_property
    def chosen(self) -> int:
        """The line of the chosen candidate; -1 when the record lacks it."""
        found = np.flatnonzero(self.ids[self.order] == self.step.id)
        return int(found[0]) if len(found) else -1

    def rank(self, line: int) -> int:
        """Rank by `p_raw`, 1 = most likely; 0 when it is not known."""
        at = int(self.order[line])
        if self.ids[at] == self.step.id:
            return self.step.rank
        return at + 1 if at < CONTIGUOUS else 0

    def token(self, line: int, *, ascii_only: bool) -> str:
        """The token, every byte of it visible."""
        return self._visible(int(self.ids[self.order[line]]), ascii_only)

    def chosen_text(self, *, ascii_only: bool) -> str:
        """The chosen token, every byte of it visible."""
        return self._visible(self.step.id, ascii_only)

    def _visible(self, token: int, ascii_only: bool) -> str:
        if self._vocabulary is not None:
            return self._vocabulary.visible(token, ascii_only=ascii_only)
        if token == self.step.id and self.step.piece:
            return visible(self.step.piece, ascii_only=ascii_only)
        return f"<{token}>" if ascii_only else f"⟨{token}⟩"

    def reason(self, line: int) -> str:
        """What removed a candidate; empty for one that was left."""
        cut = int(self.cut[self.order[line]])
        if cut == KEPT:
            return ""
        stages = self.step.stages
        return f"cut by {stage_label(stages[cut].sampler)}" if cut < len(stages) else "cut"

    def detail(self, line: int, *, ascii_only: bool) -> tuple[str, str]:
        """One candidate in words: its token and id; and why it cannot be drawn, in numbers."""
        at = int(self.order[line])
        why = self.reason(line)
        if why and self._again is not None:
            why = reason_in_numbers(self.step, self._again, self._settings, at) or why
        name = f"{self.token(line, ascii_only=ascii_only)} id {int(self.ids[at])}"
        return name, one_line(why) or "was left to the draw"

    @cached_property
    def _again(self) -> Replay | None:
        """The step once more, for the numbers; None where that does not give what was recorded."""
        again = replay(self.step, self._settings, self._history, self._own)
        told = [(stage.sampler, stage.kept) for stage in self.step.stages]
        same = told == [(stage.sampler, stage.kept) for stage in again.stages]
        return again if same and np.array_equal(again.cut, self.cut) else None

    def in_sight(self, top: int, count: int) -> list[int]:
        """The lines that `count` rows show from line `top` on.

        A chosen candidate that lies further down takes the last row: it is what the table is about.
        """
        lines = list(range(top, min(top + count, len(self))))
        if lines and self.chosen > lines[-1]:
            lines[-1] = self.chosen
        return lines

    def others(self, lines: list[int]) -> tuple[int, float, float]:
        """How many candidates `lines` leave out, and their raw and final mass."""
        seen = self.order[lines]
        total = max(self.step.record.n_vocab, len(self.ids))
        raw = max(0.0, 1.0 - float(self.p_raw[seen].sum()))
        final = max(0.0, 1.0 - float(self.p_final[seen].sum(dtype=np.float64)))
        return total - len(seen), raw, 0.0 if final < _ROUNDING else final


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

    @classmethod
    def of(cls, width: int, *, headed: bool = True) -> "CandidateColumns":
        """The columns of a table of `width` cells (at least 30), with or without a heading."""
        rank = 5 if width >= 42 else 0
        number = 8 if width >= 56 and headed else 0
        units = ("", "") if headed or width < 50 else (" % raw", " % final")
        fixed = 2 + rank + number + 2 * (1 + NUMBER) + len("".join(units)) + 1
        token = min(max(8, width // 5), 24)
        left = width - fixed - token
        if width < 36:
            return cls(max(4, left - 5 + token), rank, number, 0, 5, *units)
        half = max(5, (left - 1) // 2)
        return cls(width - fixed - 1 - 2 * half, rank, number, half, half, *units)

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


def heading(columns: CandidateColumns, *, by_final: bool, ascii_only: bool) -> list[Part]:
    """The line above the candidates; an arrow stands at the column that orders them."""
    arrow = "v" if ascii_only else "↓"
    raw, final = ("raw %", f"{arrow}fin. %") if by_final else (f"{arrow}raw %", "final %")
    text = "  " + ("rank " if columns.rank else "")
    text += fit("token", columns.token) + fit_right("id", columns.id)
    text += fit_right(raw, columns.raw) + " " * columns.between
    return [(text + fit_right(final, columns.final), "dim")]


def line_of(
    table: CandidateTable, line: int, columns: CandidateColumns, *, current: bool, ascii_only: bool
) -> list[Part]:
    """One candidate."""
    at = int(table.order[line])
    chosen = line == table.chosen
    reason = table.reason(line)
    tone = "chosen" if chosen else "dim" if reason else "value"
    sign = ("*" if ascii_only else "●") if chosen else (">" if ascii_only else "›")
    rank = table.rank(line)
    text = f"{rank if rank else '':>4} " if columns.rank else ""
    text += fit(table.token(line, ascii_only=ascii_only), columns.token, ascii_only=ascii_only)
    if columns.id:
        text += fit_right(str(int(table.ids[at])), columns.id)
    raw, final = float(table.p_raw[at]), float(table.p_final[at])
    parts: list[Part] = [
        (f"{sign} " if chosen or current else "  ", "marker" if current else tone),
        (text + fit_right(percent(raw) + columns.raw_unit, columns.raw), tone),
    ]
    if columns.raw_bar:
        parts.append((" ", ""))
        parts.append((bar(raw, columns.raw_bar, ascii_only=ascii_only), "cut" if reason else "bar"))
    if reason:
        zone = columns.final + columns.final_bar
        return [*parts, (" " + fit_right(reason, zone, ascii_only=ascii_only), tone)]
    parts.append((fit_right(percent(final) + columns.final_unit, columns.final) + " ", tone))
    return [*parts, (bar(final, columns.final_bar, ascii_only=ascii_only), "bar")]


def others_line(table: CandidateTable, lines: list[int], columns: CandidateColumns) -> list[Part]:
    """The mass of every candidate that has no line in sight."""
    left, raw, final = table.others(lines)
    name = fit(f"{left} others" if columns.token >= 13 else "others", columns.token)
    text = " " * (2 + columns.rank) + name + " " * columns.id
    text += fit_right(percent(raw), columns.raw) + " " * columns.between
    return [(text + fit_right(percent(final), columns.final), "dim")]
