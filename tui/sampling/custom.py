"""Users' own stages, kept at arm's length.

Keeps true: whatever such a function does, the reply goes on. A result that cannot be used becomes a
`Fault` that names file and line, and the candidates stay as they were. A logit of NaN counts as
removed as long as others are left. How samplers are found and declared is not known here.
"""

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tui.sampling.candidate import Candidates

Function = Callable[[npt.NDArray[np.int32], npt.NDArray[np.float32], Mapping[str, float]], Any]
"""(ids int32[n], logits float32[n], values) -> logits [n]; -inf removes a candidate."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a stage is left out for the rest of a reply."""

    sampler: str
    message: str
    file: str = ""
    """Where the exception was raised; empty when there was none."""
    line: int = 0

    def __str__(self) -> str:
        place = f" ({self.file}:{self.line})" if self.file else ""
        return f"{self.sampler}: {self.message}{place}; it is left out until the reply ends"


class CustomStage:
    """One stage `custom:NAME`."""

    __slots__ = ("_function", "fault", "name", "values")

    def __init__(self, name: str, function: Function | None, values: Mapping[str, float]) -> None:
        self.name = name
        self.values = dict(values)
        self._function = function
        self.fault: Fault | None = None
        """Set by the `apply` that went wrong; that `apply` has changed nothing."""

    def apply(self, candidates: Candidates) -> None:
        """Run the function on copies; keep its result or say what is wrong with it."""
        if self._function is None:
            self.fault = Fault(sampler=self.name, message="no sampler of this name is installed")
            return
        rows = candidates.rows()
        try:
            result = self._function(rows["id"].copy(), rows["logit"].copy(), dict(self.values))
            logits = np.array(result, np.float32)
        except Exception as error:  # whatever a user's file raises
            self.fault = self._raised(error)
            return
        message = _wrong(logits, rows.size)
        if message:
            self.fault = Fault(sampler=self.name, message=message)
            return
        left = rows.copy()
        left["logit"] = logits
        candidates.replace(left[logits > -np.inf], is_sorted=False)

    def _raised(self, error: Exception) -> Fault:
        frames = traceback.extract_tb(error.__traceback__)
        # The last frame may lie in a library that the file called; the file itself comes first.
        frame = next((f for f in frames[1:]), None)
        what = f"{type(error).__name__}: {error}".strip(": ")
        if frame is None:
            return Fault(sampler=self.name, message=what)
        return Fault(
            sampler=self.name, message=what, file=Path(frame.filename).name, line=frame.lineno or 0
        )


def _wrong(logits: npt.NDArray[np.float32], size: int) -> str:
    """What makes a result unusable; empty when nothing does."""
    if logits.shape != (size,):
        return f"returned {logits.shape} logits for {size} candidates"
    if np.isnan(logits).all():
        return "returned NaN everywhere"
    if np.isposinf(logits).any():
        return "returned an infinite logit"
    if not (logits > -np.inf).any():
        return "left no candidate"
    return ""
