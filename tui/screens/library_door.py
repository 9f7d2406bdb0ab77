"""The way from the workbench into the persona library, and what comes back from it.

Keeps true: the files are watched as long as the workbench runs, whatever screen is open; a persona
that is chosen anywhere is taken up in one way.
"""

from collections.abc import Callable

from textual.dom import DOMNode
from textual.screen import Screen

from tui.control.watch import Watch
from tui.controller import Controller
from tui.core.binding import Place
from tui.core.shelf import Shelf
from tui.screens.library import LibraryScreen
from tui.screens.persona_edit import EditScreen
from tui.screens.switch import Switch

_NONE = "There are no persona files here: the workbench was opened without their folder."


class LibraryDoor:
    """Opens the library.

    Args:
        home: the screen that it is opened from.
        controller: of the conversation.
        shelf: the persona files; None = there are none.
        chosen: called when the library was left with a persona.
    """

    def __init__(
        self,
        home: Screen[None],
        controller: Controller,
        shelf: Shelf | None,
        chosen: Callable[[], object],
    ) -> None:
        self._home, self._controller, self._chosen = home, controller, chosen
        self._screen: LibraryScreen | None = None
        self.switch = Switch(controller, ascii_only=controller.profile.launch.ascii_only)
        self.watch = None if shelf is None else Watch(
            shelf, controller.take_personas, lambda: controller.profile.persona.id
        )  # fmt: skip

    def watch_files(self) -> None:
        """Begin to look at the persona files now and then."""
        if self.watch is not None:
            self._home.run_worker(self.watch.run(), group="watch")

    def choose(self, persona_id: str) -> None:
        """Take up this persona."""
        self.switch.choose(self._home.app, persona_id, self._controller.say)

    async def open(self, draft: str = "") -> LibraryScreen | None:
        """Show the library; None where there is none, which is said.

        Args:
            draft: what stands in the prompt.
        """
        if self.watch is None:
            self._controller.say(_NONE)
        elif self._screen is None:
            self._screen = LibraryScreen(self._controller, self.watch, self.switch, draft)
            await self._home.app.push_screen(self._screen, self._closed)
        return self._screen

    async def open_at(self, place: Place, draft: str = "") -> DOMNode | None:
        """Show what the keys of this place belong to; None where that cannot be."""
        screen = self._home.app.screen
        if place is Place.PERSONA_EDITOR and isinstance(screen, EditScreen):
            return screen
        library = await self.open(draft)
        if library is None or place is Place.LIBRARY:
            return library
        return await library.edit()

    def _closed(self, persona_id: str | None) -> None:
        self._screen = None
        if persona_id:
            self._chosen()
            self.choose(persona_id)
