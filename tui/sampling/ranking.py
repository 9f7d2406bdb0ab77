"""The most likely tokens of a row, found without sorting it.

Keeps true: the answer is exact whatever the row looks like; the sample only decides how fast it is
found. Order is by logit, highest first, then by id.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from tui.sampling.candidate import Logits

_STRIDE: Final = 32
"""Every how many tokens one is looked at to guess where the top begins."""
_GENEROSITY: Final = 2.5
"""How many times more than asked the guess lets through: too few costs a full partition."""


def most_likely(
    row: Logits, count: int, flags: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.intp], Logits]:
    """Ids and logits of the `count` largest finite logits, sorted; fewer where fewer are finite.

    Args:
        row: float32[n], no NaN and no +inf.
        count: how many are wanted, at least 1.
        flags: bool[n], scratch.
    """
    wanted = int(_GENEROSITY * count)
    if row.size <= wanted * 2:
        ids = np.greater(row, -np.inf, out=flags).nonzero()[0]
    else:
        sample = row[::_STRIDE]
        place = sample.size - max(1, sample.size * wanted // row.size)
        threshold = np.partition(sample, place)[place]
        if threshold == -np.inf:
            ids = np.greater(row, threshold, out=flags).nonzero()[0]
        else:
            ids = np.greater_equal(row, threshold, out=flags).nonzero()[0]
            if ids.size < count:
                threshold = np.partition(row, row.size - count)[row.size - count]
                np.greater_equal(row, threshold, out=flags)
                ids = np.logical_and(flags, row > -np.inf, out=flags).nonzero()[0]
    values = row[ids]
    order = np.argsort(-values, kind="stable")[:count]
    return ids[order], values[order]


def different(parts: Sequence[npt.ArrayLike]) -> npt.NDArray[np.intp]:
    """The different ids in all of these, smallest first."""
    ids = np.concatenate(parts).astype(np.intp, copy=False)
    ids.sort()
    first = np.empty(ids.size, bool)
    first[0] = True
    np.not_equal(ids[1:], ids[:-1], out=first[1:])
    return ids[first]
