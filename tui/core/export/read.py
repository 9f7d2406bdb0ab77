"""A trace read back: JSON Lines of `run --json` or of an export, to the value they were made from.

Keeps true: whatever the bytes are, the answer is a reply or one error with the number of its line;
size and length are bounded; nothing of the file is run. A file that was cut off gives what there is,
and says so. Reads no file: lines come in.
"""

import math
from collections.abc import Iterable
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from tui.core.errors import UsageError
from tui.core.export.line import (
    EndLine,
    Kind,
    SettingsLine,
    StartLine,
    StepLine,
)
from tui.core.export.lines import VERSION
from tui.core.export.record import Pieces, full_step, plain_step
from tui.core.export.reply import ReplyTrace
from tui.core.messages import SettingsChanged, Turn
from tui.core.model import ModelInfo, Vocabulary
from tui.core.settings import DEFAULTS, Settings
from tui.core.step import Step
from tui.core.text import one_line
from tui.core.values import apply_values

LINE_LIMIT_BYTES: Final = 64 << 20
"""A longer line is refused."""
LIMIT_BYTES: Final = 1 << 29
"""A larger file is refused: 512 MiB are some 60,000 tokens with their records."""
REASONS: Final = ("eog", "stop", "length", "context", "cancelled", "banned", "error")
_T = TypeVar("_T")


class Opened(msgspec.Struct, frozen=True):
    """What a file holds."""

    reply: ReplyTrace
    notes: tuple[str, ...]
    """What is missing from it, for the reader."""


class _Wrong(Exception):
    """What is wrong with a line."""


def read_trace(lines: Iterable[bytes], name: str) -> Opened:
    """The reply in a trace.

    Args:
        lines: of the file, each with its newline; the last may lack it.
        name: of the file, for errors.

    Raises:
        UsageError: it is not a trace, or a damaged one.
    """
    reading = _Reading()
    number, size = 0, 0
    for number, line in enumerate(lines, 1):
        size += len(line)
        try:
            if len(line) > LINE_LIMIT_BYTES:
                raise _Wrong(f"The line is longer than {LINE_LIMIT_BYTES >> 20} MiB.")
            if size > LIMIT_BYTES:
                raise _Wrong(f"A trace has at most {LIMIT_BYTES >> 20} MiB.")
            if line.strip():
                reading.take(line)
        except (_Wrong, msgspec.DecodeError, ValueError, RecursionError) as error:
            right = (_Wrong, msgspec.ValidationError, RecursionError)
            broken = isinstance(error, msgspec.DecodeError) and not isinstance(error, right)
            if broken and not line.endswith(b"\n") and reading.start is not None:
                reading.cut_off = True
                break
            _refuse(name, number, error, broken=broken)
    return reading.done(name)


def _refuse(name: str, number: int, error: Exception, *, broken: bool) -> NoReturn:
    said = one_line(str(error), 300).removesuffix(".")
    why = f"it is not JSON: {said}" if broken else said[:1].lower() + said[1:]
    raise UsageError(
        f"{name} cannot be opened as a trace.",
        f"Line {number}: {why}.",
        "A trace is what `logitscope run --json` or `run --export FILE.jsonl` writes.",
    ) from error


class _Reading:
    """The lines so far."""

    def __init__(self) -> None:
        self.start: StartLine | None = None
        self.cut_off = False
        self._steps: list[Step] = []
        self._changes: list[SettingsChanged] = []
        self._settings = DEFAULTS
        self._now = DEFAULTS
        self._pieces = Pieces(0)
        self._end: EndLine | None = None
        self._begun = [0]
        self._plain = 0
        """Steps without a record."""
        self._unknown = 0

    def take(self, line: bytes) -> None:
        kind = msgspec.json.decode(line, type=Kind).type
        if self._end is not None:
            raise _Wrong("there is more after the line that ends the reply")
        if self.start is None and kind not in ("start", "end"):
            raise _Wrong(f"a trace begins with its start line, not with {kind!r}")
        match kind:
            case "start":
                self._begin(_decoded(line, StartLine))
            case "step":
                self._step(_decoded(line, StepLine))
            case "settings":
                self._change(_decoded(line, SettingsLine))
            case "end":
                self._finish(_decoded(line, EndLine))
            case _:
                self._unknown += 1

    def _begin(self, start: StartLine) -> None:
        if self.start is not None:
            raise _Wrong("a second reply begins here; a file holds one")
        if start.version > VERSION:
            raise _Wrong(f"version {start.version} of a trace is newer than this program")
        self.start = start
        self._settings = self._now = _applied(DEFAULTS, start.settings)
        self._pieces = Pieces(start.model.n_vocab)
        self._pieces.add(start.prompt.pieces)
        self._prompt = self._pieces.ids(start.prompt.ids)

    def _step(self, line: StepLine) -> None:
        if line.i != len(self._steps):
            raise _Wrong(f"step {line.i} stands where step {len(self._steps)} belongs")
        if line.begins:
            self._begun.append(line.i)
        if line.record is None:
            self._plain += 1
            self._steps.append(plain_step(line, self._pieces, self._now))
        else:
            self._pieces.add(line.record.pieces)
            self._steps.append(full_step(line, line.record, self._pieces))

    def _change(self, line: SettingsLine) -> None:
        if line.i < len(self._steps):
            raise _Wrong(f"a change from step {line.i} on stands after that step")
        self._now = _applied(self._now, line.changed)
        self._changes.append(SettingsChanged(0, line.i, line.changed, line.version))

    def _finish(self, line: EndLine) -> None:
        if self.start is None:
            raise _Wrong(f"the file holds no reply, only its failure: {one_line(line.error)}")
        if line.reason not in REASONS:
            raise _Wrong(f"no reply ends with {one_line(line.reason, 40)!r}")
        for name in line.timings.__struct_fields__:
            value = getattr(line.timings, name)
            if not math.isfinite(value) or value < 0:
                raise _Wrong(f"the timing {name} cannot be {value}")
        self._end = line

    def done(self, name: str) -> Opened:
        start, end = self.start, self._end
        if start is None:
            raise UsageError(
                f"{name} cannot be opened as a trace.", "It is empty.",
                "`logitscope run --export FILE.jsonl` writes one.",
            )  # fmt: skip
        model = start.model
        reply = ReplyTrace(
            model=ModelInfo(
                **{key: getattr(model, key) for key in model.__struct_fields__},
                **{key: getattr(start.info, key) for key in start.info.__struct_fields__},
                chat_template="",
            ),
            vocabulary=Vocabulary(self._pieces.all(), whole=False),
            settings=self._settings,
            seed=start.seed,
            prompt=self._prompt,
            reused_tokens=start.reused_tokens,
            turns=tuple(Turn(role=turn.role, text=turn.text) for turn in start.turns),
            steps=tuple(self._steps),
            begun=tuple(dict.fromkeys(self._begun)),
            changes=tuple(self._changes),
            reason=end.reason if end else "",
            text=end.text if end else "".join(step.text for step in self._steps),
            error=end.error if end else "",
            **({"timings": end.timings} if end else {}),
        )  # fmt: skip
        return Opened(reply, tuple(self._notes()))

    def _notes(self) -> Iterable[str]:
        if self.cut_off:
            yield "The last line of the file is cut off."
        if self._end is None:
            yield f"The file ends before the reply does: {len(self._steps)} tokens are there."
        if self._plain:
            yield (
                f"{self._plain} of {len(self._steps)} tokens have no whole record: only the"
                " candidates that the trace lists are known, and what-if is not exact."
            )
        if self._unknown:
            yield f"{self._unknown} lines of an unknown kind are left out."


def _decoded(line: bytes, shape: type[_T]) -> _T:
    return msgspec.json.decode(line, type=shape)


def _applied(settings: Settings, values: dict[str, Any]) -> Settings:
    found, problems = apply_values(settings, values)
    if problems:
        raise _Wrong(f"settings: {problems[0]}")
    return found
