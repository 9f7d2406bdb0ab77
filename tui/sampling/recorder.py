"""The record of a draw, computed from its copies.

Keeps true: every number is finite. Log-sum-exp, entropy, mean and deviation are of the whole
vocabulary, summed pairwise in single precision (relative error about 1e-6). Runs in any one thread
at a time; reads nothing of the chain.
"""

import math
from itertools import accumulate, pairwise
from threading import Lock
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from tui.core.samplers import STAGES, Kind
from tui.core.step import KEPT, Record, StageTrace, Step
from tui.sampling.candidate import ROW, Logits
from tui.sampling.drawn import Draw
from tui.sampling.ranking import different, most_likely
from tui.sampling.stage import Moved
from tui.sampling.totals import LEAST, MOST, Totals, bits_of, spread_of, totals_of, weight_of

KEEP: Final = 256
"""Most likely candidates that every record holds."""
_SAME: Final = 1e-6
"""Logits that all moved by the same, to this, left the probabilities as they were."""
_LARGE: Final = 8192
"""Candidates from which on the record of a stage is computed in single precision."""
_POOL: Final = 4
"""Row buffers that are kept for reuse."""


class _Left(NamedTuple):
    """What a stage before the first candidate array left of the vocabulary."""

    sums: Totals
    kept: int
    mass: float


class Recorder:
    """Makes `Step`s; owns the buffers that rows are copied into."""

    def __init__(self, n_vocab: int) -> None:
        self._n_vocab = n_vocab
        self._free: list[Logits] = []
        self._lock = Lock()
        self._x = np.empty(n_vocab, np.float32)
        self._e = np.empty(n_vocab, np.float32)
        self._row = np.empty(n_vocab, np.float32)
        self._flags = np.empty(n_vocab, bool)
        self._slots = np.full(n_vocab, -1, np.int32)

    def copy(self, logits: Logits) -> Logits:
        """A copy of the row, in a buffer that a recorded draw gave back where there is one."""
        try:
            row = self._free.pop()
        except IndexError:
            row = np.empty(self._n_vocab, np.float32)
        np.copyto(row, logits)
        return row

    def p_raw(self, draw: Draw) -> float:
        """Softmax of the model's own logits at the draw's token; 0 for an unrecorded draw."""
        if draw.row is None:
            return 0.0
        weights = np.exp(draw.row - np.float32(draw.top))
        return float(weights[draw.token] / weights.sum())

    def step(self, draw: Draw, i: int, piece: bytes, text: str, settings_version: int) -> Step:
        """The step of a draw; once for each draw, which gives its row back."""
        with self._lock:
            return self._step(draw, i, piece, text, settings_version)

    def _step(self, draw: Draw, i: int, piece: bytes, text: str, settings_version: int) -> Step:
        row = draw.row
        if row is None:
            raise ValueError("this draw was made without a record, or was recorded already")
        sums, n_finite = totals_of(row, draw.top, self._x, self._e), row.size
        if math.isnan(sums.weighted):
            n_finite = int(np.count_nonzero(row > -np.inf))
            sums = totals_of(row, draw.top, self._x, self._e, LEAST)
        lse, entropy = sums.log, sums.bits
        mean, std = spread_of(row, n_finite, self._x)
        ids, values, rank = self._listed(row, draw)
        slots = self._slots
        slots[ids] = np.arange(ids.size)
        final = np.zeros(ids.size, np.float32)
        drawn = np.frombuffer(draw.final, ROW)
        p = _softmax(drawn["logit"]) if draw.drawer == "greedy" else drawn["p"]
        places = slots[drawn["id"]]
        listed = places >= 0
        if listed.all():
            final[places] = p
        else:
            final[places[listed]] = p[listed]
        stages, cut = self._stages(row, draw, ids, values, sums, n_finite)
        place = int(slots[draw.token])
        slots[ids] = -1
        judged = draw.judged
        record = Record(
            ids.astype(np.int32).tobytes(),
            values.tobytes(),
            final.tobytes(),
            cut.tobytes(),
            lse,
            self._n_vocab,
            n_finite,
            mean,
            std,
            draw.top,
            bytes([judged.get(token, 1) for token in ids.tolist()]) if judged else b"",
        )
        draw.row = None  # given back: the next `copy` may overwrite it
        if len(self._free) < _POOL:
            self._free.append(row)
        return Step(
            i=i,
            id=draw.token,
            piece=piece,
            text=text,
            p_raw=math.exp(float(values[place]) - lse),
            p_final=float(final[place]),
            rank=rank,
            entropy_bits=entropy,
            u=draw.u,
            uniforms=draw.uniforms,
            stages=tuple(stages),
            record=record,
            state=draw.state,
            settings_version=settings_version,
            resampled=draw.resampled,
            by_hand=draw.by_hand,
        )

    def _listed(self, row: Logits, draw: Draw) -> tuple[npt.NDArray[np.intp], Logits, int]:
        """Ids and logits of the recorded candidates, sorted, and the rank of the chosen one."""
        ids = draw.near if draw.near is not None else most_likely(row, KEEP, self._flags)[0]
        found = np.flatnonzero(ids == draw.token)
        if draw.noted or not found.size:
            ids = different([ids, *draw.noted, [draw.token]])
            ids = ids[np.argsort(-row[ids], kind="stable")]
            found = np.flatnonzero(ids == draw.token)
        rank = int(found[0]) + 1
        if rank > KEEP:
            logit = row[draw.token]
            ties = int(np.count_nonzero(row[: draw.token] == logit))
            rank = int(np.count_nonzero(row > logit)) + ties + 1
        return ids, row[ids], rank

    def _stages(
        self,
        row: Logits,
        draw: Draw,
        ids: npt.NDArray[np.intp],
        values: Logits,
        sums: Totals,
        n_finite: int,
    ) -> tuple[list[StageTrace], npt.NDArray[np.uint8]]:
        """The trace of every stage, and which of them removed each recorded candidate."""
        stages: list[StageTrace] = []
        cut = np.zeros(ids.size, np.uint8)
        alive = np.arange(ids.size)
        current, lse = row, sums.log
        last = _Left(sums, n_finite, 1.0)
        if draw.moved:
            current = self._row
            np.copyto(current, row)
            for moved in draw.moved:
                trace, last = self._moved(moved, row, current, last, lse)
                stages.append(trace)
                alive = np.flatnonzero(current[ids] > -np.inf)
                cut[alive] = len(stages)
        if draw.left:
            alive = self._left(draw, row, current, last.kept, lse, cut, stages)
        cut[alive] = KEPT
        if n_finite != row.size:
            cut[values == -np.inf] = KEPT
        return stages, cut

    def _moved(
        self, moved: Moved, row: Logits, current: Logits, last: _Left, lse: float
    ) -> tuple[StageTrace, _Left]:
        """Apply a stage that changed a few logits of the whole vocabulary to `current`."""
        name, touched, after = moved
        before = current[touched]
        current[touched] = after
        sums, kept, mass = last
        banned = touched[(after == -np.inf) & (before > -np.inf)]
        if banned.size:
            kept -= banned.size
            mass -= weight_of(row[banned], lse)
            if mass < 1.0 - MOST:
                mass = weight_of(row[current > -np.inf], lse)
        sums = sums.moved(before, after) or totals_of(
            current, float(current.max()), self._x, self._e, LEAST
        )
        changed = kept > 1 and bool((before != after).any())
        return StageTrace(name, kept, min(1.0, mass), sums.bits, changed), _Left(sums, kept, mass)

    def _left(
        self, draw: Draw, row: Logits, current: Logits, kept: int, lse: float,
        cut: npt.NDArray[np.uint8], stages: list[StageTrace],
    ) -> npt.NDArray[np.intp]:  # fmt: skip
        """The stages on the candidate array, all at once; returns who is alive at the end."""
        names = [name for name, _ in draw.left]
        sizes = [len(data) // ROW.itemsize for _, data in draw.left]
        rows = np.frombuffer(b"".join([data for _, data in draw.left]), ROW)
        all_ids, logits = rows["id"], rows["logit"]
        edges = [0, *accumulate(sizes)]
        starts = np.array(edges[:-1])
        tops = np.maximum.reduceat(logits, starts)
        kind = np.float32 if logits.size > _LARGE else np.float64
        x = np.maximum(logits - np.repeat(tops, sizes), LEAST, dtype=kind)
        e = np.exp(x)
        totals = np.add.reduceat(e, starts).tolist()
        weighted = np.add.reduceat(x * e, starts).tolist()
        finite = logits > -np.inf
        p_raw = np.exp(row[all_ids] - kind(lse))
        places = self._slots[all_ids]
        counts = sizes
        if not finite.all():
            p_raw *= finite
            places[~finite] = -1
            counts = np.add.reduceat(finite, starts, dtype=np.int64).tolist()
        if places.min() >= 0:
            alive_at = [places[a:b] for a, b in pairwise(edges)]
        else:
            alive_at = [here[here >= 0] for here in (places[a:b] for a, b in pairwise(edges))]
        masses = np.add.reduceat(p_raw, starts).tolist()
        before: tuple[npt.NDArray[np.int32], Logits] | None = None
        for j, (begin, end) in enumerate(pairwise(edges)):
            name, after = names[j], (all_ids[begin:end], logits[begin:end])
            changed = counts[j] != kept
            if not changed and kept > 1 and _reshapes(name):
                left = finite[begin:end]
                new_ids, new = (part[left] for part in after)
                old = current[new_ids] if before is None else _lookup(before, new_ids)
                changed = _differ(old, new)
            kept, before = counts[j], after
            bits = bits_of(totals[j] - 1.0, weighted[j])
            stages.append(StageTrace(name, kept, min(1.0, masses[j]), bits, changed))
            cut[alive_at[j]] = len(stages)
        alive: npt.NDArray[np.intp] = alive_at[-1]
        return alive


def _reshapes(name: str) -> bool:
    stage = STAGES.get(name)
    return stage is None or stage.kind is not Kind.CUT


def _softmax(logits: Logits) -> Logits:
    e: Logits = np.exp(logits - logits.max())
    e /= e.sum()
    return e


def _lookup(before: tuple[npt.NDArray[np.int32], Logits], ids: npt.NDArray[np.int32]) -> Logits:
    """The earlier logits of these ids, in this order."""
    old, logits = before
    if old.size == ids.size and (old == ids).all():
        return logits
    order = np.argsort(old)
    found: Logits = logits[order[np.searchsorted(old, ids, sorter=order)]]
    return found


def _differ(old: Logits, new: Logits) -> bool:
    """Whether probabilities changed: a shift that is the same for all changes none."""
    shift = new - old
    return bool(shift.max() - shift.min() > _SAME)
