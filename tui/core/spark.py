"""The numbers of a reply along its tokens, and how many of them make one cell of a line.

Keeps true: tokens that were taken before are not looked at again, so that a reply of any length grows
at the same cost; a cell tells the worst of its tokens, so that no surprise is averaged away. No
glyphs and no colours.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from tui.core.tint import Tellable, Tint

Floats = npt.NDArray[np.float64]

LINES: Final = (Tint.PROBABILITY, Tint.ENTROPY, Tint.RANK)
"""What has a line, from top to bottom. Surprise is another scale of probability."""


class Course:
    """Probability, entropy (bits) and rank of every token of one text; NaN where there is none."""

    def __init__(self) -> None:
        self._values = np.empty((len(LINES), 256))
        self._count = 0
        self._ends: tuple[Tellable, Tellable] | None = None
        """First and last token that were taken."""

    def __len__(self) -> int:
        return self._count

    def begins(self, tokens: Sequence[Tellable]) -> bool:
        """Whether these tokens begin with those that were taken."""
        if self._ends is None:
            return True
        first, last = self._ends
        return len(tokens) >= self._count and tokens[0] is first and tokens[self._count - 1] is last

    def take(self, tokens: Sequence[Tellable]) -> None:
        """Take what is new at the end of a text that only grows."""
        if len(tokens) > self._values.shape[1]:
            wider = np.empty((len(LINES), 2 * len(tokens)))
            wider[:, : self._count] = self._values[:, : self._count]
            self._values = wider
        for n in range(self._count, len(tokens)):
            token = tokens[n]
            known = token.p_raw is not None
            self._values[:, n] = (
                (token.p_raw, token.entropy_bits, token.rank) if known else (np.nan,) * 3
            )
        self._count = len(tokens)
        self._ends = (tokens[0], tokens[-1]) if tokens else None

    def of(self, tint: Tint) -> Floats:
        """The values of one line, float64[n]."""
        line = LINES.index(Tint.PROBABILITY if tint is Tint.SURPRISE else tint)
        return self._values[line, : self._count]


def cells(values: Floats, width: int, *, lowest: bool) -> tuple[int, Floats]:
    """At most `width` cells over all values.

    Returns:
        Values in one cell (the last may have fewer), and the worst value of each: the lowest or the
        highest, NaN where there is none.

    >>> per, worst = cells(np.array([1.0, 5.0, 2.0, 3.0, 4.0]), 3, lowest=False)
    >>> per, worst.tolist()
    (2, [5.0, 3.0, 4.0])
    """
    if not len(values) or width < 1:
        return 1, np.empty(0)
    per = -(-len(values) // width)
    starts = np.arange(0, len(values), per)
    worst = np.fmin if lowest else np.fmax
    return per, worst.reduceat(values, starts)


def heights(tint: Tint, worst: Floats, top: float) -> Floats:
    """How high each cell stands, 0..1.

    Args:
        tint: probability 0..1 as it is; entropy as a share of `top`; rank on a log scale to `top`.
        worst: what `cells` made.
        top: the highest value of the whole text.
    """
    match tint:
        case Tint.ENTROPY:
            return worst / top if top > 0.0 else np.zeros(len(worst))
        case Tint.RANK:
            return np.log(worst) / np.log(top) if top > 1.0 else np.zeros(len(worst))
        case _:
            return worst
