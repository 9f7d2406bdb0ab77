"""An engine without a model: it knows the tokens of a recorded reply and can make no other.

Keeps true: no process, no thread, no file; what it cannot do its capabilities say, and whoever asks
all the same gets an end that says so.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from tui.core.messages import (
    Compare,
    Event,
    Finished,
    Generate,
    Load,
    Loaded,
    Loop,
    Render,
    Request,
    Score,
    Timings,
)
from tui.core.model import ModelInfo, Vocabulary
from tui.engine.base import Capabilities

_NO_MODEL: Final = "This is a recorded reply; there is no model to ask."


class RecordedEngine:
    """See the module.

    Args:
        model: the one that made the reply.
        vocabulary: its tokens, as far as the recording names them.
    """

    def __init__(self, model: ModelInfo, vocabulary: Vocabulary) -> None:
        self.capabilities = Capabilities(
            can_reply=False, live_settings=False, can_fork=False, can_step=False, can_score=False,
            can_compare=False,
        )  # fmt: skip
        # The settings of the reply are known; the model's own proposals are in them or were not taken.
        self._loaded = Loaded(
            msgspec.structs.replace(model, sampling={}), vocabulary.pieces, vocabulary.whole
        )
        self._alive = False
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()

    @property
    def alive(self) -> bool:
        """Started and not closed."""
        return self._alive

    async def start(self) -> None:
        """Start."""
        self._alive = True

    def send(self, request: Request) -> None:
        """Answer `Load` with what was recorded, and whatever needs a model with its end."""
        if not self._alive:
            return
        match request:
            case Load():
                self._events.put_nowait(self._loaded)
            case Generate(run=run) | Render(run=run) | Score(run=run) | Loop(run=run):
                self._refuse(run)
            case Compare(lanes=lanes):
                for lane in lanes:
                    self._refuse(lane.run)

    def _refuse(self, run: int) -> None:
        self._events.put_nowait(
            Finished(run=run, reason="error", text="", timings=Timings(), error=_NO_MODEL,
                     kind="usage")
        )  # fmt: skip

    async def events(self) -> AsyncIterator[Event]:
        """Every event, in order, until `close`."""
        while (event := await self._events.get()) is not None:
            yield event

    def kill(self) -> None:
        """Nothing runs here."""

    async def close(self) -> None:
        """Stop; the reader of `events` comes to its end."""
        self._alive = False
        self._events.put_nowait(None)
