"""Replies that are compared: made to one prompt under several settings, outside the tree.

Keeps true: a lane is a message like any other and grows like one; none is in the tree until it is
kept, and keeping one takes nothing from the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from tui.control.live import LiveReply
from tui.core import messages as wire
from tui.core.compose import Composed
from tui.core.conversation import Conversation, Message
from tui.core.settings import Settings
from tui.core.status import Status


@dataclass
class LaneReply:
    """One of the replies that are compared."""

    settings: Settings
    """Fixed, the seed resolved."""
    message: Message
    """Grows while the lane is made; its key is -1 until it is kept."""
    kept: int | None = None
    """Its key in the tree, once it is kept."""

    @property
    def running(self) -> bool:
        """Whether it is still being made."""
        return not self.message.reason


class Lanes:
    """The newest comparison.

    Args:
        conversation: where a lane that is kept goes.
        send: hands a request to the engine.
    """

    def __init__(self, conversation: Conversation, send: Callable[[wire.Request], None]) -> None:
        self.lanes: tuple[LaneReply, ...] = ()
        self._conversation = conversation
        self._send = send
        self._live: dict[int, LiveReply] = {}

    @property
    def running(self) -> bool:
        """Whether one of them is still being made."""
        return bool(self._live)

    def begin(
        self, parent: int, settings: Sequence[Settings], request: wire.Compare, asked: Composed
    ) -> None:
        """Ask for replies to the message `parent`; what was compared before is dropped."""
        self.lanes = tuple(
            LaneReply(one, self._conversation.outside("assistant", parent)) for one in settings
        )
        self._live = {
            lane.run: LiveReply(lane.run, made.message, made.settings, notes=asked.notes)
            for lane, made in zip(request.lanes, self.lanes, strict=True)
        }
        if asked.reply.drawn:
            for made in self.lanes:
                made.message.scene = asked.reply
        self._send(request)

    def take(self, event: wire.Event, status: Status) -> Status | None:
        """The status after an event of one of the lanes; None where it is none of theirs."""
        live = self._live.get(getattr(event, "run", -1))
        if live is None:
            return None
        if isinstance(event, wire.Finished):
            del self._live[live.number]
        found = live.take(event, status)
        if isinstance(event, wire.Finished) and self._live:  # it does not end the others
            found = msgspec.structs.replace(found, activity=status.activity)
        return found

    def stop(self) -> None:
        """Stop all that are being made."""
        for run in self._live:
            self._send(wire.Cancel(run))

    def lost(self, how: str) -> None:
        """The engine is gone; `how` it went."""
        for live in self._live.values():
            live.end("error", f"Cut short: the engine {how} here.")
        self._live = {}

    def keep(self, place: int) -> Message:
        """Put the lane at `place` into the tree as a branch, and show it.

        Raises:
            IndexError: there is no such lane.
            KeyError: the message that it replies to is gone.
        """
        lane = self.lanes[place]
        if lane.message.parent is not None and lane.message.parent not in self._conversation:
            raise KeyError(lane.message.parent)
        if lane.kept is None or lane.kept not in self._conversation:
            lane.kept = self._conversation.adopt(lane.message).key
        self._conversation.show(lane.kept)
        return lane.message
