"""What the stages on the candidate array left, of several draws at once.

Keeps true: each number is that of its own draw and stage; the arithmetic runs over the snapshots of
all draws together, because a call costs more than the few numbers that it works on. Reads snapshots
and rows; changes none of them.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import numpy as np
import numpy.typing as npt

from tui.core.samplers import STAGES, Kind
from tui.core.step import KEPT, StageTrace
from tui.sampling.candidate import ROW, Logits
from tui.sampling.drawn import Draw
from tui.sampling.totals import LEAST, bits_of

LARGE: Final = 8192
"""Candidates from which on they are computed in single precision."""
_SAME: Final = 1e-6
"""Logits that all moved by the same, to this, left the probabilities as they were."""


class Survivors:
    """The snapshots of these draws: group after group, those of a draw together, its final last."""

    def __init__(self, draws: Sequence[Draw]) -> None:
        parts = [part for draw in draws for part in (*draw.left, (draw.drawer, draw.final))]
        self._names = [name for name, _ in parts]
        self._sizes = [len(data) // ROW.itemsize for _, data in parts]
        self._edges = [0, *accumulate(self._sizes)]
        self._first = [0, *accumulate([len(draw.left) + 1 for draw in draws])]
        rows = np.frombuffer(b"".join([data for _, data in parts]), ROW)
        self._ids, self._logits = np.ascontiguousarray(rows["id"]), rows["logit"].copy()
        self._p = rows["p"]
        self._raw = np.empty(rows.size, np.float32)
        self._places = np.empty(rows.size, np.int32)

    def place(self, n: int, row: Logits, slots: npt.NDArray[np.int32]) -> None:
        """Note of draw `n` where in the record each survivor will stand, and its raw logit."""
        begin, end = self._edges[self._first[n]], self._edges[self._first[n + 1]]
        ids = self._ids[begin:end]
        slots.take(ids, out=self._places[begin:end])
        row.take(ids, out=self._raw[begin:end])

    def reshaped_first(self, n: int, row: Logits) -> bool:
        """Whether the first stage of draw `n` changed a probability of this row."""
        group = self._first[n]
        if group + 1 == self._first[n + 1] or not _reshapes(self._names[group]):
            return False
        ids, logits = self._group(group)
        finite = logits > -np.inf
        return _differ(row[ids[finite]], logits[finite])

    def measure(
        self, lse: Sequence[float], n_moved: Sequence[int], final: Logits,
        cut: npt.NDArray[np.uint8],
    ) -> None:  # fmt: skip
        """Compute everything, once all draws are placed.

        Args:
            lse: of every draw.
            n_moved: how many stages of every draw came before the candidate array.
            final: to be filled with `p_final`, at the places noted; -1 is a place too.
            cut: to be filled with the number of the stage that removed each, likewise.
        """
        starts, sizes = np.array(self._edges[:-1]), self._sizes
        kind = np.float32 if self._logits.size > LARGE else np.float64
        tops = np.maximum.reduceat(self._logits, starts)
        x = np.maximum(self._logits - np.repeat(tops, sizes), LEAST, dtype=kind)
        e = np.exp(x)
        self._totals = np.add.reduceat(e, starts).tolist()
        self._weighted = np.add.reduceat(x * e, starts).tolist()
        counts = [b - a for a, b in zip(self._first, self._first[1:], strict=False)]
        by_group = np.repeat(np.array(lse, kind), counts)
        p_raw = np.exp(self._raw - np.repeat(by_group, sizes))
        places = self._places
        finite = self._logits > -np.inf
        self._counts = sizes
        if not np.logical_and.reduce(finite):
            p_raw *= finite
            places[~finite] = -1
            self._counts = np.add.reduceat(finite, starts, dtype=np.int64).tolist()
        self._masses = np.add.reduceat(p_raw, starts).tolist()
        numbers: list[int] = []
        for n, before in enumerate(n_moved):
            group, last = self._first[n], self._first[n + 1] - 1
            begin, end = self._edges[last], self._edges[last + 1]
            p = self._p[begin:end]
            if self._names[last] == "greedy":
                p = (e[begin:end] / self._totals[last]).astype(np.float32)
            final[places[begin:end]] = p
            if last > group:
                numbers += [*range(before + 1, before + last - group), KEPT]
            # Whoever is in the final was in the last stage too.
            numbers.append(KEPT)
        # Of a candidate that stands in several groups the last one holds.
        cut[places] = np.repeat(np.array(numbers, np.uint8), sizes)
        edges = starts, np.array(self._edges[1:]) - 1
        self._ends_ids = [self._ids[at].tolist() for at in edges]
        self._ends_logits = [self._logits[at].tolist() for at in edges]

    def traces(self, n: int, kept: int, reshaped: bool) -> list[StageTrace]:
        """The stages of draw `n`, of which the first found `kept` candidates."""
        traces = []
        first = self._first[n]
        for group in range(first, self._first[n + 1] - 1):
            name, count = self._names[group], self._counts[group]
            changed = count != kept
            if not changed and kept > 1 and _reshapes(name):
                changed = reshaped if group == first else self._reshaped(group)
            kept = count
            bits = bits_of(self._totals[group] - 1.0, self._weighted[group])
            traces.append(StageTrace(name, kept, min(1.0, self._masses[group]), bits, changed))
        return traces

    def _group(self, group: int) -> tuple[npt.NDArray[np.int32], Logits]:
        begin, end = self._edges[group], self._edges[group + 1]
        return self._ids[begin:end], self._logits[begin:end]

    def _reshaped(self, group: int) -> bool:
        """Whether a stage that removed nothing changed a probability; the ends tell it mostly."""
        before, after = group - 1, group
        shifts = [
            logits[after] - logits[before]
            for ids, logits in zip(self._ends_ids, self._ends_logits, strict=True)
            if ids[before] == ids[after]
        ]
        if len(shifts) == 2 and abs(shifts[0] - shifts[1]) > _SAME:
            return True
        ids, logits = self._group(group)
        finite = logits > -np.inf
        return _differ(_lookup(*self._group(before), ids[finite]), logits[finite])


def _reshapes(name: str) -> bool:
    stage = STAGES.get(name)
    return stage is None or stage.kind is not Kind.CUT


def _lookup(old: npt.NDArray[np.int32], logits: Logits, ids: npt.NDArray[np.int32]) -> Logits:
    """The earlier logits of these ids, in this order."""
    if old.size == ids.size and (old == ids).all():
        return logits
    order = np.argsort(old)
    found: Logits = logits[order[np.searchsorted(old, ids, sorter=order)]]
    return found


def _differ(old: Logits, new: Logits) -> bool:
    """Whether probabilities changed: a shift that is the same for all changes none."""
    shift = new - old
    return bool(shift.max() - shift.min() > _SAME)
