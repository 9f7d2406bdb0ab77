"""Users' own stages in the chain.

Keeps true: whatever such a function does, the reply goes on. What can go wrong inside it is caught
by `core.own_sampler`; here its result enters the candidate array, or does not. Candidates that it
removed leave the array.
"""

from collections.abc import Mapping

import numpy as np

from tui.core.errors import Problem
from tui.core.own_sampler import PREFIX, OwnSampler
from tui.sampling.candidate import Candidates


class CustomStage:
    """One stage `custom:NAME`."""

    __slots__ = ("_sampler", "_values", "fault", "name")

    def __init__(self, name: str, sampler: OwnSampler | None, values: Mapping[str, float]) -> None:
        self.name = name
        self._values = dict(values)
        self._sampler = sampler
        self.fault: Problem | None = None
        """Set by the `apply` that went wrong; that `apply` has changed nothing."""

    def apply(self, candidates: Candidates) -> None:
        """Let the function change the logits of copies; keep its result or say what is wrong."""
        if self._sampler is None:
            self.fault = Problem(key=self.name, message="no sampler of this name is installed")
            return
        rows = candidates.rows()
        result, self.fault = self._sampler.apply(rows["id"], rows["logit"], self._values)
        if self.fault:
            return
        with np.errstate(over="ignore"):
            logits = result.astype(np.float32)
        if np.isposinf(logits).any() or not (logits > -np.inf).any():
            self.fault = Problem(
                key=self.name, message="its logits do not fit single precision",
                path=self._sampler.path,
            )  # fmt: skip
            return
        left = rows.copy()
        left["logit"] = logits
        candidates.replace(left[logits > -np.inf], is_sorted=False)


def values_of(
    name: str, own: Mapping[str, OwnSampler], custom: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    """The values that the stage `name` runs with."""
    sampler = own.get(name.removeprefix(PREFIX))
    return sampler.values(custom) if sampler else {}
