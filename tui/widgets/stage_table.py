"""What each stage of one step left, as lines: survivors before and after, mass, entropy.

Keeps true: the numbers are the step's own record, in the order in which the stages ran; a stage
that did nothing is there, and dim.
"""

import math

from tui.core.step import Step
from tui.widgets.candidate_cell import Part, fit, fit_right, wrap
from tui.widgets.candidate_table import stage_label

_MASS = 7
_BITS = 6


def stage_lines(step: Step, width: int, *, ascii_only: bool = False) -> list[list[Part]]:
    """A heading, the model's own distribution, and a line for each stage."""
    arrow = "->" if ascii_only else "→"
    counts = [step.record.n_finite, *(stage.kept for stage in step.stages)]
    digits = max(len(str(count)) for count in counts)
    flow = 2 * digits + len(arrow) + 2
    name = min(width - 2 - 1 - flow - _MASS - _BITS, 24)
    if name < 10:
        flow = digits
        name = width - 2 - 1 - flow - _MASS - _BITS

    def line(label: str, count: str, mass: str, bits: str, tone: str) -> list[Part]:
        text = fit(label, name, ascii_only=ascii_only) + " " + fit_right(count, flow)
        return [("  ", ""), (text + fit_right(mass, _MASS) + fit_right(bits, _BITS), tone)]

    lines = [
        line("stage", "left" if flow < 9 else "survivors", "mass %", "bits", "dim"),
        line("model", str(counts[0]), "100.0", f"{step.entropy_bits:.2f}", "value"),
    ]
    for before, stage in zip(counts, step.stages, strict=False):
        change = f"{stage.kept:>{digits}}"
        if flow > digits:
            change = f"{before} {arrow} {change}"
        lines.append(
            line(
                stage_label(stage.sampler),
                change,
                f"{100 * stage.mass:.1f}",
                "-" if math.isnan(stage.entropy_bits) else f"{stage.entropy_bits:.2f}",
                "value" if stage.changed else "dim",
            )
        )
    return lines


def stage_summary(
    step: Step, width: int, limit: int, *, ascii_only: bool = False
) -> list[list[Part]]:
    """The survivors in at most `limit` lines: `1024 → top-k 40 → top-p 2`."""
    arrow = " -> " if ascii_only else " → "
    parts = [str(step.record.n_finite)]
    parts += [f"{stage_label(stage.sampler)} {stage.kept}" for stage in step.stages]
    lines = wrap(arrow.join(parts), width - 2, limit, ascii_only=ascii_only)
    return [[("  ", ""), (line, "dim")] for line in lines]
