"""An engine under test: send, wait on what it says, keep everything."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tui.core.messages import (
    Died,
    Event,
    Finished,
    Generate,
    Load,
    Loaded,
    PromptReady,
    Request,
    Steps,
    Turn,
)
from tui.core.model import LoadOptions
from tui.core.settings import Settings
from tui.core.step import Step
from tui.engine.process import ProcessEngine


@dataclass
class Told:
    """What an engine said of one reply."""

    events: list[Event]
    finished: Finished
    steps: list[Step] = field(default_factory=list)

    @property
    def prompt(self) -> PromptReady:
        return next(event for event in self.events if isinstance(event, PromptReady))

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(step.id for step in self.steps)

    @property
    def text(self) -> str:
        return "".join(step.text for step in self.steps)


class Talk:
    """A conversation with an engine, from the side of a test."""

    def __init__(self, engine: ProcessEngine) -> None:
        self.engine = engine
        self._events = engine.events()
        self._run = 0
        self.loaded: Loaded | None = None

    def send(self, request: Request) -> None:
        self.engine.send(request)

    async def until(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """Everything that is said up to the event that is wanted; the death of an engine ends it."""
        seen: list[Event] = []
        async for event in self._events:
            seen.append(event)
            if wanted(event):
                return seen
            if isinstance(event, Died):
                raise AssertionError(f"died: {event}")
        raise AssertionError(f"closed: {seen}")

    async def next(self, kind: type[Event]) -> Event:
        return (await self.until(lambda event: isinstance(event, kind)))[-1]

    async def load(self, path: Path, **options: object) -> Loaded:
        self.send(Load(LoadOptions(path=str(path), n_threads=1, **options)))
        event = (await self.until(lambda event: event.__struct_config__.tag in _LOAD_ENDS))[-1]
        assert isinstance(event, Loaded), event
        self.loaded = event
        return event

    def ask(self, user: str = "", **values: object) -> int:
        """Send a `Generate` of one user turn, or of what `values` say; its run."""
        self._run += 1
        fields = {"settings": Settings(), "seed": 1, "run": self._run, **values}
        if user:
            fields["turns"] = (Turn(role="user", text=user),)
        self.send(Generate(**fields))
        return self._run

    async def told(self) -> Told:
        """The rest of the reply that was asked for last."""
        run = self._run
        events = await self.until(lambda event: isinstance(event, Finished) and event.run == run)
        steps = [s for event in events if isinstance(event, Steps) for s in event.steps]
        assert isinstance(events[-1], Finished)
        return Told(events, events[-1], steps)

    async def reply(self, user: str = "", **values: object) -> Told:
        self.ask(user, **values)
        return await self.told()


_LOAD_ENDS = ("loaded", "load_failed")


@asynccontextmanager
async def talking(path: Path | None = None, **options: object) -> AsyncIterator[Talk]:
    """An engine process that has loaded `path`, closed at the end."""
    engine = ProcessEngine()
    await engine.start()
    talk = Talk(engine)
    try:
        if path is not None:
            await talk.load(path, **options)
        yield talk
    finally:
        await engine.close()
