"""What every engine can do, and how one asks what it cannot.

Screens ask `capabilities`, never an engine's name. An engine says everything through its events;
no exception of the model's side crosses this border once `start` has returned.
"""

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

from tui.core.messages import Event, Request


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine can do."""

    can_reply: bool = True
    """There is a model that replies; without one a recorded reply is looked at."""
    live_settings: bool = True
    """`ChangeSettings` acts on the next token."""
    can_fork: bool = True
    """`Generate.resume` begins inside an earlier reply, with the chain as it was there."""
    can_step: bool = True
    """Tokens can wait until they are taken (`Generate.pause`)."""
    can_score: bool = True
    """`Score` tells what the model thinks of a text."""
    can_compare: bool = True
    """`Compare` makes several replies to one prompt."""


class Engine(Protocol):
    """A model that can be loaded and asked for replies, one at a time."""

    capabilities: Capabilities

    @property
    def alive(self) -> bool:
        """Whether requests can be sent: started, not closed, not dead."""

    async def start(self) -> None:
        """Start, or start again after `Died`; the model must then be loaded again.

        Raises:
            EngineDied: it cannot be started at all.
        """

    def send(self, request: Request) -> None:
        """Hand over a request; returns at once. Ignored when not alive (`Died` has said so)."""

    def events(self) -> AsyncIterator[Event]:
        """Every event, in order, until `close`; goes on over restarts. One reader at a time."""

    def kill(self) -> None:
        """End one that no longer answers, at once: `Died` follows. Nothing where it is not alive."""

    async def close(self) -> None:
        """Stop and wait for the end; sends no `Died`."""
