"""The thread that writes a reply down: records, steps and what else is said of it, in order.

Keeps true: the loop that decodes never waits for a record unless it is a few tokens ahead of it;
what is handed over comes out in that order; nothing handed over is lost, except after an error, which
the next call raises.
"""

import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, Queue
from typing import Final

import msgspec

from tui.core.messages import Event
from tui.core.step import Step
from tui.engine.batch import StepBatch
from tui.sampling.chain import Chain
from tui.sampling.drawn import Draw, Written

_AHEAD: Final = 4
"""How many tokens the loop may be ahead."""


class _Drawn(msgspec.Struct, frozen=True):
    """A token to be written down."""

    written: Written
    last: bool


class Scribe:
    """See the module.

    Args:
        chain: that drew the tokens.
        run: of the reply.
        say: where events go; called in the scribe's thread.
        record: whether steps have records.
    """

    def __init__(
        self, chain: Chain, run: int, say: Callable[[Event], None], *, record: bool
    ) -> None:
        self.spent_s = 0.0
        """Processor time of records so far."""
        self._chain = chain
        self._say = say
        self._record = record
        self._batch = StepBatch(run, say, time.perf_counter, self._make)
        self._error: BaseException | None = None
        self._queue: Queue[_Drawn | Event | None] = Queue(_AHEAD)
        self._thread = threading.Thread(target=self._write, name="scribe", daemon=True)
        self._thread.start()

    def step(
        self, draw: Draw, i: int, piece: bytes, text: str, version: int, *, last: bool
    ) -> None:
        """Hand over a token; see `Chain.record`."""
        self._put(_Drawn(Written(draw, i, piece, text, version), last))

    def say(self, event: Event) -> None:
        """Hand over an event, to be said after every step before it."""
        self._put(event)

    def close(self) -> None:
        """Wait until everything is said."""
        self._queue.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _put(self, item: "_Drawn | Event") -> None:
        if self._error is not None:
            raise self._error
        self._queue.put(item)

    def _write(self) -> None:
        item = self._next()
        try:
            while item is not None:
                self._take(item)
                item = self._next()
            self._batch.flush()
        # Told to the loop, which has the border where errors become events.
        except Exception as error:
            self._error = error
        while item is not None:
            item = self._queue.get()

    def _next(self) -> "_Drawn | Event | None":
        due_s = self._batch.due_in_s()
        if due_s < float("inf"):
            try:
                return self._queue.get(timeout=max(0.0, due_s))
            except Empty:
                self._batch.flush()
        return self._queue.get()

    def _take(self, item: "_Drawn | Event") -> None:
        if not isinstance(item, _Drawn):
            self._batch.flush()
            self._say(item)
            return
        self._batch.add(item.written, last=item.last)

    def _make(self, written: Sequence[Written]) -> list[Step]:
        begun = time.thread_time()
        steps = self._chain.records(written, whole=self._record)
        self.spent_s += time.thread_time() - begun
        return steps
