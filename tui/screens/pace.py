"""Work that follows a stream of news without doing itself for each of them.

Keeps true: the first news is acted on at once, the last one never later than `PATIENCE` waits after it;
in between, work is done while news is taken, so that one redraw shows both. It does not know what the
work is.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final, Protocol

FOLLOW_S: Final = 0.5
"""A table of numbers that changes more often cannot be read, and drawing it takes time from the model."""
PATIENCE: Final = 1.5
"""Waits after which nothing more is expected to come."""


class Timer(Protocol):
    """What a timer can be asked."""

    def stop(self) -> None:
        """Never fire."""


class Paced:
    """Calls `do` at most every `every_s` seconds.

    Args:
        do: the work.
        after: begins a timer: seconds, and what is called then (`Widget.set_timer`).
        every_s: the least time between two calls that `soon` makes.
        clock: seconds, never backwards.
    """

    def __init__(
        self,
        do: Callable[[], None],
        after: Callable[[float, Callable[[], None]], Timer],
        every_s: float = FOLLOW_S,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._do, self._after, self._every_s, self._clock = do, after, every_s, clock
        self._done_s: float | None = None
        self._timer: Timer | None = None

    def now(self) -> None:
        """Do it, whatever was done before."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._do()
        self._done_s = self._clock()

    def soon(self) -> None:
        """Do it if the last time is long enough ago, else with later news or when none comes."""
        if self._done_s is None or self._clock() - self._done_s >= self._every_s:
            self.now()
        elif self._timer is None:
            self._timer = self._after(PATIENCE * self._every_s, self.now)
