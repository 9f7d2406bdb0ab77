"""What changed, gathered so that the screen hears of it at most once per refresh.

Keeps true: nothing that was put in is lost; what is marked `now` leaves at once, together with what
waited. Runs on one event loop.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Update:
    """What changed since the last update; the values themselves are read from the controller."""

    path: bool = False
    """Other messages are shown than before."""
    grown: frozenset[int] = frozenset()
    """Messages with more tokens, a note or an end."""
    settings: bool = False
    faults: bool = False
    """Other stages are left out than before."""
    persona: bool = False
    waiting: bool = False
    """A token waits to be taken, another one than before, or none any more."""
    scores: frozenset[int] = frozenset()
    """Messages that were scored further; see `Controller.scores`."""
    lanes: bool = False
    """The replies that are compared have grown, ended or gone; see `Controller.lanes`."""
    preview: bool = False
    """The exact prompt that is looked at is another; see `Controller.previews`."""
    refused: int = -1
    """A token that a grammar refuses and that can be taken by leaving the grammar."""
    refused_grammar: str = ""
    """A grammar or schema that was set and cannot be used; `notice` says why."""
    notice: str = ""
    """A line for the reader."""
    returned: str = ""
    """Text that was waiting to be sent and goes back to the prompt."""
    again: str = ""
    """A question that got no reply at all, for an empty prompt."""

    def and_then(self, later: "Update") -> "Update":
        """Both changes as one."""
        return Update(
            self.path or later.path,
            self.grown | later.grown,
            self.settings or later.settings,
            self.faults or later.faults,
            self.persona or later.persona,
            self.waiting or later.waiting,
            self.scores | later.scores,
            self.lanes or later.lanes,
            self.preview or later.preview,
            later.refused if later.refused >= 0 else self.refused,
            later.refused_grammar or self.refused_grammar,
            later.notice or self.notice,
            "\n".join(text for text in (self.returned, later.returned) if text),
            later.again or self.again,
        )


class Outbox:
    """Joins updates and lets them out at most once per `refresh_s`.

    Args:
        post: called with each update that leaves.
        clock: monotonic seconds.
        refresh_s: shortest time between two updates that are not marked `now`.
    """

    def __init__(
        self, post: Callable[[Update], None], clock: Callable[[], float], refresh_s: float
    ) -> None:
        self._post = post
        self._clock = clock
        self._refresh_s = refresh_s
        self._pending: Update | None = None
        self._posted_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    def put(self, change: Update, *, now: bool = False) -> None:
        """Take a change; it leaves at once with `now`, or when the last one is old enough."""
        self._pending = self._pending.and_then(change) if self._pending else change
        wait_s = self._posted_at + self._refresh_s - self._clock()
        if now or wait_s <= 0:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait_s, self.flush)

    def flush(self) -> None:
        """Let out what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pending is not None:
            pending, self._pending = self._pending, None
            self._posted_at = self._clock()
            self._post(pending)
