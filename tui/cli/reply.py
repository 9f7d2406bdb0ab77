"""One reply of `logitscope run`: what is asked of the engine, and what its events lead to.

Ctrl+C stops the reply within a token and keeps what was said; a second one does not wait.
"""

import asyncio
import secrets
import signal
import sys
from datetime import datetime
from typing import Final

from tui.cli.output import Output
from tui.cli.startup import Startup, layers
from tui.cli.stream import is_terminal, same_target, tell
from tui.core.compose import compose, stops
from tui.core.errors import (
    INTERRUPTED,
    EngineDied,
    LogitscopeError,
    ModelLoadError,
    PromptTooLong,
    UsageError,
)
from tui.core.launch import stack
from tui.core.macro import scene_at
from tui.core.messages import (
    Cancel,
    Died,
    Event,
    Fault,
    Finished,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Prefill,
    PromptReady,
    SettingsChanged,
    Steps,
    Timings,
    Turn,
    Warned,
)
from tui.core.model import ModelInfo, Vocabulary
from tui.core.persona import misfits
from tui.core.plan import ignored
from tui.core.profile import NOBODY
from tui.core.text import one_line
from tui.engine.base import Engine

_RUN: Final = 1
_UNASKED: Final = Finished(run=_RUN, reason="cancelled", text="", timings=Timings())


class Reply:
    """See the module."""

    def __init__(self, engine: Engine, startup: Startup, prompt: str, output: Output) -> None:
        self._engine = engine
        self._startup = startup
        self._prompt = prompt
        self._output = output
        self._model: ModelInfo | None = None
        self._vocabulary = Vocabulary(())
        self._request: Generate | None = None
        self._interrupted = False
        self._progress = Progress()

    async def make(self) -> int:
        """Load, generate, write; the exit code.

        Raises:
            LogitscopeError: there is no reply, or it could not be finished.
        """
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        loop.add_signal_handler(signal.SIGINT, self._interrupt, task)
        try:
            await self._engine.start()
            for note in self._startup.notes:
                say(f"warning: {note}")
            self._engine.send(Load(self._startup.options, self._startup.own_sources))
            async for event in self._engine.events():
                code = self._take(event)
                if code is not None:
                    return code
            raise EngineDied("The engine stopped.", "It closed before the reply was done.")
        except asyncio.CancelledError:
            self._output.failed("It was interrupted twice.")
            return INTERRUPTED
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            self._progress.clear()
            await self._engine.close()

    def _interrupt(self, task: "asyncio.Task[int]") -> None:
        if self._interrupted:
            task.cancel()
        self._interrupted = True
        self._engine.send(Cancel() if self._request is None else Cancel(_RUN))

    def _take(self, event: Event) -> int | None:
        match event:
            case Loading(fraction):
                self._progress.show(f"loading {fraction:.0%}")
            case Loaded(model, pieces):
                self._progress.clear()
                if self._interrupted:
                    return self._finish(_UNASKED)
                self._ask(model, Vocabulary(pieces))
            case LoadFailed(what, why, hint):
                if self._interrupted:
                    return self._finish(_UNASKED)
                raise ModelLoadError(what, why, hint)
            case PromptReady():
                self._prompt_ready(event)
            case Prefill(_, done, total):
                self._progress.show(f"prompt {done} / {total} tokens")
            case Steps(_, steps):
                self._progress.clear()
                self._output.steps(steps)
            case SettingsChanged():
                self._output.changed(event)
            case Finished():
                self._progress.clear()
                return self._finish(event)
            case Warned(text):
                self._say(f"warning: {text}")
            case Fault(problem=problem):
                self._say(f"warning: {problem}; the reply goes on without it")
            case Died(why=why, log=log):
                said = "\n".join(f"  {one_line(line)}" for line in log)
                raise EngineDied(
                    f"The engine died: {why}.", said and f"Its last words:\n{said}",
                    "`logitscope doctor` tells whether this build fits this machine.",
                )  # fmt: skip
        return None

    def _ask(self, model: ModelInfo, vocabulary: Vocabulary) -> None:
        start = self._startup
        settings, _, problems = stack(layers(start, model.sampling), start.own)
        for problem in problems:
            say(f"warning: {problem}")
        for note in ignored(settings, start.own):
            say(f"note: {note}")
        persona = start.persona or NOBODY
        seed = settings.seed if settings.seed >= 0 else secrets.randbits(32)
        self._model, self._vocabulary = model, vocabulary
        turns: tuple[Turn, ...] = ()
        if not start.raw:
            said = [Turn(role="user", text=self._prompt)]
            scene = scene_at(datetime.now(), seed=seed)
            composed = compose(persona, said, scene, system=start.system)
            turns = composed.turns
            for note in (*composed.notes, *misfits(persona, model)):
                say(f"note: {note}")
        self._request = Generate(
            run=_RUN,
            turns=turns,
            prompt=self._prompt if start.raw else None,
            settings=settings,
            seed=seed,
            predict=start.predict,
            stop=tuple(dict.fromkeys((*stops(persona), *start.stop))),
            special_input=start.special_input,
            template="" if start.options.chat_template else persona.template,
        )
        self._engine.send(self._request)

    def _prompt_ready(self, prompt: PromptReady) -> None:
        assert self._model is not None and self._request is not None
        for note in prompt.notes:
            self._say(f"note: {note}")
        self._output.start(self._model, self._vocabulary, self._request, prompt)

    def _say(self, text: str) -> None:
        """A line for the person in the middle of a reply."""
        self._progress.clear()
        if is_terminal(sys.stderr) or same_target(sys.stdout, sys.stderr):
            self._output.break_line()
        say(text)

    def _finish(self, finished: Finished) -> int:
        self._output.end(finished)
        if finished.reason == "cancelled":
            return INTERRUPTED
        if finished.reason in ("error", "banned"):
            raise failure(finished)
        if finished.error:
            self._say(f"note: {finished.error}")
        return 0


def failure(finished: Finished) -> LogitscopeError:
    """The error of a reply that could not be finished, with its exit code."""
    what, _, rest = finished.error.partition("\n")
    why, _, hint = rest.partition("\n")
    match finished.kind:
        case "usage":
            return UsageError(what, why, hint)
        case "prompt_too_long":
            return PromptTooLong(what, why, hint)
    return LogitscopeError("The reply could not be finished.", finished.error)


class Progress:
    """One line on a terminal's stderr while there is nothing else to see."""

    def __init__(self) -> None:
        self._on = is_terminal(sys.stderr)
        self._shown = False

    def show(self, text: str) -> None:
        """Put `text` in place of what was shown."""
        if self._on:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
            self._shown = True

    def clear(self) -> None:
        """Leave nothing behind."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False


def say(text: str) -> None:
    """A line for the person, apart from the reply."""
    tell(one_line(text, 2000))
