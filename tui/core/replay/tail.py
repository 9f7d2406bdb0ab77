"""The candidates of a step that its record does not hold, as far as they are known.

A record keeps the most likely candidates; of the others it is known how many they are, what they
weigh together, that none is above a certain logit, and (while nothing has touched them) their mean,
variance and entropy. Keeps true: every number here is exact or a bound that holds; what cannot be
known is None, never a guess. Sums are held as their logarithms, so that no logit is too large or too
small for them. Changes no candidate and knows no stage.
"""

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from tui.core.definitions.candidate import Candidates, Floats
from tui.core.step import Step

CONTIGUOUS = 256
"""A record holds at least this many of the most likely candidates without a gap."""

UNKNOWN_SPREAD = 1e-5
"""A sum that is uncertain by more than this share is an estimate."""

_SURE = 0.1
"""A sum that is known to within this share says how the tail curves."""

_LARGEST = 709.0
"""exp of more than this is no number any more."""

_SLIGHT = 1e-4
"""A share of the mass that does not show."""

_ROUNDING = 2e-6
"""How far the mass of the tail may be off: records sum in single precision."""


def grown(x: float) -> float:
    """exp(x); infinite where no number holds it.

    >>> grown(0.0), grown(1e4)
    (1.0, inf)
    """
    return math.exp(x) if x < _LARGEST else math.inf


def _less(one: float, other: float) -> float:
    """ln of exp(one) - exp(other), of nothing (-inf) where that is not above 0."""
    return one + math.log(-math.expm1(other - one)) if one > other else -math.inf


@dataclass(frozen=True)
class Tail:
    """What is known of the unseen candidates."""

    count: int
    """How many there are, at most."""
    low: float
    """Their sum of exp(logit) is not below exp of this."""
    high: float
    """... and not above exp of this."""
    top: float
    """None of their logits is above this."""
    raw_mass: float
    """Their share of `p_raw`, 0..1."""
    raw_total: float
    """Natural log of the sum of exp(logit) over the whole vocabulary."""
    sums: tuple[float, float] | None
    """Sum of their logits and of the squares; None when no longer known."""
    energy: float | None
    """Sum of p_raw x logit over them; None once anything has moved a logit."""
    guess: float | None = None
    """The likeliest log of their sum of exp(logit), where more is known than its bounds."""
    told: bool = True
    """Whether `count` and `raw_mass` are theirs, not only the most that they may be."""

    @property
    def middle(self) -> float:
        """Best single estimate of the log of their sum of exp(logit)."""
        if self.guess is not None:
            return min(max(self.guess, self.low), self.high)
        if self.low == -math.inf:
            return self.high - math.log(2.0)
        return (self.low + self.high) / 2

    def widened(self, reached: list[float]) -> Self:
        """Some unseen candidates were moved: each of them now lies at or below its `reached`."""
        if not reached:
            return self
        low, high, top = self.low, self.high, self.top
        for logit in reached:
            low = _less(low, self.top)
            if logit > self.top:
                high = float(np.logaddexp(high, logit))
                top = max(top, logit)
        return replace(self, low=low, high=high, top=top, sums=None, energy=None, guess=None)

    def without(self, banned: int) -> Self | None:
        """So many of the unseen candidates were removed; None when that is all of them."""
        if banned >= self.count:
            return None
        light = banned * grown(self.top - self.raw_total) < _SLIGHT
        left = self.widened([-math.inf] * banned)
        return replace(left, count=self.count - banned, told=self.told and light)

    def uncounted(self) -> Self:
        """Any of the unseen candidates may have been removed; which, is not known."""
        return replace(self, low=-math.inf, sums=None, energy=None, guess=None, told=False)

    def scaled(self, t: float) -> Self:
        """Every logit divided by `t` > 0.

        With n logits l <= top and W = sum of exp(l), the new sum lies between W exp(top (1/t - 1))
        and n (W / n)^(1/t), whichever is larger (power mean).
        """
        if t == 1.0:
            return self
        log_n = math.log(max(self.count, 1))

        def by_top(mass: float) -> float:
            return mass + self.top * (1 / t - 1)

        def by_mean(mass: float) -> float:
            return log_n + (mass - log_n) / t

        low, high = (by_mean, by_top) if t < 1.0 else (by_top, by_mean)
        cap = log_n + self.top / t
        sums = (self.sums[0] / t, self.sums[1] / t / t) if self.sums else None
        return replace(self, low=min(low(self.low), cap), high=min(high(self.high), cap),
                       top=self.top / t, sums=sums, energy=None,
                       guess=self._likeliest(1.0 / t))  # fmt: skip

    def _likeliest(self, b: float) -> float | None:
        """The log of the sum of exp(b x logit), 0 < b < 1, from what is known at b = 0 and b = 1.

        K(b) = ln of the mean of exp(b l) has the slope m = mean and the curvature v = variance at
        b = 0; K(1) is known where the sum is. A cubic through these; without K(1) the bell curve.
        """
        if self.sums is None or not 0.0 < b < 1.0 or self.count < 1:
            return None
        mean = self.sums[0] / self.count
        variance = max(0.0, self.sums[1] / self.count - mean * mean)
        value = math.log(self.count) + mean * b + variance * b**2 / 2
        if self.high - self.low < _SURE:
            value += (
                (self.low + self.high) / 2 - math.log(self.count) - mean - variance / 2
            ) * b**3
        return value


def tail_of(step: Step) -> Tail | None:
    """What the record of `step` leaves out; None when it holds every finite candidate."""
    record = step.record
    logits = record.logits.astype(np.float64)
    known = logits[np.isfinite(logits)]
    count = record.n_finite - known.size
    if count <= 0:
        return None
    p = np.exp(known - record.log_sum_exp)
    top = float(known[CONTIGUOUS - 1]) if known.size >= CONTIGUOUS else record.logit_max
    # Far below the best one the share of the tail is no number any more; its logarithm is.
    most = math.log(count) + top - record.log_sum_exp
    mass = min(max(0.0, 1.0 - float(p.sum())), grown(most))
    low = max(0.0, mass - _ROUNDING)
    return Tail(
        count=count,
        low=math.log(low) + record.log_sum_exp if low > 0 else -math.inf,
        high=min(math.log(mass + _ROUNDING), most) + record.log_sum_exp,
        top=top,
        raw_mass=mass,
        raw_total=record.log_sum_exp,
        # A plain trace does not tell what the others add up to.
        sums=None
        if math.isnan(record.logit_std)
        else (
            record.logit_mean * record.n_finite - float(known.sum()),
            (record.logit_std**2 + record.logit_mean**2) * record.n_finite
            - float((known**2).sum()),
        ),
        energy=record.log_sum_exp - step.entropy_bits * math.log(2.0) - float((p * known).sum()),
    )


@dataclass(frozen=True)
class Totals:
    """Log of the sum of exp(logit) over everything that is left, seen and unseen."""

    low: float
    middle: float
    high: float

    @property
    def spread(self) -> float:
        """How uncertain the sum is, as a share of it."""
        apart = self.high - self.low if self.high > -math.inf else 0.0
        return math.expm1(apart) if apart < _LARGEST else math.inf


def totals(known: Candidates, tail: Tail | None) -> Totals:
    """The sum's bounds; all three are equal without a tail."""
    seen = known.logits[known.finite]

    def with_tail(mass: float) -> float:
        values: Floats = np.append(seen, mass)
        if not np.isfinite(values).any():
            return -math.inf
        return float(np.logaddexp.reduce(values))

    if tail is None:
        only = with_tail(-math.inf)
        return Totals(only, only, only)
    return Totals(with_tail(tail.low), with_tail(tail.middle), with_tail(tail.high))
