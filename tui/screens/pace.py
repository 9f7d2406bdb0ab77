"""Work that follows a stream of news without doing itself for each of them.

Keeps true: the first news is acted on at once, the last one never later than a wait after it. It
does not know what the work is.
"""

from collections.abc import Callable
from typing import Final, Protocol

FOLLOW_S: Final = 0.25
"""A table of numbers that changes more often cannot be read, and drawing it takes time from the model."""


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
    """

    def __init__(
        self,
        do: Callable[[], None],
        after: Callable[[float, Callable[[], None]], Timer],
        every_s: float = FOLLOW_S,
    ) -> None:
        self._do, self._after, self._every_s = do, after, every_s
        self._timer: Timer | None = None
        self._due = False

    def now(self) -> None:
        """Do it, whatever was done before."""
        if self._timer is not None:
            self._timer.stop()
        self._due = False
        self._do()
        self._timer = self._after(self._every_s, self._over)

    def soon(self) -> None:
        """Do it now if the last time is long enough ago, else when it will be."""
        if self._timer is None:
            self.now()
        else:
            self._due = True

    def _over(self) -> None:
        self._timer = None
        if self._due:
            self.now()
