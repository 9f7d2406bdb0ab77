"""The workbench's engine against llama.cpp's own loop, for `bench`.

Keeps true: both sides have the same model, prompt, settings and threads, take turns in one process on
one context, and are never active at once; a figure is the median of its rounds. Nothing here is a
promise about another machine.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from tui.core.errors import EngineDied, LogitscopeError, ModelLoadError
from tui.core.messages import (
    Died,
    Event,
    Finished,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Loop,
    Looped,
    Steps,
)
from tui.core.model import LoadOptions, ModelInfo
from tui.core.replay import replay
from tui.core.step import Step
from tui.engine.course import ENDLESS, N_CTX, PROMPT, SEED
from tui.engine.process import ProcessEngine

_MOST, _FEWEST, _TURN_S = 96, 16, 1.0
"""Tokens of a turn, and how long one should take."""
_WHATIF_STEPS: Final = 20
_ENOUGH_S: Final = 25.0
"""No further round begins after this, unless a number of rounds was asked for."""
_ROUNDS: Final = 5


async def race(path: Path, n_threads: int, rounds: int = 0) -> dict[str, Any]:
    """The figures of `bench --json`; with `rounds` 0 as many as fit into half a minute.

    Raises:
        ModelLoadError: the model cannot be loaded.
        LogitscopeError: a side ended early.
    """
    engine = ProcessEngine()
    await engine.start()
    try:
        ours = _Ours(engine)
        model = await ours.load(path, n_threads)
        counted, found = await _take_turns(ours, rounds)
        peak_rss_mb = _peak_rss_mb(engine.pid)
    finally:
        await engine.close()
    binding_tps = _binding_tps(path, model.n_threads)
    native_tps, ours_tps = found["native", "tps"], found["ours", "tps"]
    native_us, traced_us = found["native", "sample_us"], found["traced", "sample_us"]
    return {
        "model": str(path),
        "threads": model.n_threads,
        "rounds": counted,
        "decode_tps": {
            "native": round(native_tps, 1),
            "logitscope": round(ours_tps, 1),
            "ratio": round(ours_tps / native_tps, 3),
        },
        "sample_us": {
            "native": round(native_us, 1),
            "staged": round(found["staged", "sample_us"], 1),
            "traced": round(traced_us, 1),
            "ratio": round(traced_us / native_us, 2),
        },
        "record_cpu_us": round(found["traced", "record_us"], 1),
        "binding_logprobs_tps": round(binding_tps, 1),
        "whatif_ms": round(_whatif_ms(ours.steps), 3),
        "peak_rss_mb": round(peak_rss_mb, 1),
    }


async def _take_turns(ours: "_Ours", rounds: int) -> tuple[int, dict[tuple[str, str], float]]:
    """How many rounds were counted, and the medians of what they found."""
    found: dict[tuple[str, str], list[float]] = {}
    begun_s = time.perf_counter()
    n = int((await ours.loop("native", _FEWEST))["tps"] * _TURN_S)
    n = max(_FEWEST, min(_MOST, n))
    # The first round warms caches and is not counted.
    for number in range((rounds or _ROUNDS) + 1):
        turns = {
            "native": await ours.loop("native", n),
            "ours": {"tps": await ours.reply(n)},
            "staged": await ours.loop("staged", n),
            "traced": await ours.loop("traced", n),
        }
        for who, figures in turns.items():
            for what, value in figures.items():
                if number:
                    found.setdefault((who, what), []).append(value)
        if number and not rounds and time.perf_counter() - begun_s > _ENOUGH_S:
            break
    return number, {key: statistics.median(values) for key, values in found.items()}


class _Ours:
    """The real engine process and its frames, which runs the other loops too."""

    def __init__(self, engine: ProcessEngine) -> None:
        self._engine = engine
        self._events = engine.events()
        self._run = 0
        self.steps: tuple[Step, ...] = ()
        """Of the newest reply."""

    async def load(self, path: Path, n_threads: int) -> ModelInfo:
        """Load the model."""
        self._engine.send(Load(LoadOptions(path=str(path), n_ctx=N_CTX, n_threads=n_threads)))
        while True:
            match await self._next():
                case Loaded(model=model):
                    return model
                case LoadFailed(what, why, hint):
                    raise ModelLoadError(what, why, hint)

    async def reply(self, n: int) -> float:
        """Tokens per second from the first token to the last, as they arrive here."""
        self._run += 1
        self._engine.send(
            Generate(run=self._run, prompt=PROMPT, settings=ENDLESS, seed=SEED, predict=n)
        )
        first_s = 0.0
        steps: list[Step] = []
        while True:
            match await self._next():
                case Steps(_, new):
                    first_s = first_s or time.perf_counter()
                    steps += new
                case Finished(reason="length"):
                    self.steps = tuple(steps)
                    return (n - 1) / (time.perf_counter() - first_s)
                case Finished(reason=reason, error=error):
                    raise LogitscopeError(f"The reply ended early: {reason}.", error)

    async def loop(self, kind: str, n: int) -> dict[str, float]:
        """What a loop of `n` tokens took, measured in there; see `loops`."""
        self._run += 1
        self._engine.send(Loop(run=self._run, kind=kind, n=n))
        while True:
            match await self._next():
                case Looped(figures=figures):
                    return figures
                case Finished(error=error):
                    raise LogitscopeError("A loop ended early.", error)

    async def _next(self) -> Event:
        event = await anext(self._events)
        if isinstance(event, Died):
            raise EngineDied("The engine died.", f"{event.why}.", "\n".join(event.log[-3:]))
        return event


def _binding_tps(path: Path, n_threads: int) -> float:
    """Of the binding, in a process of its own. Blocks: nothing else is to run meanwhile.

    Raises:
        EngineDied: it gave no answer.
    """
    words = [str(path), str(n_threads), str(_FEWEST * 2)]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tui.engine.baseline", *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "GGML_NO_BACKTRACE": "1"}, check=False,
        # As the engine process: the kernel shares the processor out between sessions.
        start_new_session=True,
    )  # fmt: skip
    if done.returncode or not done.stdout:
        raise EngineDied(
            "The binding's own loop ended.", f"It left with {done.returncode}.",
            "Run it with another model.",
        )  # fmt: skip
    return float(json.loads(done.stdout)["tps"])


def _whatif_ms(steps: tuple[Step, ...]) -> float:
    """Median time of a recorded step under another temperature and cut."""
    other = ENDLESS.changed(temperature=1.3, top_p=0.8)
    spent: list[float] = []
    for step in steps[-_WHATIF_STEPS:]:
        begun = time.perf_counter()
        replay(step, other)
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent) * 1e3


def _peak_rss_mb(pid: int | None) -> float:
    """`VmHWM` of a process; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
