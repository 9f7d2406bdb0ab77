"""The workbench's engine against llama.cpp's own loop, for `bench`.

Keeps true: both sides have the same model, prompt, settings and threads, take turns, and are never
active at once; a figure is the median of its rounds. Nothing here is a promise about another machine.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from tui.core.errors import EngineDied, LogitscopeError, ModelLoadError
from tui.core.messages import Died, Event, Finished, Generate, Load, Loaded, LoadFailed, Steps
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
        with closing(_Baseline("loops", path, model.n_threads)) as native:
            counted, found = await _take_turns(ours, native, rounds)
        peak_rss_mb = _peak_rss_mb(engine.pid)
    finally:
        await engine.close()
    with closing(_Baseline("binding", path, model.n_threads)) as binding:
        binding_tps = binding.ask("binding", _FEWEST * 2)["tps"]
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


async def _take_turns(
    ours: "_Ours", native: "_Baseline", rounds: int
) -> tuple[int, dict[tuple[str, str], float]]:
    """How many rounds were counted, and the medians of what they found."""
    found: dict[tuple[str, str], list[float]] = {}
    begun_s = time.perf_counter()
    n = int(native.ask("native", _FEWEST)["tps"] * _TURN_S)
    n = max(_FEWEST, min(_MOST, n))
    # The first round warms caches and is not counted.
    for number in range((rounds or _ROUNDS) + 1):
        turns = {
            "native": native.ask("native", n),
            "ours": {"tps": await ours.reply(n)},
            "staged": native.ask("staged", n),
            "traced": native.ask("traced", n),
        }
        for who, figures in turns.items():
            for what, value in figures.items():
                if number:
                    found.setdefault((who, what), []).append(value)
        if number and not rounds and time.perf_counter() - begun_s > _ENOUGH_S:
            break
    return number, {key: statistics.median(values) for key, values in found.items()}


class _Ours:
    """The workbench's side: the real engine process and its frames."""

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

    async def _next(self) -> Event:
        event = await anext(self._events)
        if isinstance(event, Died):
            raise EngineDied("The engine died.", f"{event.why}.", "\n".join(event.log[-3:]))
        return event


class _Baseline:
    """The other side: `baseline.py` in a process of its own."""

    def __init__(self, kind: str, path: Path, n_threads: int) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tui.engine.baseline", kind, str(path), str(n_threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, "GGML_NO_BACKTRACE": "1"},
            # As the engine process: the kernel shares the processor out between sessions.
            start_new_session=True,
        )

    def ask(self, what: str, n: int) -> dict[str, float]:
        """One turn of `n` tokens. Blocks: nothing else is to run meanwhile."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps({"do": what, "n": n}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise EngineDied(
                "llama.cpp's own loop ended.",
                f"It left with {process.wait()}.",
                "Run it with another model.",
            )
        found: dict[str, float] = json.loads(line)
        return found

    def close(self) -> None:
        """End the process and wait for it."""
        self._process.terminate()
        self._process.communicate()
        self._log.close()


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
