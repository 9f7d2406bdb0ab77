"""The stages between the bias and the draw, one object each.

Keeps true: the arithmetic is libllama's. In Python are only what llama.cpp no longer has
(tail-free), what it computes wrongly (typical and its NaN), and the coin of XTC, which must be
known and must outlive a changed value. How a stage is put to work on a whole row, without a
candidate array, is the business of `observer.c`.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from tui.sampling import library
from tui.sampling.candidate import Candidates
from tui.sampling.dice import Dice
from tui.sampling.library import Sampler

_FAINT_BELOW: Final = -87.33654
"""ln of the smallest float32 with all its digits: `expf` of less loses them and then is 0."""


class Stage(Protocol):
    """One stage on the candidate array."""

    name: str

    def apply(self, candidates: Candidates) -> None:
        """Do to the candidates what the stage does."""


class Plain:
    """A stage that is one stateless sampler of libllama."""

    __slots__ = ("name", "sampler")

    def __init__(self, name: str, sampler: Sampler) -> None:
        self.name, self.sampler = name, sampler

    def apply(self, candidates: Candidates) -> None:
        """As libllama does."""
        self.sampler.apply(candidates.address)


class Windowed:
    """Penalties or DRY: a sampler of libllama that looks back over the last tokens."""

    __slots__ = ("last_n", "name", "sampler")

    def __init__(self, name: str, sampler: Sampler, last_n: int, history: Sequence[int]) -> None:
        self.name, self.sampler, self.last_n = name, sampler, last_n
        self.rewind(history)

    def rewind(self, history: Sequence[int]) -> None:
        """Look back over this history from now on."""
        self.sampler.reset()
        for token in history[-self.last_n :]:
            self.sampler.accept(token)

    def apply(self, candidates: Candidates) -> None:
        """As libllama does."""
        self.sampler.apply(candidates.address)


class Bias:
    """The logit bias: pinned first, so always on every token in the order of ids."""

    __slots__ = ("amounts", "ids", "name")

    def __init__(self, pairs: Sequence[tuple[int, float]]) -> None:
        self.name = "logit_bias"
        self.ids = np.array([token for token, _ in pairs], np.int32)
        self.amounts = np.array([amount for _, amount in pairs], np.float32)

    def apply(self, candidates: Candidates) -> None:
        """Add every bias; those of one token add up (`llama_sampler_logit_bias_apply`)."""
        np.add.at(candidates.rows()["logit"], self.ids, self.amounts)


class TailFree:
    """Tail-free sampling, as llama.cpp had it until October 2024, but never fewer than one.

    On the softmax of the sorted candidates: d2 = |second differences| as shares of their sum (equal
    shares where it is not above 1e-6); at the first place i >= max(1, min_keep) where the running
    sum passes z, exactly i stay. Two candidates or fewer are left alone.
    Source: trentonbricken.com/Tail-Free-Sampling; `llama_sampler_tail_free_apply`.
    """

    __slots__ = ("_least", "_z", "name")

    def __init__(self, z: float, min_keep: int) -> None:
        self.name, self._z, self._least = "tfs_z", z, max(1, min_keep)

    def apply(self, candidates: Candidates) -> None:
        """Sort, and cut where the curve has stopped bending."""
        rows = candidates.rows()
        finite = rows["logit"] > -np.inf
        if not finite.all():
            rows = rows[finite]
        if rows.size <= 2:
            return
        if not candidates.is_sorted:
            rows = rows[np.argsort(-rows["logit"], kind="stable")]
        logits = rows["logit"].astype(np.float64)
        # libllama's sort misplaces logits above 3e8: the first is then not the largest.
        p = np.exp(logits - logits.max())
        p /= p.sum()
        bend = np.abs(np.diff(p, 2))
        total = bend.sum()
        passed = np.cumsum(bend / total if total > 1e-6 else np.full(bend.size, 1 / bend.size))
        places = np.flatnonzero(passed[self._least :] > self._z)
        left = int(places[0]) + self._least if places.size else rows.size
        candidates.replace(rows[:left].copy(), is_sorted=True)


class Typical:
    """Locally typical sampling without llama.cpp's NaN.

    `llama_sampler_typical_apply` multiplies 0 by ln 0 where a candidate's probability is 0 (a ban,
    a mask, a very low logit) and then keeps arbitrary ones. Such candidates are dropped first; where
    there are none the result is libllama's.
    """

    __slots__ = ("name", "sampler")

    def __init__(self, sampler: Sampler) -> None:
        self.name, self.sampler = "typ_p", sampler

    def apply(self, candidates: Candidates) -> None:
        """Drop what has next to no probability, then as libllama does."""
        drop_faint(candidates)
        self.sampler.apply(candidates.address)


class DynamicTemperature:
    """Temperature that follows the entropy, without the overflow.

    A dynamic temperature may come out so small that the logits divided by it are infinite; then the
    draw would be made from NaN. Here that counts as temperature 0.
    """

    __slots__ = ("_cold", "name", "sampler")

    def __init__(self, sampler: Sampler) -> None:
        self.name, self.sampler = "temperature", sampler
        self._cold = library.temperature(0.0)

    def apply(self, candidates: Candidates) -> None:
        """As libllama does, or the most likely one alone where that overflows."""
        before, was_sorted = candidates.rows().copy(), candidates.is_sorted
        self.sampler.apply(candidates.address)
        if not np.isfinite(candidates.rows()["logit"].max()):
            candidates.replace(before, is_sorted=was_sorted)
            self._cold.apply(candidates.address)

    def close(self) -> None:
        """Free the second sampler."""
        self._cold.close()


class Xtc:
    """Exclude top choices; the coin is ours, the cut libllama's (made with a chance of 1)."""

    __slots__ = ("_chance", "coin", "dice", "key", "name", "sampler")

    def __init__(self, sampler: Sampler, probability: float, dice: Dice, key: str) -> None:
        self.name, self.sampler, self.dice, self.key = "xtc", sampler, dice, key
        self._chance = float(np.float32(probability))
        self.coin = 0.0
        """The uniform of the last `apply`; with one candidate the next one, which stays untaken."""

    def apply(self, candidates: Candidates) -> None:
        """Flip the coin where there are two candidates or more, as llama.cpp does."""
        if candidates.size < 2:
            self.coin = self.dice.peek_single()
            return
        self.coin = self.dice.single()
        if self.coin <= self._chance:
            self.sampler.apply(candidates.address)


def drop_faint(candidates: Candidates) -> None:
    """Drop the candidates whose probability may be 0 in single precision, or have few digits.

    It is `expf(l - max)` over a sum of n such terms, each 1 at most.
    """
    logits = candidates.rows()["logit"]
    n = max(1, int(np.count_nonzero(logits > -np.inf)))
    possible = logits >= logits.max() + np.float32(_FAINT_BELOW + np.log(n))
    if not possible.all():
        candidates.keep(possible)
