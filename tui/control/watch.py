"""Seeing what changed among the persona files, and telling it once.

Keeps true: the disk is asked on a thread of its own, so that a slow one holds nothing up; every change
is told with the persona's name; what a person did in the workbench is told in the words of whoever did
it. Knows no widget.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from tui.core.persona import BrokenPersona, Persona
from tui.core.shelf import AnyPersona, Shelf
from tui.core.text import one_line

LOOK_S: Final = 1.0
"""Between two looks at the disk."""
_NAMED: Final = 3


class Watch:
    """Looks at the library and tells what became of it.

    Args:
        shelf: the library.
        take: called with the personas and a line for the reader, when either is new.
        in_use: id of the persona in force.
    """

    def __init__(
        self,
        shelf: Shelf,
        take: Callable[[tuple[AnyPersona, ...], str], None],
        in_use: Callable[[], str],
    ) -> None:
        self.shelf = shelf
        self._take, self._in_use = take, in_use
        self._told = shelf.personas
        self._trouble = ""

    @property
    def in_use(self) -> str:
        """Id of the persona in force."""
        return self._in_use()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self, said: str = "") -> None:
        """Look once, and tell what changed; `said` as in `tell`."""
        await asyncio.to_thread(self.shelf.look)
        self.tell(said)

    def tell(self, said: str = "") -> None:
        """Hand on what the library holds by now, where it is new.

        Args:
            said: the words for what was done; empty = what is seen.
        """
        before, now = self._told, self.shelf.personas
        trouble, self._trouble = self._trouble, self.shelf.trouble
        if self._trouble and self._trouble != trouble:
            said = said or f"{self._trouble} The personas are as they were read last."
        if now is not before or said:
            self._told = now
            self._take(now, said or what_changed(before, now, self._in_use()))


def what_changed(before: tuple[AnyPersona, ...], now: tuple[AnyPersona, ...], in_use: str) -> str:
    """The difference in words, the persona in use first.

    Args:
        before: the library as it was.
        now: as it is.
        in_use: id of the persona in force.
    """
    old, new = ({p.id: p for p in personas} for personas in (before, now))
    told: list[str] = []
    for persona_id in sorted({*old, *new}, key=lambda one: (one != in_use, one)):
        was, found = old.get(persona_id), new.get(persona_id)
        if was != found:
            told.append(_told(was, found, used=persona_id == in_use))
    more = len(told) - _NAMED
    return " ".join(told[:_NAMED]) + (f" And {more} more." if more > 0 else "")


def _told(was: AnyPersona | None, found: AnyPersona | None, *, used: bool) -> str:
    name = _name(found or was)
    if found is None:
        kept = "; the conversation goes on with it as it was" if used else ""
        return f"{name} is gone from the disk{kept}."
    if isinstance(found, BrokenPersona):
        count = len(found.problems)
        problems = "a problem" if count == 1 else f"{count} problems"
        kept = "; the conversation goes on with it as it was" if used else ""
        return f"{name} has {problems} on the disk now{kept}."
    if was is None:
        return f"{name} is new."
    return f"{name} changed on the disk" + ("; it holds from the next message on." if used else ".")


def _name(persona: AnyPersona | None) -> str:
    if isinstance(persona, Persona):
        return one_line(persona.name, 40) or persona.id
    return one_line(persona.id, 40) if persona else ""
