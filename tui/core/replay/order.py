"""Where the candidates stand in the chain's array, as far as that is certain.

Keeps true: of two candidates it is told that their places are open wherever libllama may have put
them the other way round: its sort leaves equal ones in any order, and takes for equal, or the other
way round, what single precision cannot tell apart. Until something has sorted, every place is known:
candidates stand by id. Changes no candidate.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from tui.core.definitions.candidate import Candidates, Flags, Floats, Ints
from tui.core.replay.stage import View

_DIGITS = 2.0**-22
"""A difference of two logarithms is off by this share of them at most."""


@dataclass(frozen=True, eq=False)
class Order:
    """What the last sort went by. n = candidates that it sorted."""

    ids: Ints
    """Token ids, ascending, int64[n]."""
    key: Floats
    """What they were sorted by, smallest first, float64[n]."""
    above: Flags
    """On which side of the entropy typical saw them, bool[n]; all on one where a logit was the key."""
    beside: float
    """Two on one side are open when their keys are no further apart."""
    across: float
    """... and two on different sides, whose keys move against each other with the entropy."""

    @classmethod
    def by_logit(cls, known: Candidates, grain: float) -> Self | None:
        """Sorted by these logits, each of which may be off by `grain`; None where all differ."""
        ranked = np.sort(known.logits)
        if not (ranked[1:] - ranked[:-1] <= 2.0 * grain).any():  # nearly always
            return None
        ids, logits = _by_id(known)
        return cls(ids, -logits, np.zeros(ids.size, np.bool_), 2.0 * grain, 2.0 * grain)

    @classmethod
    def by_typical(cls, view: View) -> Self:
        """Sorted as typical does, by how far the surprise is from the entropy."""
        ids, logits = _by_id(view.known.present())
        total, entropy = view.total.middle, view.entropy or 0.0
        surprise = total - logits
        beside = 2.0 * view.grain + _DIGITS * float(1.0 + np.abs(surprise).max(initial=0.0))
        across = beside + 2.0 * view.slack * entropy + view.blur * 2.0 * (1.0 + entropy)
        return cls(ids, np.abs(surprise - entropy), surprise > entropy, beside, across)

    def _at(self, ids: Ints) -> tuple[Floats, Flags]:
        places = np.searchsorted(self.ids, ids)
        return self.key[places], self.above[places]

    def rivals(self, known: Candidates, place: int) -> Flags:
        """Which of `known` may stand on the other side of the one at `place`, bool[n]."""
        key, above = self._at(known.ids)
        limit = np.where(above == above[place], self.beside, self.across)
        rivals: Flags = np.abs(key - key[place]) <= limit
        rivals[place] = False
        return rivals

    def neighbours(self, known: Candidates) -> Flags:
        """Whether each of `known` and the next may have changed places, bool[n - 1]."""
        key, above = self._at(known.ids)
        limit = np.where(above[1:] == above[:-1], self.beside, self.across)
        return np.abs(np.diff(key)) <= limit

    def parts(self, kept: Ints) -> bool:
        """Whether another order of open places could have left others than `kept` of them."""
        stays = np.isin(self.ids, kept)
        sides = (self.above, ~self.above)
        for one, other, limit in ((0, 0, self.beside), (1, 1, self.beside),
                                  (0, 1, self.across), (1, 0, self.across)):  # fmt: skip
            gone, here = self.key[~stays & sides[one]], self.key[stays & sides[other]]
            if gone.size and here.size and gone.min() - here.max() <= limit:
                return True
        return False


def _by_id(known: Candidates) -> tuple[Ints, Floats]:
    order = np.argsort(known.ids)
    return known.ids[order], known.logits[order]


def follow(order: Order | None, name: str, before: View, after: View) -> Order | None:
    """The order behind a stage, from that before it; None where every place is certain."""
    if name == "typ_p" and after.known is not before.known:
        return Order.by_typical(before)
    if after.known.sorted and not before.known.sorted:
        return Order.by_logit(before.known, before.grain)
    return order
