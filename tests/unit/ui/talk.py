"""A controller on a scripted engine, and every update that it posted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tui.control.update import Update
from tui.controller import Controller
from tui.core.launch import Launch
from tui.core.messages import (
    Generate,
)
from tui.core.model import LoadOptions
from tui.core.persona import BrokenPersona, Persona
from tui.core.status import Activity
from tui.engine.scripted import Reply, ScriptedEngine

CONSOLE = Persona(id="console", name="Console", system="Compute.",
                  greetings=("Ready.", "Type here."), sampling={"temperature": 0.2})  # fmt: skip
CROUPIER = Persona(id="croupier", name="Croupier", system="Deal.", greetings=("Bets?",),
                   sampling={"temperature": 1.0})  # fmt: skip
BROKEN = BrokenPersona(id="broken", path="broken.toml", problems=())


class Talk:
    """A controller, its engine, and every update it posted."""

    def __init__(self, engine: ScriptedEngine, **rest: object) -> None:
        self.engine = engine
        self.updates: list[Update] = []
        launch = Launch(
            options=LoadOptions(path="x.gguf"),
            **{"personas": (CONSOLE, CROUPIER, BROKEN), "persona": "console", **rest},
        )  # fmt: skip
        self.controller = Controller(engine, self.updates.append, launch, draw_seed=lambda: 7)

    async def until(self, activity: Activity) -> None:
        while self.controller.status.activity is not activity:
            await asyncio.sleep(0)

    def texts(self) -> list[tuple[str, str]]:
        return [(said.role, said.text) for said in self.controller.conversation.path()]

    @property
    def notices(self) -> list[str]:
        return [update.notice for update in self.updates if update.notice]

    @property
    def returned(self) -> str:
        return "".join(update.returned for update in self.updates)

    def asked(self) -> list[Generate]:
        return [sent for sent in self.engine.requests if isinstance(sent, Generate)]


@asynccontextmanager
async def talk(
    *replies: str | Reply,
    engine: dict[str, object] | None = None,
    first: Activity = Activity.READY,
    **rest: object,
) -> AsyncIterator[Talk]:
    held = Talk(ScriptedEngine(replies or ("Hello there.",), **(engine or {})), **rest)
    task = asyncio.get_running_loop().create_task(held.controller.run())
    try:
        await held.until(first)
        yield held
    finally:
        await held.engine.close()
        with suppress(asyncio.CancelledError):
            await task
