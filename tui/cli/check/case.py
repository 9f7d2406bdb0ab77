"""Random candidate arrays for `check-samplers`.

Keeps true: the same generator state gives the same case; at least one logit is finite. Every kind of
array that has ever mattered comes up: ties, -inf, probabilities of 0 and near it, one candidate, two, sorted or
not, and a few as large as a vocabulary.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tui.core.definitions.candidate import Candidates

SIZES: Final = (1, 2, 3, 5, 17, 60, 400, 1500)
LARGE: Final = 150_000
LARGE_EVERY: Final = 500
"""One case in so many has `LARGE` candidates."""


@dataclass(frozen=True, eq=False)
class Case:
    """One candidate array, and what else a stage may look at."""

    ids: npt.NDArray[np.int32]
    logits: npt.NDArray[np.float32]
    is_sorted: bool
    history: tuple[int, ...]
    kind: str
    rng: np.random.Generator
    """For the stage's own values."""

    @property
    def candidates(self) -> Candidates:
        """The same for the written definitions."""
        return Candidates(self.ids.astype(np.int64), self.logits.astype(np.float64), self.is_sorted)

    def __str__(self) -> str:
        order = "sorted" if self.is_sorted else "unsorted"
        return f"{self.logits.size} candidates, {self.kind}, {order}"


def make_case(rng: np.random.Generator, number: int) -> Case:
    """The case with this number."""
    large = number % LARGE_EVERY == LARGE_EVERY - 1
    size = LARGE if large else int(rng.choice(SIZES))
    kind = str(rng.choice(["plain", "plain", "ties", "equal", "bans", "zeros", "faint", "peak"]))
    logits = rng.normal(0.0, rng.choice([0.5, 2.0, 5.0]), size)
    match kind:
        case "ties":
            logits = np.round(logits)
        case "equal":
            logits = np.full(size, rng.normal())
        case "bans":
            logits[rng.random(size) < 0.3] = -np.inf
        case "zeros":
            logits[rng.random(size) < 0.3] -= 200.0
        case "faint":
            # Where single precision runs out of digits and then of numbers.
            faint = rng.random(size) < 0.3
            logits[faint] = logits.max() - rng.uniform(75.0, 104.0, int(faint.sum()))
        case "peak":
            logits[rng.integers(size)] += 30.0
    if not np.isfinite(logits).any():
        logits[rng.integers(size)] = 0.0
    ids = np.arange(size)
    is_sorted = bool(rng.random() < 0.4)
    if is_sorted:
        ids = np.argsort(-logits, kind="stable")
    history = rng.integers(0, min(size, 4), int(rng.choice([0, 3, 12, 40]))).tolist()
    return Case(
        ids.astype(np.int32), logits[ids].astype(np.float32), is_sorted, tuple(history), kind, rng
    )
