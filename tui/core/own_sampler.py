"""A sampler of one's own: a stage that a person wrote in Python.

Keeps true: whatever the person's function does, the chain goes on. A fault in it (an exception, a
wrong shape, NaN, nothing left) becomes a `Problem` with file and line, and the stage is bypassed.
What it prints with Python goes to stderr; what a program that it starts prints is not held back.
Their code runs as written, without a sandbox: it is their own program. Finding the files is the
work of `tui.store.own_samplers`; nothing here reads a file.

A file defines a stage so:

    from tui.core.own_sampler import OwnSampler, Parameter

    def lower_best(ids, logits, values):
        logits[logits.argmax()] -= values["push"]
        return logits

    STAGE = OwnSampler("push", lower_best, parameters=[Parameter("push", maximum=5.0)])

A function that has a fourth argument, `pieces`, is told the bytes of every token by id.
"""

import functools
import inspect
import math
import re
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, redirect_stdout
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from tui.core.errors import Problem
from tui.core.number import plain_number
from tui.core.samplers import Kind, Param, Stage

PREFIX: Final = "custom:"
"""What stands before a name in `Settings.samplers`."""

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")
"""What can name a sampler."""
_PIECES = "pieces"
_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")


@dataclass(frozen=True)
class Parameter:
    """One number that a person can set. It is a whole number where `step` is one."""

    name: str
    neutral: float = 0.0
    """The value at which the stage does nothing."""
    minimum: float = 0.0
    maximum: float = 1.0
    step: float = 0.01
    help: str = ""
    default: float | None = None
    """Value before anyone sets one; the neutral one unless given."""
    label: str = ""

    def __post_init__(self) -> None:
        if not _KEY.match(self.name):
            raise ValueError(f"{self.name!r} cannot name a parameter: use a-z, 0-9 and _")
        values = (self.neutral, self.minimum, self.maximum, self.step, self.value)
        if not all(math.isfinite(value) for value in values):
            raise ValueError(f"parameter {self.name}: every number must be finite")
        if not self.minimum <= self.value <= self.maximum or self.step <= 0:
            raise ValueError(
                f"parameter {self.name}: the default must lie from minimum to maximum, "
                "and step must be above 0"
            )

    @property
    def value(self) -> float:
        """The default."""
        return self.neutral if self.default is None else self.default

    @property
    def whole(self) -> bool:
        """Whether it takes whole numbers only."""
        return all(x == int(x) for x in (self.step, self.minimum, self.neutral, self.value))

    def check(self, value: float) -> Problem | None:
        """Whether it may have this value; None when it may."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return Problem(key=self.name, message=f"{value!r} is not a number")
        if isinstance(value, float) and not math.isfinite(value):
            return Problem(key=self.name, message=f"{value} is not a finite number")
        if not self.minimum <= value <= self.maximum:
            return Problem(
                key=self.name,
                message=f"{plain_number(value)} is out of range",
                suggestion=f"it goes from {plain_number(self.minimum)} to {plain_number(self.maximum)}",
            )
        if self.whole and value != int(value):
            return Problem(key=self.name, message=f"{plain_number(value)} is not a whole number")
        return None

    def as_param(self) -> Param:
        """The same as a row of the table of samplers, for panels and flags."""
        kind, cast = ("int", int) if self.whole else ("float", float)
        decimals = 0 if self.whole else max(0, math.ceil(-math.log10(self.step)))
        return Param(
            key=self.name,
            label=self.label or self.name.replace("_", " "),
            kind=kind,
            default=cast(self.value),
            neutral=cast(self.neutral),
            minimum=cast(self.minimum),
            maximum=cast(self.maximum),
            low=cast(self.minimum),
            high=cast(self.maximum),
            step=cast(self.step),
            decimals=decimals,
            help=self.help,
        )


Ids = npt.NDArray[np.int32]
"""Token ids of the candidates that are left; a copy."""
Logits = npt.NDArray[np.float32]
"""Their logits; a copy. -inf removes a candidate."""
Values = dict[str, float]
"""The parameters' values by name."""
Pieces = Sequence[bytes]
"""Bytes of every token by id; empty where there is no model."""

Function = Callable[..., Any]
"""(ids, logits, values) -> logits, or (ids, logits, values, pieces) -> logits."""


@dataclass(frozen=True, eq=False)
class OwnSampler:
    """A stage that a person wrote."""

    name: str
    function: Function
    """Gets the candidates that are left."""
    parameters: Sequence[Parameter] = ()
    label: str = ""
    help: str = ""
    path: str = ""
    """The file it came from; filled in when it is loaded."""
    pieces: Sequence[bytes] = field(default=(), repr=False)
    """Bytes of every token by id; filled in where a model is."""

    def __post_init__(self) -> None:
        if not NAME.match(self.name):
            raise ValueError(f"{self.name!r} cannot name a sampler: use a-z, 0-9, - and _")
        if not callable(self.function):
            raise TypeError(f"sampler {self.name}: its function cannot be called")
        names = [parameter.name for parameter in self.parameters]
        if len(set(names)) < len(names):
            raise ValueError(f"sampler {self.name}: two parameters have the same name")

    @property
    def stage_name(self) -> str:
        """Its name in `Settings.samplers`."""
        return PREFIX + self.name

    def with_pieces(self, pieces: Sequence[bytes]) -> Self:
        """The same stage, told the bytes of every token."""
        return replace(self, pieces=pieces)

    def as_stage(self) -> Stage:
        """The same as a row of the table of samplers."""
        return Stage(
            name=self.stage_name,
            label=self.label or self.name,
            kind=Kind.CUT,
            params=tuple(parameter.name for parameter in self.parameters),
            help=self.help,
            source=self.path,
        )

    def values(self, custom: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
        """Its values out of `Settings.custom`; a missing or impossible one is the default."""
        given = custom.get(self.name, {})
        return {
            parameter.name: given[parameter.name]
            if parameter.name in given and parameter.check(given[parameter.name]) is None
            else parameter.value
            for parameter in self.parameters
        }

    def is_neutral(self, values: Mapping[str, float]) -> bool:
        """Whether every parameter has its neutral value (never, without parameters)."""
        return bool(self.parameters) and all(
            values[parameter.name] == parameter.neutral for parameter in self.parameters
        )

    @property
    def bound(self) -> Function:
        """The function with `pieces` filled in, if it asks for them: (ids, logits, values)."""
        if _PIECES not in inspect.signature(self.function).parameters:
            return self.function
        return functools.partial(self.function, pieces=self.pieces)

    def apply(
        self,
        ids: npt.NDArray[Any],
        logits: npt.NDArray[Any],
        values: Mapping[str, float],
    ) -> tuple[npt.NDArray[np.float64], Problem | None]:
        """The new logits, float64[n]; on a fault the old ones, and what was wrong.

        `ids` and `logits` are the whole array; candidates with -inf stay removed and are not shown
        to the function.
        """
        before = np.asarray(logits, np.float64)
        left = np.isfinite(before)
        try:
            with np.errstate(all="ignore"), aside():
                result = self.bound(
                    ids[left].astype(np.int32), before[left].astype(np.float32), dict(values)
                )
            after, wrong = checked(result, int(left.sum()))
        except BaseException as error:
            if is_interrupt(error):
                raise
            return before, self._fault(error)
        if wrong:
            return before, Problem(key=self.stage_name, message=wrong, path=self.path,
                                   line=self._first_line)  # fmt: skip
        whole = np.full(before.shape, -np.inf)
        whole[left] = after
        return whole, None

    def _fault(self, error: BaseException) -> Problem:
        line = next(
            (frame.lineno for frame in reversed(traceback.extract_tb(error.__traceback__))
             if frame.filename == self.path and frame.lineno),
            self._first_line,
        )  # fmt: skip
        return Problem(key=self.stage_name, message=describe(error), path=self.path, line=line)

    @property
    def _first_line(self) -> int:
        code = getattr(self.function, "__code__", None)
        return int(code.co_firstlineno) if code is not None else 0


def aside() -> AbstractContextManager[Any]:
    """While somebody's code runs, what it prints goes to stderr: stdout is a reply's or JSON's."""
    return redirect_stdout(sys.stderr)


def is_interrupt(error: BaseException) -> bool:
    """Whether this is Ctrl+C, and not what somebody's code raised to look like it.

    Only a process that leaves Ctrl+C to Python is interrupted in the middle of that code.
    """
    by_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return isinstance(error, KeyboardInterrupt) and by_default


def describe(error: BaseException) -> str:
    """An exception in one line: `ZeroDivisionError: division by zero`."""
    text = str(error).split("\n")[0][:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def checked(result: Any, size: int) -> tuple[npt.NDArray[np.float64], str]:
    """What a function gave back as logits, float64[size], and what is wrong with it.

    NaN removes a candidate, as -inf does, as long as others are left.
    """
    if result is None:
        return np.empty(0), "it returned nothing: return the logits"
    array = np.asarray(result)
    if array.dtype.kind not in "fiu":
        return np.empty(0), f"it returned {array.dtype}, not numbers"
    if array.shape != (size,):
        return np.empty(0), f"it returned the shape {array.shape}, not ({size},)"
    with np.errstate(over="ignore"):
        logits = array.astype(np.float32).astype(np.float64)
    if size and np.isnan(logits).all():
        return logits, "it returned NaN everywhere"
    if (logits == np.inf).any():
        return logits, "it returned an infinite logit, or one too large for single precision"
    logits[np.isnan(logits)] = -np.inf
    if size and not np.isfinite(logits).any():
        return logits, "it left no candidate"
    return logits, ""
