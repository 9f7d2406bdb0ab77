"""What the inspector takes where it is a drawer, shut and open by turns, for `bench --ui`.

Keeps true: both are measured in one run on one conversation, the orders balanced, and opening and
shutting are not counted. `drawer` counts processor time beside a scripted engine, `beside` the tokens
per second of a real one, which the screen takes its time from.
"""

import asyncio
import statistics
import time
from pathlib import Path
from typing import Any, Final

from tui.app import LogitscopeApp
from tui.cli.bench_ui import REPLY, quartile, running, until, workbench
from tui.control.replies import REFRESH_S
from tui.core.launch import Launch
from tui.core.model import LoadOptions
from tui.core.status import Activity
from tui.engine.process import ProcessEngine

SIZE: Final = (80, 24)
"""Columns and rows."""
TURN_S: Final = 5.0
"""Of a reply that is measured."""
_LEAD: Final = 20
"""Tokens before that: the prompt, and the caches."""
_PATIENCE_S: Final = 600.0
"""For a large model to be loaded, or to say so many."""
_SETTLE_S: Final = 0.5
"""For a drawer to be there, or gone."""
_N_CTX: Final = 2048


async def drawer(turns: int) -> tuple[float, float]:
    """Processor time of a redraw with the inspector shut and open, in microseconds.

    Raises:
        LogitscopeError: as `bench_ui.measure`.
    """
    async with workbench(REPLY, SIZE) as desk:
        root = await desk.talk(REPLY)
        spent: tuple[list[float], list[float]] = ([], [])
        for turn in range(2 * turns + 2):
            new = await desk.watched(root)
            # The first turn of each warms caches and is not counted.
            spent[turn % 2].extend(new if turn > 1 else ())
            await _pull(desk.app)
    return quartile(spent[0]), quartile(spent[1])


async def beside(path: Path, n_threads: int, turns: int, turn_s: float = TURN_S) -> dict[str, Any]:
    """Tokens per second of a model's replies: `shut`, `open`, and `ratio`, open to shut; medians.

    Raises:
        LogitscopeError: the model cannot be loaded, or a reply did not come.
    """
    options = LoadOptions(path=str(path), n_ctx=_N_CTX, n_threads=n_threads)
    found: tuple[list[float], list[float]] = ([], [])
    async with running(Launch(options=options), ProcessEngine(), SIZE, _PATIENCE_S) as app:
        controller = app.workbench.controller
        endless = controller.profile.settings.changed(ignore_eos=True, seed=1)
        controller.profile.set_by_hand(endless, "panel")
        await _rate(app, turn_s)
        for turn in range(turns):
            # Shut, open, open, shut: what changes slowly meets both alike.
            for is_open in (False, True) if turn % 2 == 0 else (True, False):
                if is_open:
                    await _pull(app)
                found[is_open].append(await _rate(app, turn_s))
                if is_open:
                    await _pull(app)
    shut, opened = map(statistics.median, found)
    return {
        "model": str(path), "threads": n_threads, "size": list(SIZE), "shut": round(shut, 2),
        "open": round(opened, 2), "ratio": round(opened / shut, 3),
    }  # fmt: skip


async def _rate(app: LogitscopeApp, turn_s: float) -> float:
    """Tokens per second of a reply in a new conversation."""
    controller = app.workbench.controller
    controller.new_conversation()
    await asyncio.sleep(_SETTLE_S)
    controller.submit("What does a scope draw?")
    reply = controller.conversation.path()[-1]
    await until(lambda: len(reply.steps) > _LEAD, _PATIENCE_S)
    first, begun = len(reply.steps), time.perf_counter()
    await asyncio.sleep(turn_s)
    made, spent_s = len(reply.steps), time.perf_counter() - begun
    controller.stop()
    await until(lambda: controller.status.activity is Activity.READY)
    return (made - first) / spent_s


async def _pull(app: LogitscopeApp) -> None:
    """Open the drawer, or shut it."""
    app.call_later(app.workbench.action_pane, "inspector")
    await asyncio.sleep(_SETTLE_S + REFRESH_S)
