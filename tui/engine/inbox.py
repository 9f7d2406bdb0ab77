"""What the workbench has asked and the engine process has not done yet.

Keeps true: requests are taken in the order they came, but a cancel, a new load or a quit is known the
moment it arrives, whatever the process is doing. When the pipe ends the workbench is gone, and so is
this process, at once.
"""

import os
import threading
import time
from collections import deque
from typing import Final

import msgspec

from tui.core.messages import (
    Cancel,
    ChangePause,
    ChangeSettings,
    Check,
    Generate,
    Load,
    Quit,
    Render,
    Request,
    StepBack,
    Take,
)
from tui.engine import log
from tui.engine.wire import WireError, request_frames

_CHUNK_BYTES: Final = 1 << 16


Order = ChangeSettings | ChangePause | Take | StepBack
"""What is asked of a reply that is being made."""

Question = Render | Check
"""What is answered between two tokens of a reply."""


class Arrived(msgspec.Struct, frozen=True):
    """A request, its place in the order of arrival, and when that was."""

    request: Request
    number: int
    at_s: float
    """`time.perf_counter`."""


class Inbox:
    """A queue that a thread of its own fills from a file descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: deque[Arrived] = deque()
        self._changed = threading.Condition()
        self._count = 0
        self._interrupted = -1
        """Everything that came before this one is to stop."""
        self._cancelled: set[int] = set()
        threading.Thread(target=self._read, name="requests", daemon=True).start()

    def take(self) -> Arrived:
        """The next request; waits for it."""
        with self._changed:
            while not self._waiting:
                self._changed.wait()
            return self._waiting.popleft()

    def order(self, run: int) -> Order | None:
        """The oldest thing that is asked of a reply that is being made; given out once."""
        if not self._waiting:
            return None
        with self._changed:
            found = next((one for one in self._waiting if _is_order(one, run)), None)
            if found is None:
                return None
            self._waiting.remove(found)
        assert isinstance(found.request, Order)
        return found.request

    def wait(self, arrived: Arrived) -> None:
        """Until there may be something for this request: an order, a question, its end."""
        run = arrived.request.run if isinstance(arrived.request, Generate) else -1
        with self._changed:
            while not self.stopped(arrived) and not any(
                _is_order(one, run) or isinstance(one.request, Question) for one in self._waiting
            ):
                self._changed.wait()

    def questions(self) -> list[Question]:
        """Questions that can be answered while a reply is made; each is given out once."""
        if not self._waiting:
            return []
        with self._changed:
            found = [a.request for a in self._waiting if isinstance(a.request, Question)]
            self._waiting = deque(a for a in self._waiting if not isinstance(a.request, Question))
        return found

    def stopped(self, arrived: Arrived) -> bool:
        """Whether this request is to be given up."""
        if arrived.number < self._interrupted:
            return True
        return getattr(arrived.request, "run", -1) in self._cancelled

    def cancelled(self, run: int) -> bool:
        """Whether this run, one of several that a request asked for, is to be given up."""
        return run in self._cancelled

    def _read(self) -> None:
        frames = request_frames()
        try:
            while data := os.read(self._descriptor, _CHUNK_BYTES):
                for request in frames.feed(data):
                    self._arrive(request)
        except WireError as error:
            log.write(f"E {error}\n")
            os._exit(2)
        except OSError as error:
            log.write(f"E requests cannot be read: {error}\n")
        os._exit(0)

    def _arrive(self, request: Request) -> None:
        with self._changed:
            number = self._count
            self._count += 1
            match request:
                case Cancel(run=run):
                    if run >= 0:
                        self._cancelled.add(run)
                    else:
                        self._interrupted = number
                    self._changed.notify()
                    return
                case Load() | Quit():
                    self._interrupted = number
            self._waiting.append(Arrived(request, number, time.perf_counter()))
            self._changed.notify()


def _is_order(arrived: Arrived, run: int) -> bool:
    return isinstance(arrived.request, Order) and arrived.request.run == run
