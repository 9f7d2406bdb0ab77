"""The workbench with a persona library on a folder of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from desk import Desk, desk

from tui.screens.library import LibraryScreen
from tui.screens.persona_edit import EditScreen
from tui.store.paths import Paths
from tui.store.persona_library import PersonaLibrary

CROUPIER = """\
# dealt by hand
name = "Croupier"   # of the house
system = "Deal."
greetings = ["Place your bets."]
tags = ["game", "dice"]

[sampling]
temperature = 1.0
"""
CONSOLE = 'name = "Console"\nsystem = "Compute."\ngreetings = ["Ready."]\ntags = ["code"]\n'
PIRATE = 'name = "Pirate"\nsystem = "Arr."\ngreetings = ["Ahoy."]\ntags = ["game"]\n'
BROKEN = 'name = "Bad"\nsytem = "x"\n\n[sampling]\ntemprature = 1\n'


class LibraryDesk:
    """A desk, its library, and the way to either screen."""

    def __init__(self, d: Desk, library: PersonaLibrary) -> None:
        self.d = d
        self.library = library
        self.pilot = d.pilot

    @property
    def screen(self) -> LibraryScreen:
        screen = next(s for s in self.d.app.screen_stack if isinstance(s, LibraryScreen))
        assert isinstance(screen, LibraryScreen)
        return screen

    @property
    def editor(self) -> EditScreen:
        screen = self.d.app.screen
        assert isinstance(screen, EditScreen)
        return screen

    @property
    def notice(self) -> str:
        return self.screen.foot.notice

    @property
    def under(self) -> str:
        """Id of the persona under the cursor."""
        found = self.screen.list.highlighted
        return found.id if found else ""

    @property
    def listed(self) -> list[str]:
        return [persona.id for persona in self.screen.list.listed]

    async def open(self, persona_id: str = "") -> None:
        """Open the library, this persona under the cursor."""
        self.d.bench.personas.focus()
        await self.pilot.press("l")
        await self.d.until(lambda: isinstance(self.d.app.screen, LibraryScreen))
        await self.pilot.pause()
        if persona_id:
            self.screen.list.go_to(persona_id)
            await self.pilot.pause()

    async def edit(self, key: str = "e") -> EditScreen:
        """Press a key that opens the editor."""
        await self.pilot.press(key)
        await self.d.until(lambda: isinstance(self.d.app.screen, EditScreen))
        await self.pilot.pause()
        return self.editor

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def look(self) -> None:
        """See what changed on the disk, as the workbench does every second."""
        watch = self.d.bench.library.watch
        assert watch is not None
        await watch.look()
        await self.pilot.pause()


@asynccontextmanager
async def library_desk(
    tmp_path: Path, *replies: Any, own: dict[str, str] | None = None, **rest: Any
) -> AsyncIterator[LibraryDesk]:
    """Open the workbench over two built-in personas and some of one's own."""
    paths = Paths(*(tmp_path / name for name in ("config", "data", "state", "cache")))
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    for name, text in {"console": CONSOLE, "croupier": CROUPIER}.items():
        (shipped / f"{name}.toml").write_text(text)
    for name, text in (own or {}).items():
        paths.personas.mkdir(parents=True, exist_ok=True)
        (paths.personas / f"{name}.toml").write_text(text)
    library = PersonaLibrary(paths, shipped)
    async with desk(*replies, shelf=library, personas=library.personas, **rest) as d:
        yield LibraryDesk(d, library)
