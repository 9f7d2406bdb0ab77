"""What asking what if costs, for `bench --ui`.

Keeps true: a time ends when the frame with the answer has been rendered in full. The reply is
recorded by the real chain over invented logits of a large vocabulary; its records repeat.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
import numpy as np

from tui.app import LogitscopeApp
from tui.control.replies import REFRESH_S
from tui.control.update import Update
from tui.core.model import Vocabulary
from tui.core.settings import DEFAULTS
from tui.core.step import Step
from tui.sampling.chain import Chain
from tui.sampling.vocab import Vocab

VOCABULARY: Final = 128_000
_RECORDS: Final = 48
_MOVES: Final = 40
_NEAR: Final = 100
"""Tokens from the end where the cursor is."""


def recorded(count: int = _RECORDS, size: int = VOCABULARY) -> list[Step]:
    """Steps of the real chain over logits that are invented."""
    rng = np.random.default_rng(1)
    chain = Chain(Vocab(size), DEFAULTS, 1, [1])
    steps = []
    for i in range(count):
        row = rng.normal(-2.0, 1.5, size).astype(np.float32)
        row[rng.integers(0, size, 80)] += rng.uniform(6.0, 15.0, 80).astype(np.float32)
        step = chain.record(chain.sample(row), i, piece=b" word", text=" word")
        chain.accept(step.id)
        steps.append(step)
    chain.close()
    return steps


async def look(
    app: LogitscopeApp, frames: Callable[[], int], tokens: int = 5_000
) -> dict[str, Any]:
    """The figures: `whatif_repaint_ms` of a control that moves, near the end of a reply.

    Args:
        app: runs, and has nothing else to do.
        frames: how many were rendered so far.
        tokens: of the reply.
    """
    bench = app.workbench
    controller = bench.controller
    controller.vocabulary = Vocabulary(tuple(b" t%d" % n for n in range(VOCABULARY)))
    made = recorded()
    reply = controller.conversation.add("assistant")
    reply.settings, reply.seed, reply.prompt = DEFAULTS.changed(seed=1), 1, (1,)
    reply.extend(msgspec.structs.replace(made[n % _RECORDS], i=n) for n in range(tokens))
    bench.post_message(bench.Updated(Update(path=True)))
    await asyncio.sleep(REFRESH_S)

    async def drawn(begin: Callable[[], None], done: Callable[[], bool]) -> tuple[float, float]:
        """Seconds, and seconds of processor time, until the answer is on the screen."""
        await asyncio.sleep(0.02)
        clock, cpu = time.perf_counter(), time.process_time()
        begin()
        while not done():
            await asyncio.sleep(0)
        seen = frames()
        while frames() == seen:
            await asyncio.sleep(0)
        return time.perf_counter() - clock, time.process_time() - cpu

    step = reply.steps[tokens - _NEAR]
    await drawn(
        lambda: bench.transcript.highlight(reply.key, tokens - _NEAR),
        lambda: bench.inspector.step is step,
    )
    panel = bench.samplers
    rows = [row.key for row in panel.rows]
    panel.action_step(rows.index("temperature") - panel.rows.index(panel.current))

    async def change(n: int) -> tuple[float, float]:
        before = bench.what_if.copy
        # To and fro, so that no end of the range is met.
        return await drawn(
            lambda: panel.action_change(1 if n % 2 else -1),
            lambda: bench.what_if.copy is not before and bench.inspector.reading is not None
            and bench.inspector.reading.asked_with is bench.what_if.copy,
        )  # fmt: skip

    await change(0)
    clock, cpu = zip(*[await change(n) for n in range(1, _MOVES)], strict=True)
    return {
        "whatif_repaint_ms": round(statistics.median(clock) * 1e3, 2),
        "whatif_repaint_cpu_ms": round(statistics.median(cpu) * 1e3, 2),
        "whatif_vocabulary": VOCABULARY,
    }
