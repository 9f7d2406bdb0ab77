"""Sums over a whole row of logits, and how they follow when a few of its logits move.

Keeps true: every result is finite. Summed in single precision over pieces of the row (relative error
about 1e-6), in double precision over what moved.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from tui.sampling.candidate import Logits

LEAST: Final = np.float32(-1000.0)
"""Stands for -inf in an exponent, so that 0 x -inf is never computed."""
MOST: Final = 0.9
"""Share of a sum that may be replaced before it is summed again: what is left must not be noise."""
_FAR: Final = 80.0
"""How far above the old maximum a logit may be moved before its exponent is taken afresh."""
_PIECE: Final = 8192
_LN2: Final = math.log(2.0)


class Totals(NamedTuple):
    """What log-sum-exp and entropy of a row are made of; x = logit - top."""

    top: float
    rest: float
    """Sum of exp x without one 1, so that little beside a certain token is not lost."""
    weighted: float
    """Sum of x exp x."""

    @property
    def log(self) -> float:
        """Natural log of the sum of exp(logit)."""
        return self.top + math.log1p(self.rest)

    @property
    def bits(self) -> float:
        """Entropy of the softmax."""
        return bits_of(self.rest, self.weighted)

    def moved(self, before: Logits, after: Logits) -> "Totals | None":
        """The sums after these logits changed; None where little of the old would be left."""
        old, new = (
            np.maximum(values.astype(np.float64) - self.top, LEAST) for values in (before, after)
        )
        if new.max(initial=0.0) > _FAR:
            return None
        old_e, new_e = np.exp(old), np.exp(new)
        gone = float(old_e.sum())
        if gone > MOST * (1.0 + self.rest):
            return None
        weighted = float((new * new_e).sum() - (old * old_e).sum())
        return Totals(self.top, self.rest - gone + float(new_e.sum()), self.weighted + weighted)


def _dot(a: Logits, b: Logits) -> float:
    """Sum of a x b, in pieces too short for the BLAS library to start threads of its own."""
    with np.errstate(invalid="ignore", over="ignore"):
        pieces = range(0, a.size, _PIECE)
        return sum([float(a[i : i + _PIECE].dot(b[i : i + _PIECE])) for i in pieces])


def totals_of(
    row: Logits, top: float, x: Logits, e: Logits, least: np.float32 | None = None
) -> Totals:
    """The totals of a row whose largest logit is `top`.

    Args:
        row: float32[n].
        top: no smaller than any of it.
        x: float32[n], scratch.
        e: float32[n], scratch.
        least: must be given for a row with a logit of -inf; else its `weighted` is NaN.
    """
    np.subtract(row, np.float32(top), out=x)
    if least is not None:
        np.maximum(x, least, out=x)
    np.exp(x, out=e)
    e[row.argmax()] = 0.0
    rest = float(e.sum())
    return Totals(top, rest, _dot(x, e))


def spread_of(row: Logits, n_finite: int, scratch: Logits) -> tuple[float, float]:
    """Mean and population standard deviation of the finite logits."""
    if n_finite != row.size:
        row = row[row > -np.inf]
    x = scratch[: row.size]
    with np.errstate(over="ignore"):
        mean = float(row.sum()) / n_finite
        np.subtract(row, np.float32(mean), out=x)
        variance = _dot(x, x) / n_finite
    if not math.isfinite(variance):
        return float(row.mean(dtype=np.float64)), float(row.std(dtype=np.float64))
    return mean, math.sqrt(variance)


def weight_of(logits: Logits, lse: float) -> float:
    """Share of `p_raw` of these logits."""
    return float(np.exp(logits.astype(np.float64) - lse).sum())


def bits_of(rest: float, weighted: float) -> float:
    """Entropy in bits from sum e - 1 and sum x e, where e = exp x and the largest x is 0."""
    return max(0.0, (math.log1p(rest) - weighted / (1.0 + rest)) / _LN2)
