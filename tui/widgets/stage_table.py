"""What each stage of one step left, as lines: survivors, mass, entropy, the chosen one's chance.

Keeps true: the stages stand in the order in which they ran, the draw last; a stage that did nothing
is there, and dim; a number that is an estimate has a `~`. Where there is little room the columns
give way: first what was before, then the chosen one's chance.
"""

import math
from dataclasses import dataclass

import numpy as np

from tui.core.effects import stage_label
from tui.core.whatif import Reading
from tui.widgets.candidate_cell import Part, fit, fit_right, wrap
from tui.widgets.candidate_line import percent
from tui.widgets.candidate_table import CandidateTable

_MASS, _BITS, _CHANCE = 6, 6, 7
_LEAST, _MOST = 11, 20
"""Of a stage's name."""
_NAMED = 12
"""Candidates that are named of those that a stage took."""


@dataclass(frozen=True)
class _Columns:
    name: int
    flow: int
    """Survivors."""
    arrow: str
    """Between before and after; empty where after stands alone."""
    digits: int
    bits: int
    chance: int

    @classmethod
    def of(cls, width: int, digits: int, *, ascii_only: bool) -> "_Columns":
        arrow = "->" if ascii_only else "→"
        wide, tight = 2 * digits + len(arrow) + 2, 2 * digits + len(arrow)
        tries = ((wide, f" {arrow} ", 2 * _BITS + 2, _CHANCE), (tight, arrow, 2 * _BITS, _CHANCE),
                 (wide, f" {arrow} ", _BITS, _CHANCE), (tight, arrow, _BITS, _CHANCE),
                 (digits, "", _BITS, _CHANCE), (digits, "", _BITS, 0))  # fmt: skip

        def name(of: tuple[int, str, int, int]) -> int:
            return width - 3 - max(of[0], 5) - _MASS - of[2] - of[3]

        best = next((one for one in tries if name(one) >= _LEAST), tries[-1])
        flow, between, bits, chance = best
        room = max(4, min(name(best), _MOST))
        return cls(room, max(flow, 5), between, digits, bits, chance)

    def line(self, cells: tuple[str, ...], *, ascii_only: bool) -> str:
        """Name, survivors, mass, bits and chance as one text."""
        name, flow, mass, bits, chance = cells
        text = fit(name, self.name, ascii_only=ascii_only) + " " + fit_right(flow, self.flow)
        if mass:
            text += fit_right(mass, _MASS)
        room = self.bits if mass else self.bits + _MASS
        text += fit_right(bits, room, ascii_only=ascii_only)
        return text + fit_right(chance, self.chance)


def waterfall(
    reading: Reading, width: int, *, selected: int = -1, ascii_only: bool = False
) -> list[list[Part]]:
    """A heading, the model's own distribution, a line for each stage, and one for the draw.

    Args:
        reading: what to draw.
        width: in cells.
        selected: which stage is looked at; the one after the last is the draw.
        ascii_only: draw with ASCII alone.
    """
    step, stages = reading.step, reading.stages
    counts = [step.record.n_finite, *(stage.kept for stage in stages)]
    digits = max(len(str(count)) for count in counts)
    columns = _Columns.of(width, digits, ascii_only=ascii_only)
    both = columns.bits > _BITS
    bits_before = [step.entropy_bits, *(stage.entropy_bits for stage in stages)]
    chances = reading.through(reading.place) if columns.chance else None
    unsure = "" if reading.again is None or reading.again.exact else "~"

    def row(at: int, cells: tuple[str, ...], tone: str) -> list[Part]:
        here = at == selected >= 0
        sign = ((">" if ascii_only else "›") if here else " ") + " "
        text = columns.line(cells, ascii_only=ascii_only)
        return [(sign, "marker"), (text, "picked" if here else tone)]

    heads = ("stage", "left" if columns.flow < 9 else "survivors", "mass%",
             "entropy bit" if both else "bits", "this %")  # fmt: skip
    model = ("model", str(counts[0]), "100.0", f"{step.entropy_bits:.2f}", percent(step.p_raw))
    lines = [row(-1, heads, "dim"), row(-1, model, "value")]
    for at, stage in enumerate(stages):
        about = "~" if reading.rough[at] else ""
        after = _bits(stage.entropy_bits)
        if both:
            after = f"{_bits(bits_before[at])}{columns.arrow}{after}"
        lines.append(row(at, (
            stage_label(stage.sampler),
            _flow(columns, counts[at], stage.kept),
            f"{about}{100 * stage.mass:.1f}",
            after,
            f"{unsure}{percent(chances[at])}" if chances else "",
        ), "value" if stage.changed else "dim"))  # fmt: skip
    return [*lines, row(len(stages), _draw_cells(reading, columns, counts[-1]), "value")]


def _bits(entropy: float) -> str:
    """An entropy; a trace that was read back may not tell it."""
    return "-" if math.isnan(entropy) else f"{abs(entropy):.2f}"


def _flow(columns: _Columns, before: int, after: int) -> str:
    if not columns.arrow:
        return str(after)
    # Where there is a blank at the arrow, the arrows stand in one column.
    left = f"{after:>{columns.digits}}" if " " in columns.arrow else str(after)
    return f"{before}{columns.arrow}{left}"


def _draw_cells(reading: Reading, columns: _Columns, before: int) -> tuple[str, ...]:
    """What drew, what it cut itself, and with which uniform."""
    cut = len(reading.taken_by(len(reading.stages))) if reading.draw == "mirostat" else 0
    flow = _flow(columns, before, before - cut) if cut else ""
    u = reading.step.u
    final = float(reading.p_final[reading.place]) if reading.place >= 0 else 0.0
    drawn = "no draw" if u is None else f"u {u:.3f}"
    return stage_label(reading.draw), flow, "", drawn, percent(final)


def taken_words(reading: Reading, table: CandidateTable, stage: int, *, ascii_only: bool) -> str:
    """Which candidates a stage took, in numbers, the likeliest first."""
    if stage >= len(reading.stages):
        name, total = stage_label(reading.draw), 0
    else:
        kept = [reading.step.record.n_finite, *(trace.kept for trace in reading.stages)]
        name, total = stage_label(reading.stages[stage].sampler), kept[stage] - kept[stage + 1]
    places = reading.taken_by(stage)
    total = max(total, len(places))
    if not total:
        changed = stage < len(reading.stages) and reading.stages[stage].changed
        return f"{name} took none" + (", it moved their chances" if changed else "")
    raw = np.maximum(table.p_raw[places], 0.0)
    named = ", ".join(
        f"{table.name(int(table.ids[at]), ascii_only=ascii_only)} {percent(float(p))}"
        for at, p in zip(places[:_NAMED], raw[:_NAMED], strict=True)
    )
    rest = total - len(places[:_NAMED])
    words = f"{name} took {total}" + (f": {named}" if named else "")
    return words + (f" and {rest} more" if rest and named else "")


def stage_summary(
    reading: Reading, width: int, limit: int, *, ascii_only: bool = False
) -> list[list[Part]]:
    """The survivors in at most `limit` lines: `1024 → top-k 40 → top-p 2`."""
    arrow = " -> " if ascii_only else " → "
    parts = [str(reading.step.record.n_finite)]
    parts += [f"{stage_label(stage.sampler)} {stage.kept}" for stage in reading.stages]
    lines = wrap(arrow.join(parts), width - 2, limit, ascii_only=ascii_only)
    return [[("  ", ""), (line, "dim")] for line in lines]
