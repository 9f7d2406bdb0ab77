"""Steps on their way out: few frames, none late, and made together.

Keeps true: the first and the last step of a reply go at once, the others at most `WAIT_S` after
they were drawn; order is kept; never more than `TOGETHER` draws wait to be made into steps.
"""

from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from tui.core.messages import Event, Steps
from tui.core.step import Step

WAIT_S: Final = 0.05
TOGETHER: Final = 8
"""Draws of which the steps are made in one go; each keeps its packed record until then."""

T = TypeVar("T")


class StepBatch(Generic[T]):
    """Collects the draws of one reply and sends their steps.

    Args:
        run: of the reply.
        say: where events go.
        clock: seconds, never backwards.
        make: the steps of draws.
    """

    def __init__(
        self,
        run: int,
        say: Callable[[Event], None],
        clock: Callable[[], float],
        make: Callable[[Sequence[T]], Sequence[Step]],
    ) -> None:
        self._run = run
        self._say = say
        self._clock = clock
        self._make = make
        self._draws: list[T] = []
        self._steps: list[Step] = []
        self._sent_s: float | None = None

    def add(self, draw: T, *, last: bool) -> None:
        """Take a draw, and send what is due."""
        self._draws.append(draw)
        if last or self._sent_s is None or self.due_in_s() <= 0:
            self.flush()
        elif len(self._draws) == TOGETHER:
            self._catch_up()

    def due_in_s(self) -> float:
        """Seconds until `flush` must be called; infinite when nothing waits."""
        if not (self._draws or self._steps) or self._sent_s is None:
            return float("inf")
        return self._sent_s + WAIT_S - self._clock()

    def flush(self) -> None:
        """Send what waits."""
        self._catch_up()
        if self._steps:
            self._say(Steps(self._run, tuple(self._steps)))
            self._steps = []
            self._sent_s = self._clock()

    def _catch_up(self) -> None:
        if self._draws:
            self._steps += self._make(self._draws)
            self._draws = []
