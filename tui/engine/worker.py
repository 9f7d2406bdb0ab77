"""The engine process: takes requests from a pipe, keeps a model, says events.

    python -P -m tui.engine.worker      (stdin: requests, stdout: events, stderr: the log)

Keeps true: the pipes are moved to descriptors of their own and 1 and 2 lead to the log before
llama.cpp is loaded, so that nothing it prints can stand in a frame; a request that goes wrong has an
event and the log has the traceback; the end of the request pipe ends the process. Started by
`process.py` only.
"""

import datetime
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Final

if __name__ == "__main__":
    # Before anything that could load a library that prints.
    _REQUESTS, _EVENTS = os.dup(0), os.dup(1)
    _NOTHING = os.open(os.devnull, os.O_RDONLY)
    os.dup2(_NOTHING, 0)
    os.close(_NOTHING)
    os.dup2(2, 1)

from tui.core.errors import LogitscopeError
from tui.core.messages import (
    Check,
    Checked,
    Compare,
    Event,
    Finished,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Loop,
    Looped,
    PromptReady,
    Quit,
    Render,
    Score,
    Timings,
    Warned,
)
from tui.engine.comparison import Comparison
from tui.engine.ending import unexpected
from tui.engine.inbox import Arrived, Inbox, Question
from tui.engine.log import LlamaLog
from tui.engine.loop import Reply
from tui.engine.ready import Ready
from tui.engine.scorer import Scorer
from tui.engine.wire import encode

_PROGRESS_S: Final = 0.05
"""Between two `Loading`."""
_UNLOADED: Final = "No model is loaded.\nLoad one first."
_FOREIGN: Final = "The text has tokens that this model does not have.\nAnother model made it."


class Worker:
    """The loop of the process.

    Args:
        requests: descriptor to read from.
        events: descriptor to write to.
    """

    def __init__(self, requests: int, events: int) -> None:
        self._events = events
        self._writing = threading.Lock()
        self._inbox = Inbox(requests)
        self._log = LlamaLog()
        self._now = datetime.datetime.now()
        self._ready: Ready | None = None

    def run(self) -> None:
        """Take requests until `Quit`."""
        while True:
            arrived = self._inbox.take()
            match arrived.request:
                case Load():
                    self._load(arrived)
                case Generate(run=run) | Score(run=run):
                    self._make(arrived, (run,))
                case Compare(lanes=lanes):
                    self._make(arrived, tuple(lane.run for lane in lanes))
                case Render() | Check():
                    self._reply_to(arrived.request)
                case Loop():
                    self._loop(arrived.request)
                case Quit():
                    break
        self._unload()

    def say(self, event: Event) -> None:
        """Write one frame; ends the process when nobody can read it any more."""
        frame = memoryview(encode(event))
        try:
            with self._writing:
                while frame:
                    frame = frame[os.write(self._events, frame) :]
        except BrokenPipeError:
            os._exit(0)

    def _unload(self) -> None:
        if self._ready is not None:
            self._ready.close()
            self._ready = None

    def _load(self, arrived: Arrived) -> None:
        assert isinstance(arrived.request, Load)
        self._unload()
        said_s = 0.0

        def progress(fraction: float) -> bool:
            nonlocal said_s
            now = time.perf_counter()
            if now - said_s >= _PROGRESS_S or fraction >= 1.0:
                said_s = now
                self.say(Loading(fraction))
            return not self._inbox.stopped(arrived)

        try:
            request = arrived.request
            self._ready = Ready(request.options, self._log, progress, self._now, request.own)
        except LogitscopeError as error:
            self.say(LoadFailed(error.what, error.why, error.hint))
        except Exception as error:
            self.say(
                LoadFailed(
                    f"The model {arrived.request.options.path} cannot be loaded.",
                    unexpected(error),
                    "Its log has the details.",
                )
            )
        else:
            self.say(Loaded(self._ready.info, self._ready.tokenizer.pieces))
            for warning in self._ready.warnings:
                self.say(Warned(warning))

    def _make(self, arrived: Arrived, runs: Sequence[int]) -> None:
        """Replies, or the scores of a text: what takes its time and can be cancelled."""
        request = arrived.request
        assert isinstance(request, Generate | Score | Compare)
        if self._ready is None:
            self._failed(runs, _UNLOADED)
            return
        if self._inbox.stopped(arrived):
            for run in runs:
                self.say(Finished(run=run, reason="cancelled", text="", timings=Timings()))
            return
        try:
            prompt = self._ready.prompt(request)
            told = request.ids if isinstance(request, Score) else ()
            if not self._ready.knows((*prompt.ids, *told)):
                self._failed(runs, _FOREIGN, "usage")
                return
            desk = self._ready.desk(self._inbox, self.say, self._answer)
            match request:
                case Generate():
                    Reply(arrived, prompt, desk).make()
                case Score():
                    Scorer(arrived, prompt, desk).make()
                case Compare():
                    Comparison(arrived, prompt, desk).make()
        except Exception as error:
            self._ready.context.clear()
            self._failed(runs, unexpected(error))

    def _answer(self) -> None:
        for question in self._inbox.questions():
            self._reply_to(question)

    def _reply_to(self, question: Question) -> None:
        match question:
            case Render():
                self._render(question)
            case Check():
                self._check(question)

    def _check(self, request: Check) -> None:
        if self._ready is None:
            self.say(Checked(run=request.run, error=_UNLOADED))
            return
        try:
            warnings = self._ready.check(request.settings)
        except LogitscopeError as error:
            self.say(Checked(run=request.run, error=str(error)))
        except Exception as error:
            self.say(Checked(run=request.run, error=unexpected(error)))
        else:
            self.say(Checked(run=request.run, warnings=warnings))

    def _render(self, request: Render) -> None:
        if self._ready is None:
            self._failed((request.run,), _UNLOADED)
            return
        try:
            prompt = self._ready.prompt(request)
        except Exception as error:
            self._failed((request.run,), unexpected(error))
            return
        self.say(
            PromptReady(
                run=request.run,
                ids=prompt.ids,
                text=self._ready.tokenizer.text(prompt.ids),
                reused_tokens=self._ready.context.reusable(prompt.ids),
                notes=prompt.notes,
            )
        )

    def _loop(self, request: Loop) -> None:
        # No reply needs it.
        from tui.engine.loops import Loops

        if self._ready is None:
            self._failed((request.run,), _UNLOADED)
            return
        try:
            figures = Loops(self._ready).times(request.kind, request.n)
        except Exception as error:
            self._ready.context.clear()
            self._failed((request.run,), unexpected(error))
            return
        self.say(Looped(run=request.run, figures=figures))

    def _failed(self, runs: Sequence[int], error: str, kind: str = "") -> None:
        for run in runs:
            self.say(
                Finished(
                    run=run, reason="error", text="", timings=Timings(), error=error, kind=kind
                )
            )  # fmt: skip


def main() -> int:
    """Run the process whose pipes were moved above."""
    # Ctrl+C is the workbench's to answer; whatever looks like it here, somebody's sampler raised.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Worker(_REQUESTS, _EVENTS).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
