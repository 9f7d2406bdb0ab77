"""Steps on their way out: few frames, and none late.

Keeps true: the first and the last step of a reply go at once, the others at most `WAIT_S` after
they were made; order is kept.
"""

from collections.abc import Callable
from typing import Final

from tui.core.messages import Event, Steps
from tui.core.step import Step

WAIT_S: Final = 0.05


class StepBatch:
    """Collects the steps of one reply.

    Args:
        run: of the reply.
        say: where events go.
        clock: seconds, never backwards.
    """

    def __init__(self, run: int, say: Callable[[Event], None], clock: Callable[[], float]) -> None:
        self._run = run
        self._say = say
        self._clock = clock
        self._steps: list[Step] = []
        self._sent_s: float | None = None

    def add(self, step: Step, *, last: bool) -> None:
        """Take a step, and send what is due."""
        self._steps.append(step)
        if last or self._sent_s is None or self.due_in_s() <= 0:
            self.flush()

    def due_in_s(self) -> float:
        """Seconds until `flush` must be called; infinite when nothing waits."""
        if not self._steps or self._sent_s is None:
            return float("inf")
        return self._sent_s + WAIT_S - self._clock()

    def flush(self) -> None:
        """Send what waits."""
        if self._steps:
            self._say(Steps(self._run, tuple(self._steps)))
            self._steps = []
            self._sent_s = self._clock()
