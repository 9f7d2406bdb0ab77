"""Texts that are scored: asked for, gathered, stopped.

Keeps true: one text at a time; what was scored before a stop or the engine's end is kept and says so.
Knows messages by their keys alone.
"""

from collections.abc import Callable

import msgspec

from tui.core import messages as wire
from tui.core.score import Scoring


class Scores:
    """What is known of texts, by the message that each was asked for.

    Args:
        send: hands a request to the engine.
    """

    def __init__(self, send: Callable[[wire.Request], None]) -> None:
        self.by_key: dict[int, Scoring] = {}
        self._send = send
        self._run: int | None = None
        self._key = -1

    @property
    def running(self) -> Scoring | None:
        """The one that is being made."""
        return None if self._run is None else self.by_key[self._key]

    def begin(self, request: wire.Score, key: int, owners: tuple[int | None, ...]) -> None:
        """Ask for the scores of the text that ends with the message `key`.

        Args:
            request: what the engine is asked.
            key: see there.
            owners: message keys by turn; None for what the persona says.
        """
        if self.stop():
            self._end("cancelled")
        self._run, self._key = request.run, key
        self.by_key[key] = Scoring(key=key, owners=owners)
        self._send(request)

    def take(self, event: wire.Event) -> int | None:
        """The key of the message that the event told of, if it belongs here."""
        if self._run is None or getattr(event, "run", None) != self._run:
            return None
        scoring, replace = self.by_key[self._key], msgspec.structs.replace
        match event:
            case wire.PromptReady(ids=ids, notes=notes):
                self.by_key[self._key] = replace(scoring, total=len(ids), notes=notes)
            case wire.Scored(start=start, tokens=tokens):
                self.by_key[self._key] = replace(scoring, tokens=scoring.tokens[:start] + tokens)
            case wire.Finished(reason=reason, error=error):
                self._end(reason, error)
        return self._key

    def stop(self) -> bool:
        """Give up the one that is being made; False when none is."""
        if self._run is None:
            return False
        self._send(wire.Cancel(self._run))
        return True

    def lost(self, how: str) -> None:
        """The engine is gone; `how` it went."""
        self._end("error", f"Cut short: the engine {how} here.")

    def _end(self, reason: str, error: str = "") -> None:
        if self._run is not None:
            scoring = self.by_key[self._key]
            self.by_key[self._key] = msgspec.structs.replace(scoring, reason=reason, error=error)
            self._run = None
