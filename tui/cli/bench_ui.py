"""What the workbench itself costs, for `bench --ui`: the real app on a scripted engine.

Keeps true: nothing is left out that a terminal would be sent: the frames are rendered in full and
counted instead of written. The engine's own part, inventing tokens, is measured alone and taken off.
Processor time is that of this whole process, so nothing else may run in it.
"""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from textual.drivers.headless_driver import HeadlessDriver

from tui.app import LogitscopeApp
from tui.cli.bench_look import look
from tui.control.replies import REFRESH_S
from tui.core.errors import LogitscopeError
from tui.core.launch import Launch
from tui.core.messages import Generate, Load, Turn
from tui.core.model import LoadOptions
from tui.core.settings import Settings
from tui.core.status import Activity
from tui.engine.base import Engine
from tui.engine.scripted import ScriptedEngine
from tui.screens.pace import FOLLOW_S

SIZE: Final = (120, 36)
"""Columns and rows."""
TOKENS: Final = 5000
"""Of the conversation, at its end."""
STREAM_TPS: Final = 40
"""Tokens per second while it is measured."""
_PER_REDRAW: Final = round(STREAM_TPS * REFRESH_S)
_WINDOW: Final = round(FOLLOW_S / REFRESH_S)
"""Redraws of one sample: the inspector follows only in one of so many."""
_REDRAWS: Final = 3 * _WINDOW
"""Of one turn."""
_TURNS: Final = 5
REPLY: Final = 500
"""Tokens of one reply, and of the short conversation: they more than fill the screen."""
_FILL: Final = 100
"""Tokens at once where nothing is measured."""
_MARGIN: Final = 50
"""Tokens from the end of a reply at which the cursor begins to walk."""
_WAIT_S: Final = 20.0


class Counted(HeadlessDriver):
    """A terminal that counts."""

    written = 0
    frames = 0

    @property
    def is_headless(self) -> bool:
        """False, or the app would not render what it shows."""
        return False

    def write(self, data: str) -> None:
        """Count characters."""
        Counted.written += len(data)
        Counted.frames += 1


async def measure(tokens: int = TOKENS, turns: int = _TURNS) -> dict[str, Any]:
    """The figures of `bench --ui --json`: a short conversation, one of `tokens` tokens, and one whose
    single reply has as many, streaming by turns; the token cursor walking near both ends of that.

    Raises:
        LogitscopeError: the workbench did not come up, or did not keep up.
    """
    alone_us = quartile(await _engine_alone())
    from tui.cli.bench_drawer import SIZE as NARROW
    from tui.cli.bench_drawer import drawer

    shut, opened = await drawer(turns)
    async with workbench(tokens) as desk:
        roots = [await desk.talk(REPLY), await desk.talk(*[REPLY] * (tokens // REPLY)),
                 await desk.talk(tokens)]  # fmt: skip
        spent: list[list[float]] = [[], [], []]
        before = Counted.written
        for turn in range(turns + 1):
            for root, found in zip(roots, spent, strict=True):
                new = await desk.watched(root)
                # The first turn warms caches and is not counted.
                found.extend(new if turn else ())
        walked = [await desk.walked(roots[2], at) for at in (_MARGIN, tokens - _MARGIN)]
        written = (Counted.written - before) / (3 * (turns + 1) * _REDRAWS)
        idle_us = await _idle_us()
        looked = await look(desk.app, lambda: Counted.frames, tokens)
    start, end = (max(1.0, quartile(found) - idle_us) for found in walked)
    short, long, single = (max(1.0, quartile(found) - alone_us) for found in spent)
    return {
        "size": list(SIZE),
        "tokens": tokens,
        "stream_tps": STREAM_TPS,
        "redraw_us": {"start": round(short, 1), "end": round(long, 1),
                      "ratio": round(long / short, 3)},
        "token_us": {"start": round(short / _PER_REDRAW, 1), "end": round(long / _PER_REDRAW, 1)},
        "one_reply_redraw_us": {"end": round(single, 1), "ratio": round(single / short, 3)},
        "cursor_us": {"start": round(start, 1), "end": round(end, 1), "ratio": round(end / start, 3)},
        "core_share": round(long / (REFRESH_S * 1e6), 4),
        "idle_core_share": round(idle_us / (REFRESH_S * 1e6), 4),
        "inspector_core_share": {
            "size": list(NARROW),
            "shut": round((shut - alone_us) / (REFRESH_S * 1e6), 4),
            "open": round((opened - alone_us) / (REFRESH_S * 1e6), 4),
            "more": round((opened - shut) / (REFRESH_S * 1e6), 4),
        },
        "bytes_per_redraw": round(written),
        **looked,
    }  # fmt: skip


def quartile(spent: list[float]) -> float:
    """The lower one: whatever else runs on the machine only adds to a time."""
    return statistics.quantiles(spent, n=4)[0]


class Desk:
    """The app and its engine, and a hand."""

    def __init__(self, app: LogitscopeApp, engine: ScriptedEngine) -> None:
        self.app = app
        self._engine = engine
        self._controller = app.workbench.controller
        self._transcript = app.workbench.transcript

    async def talk(self, *replies: int) -> int:
        """A new conversation with replies of so many tokens; the key of its first message."""
        self._controller.new_conversation()
        for count in replies:
            self._controller.submit("and then?")
            for made in range(0, count, _FILL):
                await self._engine.advance(min(_FILL, count - made))
            await self._stop()
        return self._controller.conversation.path()[0].key

    async def watched(self, root: int) -> list[float]:
        """Let the last reply of a conversation go on; see `_watched`."""
        self._show(root)
        self._controller.continue_reply()
        await self._engine.advance(_PER_REDRAW)
        await asyncio.sleep(2 * REFRESH_S)
        spent = await _watched(self._engine)
        await self._stop()
        return spent

    async def walked(self, root: int, at: int) -> list[float]:
        """Processor time of each step of the token cursor, from token `at` of the last reply of a
        conversation on, sparklines shown; in microseconds."""
        self._show(root)
        self._transcript.lines = True
        self._transcript.highlight(self._controller.conversation.path()[-1].key, at)
        await asyncio.sleep(2 * REFRESH_S)
        spent: list[float] = []
        for _ in range(_REDRAWS):
            begun = time.process_time()
            self._transcript.action_token(1)
            await asyncio.sleep(REFRESH_S)
            spent.append((time.process_time() - begun) * 1e6)
        return spent

    def _show(self, root: int) -> None:
        """Show the conversation that begins with this message."""
        conversation = self._controller.conversation
        here = conversation.path()[0].key
        if here != root:
            around = conversation.siblings(here)
            self._controller.walk(here, around.index(root) - around.index(here))

    async def _stop(self) -> None:
        self._controller.stop()
        await until(lambda: self._controller.status.activity is Activity.READY)


async def _watched(engine: ScriptedEngine) -> list[float]:
    """Mean processor time of a redraw of each window while tokens stream, in microseconds."""
    spent: list[float] = []
    for _ in range(0, _REDRAWS, _WINDOW):
        begun = time.process_time()
        for _ in range(_WINDOW):
            await engine.advance(_PER_REDRAW)
            await asyncio.sleep(REFRESH_S)
        spent.append((time.process_time() - begun) * 1e6 / _WINDOW)
    return spent


async def _idle_us() -> float:
    """Mean processor time of the same while where nothing happens."""
    await asyncio.sleep(2 * REFRESH_S)
    begun = time.process_time()
    for _ in range(_REDRAWS):
        await asyncio.sleep(REFRESH_S)
    return (time.process_time() - begun) / _REDRAWS * 1e6


async def _engine_alone() -> list[float]:
    """What the scripted engine takes for the tokens of each redraw, without a workbench."""
    engine = ScriptedEngine([_prose(TOKENS)])
    await engine.start()
    engine.send(Load(LoadOptions(path="scripted")))
    engine.send(Generate(run=1, turns=(Turn(role="user", text="x"),), settings=Settings(), seed=1))
    reader = asyncio.create_task(_drain(engine))
    try:
        return await _watched(engine)
    finally:
        await engine.close()
        with suppress(asyncio.CancelledError):
            await reader


async def _drain(engine: ScriptedEngine) -> None:
    async for _ in engine.events():
        pass


@asynccontextmanager
async def workbench(tokens: int, size: tuple[int, int] = SIZE) -> AsyncIterator[Desk]:
    """The app on a scripted engine, its model loaded; gone afterwards."""
    engine = ScriptedEngine([_prose(tokens)], n_ctx=2 * tokens)
    launch = Launch(options=LoadOptions(path="scripted"))
    async with running(launch, engine, size) as app:
        yield Desk(app, engine)


@asynccontextmanager
async def running(
    launch: Launch, engine: Engine, size: tuple[int, int], wait_s: float = _WAIT_S
) -> AsyncIterator[LogitscopeApp]:
    """The app, its model loaded; gone afterwards."""
    app = LogitscopeApp(launch, engine)
    app.driver_class = Counted
    task = asyncio.create_task(app.run_async(size=size, mouse=False))
    try:
        await until(
            lambda: app.workbench.controller.status.activity is Activity.READY or task.done(),
            wait_s,
        )
        if task.done():
            raise LogitscopeError("The workbench did not open.", str(task.exception() or ""))
        yield app
    finally:
        app.exit()
        await task


async def until(true: Callable[[], bool], wait_s: float = _WAIT_S) -> None:
    """Wait for it.

    Raises:
        LogitscopeError: it did not come.
    """
    try:
        async with asyncio.timeout(wait_s):
            while not true():
                await asyncio.sleep(REFRESH_S / 10)
    except TimeoutError:
        raise LogitscopeError("The workbench did not keep up.", "It was waited for.") from None


def _prose(tokens: int) -> str:
    """Words of many lengths, a token each; a paragraph every 60."""
    parts = ("ba", "ne", "tor", "li", "sum", "ka", "vi", "dren", "o", "pel")
    words = [a + b for a in parts for b in parts] + [
        a + b + c for a in parts[:5] for b in parts[:5] for c in parts
    ]
    return " ".join(
        words[n * 7 % len(words)] + ("\n\n" if n % 60 == 59 else "") for n in range(tokens)
    )
