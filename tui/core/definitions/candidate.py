"""The candidate array that stages pass on.

Keeps true: no function changes the arrays that it is given. A removed candidate either has left the
arrays or has the logit -inf; both count as gone. The order of the arrays is the chain's order: it
is what the draw walks along, so a stage that sorts says so.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

FAINT_BELOW = -87.33654
"""ln of 2^-126, the smallest number that single precision holds with all its digits."""

SINGLE_MAX = float(np.finfo(np.float32).max)
"""The largest number that single precision holds."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Tokens that may still be chosen, in the chain's order."""

    ids: Ints
    """Token ids, int64[n]."""
    logits: Floats
    """Logits, float64[n]; -inf = removed."""
    sorted: bool = False
    """Known to stand by logit, highest first."""

    @classmethod
    def of(cls, logits: npt.ArrayLike, ids: npt.ArrayLike | None = None) -> Self:
        """Candidates in id order (ids 0..n-1 unless given)."""
        values = np.asarray(logits, np.float64)
        names = np.arange(values.size) if ids is None else np.asarray(ids)
        return cls(names.astype(np.int64), values)

    @classmethod
    def of_probabilities(cls, p: npt.ArrayLike) -> Self:
        """Candidates whose logits are ln p; a probability of 0 becomes -inf."""
        with np.errstate(divide="ignore"):
            return cls.of(np.log(np.asarray(p, np.float64)))

    def __len__(self) -> int:
        return int(self.ids.size)

    @property
    def finite(self) -> Flags:
        """Which candidates are still there, bool[n]."""
        return np.isfinite(self.logits)

    @property
    def p(self) -> Floats:
        """Softmax over the candidates, float64[n]; all zero when none is left.

        >>> Candidates.of_probabilities([0.5, 0.25]).p.round(3).tolist()
        [0.667, 0.333]
        """
        return softmax(self.logits)

    def by_id(self) -> dict[int, float]:
        """Probability of every candidate that is left, by token id."""
        left = self.finite
        return dict(zip(self.ids[left].tolist(), self.p[left].tolist(), strict=True))

    def take(self, places: npt.NDArray[np.intp] | Flags, *, sorted: bool) -> Self:  # noqa: A002
        """The candidates at these places, in this order."""
        return replace(self, ids=self.ids[places], logits=self.logits[places], sorted=sorted)

    def ranked(self) -> Self:
        """Sorted by logit, highest first; equal logits keep their order.

        libllama's sort leaves the order of equal logits open.
        """
        if self.sorted:
            return self
        return self.take(np.argsort(-self.logits, kind="stable"), sorted=True)

    def with_logits(self, logits: Floats, *, sorted: bool | None = None) -> Self:  # noqa: A002
        """The same candidates with other logits."""
        known = self.sorted if sorted is None else sorted
        return replace(self, logits=logits, sorted=known)

    def possible(self) -> Self:
        """Without the candidates that are next to impossible: exp(l - max) < n 2^-126, of n.

        Single precision, which is libllama's, holds their probabilities with few digits or as 0.
        """
        left = self.finite
        if not left.any():
            return self.take(left, sorted=self.sorted)
        left &= self.logits >= self.logits.max() + FAINT_BELOW + np.log(left.sum())
        return self if left.all() else self.take(left, sorted=self.sorted)

    def present(self) -> Self:
        """Without the candidates whose logit is -inf."""
        left = self.finite
        return self if left.all() else self.take(left, sorted=self.sorted)


def softmax(logits: Floats) -> Floats:
    """exp(l) over the sum of exp(l), float64[n]; all zero when no logit is finite."""
    if not np.isfinite(logits).any():
        return np.zeros_like(logits)
    weights: Floats = np.exp(logits - logits.max())
    total: Floats = weights / weights.sum()
    return total


def log_sum_exp(logits: Floats) -> float:
    """Natural log of the sum of exp(l); -inf when no logit is finite."""
    if not np.isfinite(logits).any():
        return -np.inf
    top = logits.max()
    return float(top + np.log(np.exp(logits - top).sum()))


def single_sum_error(size: int) -> float:
    """How far a sum of `size` probabilities, added one by one in single precision, may be off.

    As a share of it. libllama's softmax adds so: the small ones get lost. Measured on rows like a
    model's: 0.0002 at 32,000 and 0.001 at 150,000; this is twice as much. The bound that holds for
    any row is four times this.
    """
    return size * 2.0**-26


def entropy_nats(p: Floats) -> float:
    """-sum p ln p, where 0 ln 0 = 0.

    >>> round(entropy_nats(np.array([0.5, 0.5, 0.0])), 4)
    0.6931
    """
    some = p[p > 0]
    return float(-(some * np.log(some)).sum())


def entropy_bits(p: Floats) -> float:
    """-sum p log2 p, where 0 log 0 = 0."""
    return entropy_nats(p) / float(np.log(2.0))
