"""What the real chain left beside what the written definition leaves.

Keeps true: what differs is told apart. `BORDERLINE`: the definition itself gives the other answer
once its threshold moves by no more than single precision can be off. `DIFFERS`: it does not. Which
of equal logits stays is open in llama.cpp, so survivors are compared by their logits.
"""

import math
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

import numpy as np
import numpy.typing as npt

from tui.cli.check.case import Case
from tui.core.definitions.candidate import (
    Candidates,
    entropy_nats,
    log_sum_exp,
    single_sum_error,
)
from tui.core.definitions.cut import typ_p
from tui.core.settings import DEFAULTS, Settings


class Outcome(Enum):
    """What a comparison found."""

    AGREES = auto()
    BORDERLINE = auto()
    DIFFERS = auto()


Check = Callable[[Case], tuple[Outcome, str]]
"""The outcome, and the values that the stage had."""

CLOSE: Final = 2e-5
"""How far a logit (as a share of it) or a probability may be off in single precision."""


def off_by(size: int) -> float:
    """How far libllama's sum over `size` probabilities may be off, as a share of it.

    It adds them one by one in single precision, which loses the small ones. This is what no row can
    exceed, four times what rows like a model's come to; 1e-6 at least.
    """
    return max(1e-6, 4.0 * single_sum_error(size))


def f32(value: float) -> float:
    """The value as libllama gets it."""
    return float(np.float32(value))


def pick(case: Case, *values: float) -> float:
    """One of the values, by the case's own chance."""
    return float(case.rng.choice(values))


def shown(settings: Settings) -> str:
    """The values that are not llama.cpp's: `top_p 0.3, min_keep 3`."""
    changed = [
        (name, value) for name in Settings.__struct_fields__
        if (value := getattr(settings, name)) != getattr(DEFAULTS, name)
    ]  # fmt: skip
    return ", ".join(f"{name} {value}" for name, value in changed)


def survivors(candidates: Candidates) -> npt.NDArray[np.float64]:
    """Their logits, highest first."""
    return np.sort(candidates.logits[candidates.finite])[::-1]


def same_set(real: Candidates, ours: Candidates) -> bool:
    """Whether the same are left, equals counting as one another."""
    return np.array_equal(survivors(real), survivors(ours))


def same_order(real: Candidates, ours: Candidates) -> bool:
    """Whether they stand in the same order, which a later draw walks along."""
    return np.array_equal(real.logits[real.finite], ours.logits[ours.finite])


def compare_cut(
    real: Candidates,
    ours: Callable[[float], Candidates],
    threshold: float,
    slack: float,
) -> Outcome:
    """Survivors and their order; `ours` maps a threshold to what the definition keeps."""
    exact = ours(threshold)
    if same_set(real, exact):
        return Outcome.AGREES if same_order(real, exact) else Outcome.DIFFERS
    moved = sorted(
        (survivors(ours(threshold + shift)) for shift in (-slack, slack)), key=lambda a: a.size
    )
    kept = survivors(real)
    between = moved[0].size <= kept.size <= moved[1].size
    inside = bool(np.isin(kept, moved[1]).all())
    return Outcome.BORDERLINE if between and inside else Outcome.DIFFERS


def compare_typical(real: Candidates, candidates: Candidates, p: float, min_keep: int) -> Outcome:
    """What typical left of `candidates`.

    Its order hangs on the entropy, a sum, and on single logarithms. Borderline is another order of the
    same, and survivors that are a shortest prefix, past p, of an order in which only candidates changed
    places whose distances from the entropy differ by what those sums can be off.
    """
    exact = typ_p(candidates, p, min_keep)
    if same_set(real, exact):
        return Outcome.AGREES if same_order(real, exact) else Outcome.BORDERLINE
    ranked = candidates.possible().ranked()
    kept = np.isin(ranked.ids, real.ids[real.finite])
    if int(kept.sum()) != int(real.finite.sum()) or not kept.any():
        return Outcome.DIFFERS
    slack = off_by(ranked.p.size)
    entropy = entropy_nats(ranked.p)
    distance = np.abs(log_sum_exp(ranked.logits) - ranked.logits - entropy)
    near = slack * (1.0 + entropy)
    last = float(distance[kept].max())
    prefix = last <= float(distance[~kept].min(initial=np.inf)) + near
    mass = float(ranked.p[kept].sum())
    may_be_last = float(ranked.p[kept & (distance >= last - near)].max())
    reached = mass > p - slack or bool(kept.all())
    shortest = int(kept.sum()) <= max(1, min_keep) or mass - may_be_last <= p + slack
    return Outcome.BORDERLINE if prefix and reached and shortest else Outcome.DIFFERS


def compare_logits(real: Candidates, ours: Candidates) -> Outcome:
    """Logit by logit, by id."""
    a, b = (candidates.logits[np.argsort(candidates.ids)] for candidates in (real, ours))
    if sorted(real.ids.tolist()) != sorted(ours.ids.tolist()):
        return Outcome.DIFFERS
    gone = np.isneginf(a)
    if (gone != np.isneginf(b)).any():
        return Outcome.DIFFERS
    a, b = a[~gone], b[~gone]
    same = np.abs(a - b) <= CLOSE * np.maximum(1.0, np.abs(b))
    return Outcome.AGREES if same.all() else Outcome.DIFFERS


def compare_p(real: Candidates, ours: Candidates) -> Outcome:
    """Probabilities, equals counting as one another."""
    a, b = np.sort(real.p)[::-1], np.sort(ours.p)[::-1]
    slack = max(1e-4, off_by(a.size))
    same = a.size == b.size and float(np.abs(a - b).max(initial=0.0)) <= slack
    return Outcome.AGREES if same and not math.isnan(float(a.sum())) else Outcome.DIFFERS
