"""The workbench on a scripted engine, and eyes to read its screen with."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from tui.app import LogitscopeApp
from tui.core.launch import Launch
from tui.core.model import LoadOptions
from tui.core.persona import Persona
from tui.core.shelf import Shelf
from tui.core.status import Activity
from tui.core.text import sanitize
from tui.engine.scripted import Reply, ScriptedEngine

CONSOLE = Persona(id="console", name="Console", system="Compute.",
                  greetings=("Ready. Try 1 + 1 or 'a'.length.",),
                  sampling={"temperature": 0.2})  # fmt: skip
CROUPIER = Persona(id="croupier", name="Croupier", system="Deal.", greetings=("Place your bets.",),
                   sampling={"temperature": 1.0})  # fmt: skip


class Desk:
    """An app that runs, its pilot and its engine."""

    def __init__(self, app: LogitscopeApp, engine: ScriptedEngine, pilot: Pilot[None]) -> None:
        self.app = app
        self.engine = engine
        self.pilot = pilot
        self.bench = app.workbench
        self.controller = app.workbench.controller

    async def until(self, true: Callable[[], object]) -> None:
        """Wait for a state."""
        while not true():
            await self.pilot.pause()

    async def ask(self, text: str) -> None:
        """Type and send."""
        self.bench.prompt.put(text)
        await self.pilot.press("enter")
        await self.until(lambda: self.controller.status.activity is not Activity.READY)

    async def talk(self, text: str) -> None:
        """Type, send, and wait for the whole reply."""
        await self.ask(text)
        await self.engine.finish()
        await self.until(lambda: self.controller.status.activity is Activity.READY)
        await self.until(self.caught_up)
        await self.pilot.pause()

    async def tokens(self, n: int) -> None:
        """Let the reply grow, and the screen see it."""
        await self.engine.advance(n)
        await self.until(self.caught_up)

    def caught_up(self) -> bool:
        """Whether the transcript shows all that was said."""
        shown = "".join(self.bench.transcript.text().split())
        return "".join(sanitize(self.said[-1]).split()) in shown

    def screen(self) -> str:
        """What the terminal shows."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    def lines(self) -> list[str]:
        """The same, by rows."""
        return [line.rstrip() for line in self.screen().splitlines()]

    @property
    def said(self) -> list[str]:
        """Texts of the shown messages."""
        return [message.text for message in self.controller.conversation.path()]


@asynccontextmanager
async def desk(
    *replies: str | Reply, size: tuple[int, int] = (120, 36), engine: ScriptedEngine | None = None,
    ready: Activity = Activity.READY, shelf: Shelf | None = None, patience_s: float = 60,
    **rest: Any,
) -> AsyncIterator[Desk]:  # fmt: skip
    """Open the workbench and wait for its model."""
    engine = engine or ScriptedEngine(replies or ("The quick brown fox jumps over it.",))
    launch = Launch(
        options=LoadOptions(path="x.gguf"),
        **{"personas": (CONSOLE, CROUPIER), "persona": "console", **rest},
    )  # fmt: skip
    app = LogitscopeApp(launch, engine, shelf)
    async with asyncio.timeout(patience_s), app.run_test(size=size) as pilot:
        opened = Desk(app, engine, pilot)
        await opened.until(lambda: opened.controller.status.activity is ready)
        await pilot.pause()
        yield opened
