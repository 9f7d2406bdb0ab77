"""A stage's curve with its threshold, and a state over the tokens, drawn in text.

Keeps true: every line has at most the width that was asked, with and without block characters, and
what was kept can be told from what was removed without any colour.
"""

import math

from tui.core.curve import Course, Curve
from tui.widgets.candidate_cell import Part, fit

_LEVELS = " ▁▂▃▄▅▆▇█"
_PLAIN = " .:-=+*#%"
_AXIS = 6
_DECADES = 4.0
"""A logarithmic chart begins at 0.01 %."""
_SHOWN = 12
"""Candidates that are shown at least."""


def chart(curve: Curve, width: int, height: int, *, ascii_only: bool = False) -> list[list[Part]]:
    """A title, `height` - 2 lines of columns, one a candidate, and what they are."""
    room, tall = width - _AXIS - 2, height - 2
    if not len(curve.values) or room < 4 or tall < 2:
        return []
    count = min(len(curve.values), max(_SHOWN, 2 * curve.kept), room)
    wide = max(1, min(4, room // count))
    threshold = _height(curve, curve.threshold)
    line_at = min(tall - 1, int(threshold * tall))
    title = fit(curve.title, width - 2, ascii_only=ascii_only)
    lines: list[list[Part]] = [[("  ", ""), (title, "value")]]
    for level in reversed(range(tall)):
        axis = "100 %" if level == tall - 1 else ("0.01" if curve.log else "0") if not level else ""
        if level == line_at:
            axis = f"{100 * curve.threshold:.3g} %"
        parts: list[Part] = [("  ", ""), (f"{axis[:5]:>5} ", "dim")]
        for n in range(count):
            cell = _cell(_height(curve, float(curve.values[n])) * tall - level, ascii_only)
            kept = n < curve.kept
            if cell == " " and level == line_at:
                parts.append((("-" if ascii_only else "─") * wide, "dim"))
            elif ascii_only and not kept and cell != " ":
                parts.append(("." * wide, "cut"))
            elif not kept and cell == "█":
                parts.append(("░" * wide, "cut"))
            else:
                parts.append((cell * wide, "bar" if kept else "cut"))
        lines.append(parts)
    foot = f"{curve.kept} kept of {len(curve.values)}"
    if count < len(curve.values):
        foot += f", the first {count} shown"
    return [*lines, [(" " * (_AXIS + 2), ""), (fit(foot, room, ascii_only=ascii_only), "dim")]]


def _height(curve: Curve, value: float) -> float:
    if curve.log:
        value = 1.0 + math.log10(max(value, 1e-12)) / _DECADES
    return min(max(value, 0.0), 1.0)


def _cell(level: float, ascii_only: bool) -> str:
    """What part of a cell a column fills, whose top is `level` cells above the cell's foot."""
    if ascii_only:
        return "#" if level >= 0.5 else " "
    return _LEVELS[min(8, max(0, round(level * 8)))]


def course_lines(course: Course, width: int, *, ascii_only: bool = False) -> list[list[Part]]:
    """A state over the tokens around one: its title, the line, and a mark under the token."""
    room = width - 2
    known = [value for value in course.values if math.isfinite(value)]
    low, high = min([*known, course.target]), max([*known, course.target])
    glyphs = _PLAIN if ascii_only else _LEVELS

    def glyph(value: float) -> str:
        if not math.isfinite(value):
            return " "
        return glyphs[1 + round((value - low) / (high - low) * 7)] if high > low else glyphs[4]

    spark = "".join(glyph(value) for value in course.values)[:room]
    mark = " " * course.at + ("^" if ascii_only else "▴")
    span = f"  {low:.3g} to {high:.3g}"
    under = mark + span if len(mark + span) <= room else mark
    return [
        [("  ", ""), (fit(course.title, room, ascii_only=ascii_only), "value")],
        [("  ", ""), (spark, "bar")],
        [("  ", ""), (under[:room], "dim")],
    ]
