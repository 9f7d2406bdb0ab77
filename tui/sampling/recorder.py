"""The record of a draw, computed from its copies.

Keeps true: every number is finite. Log-sum-exp, entropy, mean and deviation are of the whole
vocabulary, summed in single precision over pieces of it (relative error about 1e-6). Runs in any one
thread at a time; reads nothing of the chain.
"""

import math
from collections.abc import Sequence
from threading import Lock
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from tui.core.step import KEPT, Record, StageTrace, Step
from tui.sampling.candidate import ROW, Logits
from tui.sampling.drawn import Draw, Written
from tui.sampling.ranking import Ranking, different
from tui.sampling.stage import Moved
from tui.sampling.survivor import LARGE, Survivors
from tui.sampling.totals import LEAST, MOST, Sums, Totals, weight_of

KEEP: Final = 256
"""Most likely candidates that every record holds."""
_POOL: Final = 12
"""Row buffers that are kept for reuse."""


class _Left(NamedTuple):
    """What a stage before the first candidate array left of the vocabulary."""

    sums: Totals
    kept: int
    mass: float


class _Begun(NamedTuple):
    """A record as far as the whole row tells it."""

    sums: Totals
    n_finite: int
    mean: float
    std: float
    ids: npt.NDArray[np.integer[Any]]
    logits: Logits
    place: int
    """Of the token in `ids`."""
    rank: int
    moved: list[StageTrace]
    """Of the stages before the first candidate array."""
    cut: npt.NDArray[np.uint8]
    """What those removed."""
    kept: int
    """Candidates that those left."""
    reshaped: bool
    """Whether the first stage on the array changed a probability, where it removed nothing."""


class Recorder:
    """Makes `Step`s; owns the buffers that rows are copied into."""

    def __init__(self, n_vocab: int) -> None:
        self._n_vocab = n_vocab
        self._free: list[Logits] = []
        self._lock = Lock()
        self._sums = Sums(n_vocab)
        self._ranking = Ranking(n_vocab)
        self._row = np.empty(n_vocab, np.float32)
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

    def steps(self, written: Sequence[Written]) -> list[Step]:
        """The steps of draws; once for each draw, which gives its row back.

        Several at once cost less than one by one.
        """
        steps: list[Step] = []
        start = size = 0
        with self._lock, np.errstate(invalid="ignore", over="ignore"):
            for end, one in enumerate(written):
                snapshots = [one.draw.final, *(data for _, data in one.draw.left)]
                more = sum([len(data) for data in snapshots]) // ROW.itemsize
                if end > start and size + more > LARGE:
                    steps += self._together(written[start:end])
                    start, size = end, 0
                size += more
            steps += self._together(written[start:])
        return steps

    def _together(self, written: Sequence[Written]) -> list[Step]:
        draws = [one.draw for one in written]
        if not draws:
            return []
        survivors = Survivors(draws)
        begun: list[_Begun] = []
        edges = [0]
        for n, draw in enumerate(draws):
            one = self._begin(draw, survivors, n, edges[-1])
            begun.append(one)
            edges.append(edges[-1] + one.ids.size)
        final = np.zeros(edges[-1] + 1, np.float32)
        cut = np.concatenate([*(one.cut for one in begun), np.zeros(1, np.uint8)])
        survivors.measure(
            [one.sums.log for one in begun], [len(one.moved) for one in begun], final, cut
        )
        return [
            self._step(
                written[n], one, final[edges[n] : edges[n + 1]], cut[edges[n] : edges[n + 1]],
                (*one.moved, *survivors.traces(n, one.kept, one.reshaped)),
            )
            for n, one in enumerate(begun)
        ]  # fmt: skip

    def _begin(self, draw: Draw, survivors: Survivors, n: int, base: int) -> _Begun:
        """Everything that needs the whole row, which is given back."""
        row = draw.row
        if row is None:
            raise ValueError("this draw was made without a record, or was recorded already")
        ids, logits, place, rank = self._listed(row, draw)
        sums, n_finite, mean, std = self._sums.of(row, draw.top, int(ids[0]))
        self._slots[ids] = np.arange(base, base + ids.size, dtype=np.int32)
        survivors.place(n, row, self._slots)
        self._slots[ids] = -1
        traces: list[StageTrace] = []
        cut = np.zeros(ids.size, np.uint8)
        current, last = row, _Left(sums, n_finite, 1.0)
        if draw.moved:
            current = self._row
            np.copyto(current, row)
            for moved in draw.moved:
                trace, last = self._moved(moved, row, current, last, sums.log)
                traces.append(trace)
                cut[current[ids] > -np.inf] = len(traces)
        if not draw.left:
            cut[cut == len(traces)] = KEPT
        reshaped = survivors.reshaped_first(n, current)
        draw.row = None  # given back: the next `copy` may overwrite it
        if len(self._free) < _POOL:
            self._free.append(row)
        return _Begun(
            sums, n_finite, mean, std, ids, logits, place, rank, traces, cut, last.kept, reshaped
        )

    def _step(
        self, written: Written, begun: _Begun, final: Logits, cut: npt.NDArray[np.uint8],
        stages: tuple[StageTrace, ...],
    ) -> Step:  # fmt: skip
        draw, ids, logits, lse = written.draw, begun.ids, begun.logits, begun.sums.log
        if begun.n_finite != self._n_vocab:
            cut[logits == -np.inf] = KEPT
        judged = draw.judged
        record = Record(
            ids.astype(np.int32).tobytes(),
            logits.tobytes(),
            final.tobytes(),
            cut.tobytes(),
            lse,
            self._n_vocab,
            begun.n_finite,
            begun.mean,
            begun.std,
            draw.top,
            bytes([judged.get(token, 1) for token in ids.tolist()]) if judged else b"",
        )
        return Step(
            i=written.i,
            id=draw.token,
            piece=written.piece,
            text=written.text,
            p_raw=math.exp(float(logits[begun.place]) - lse),
            p_final=float(final[begun.place]),
            rank=begun.rank,
            entropy_bits=begun.sums.bits,
            u=draw.u,
            uniforms=draw.uniforms,
            stages=stages,
            record=record,
            state=draw.state,
            settings_version=written.settings_version,
            resampled=draw.resampled,
            by_hand=draw.by_hand,
        )

    def _listed(
        self, row: Logits, draw: Draw
    ) -> tuple[npt.NDArray[np.integer[Any]], Logits, int, int]:
        """Recorded ids and logits, sorted; the place of the chosen one there; its rank."""
        ids, logits = draw.near, draw.near_logits
        if ids is None:
            ids, logits, _ = self._ranking.most_likely(row, KEEP)
        found = (ids == draw.token).nonzero()[0]
        if draw.noted or not found.size:
            ids, logits = different([ids, *draw.noted, [draw.token]]), None
            ids = ids[np.argsort(-row[ids], kind="stable")]
            found = (ids == draw.token).nonzero()[0]
        place = int(found[0])
        rank = place + 1
        if rank > KEEP:
            logit = row[draw.token]
            ties = int(np.count_nonzero(row[: draw.token] == logit))
            rank = int(np.count_nonzero(row > logit)) + ties + 1
        return ids, row[ids] if logits is None else logits, place, rank

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
        sums = sums.moved(before, after) or self._afresh(current)
        changed = kept > 1 and bool((before != after).any())
        return StageTrace(name, kept, min(1.0, mass), sums.bits, changed), _Left(sums, kept, mass)

    def _afresh(self, row: Logits) -> Totals:
        place = int(row.argmax())
        return self._sums.totals(row, float(row[place]), place, LEAST)
