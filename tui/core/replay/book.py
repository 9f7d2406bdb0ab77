"""What each stage of a replay left, written down in the record's order.

Keeps true: one row for each stage that ran; a candidate is counted as removed by the first stage
after which it is gone.
"""

import math

import numpy as np
import numpy.typing as npt

from tui.core.definitions.candidate import Candidates, Floats, entropy_nats
from tui.core.replay.stage import View
from tui.core.replay.tail import UNKNOWN_SPREAD
from tui.core.step import KEPT, StageTrace, Step

_CHANGED = 1e-7


class Book:
    """The pages of one pass through the chain."""

    def __init__(self, step: Step) -> None:
        record = step.record
        self._order = np.argsort(record.ids)
        self._ids = record.ids[self._order]
        self._p_raw = np.where(np.isfinite(record.logits), record.p_raw, 0.0)
        self.stages: list[StageTrace] = []
        self.rough: list[bool] = []
        self.after: list[Floats] = []
        self.cut = np.full(record.ids.size, KEPT, np.uint8)
        self._alive = np.isfinite(record.logits)

    def places(self, candidates: Candidates) -> npt.NDArray[np.intp]:
        """Index into the record of each candidate."""
        return self._order[np.searchsorted(self._ids, candidates.ids)]

    def spread_out(self, candidates: Candidates, values: Floats) -> Floats:
        """Values of candidates, in the record's order; 0 for the others."""
        whole = np.zeros(self._alive.size)
        whole[self.places(candidates)] = values
        return whole

    def skip(self, name: str) -> None:
        """One stage could not be computed: it is passed over, and its numbers are not known."""
        last = self.stages[-1] if self.stages else None
        kept = last.kept if last else int(self._alive.sum())
        self.stages.append(
            StageTrace(name, kept, last.mass if last else 1.0, math.nan, changed=False)
        )
        self.rough.append(True)
        self.after.append(self.after[-1] if self.after else self._p_raw)

    def enter(self, name: str, before: View, view: View) -> None:
        """One stage has run."""
        entropy = view.entropy
        p = self.spread_out(view.known, view.p)
        alive = np.zeros_like(self._alive)
        alive[self.places(view.known)] = view.known.finite
        self.cut[self._alive & ~alive] = len(self.stages)
        unseen = view.tail.count if view.tail else 0
        was_unseen = before.tail.count if before.tail else 0
        p_before = self.spread_out(before.known, before.p)
        changed = (
            int(alive.sum()) + unseen != int(self._alive.sum()) + was_unseen
            or float(np.abs(p - p_before).max(initial=0.0)) > _CHANGED
        )
        mass = float(self._p_raw[alive].sum()) + (view.tail.raw_mass if view.tail else 0.0)
        self.stages.append(
            StageTrace(
                name,
                int(alive.sum()) + unseen,
                min(mass, 1.0),
                (entropy_nats(view.p) if entropy is None else entropy) / math.log(2.0),
                changed,
            )
        )
        told = view.tail is None or view.tail.told
        known = told and entropy is not None and view.total.spread <= UNKNOWN_SPREAD
        self.rough.append(bool(view.doubt) or not known)
        self.after.append(p)
        self._alive = alive
