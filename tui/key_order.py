"""Keys one after another: what a key does is done before the next key is looked at.

Textual gives a key to the widget in focus at once, and runs what it is bound to only when it has
come up from there through every parent. Keys that arrive in one piece, as over a slow line, would
overtake that: what is typed after `/` would be taken for commands, a digit would change the row
before the one that the arrow goes to.

A paste is one of them: it may move the focus, and what is typed behind it is for there.

Keeps true: no key is lost and none overtakes another; a key that is still on its way after
`PATIENCE_S` holds up no other. Knows no key by name.
"""

import time
from collections import deque
from typing import Final

from textual import events
from textual.app import App
from textual.dom import DOMNode

PATIENCE_S: Final = 0.5
"""So long a key is waited for: something may be stuck, and Ctrl+C must come through."""


class OrderedKeys(App[None]):
    """An app whose keys keep their order."""

    def __init__(self) -> None:
        super().__init__()
        self._held: deque[events.Key | events.Paste] = deque()
        self._number = 0
        self._under_way_since: float | None = None

    async def on_event(self, event: events.Event) -> None:
        """Hold a key from outside while another one is on its way."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        self._held.append(event)
        since = self._under_way_since
        if since is None:
            await self._release()
        elif time.monotonic() - since > PATIENCE_S:
            while self._held:
                await self._release()

    async def _release(self) -> None:
        """Let the next key go, and something behind it that tells when it has come through."""
        if not self._held:
            self._under_way_since = None
            return
        self._number += 1
        self._under_way_since = time.monotonic()
        way = self.focused or (self.screen if self.screen_stack else None)
        await super().on_event(self._held.popleft())
        self._follow(way, self._number)

    def _follow(self, node: DOMNode | None, number: int) -> None:
        """Queue behind the key at `node`, and from there at each parent up to the app.

        A widget that is going away passes nothing on, the key neither: then it has come through.
        """
        if node is None or node is self or not node.call_later(self._follow, node.parent, number):
            # Behind the key here, then behind what its action asked for in turn, as a focus is.
            self.call_later(self.call_later, self._came_through, number)

    async def _came_through(self, number: int) -> None:
        if number == self._number:
            await self._release()
