"""The curve a cutting stage looks at, its threshold, and where that cuts it.

Keeps true: a value for each candidate that stood before the stage, in the stage's own order, such
that the threshold parts what was kept from what was removed. They come from a replay; the model is
not asked. Draws nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tui.core.definitions.candidate import Floats
from tui.core.definitions.draw import adaptive_target
from tui.core.reason import percent
from tui.core.settings import Settings
from tui.core.step import Step
from tui.core.whatif import Reading

CURVED: Final = ("tfs_z", "typ_p", "top_p", "min_p")
"""Stages that have a curve."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Values 0..1 of n candidates."""

    title: str
    """What was measured against what."""
    values: Floats
    """float64[n], in the stage's order."""
    kept: int
    """The first so many were kept."""
    threshold: float
    log: bool = False
    """Best drawn on a logarithmic scale."""


def curve_of(reading: Reading, place: int) -> Curve | None:
    """The curve of the stage at `place` of the reading; None where it has none or nothing is known."""
    again = reading.again
    if again is None or place >= len(reading.stages):
        return None
    name, s = reading.stages[place].sampler, reading.settings
    if name not in CURVED:
        return None
    record = reading.step.record
    raw = np.where(np.isfinite(record.logits), record.p_raw, 0.0)
    before = again.after[place - 1] if place else raw
    there = np.flatnonzero(before > 0.0)
    order = there[np.argsort(-before[there], kind="stable")]
    kept = int((again.after[place] > 0.0).sum())
    if name == "min_p":
        best = float(before.max(initial=0.0))
        title = f"min-p: {percent(s.min_p)} of the best is {percent(s.min_p * best)}"
        return Curve(title, before[order], kept, s.min_p * best, log=True)
    if name == "tfs_z":
        bend = np.abs(np.diff(before[order], 2))
        total = float(bend.sum())
        share = bend / total if total > 1e-6 else np.full(bend.size, 1.0 / max(1, bend.size))
        values = np.append(np.cumsum(share), [1.0, 1.0])[: order.size]
        return Curve(f"tail-free: bend so far, to {percent(s.tfs_z)}", values, kept, s.tfs_z)
    if name == "typ_p":
        stages = reading.stages
        bits = stages[place - 1].entropy_bits if place else reading.step.entropy_bits
        if math.isnan(bits):
            return None
        away = np.abs(-np.log2(before[there]) - bits)
        order = there[np.argsort(away, kind="stable")]
        title = f"typical: from {bits:.2f} bit out, to {percent(s.typical_p)}"
        return Curve(title, np.cumsum(before[order]), kept, s.typical_p)
    title = f"top-p: mass so far, to {percent(s.top_p)}"
    return Curve(title, np.cumsum(before[order]), kept, s.top_p)


@dataclass(frozen=True)
class Course:
    """What a draw carries from token to token."""

    title: str
    values: tuple[float, ...]
    """One a token."""
    at: int
    """Which of them is the token that is looked at."""
    target: float
    """In the unit of the values."""


def course_of(
    steps: Sequence[Step], at: int, settings: Settings, draw: str, width: int
) -> Course | None:
    """μ or the average that was aimed with, over at most `width` tokens around `at`; else None.

    Costs what is shown, however long the reply is.
    """
    if draw not in ("mirostat", "adaptive_p") or not 0 <= at < len(steps):
        return None
    if draw not in steps[at].state.draws:
        return None
    first = max(0, min(at - width // 2, len(steps) - width))
    part = steps[first : first + width]
    if draw == "mirostat":
        values = tuple(step.state.mirostat_mu for step in part)
        title = f"mirostat {settings.mirostat}: μ {values[at - first]:.2f} bit"
        return Course(
            f"{title}, target {settings.mirostat_tau:g}", values, at - first, settings.mirostat_tau
        )
    sums = [step.state.adaptive for step in part]
    values = tuple(total / weight if weight > 0 else math.nan for total, weight in sums)
    target = settings.adaptive_target
    aim = adaptive_target(max(target, 0.0), sums[at - first])
    title = f"adaptive-p: average {percent(values[at - first])}, target {percent(max(target, 0.0))}"
    return Course(f"{title}, aims at {percent(aim)}", values, at - first, max(target, 0.0))
