"""Asking the engine which prompt a persona makes, and what it answered.

Keeps true: the newest question alone is answered; nothing is evaluated and no reply is disturbed:
while one is made, or no model is there, the preview says so and is made later. Its runs have negative
numbers, so that none is taken for a reply's.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from tui.core import messages as wire
from tui.core.messages import Turn
from tui.core.persona import Persona
from tui.core.prompt_preview import PromptPreview
from tui.core.status import Activity, Status

FIRST: Final = "Hello."
"""What the user says first, where nothing is being typed."""

_WHY_NOT: Final = {
    Activity.STARTING: "The engine is starting.",
    Activity.LOADING: "The model is being loaded.",
    Activity.FAILED: "No model is loaded; a prompt is made by a model's template.",
    Activity.DEAD: "The engine died; it has to be started again first.",
}
_REPLYING: Final = "A reply is being made; the prompt is shown when it has ended."


class Asked(NamedTuple):
    """What a prompt is made of."""

    turns: tuple[Turn, ...]
    notes: tuple[str, ...]
    """What was done to make the turns."""
    template: str
    """As in `messages.Generate`."""


class Previewer:
    """The prompt of one persona at a time.

    Args:
        send: hands a request to the engine.
        changed: called when `shown` is another.
    """

    def __init__(self, send: Callable[[wire.Request], None], changed: Callable[[], None]) -> None:
        self.shown: PromptPreview | None = None
        self._send, self._changed = send, changed
        self._run = -1
        self._make: Callable[[], Asked] | None = None
        """What is still to be asked for."""
        self._asked: Callable[[], Asked] | None = None
        """What was asked for and is not answered yet."""
        self._notes: tuple[str, ...] = ()

    def ask(self, persona: Persona, first: str, make: Callable[[], Asked], status: Status) -> None:
        """Make the prompt of this persona, now or when the engine has nothing else to do.

        Args:
            persona: whose.
            first: what the user says in it.
            make: what the prompt is made of.
            status: of the engine.
        """
        self.shown = PromptPreview(persona=persona, first=first)
        self._make = make
        self.tick(status)

    def forget(self) -> None:
        """Nobody is looking any more."""
        self.shown = self._make = self._asked = None

    def lost(self, status: Status) -> None:
        """The engine is gone; what it did not answer is asked for again when there is one."""
        if self._asked is not None:
            self._make, self._asked = self._asked, None
            self.tick(status)

    def tick(self, status: Status) -> None:
        """The engine does something else now: what waited is asked for."""
        if self._make is None or self.shown is None:
            return
        if status.activity is not Activity.READY:
            why = _WHY_NOT.get(status.activity, _REPLYING)
            if why != self.shown.why_not:
                self._show(why_not=why, ids=())
            return
        self._asked, self._make = self._make, None
        asked = self._asked()
        self._notes = asked.notes
        self._run -= 1
        self._show(why_not="The model's template is being filled in.")
        self._send(wire.Render(run=self._run, turns=asked.turns, template=asked.template))

    def take(self, event: wire.Event) -> bool:
        """Take what belongs to a preview; False when it is something else."""
        run = getattr(event, "run", 0)
        if run >= -1:
            return False
        if run == self._run and self.shown is not None:
            self._asked = None
            match event:
                case wire.PromptReady():
                    self._show(
                        ids=event.ids, notes=self._notes + event.notes, reused_tokens=event.reused_tokens,
                        why_not="",
                    )  # fmt: skip
                case wire.Finished(error=error):
                    self._show(why_not=error or "No prompt can be made.", failed=True)
        return True

    def _show(self, **values: object) -> None:
        if self.shown is not None:
            self.shown = msgspec.structs.replace(self.shown, **values)
            self._changed()
