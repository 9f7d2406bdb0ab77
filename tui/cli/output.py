"""What `run` writes to stdout: the reply's text, or its trace.

Keeps true: a pipe gets exactly the reply's characters, at once; a terminal gets them cleaned. Every
trace ends with one `end` line, whatever happens.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO, Protocol

import msgspec

from tui.cli.stream import is_terminal, same_target
from tui.core import trace
from tui.core.errors import UsageError
from tui.core.messages import Finished, Generate, PromptReady, SettingsChanged
from tui.core.model import ModelInfo, Vocabulary
from tui.core.own_sampler import OwnSampler
from tui.core.step import Step
from tui.core.text import sanitize


class Output(Protocol):
    """A reply as it is made, from its start to its end."""

    def start(
        self, model: ModelInfo, vocabulary: Vocabulary, request: Generate, prompt: PromptReady
    ) -> None:
        """The prompt is known."""

    def steps(self, steps: Iterable[Step]) -> None:
        """New tokens."""

    def changed(self, change: SettingsChanged) -> None:
        """Settings changed."""

    def end(self, finished: Finished) -> None:
        """The reply ended."""

    def failed(self, error: str) -> None:
        """There will be no reply, or no more of it."""

    def break_line(self) -> None:
        """Something else is to be shown on the terminal: it begins on a line of its own."""


def open_output(*, as_json: bool, top: int, own: Mapping[str, OwnSampler] = {}) -> Output:
    """The writer to this process's stdout.

    Raises:
        UsageError: it is closed.
    """
    if sys.stdout is None:
        raise UsageError(
            "There is nowhere to write the reply.",
            "Standard output is closed.",
            "Give it a file or a pipe; /dev/null takes what nobody wants.",
        )
    stream, terminal = sys.stdout.buffer, is_terminal(sys.stdout)
    if as_json:
        return TraceOutput(stream, top=top, terminal=terminal, own=own)
    return TextOutput(stream, terminal=terminal, shared=same_target(sys.stdout, sys.stderr))


class TextOutput:
    """The reply alone."""

    def __init__(self, stream: BinaryIO, *, terminal: bool, shared: bool = False) -> None:
        self._stream = stream
        self._terminal = terminal
        self._shared = shared
        self._written = 0
        self._newline = False

    def start(
        self, model: ModelInfo, vocabulary: Vocabulary, request: Generate, prompt: PromptReady
    ) -> None:
        """Nothing is written before the reply."""

    def steps(self, steps: Iterable[Step]) -> None:
        """Write their text."""
        self._write("".join(step.text for step in steps))

    def changed(self, change: SettingsChanged) -> None:
        """Not part of the text."""

    def end(self, finished: Finished) -> None:
        """Write what no step has brought; a terminal gets a final newline."""
        self._write(finished.text[self._written :])
        self._close_line()

    def failed(self, error: str) -> None:
        """The text stays as far as it came."""
        self._close_line()

    def break_line(self) -> None:
        """End the line where what is told would stand on it: on a terminal, and after `2>&1`."""
        self._close_line(told=self._shared)

    def _close_line(self, *, told: bool = False) -> None:
        if (self._terminal or told) and self._written and not self._newline:
            self._newline = True
            self._stream.write(b"\n")
            self._stream.flush()

    def _write(self, text: str) -> None:
        if not text:
            return
        self._written += len(text)
        self._newline = text.endswith("\n")
        shown = sanitize(text) if self._terminal else text
        self._stream.write(shown.encode("utf-8", "replace"))
        self._stream.flush()


class TraceOutput:
    """One JSON object a line."""

    def __init__(
        self, stream: BinaryIO, *, top: int, terminal: bool, own: Mapping[str, OwnSampler] = {}
    ) -> None:
        self._stream = stream
        self._top = top
        self._own = own
        self._terminal = terminal
        self._vocabulary = Vocabulary(())
        self._said = ""
        self._ended = False

    def start(
        self, model: ModelInfo, vocabulary: Vocabulary, request: Generate, prompt: PromptReady
    ) -> None:
        """The `start` line."""
        self._vocabulary = vocabulary
        self._write(trace.start_line(model, request.settings, request.seed, prompt, self._own))

    def steps(self, steps: Iterable[Step]) -> None:
        """A `step` line each."""
        for step in steps:
            self._said += step.text
            self._write(trace.step_line(step, self._vocabulary, self._top))

    def changed(self, change: SettingsChanged) -> None:
        """A `settings` line."""
        self._write(trace.settings_line(change))

    def end(self, finished: Finished) -> None:
        """The `end` line."""
        self._ended = True
        self._write(trace.end_line(finished))

    def failed(self, error: str) -> None:
        """The `end` line of a run that failed, unless there was one."""
        if not self._ended:
            self._ended = True
            self._write(trace.failed_line(error, text=self._said))

    def break_line(self) -> None:
        """Every line is whole."""

    def _write(self, line: dict[str, Any]) -> None:
        # A terminal gets ASCII, so that no C1 control of a token can reach it.
        data = json.dumps(line).encode("ascii") if self._terminal else msgspec.json.encode(line)
        self._stream.write(data + b"\n")
        self._stream.flush()
