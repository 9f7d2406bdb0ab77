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
_ONES: Final = np.ones(_PIECE, np.float32)
_LOST: Final = 0.01
"""Share of the mean square below which its difference to the squared mean has too few digits."""
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


class Sums:
    """Sums over rows of one size, in buffers of its own; not safe between threads."""

    def __init__(self, size: int) -> None:
        # Whole pieces: what lies behind the row stays 0 and adds nothing.
        self._xe = np.zeros((2, -(-size // _PIECE), _PIECE), np.float32)
        self._x, self._e = (part.reshape(-1)[:size] for part in self._xe)

    def of(self, row: Logits, top: float, place: int) -> tuple[Totals, int, float, float]:
        """Totals, number, mean and population standard deviation of the finite logits.

        Args:
            row: float32[size].
            top: its largest, finite.
            place: where that stands.
        """
        totals = self.totals(row, top, place)
        finite = row
        if math.isnan(totals.weighted):
            totals = self.totals(row, top, place, LEAST)
            finite = row[row > -np.inf]
        else:
            mean, square = (total / row.size for total in self._moments)
            variance = square - mean * mean
            if _LOST * square < variance < math.inf:
                return totals, row.size, top + mean, math.sqrt(variance)
        mean, std = finite.mean(dtype=np.float64), finite.std(dtype=np.float64)
        return totals, finite.size, float(mean), float(std)

    def totals(
        self, row: Logits, top: float, place: int, least: np.float32 | None = None
    ) -> Totals:
        """The totals alone; `least` must be given for a row with -inf, else `weighted` is NaN."""
        x, e = self._x, self._e
        np.subtract(row, np.float32(top), out=x)
        if least is not None:
            np.maximum(x, least, out=x)
        np.exp(x, out=e)
        e[place] = 0.0
        sum_x, rest = _inner(self._xe, _ONES)
        square, weighted = _inner(self._xe, self._xe[0])
        self._moments = sum_x, square
        return Totals(top, rest, weighted)


def _inner(pair: Logits, b: Logits) -> list[float]:
    """Sums of a x b for both of a pair, in pieces too short for BLAS to start threads of its own."""
    pieces = np.matmul(pair[..., np.newaxis, :], b[..., np.newaxis])
    return [sum(sums) for sums in pieces.reshape(2, -1).tolist()]


def weight_of(logits: Logits, lse: float) -> float:
    """Share of `p_raw` of these logits."""
    return float(np.exp(logits.astype(np.float64) - lse).sum())


def bits_of(rest: float, weighted: float) -> float:
    """Entropy in bits from sum e - 1 and sum x e, where e = exp x and the largest x is 0."""
    return max(0.0, (math.log1p(rest) - weighted / (1.0 + rest)) / _LN2)
