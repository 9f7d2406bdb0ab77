"""The most likely tokens of a row, found without sorting it.

Keeps true: the answer is exact whatever the row looks like; what was found in earlier rows, and the
sample, only decide how fast it is found. Order is by logit, highest first, then by id.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from tui.sampling.candidate import Logits

_STRIDE: Final = 32
"""Every how many tokens one is looked at to guess where the top begins."""
_GENEROSITY: Final = 2.5
"""How many times more than asked that guess lets through: too few costs a full partition."""
_SPARE: Final = 1.4
"""How many times more than asked the place of the last row's top should let through."""
_MANY: Final = 6
"""How many times more than asked may be let through; it is sorting that costs then."""


class Ranked(NamedTuple):
    """The most likely, sorted."""

    ids: npt.NDArray[np.intp]
    logits: Logits
    distinct: bool
    """Whether no two of the logits are equal."""


class Ranking:
    """Ranks rows of one size, one after the other."""

    def __init__(self, size: int) -> None:
        self._flags = np.empty(size, bool)
        self._above = np.float32(np.inf)
        """Where the top of the next row is expected to begin."""

    def most_likely(self, row: Logits, count: int) -> Ranked:
        """The `count` largest finite logits; fewer where fewer are finite.

        Args:
            row: float32[size], no NaN and no +inf.
            count: how many are wanted, at least 1.
        """
        ids = self._from(row, self._above)
        if not count <= ids.size <= _MANY * count:
            ids = self._afresh(row, count)
        logits = row[ids]
        order = np.argsort(-logits)
        ranked = logits[order]
        self._expect(ranked, count)
        distinct = not np.logical_or.reduce(ranked[1:] == ranked[:-1])
        if not distinct:
            order = np.argsort(-logits, kind="stable")
            ranked = logits[order]
        return Ranked(ids[order[:count]], ranked[:count], distinct)

    def _from(self, row: Logits, least: np.float32) -> npt.NDArray[np.intp]:
        return np.greater_equal(row, least, out=self._flags).nonzero()[0]

    def _afresh(self, row: Logits, count: int) -> npt.NDArray[np.intp]:
        """Ids of at least `count`, or of all that are finite."""
        wanted = int(_GENEROSITY * count)
        least = np.float32(-np.inf)
        if row.size > wanted * 2:
            sample = row[::_STRIDE]
            place = sample.size - max(1, sample.size * wanted // row.size)
            least = np.partition(sample, place)[place]
            if least > -np.inf:
                ids = self._from(row, least)
                if ids.size >= count:
                    return ids
                least = np.partition(row, row.size - count)[row.size - count]
                if least > -np.inf:
                    return self._from(row, least)
        return np.greater(row, least, out=self._flags).nonzero()[0]

    def _expect(self, ranked: Logits, count: int) -> None:
        """Expect the next row to look like this one."""
        spare = int(_SPARE * count)
        if ranked.size > spare:
            self._above = ranked[spare]
        elif ranked.size:
            self._above = ranked[-1] - (ranked[0] - ranked[-1]) / 32


def different(parts: Sequence[npt.ArrayLike]) -> npt.NDArray[np.intp]:
    """The different ids in all of these, smallest first."""
    ids = np.concatenate(parts).astype(np.intp, copy=False)
    ids.sort()
    first = np.empty(ids.size, bool)
    first[0] = True
    np.not_equal(ids[1:], ids[:-1], out=first[1:])
    return ids[first]
