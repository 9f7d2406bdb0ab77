"""The last stage: one candidate is taken.

Keeps true: the same seed takes the same token as libllama's own stage, and the uniform behind it is
known. `dist` is libllama's, with our dice rolled beside it. Mirostat and adaptive-p carry a state
that libllama can neither be told nor asked: a fresh sampler is made for the step with that state as
its start, does the cut or the transform, and the draw is made here as `std::discrete_distribution`
makes it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tui.core.settings import Settings
from tui.sampling import library
from tui.sampling.candidate import ROW, Candidates
from tui.sampling.dice import Dice
from tui.sampling.memory import Memory
from tui.sampling.stage import drop_faint

_M = 100
"""Candidates that mirostat 1 estimates from; fixed in `common_sampler_init`."""


class Taken(NamedTuple):
    """What a draw took."""

    place: int
    u: float | None
    """None where nothing was drawn."""


def discrete(p: npt.NDArray[np.float32], dice: Dice) -> Taken:
    """`std::discrete_distribution` of libstdc++ on these weights; one weight takes no draw."""
    if p.size < 2:
        return Taken(0, None)
    weights = p.astype(np.float64)
    cumulative = np.cumsum(weights / np.cumsum(weights)[-1])
    cumulative[-1] = 1.0
    u = dice.double()
    return Taken(int(np.searchsorted(cumulative, u)), u)


class Dist:
    """By probability: `llama_sampler_dist_apply`. It draws also for a single candidate."""

    def __init__(self, seed: int, dice: Dice) -> None:
        self.name = "dist"
        self._dice = dice
        self._sampler = library.dist(seed)
        if dice.drawn:
            one = Candidates(1)
            one.fill(np.zeros(1, np.float32))
            for _ in range(dice.drawn):
                self._sampler.apply(one.address)

    def take(self, candidates: Candidates) -> Taken:
        """Take one by libllama's own draw."""
        self._sampler.apply(candidates.address)
        return Taken(candidates.selected, self._dice.double())

    @property
    def address(self) -> int:
        """Of libllama's sampler."""
        return self._sampler.address

    def close(self) -> None:
        """Free the sampler."""
        self._sampler.close()


class Greedy:
    """The first of the most likely; nothing is drawn."""

    def __init__(self) -> None:
        self.name = "greedy"

    def take(self, candidates: Candidates) -> Taken:
        """Take the first maximum."""
        return Taken(int(np.argmax(candidates.rows()["logit"])), None)

    def close(self) -> None:
        """Nothing to free."""


class Mirostat:
    """Mirostat 1 and 2: the surprise of the text is kept near τ.

    Mirostat 1 computes with NaN where one of the first 100 candidates has no probability, and then
    is greedy; those are dropped first.
    """

    def __init__(self, settings: Settings, n_vocab: int, memory: Memory) -> None:
        self.name = "mirostat"
        self._version, self._n_vocab = settings.mirostat, n_vocab
        self._tau = np.float32(settings.mirostat_tau)
        self._eta = np.float32(settings.mirostat_eta)
        self._memory, self._dice = memory, memory.dice("mirostat")
        if memory.mu is None:
            memory.mu = float(np.float32(2) * self._tau)
        self._before = memory.mu
        self._last = np.zeros(0, ROW)

    def take(self, candidates: Candidates) -> Taken:
        """Cut at μ, draw, and correct μ at once, as llama.cpp does."""
        mu = self._before = self._memory.mu or 0.0
        if self._version == 1:
            drop_faint(candidates)
            sampler = library.mirostat(self._n_vocab, mu / 2, float(self._eta), _M)
        else:
            sampler = library.mirostat_v2(mu / 2, float(self._eta))
        sampler.apply(candidates.address)
        sampler.close()
        self._last = candidates.rows().copy()
        taken = discrete(self._last["p"], self._dice)
        self._learn(float(self._last["p"][taken.place]))
        return taken

    def relearn(self, token: int, p_raw: float) -> None:
        """Correct μ by a token taken by hand in place of the one that `take` took.

        Its surprise is that among the candidates left; that of the model's own distribution,
        `p_raw`, where it is not among them.
        """
        found = np.flatnonzero(self._last["id"] == token)
        self._learn(float(self._last["p"][found[0]]) if found.size else p_raw)

    def _learn(self, p: float) -> None:
        self._memory.mu = self._before
        if p > 0.0:
            error = np.float32(-library.log2f(p)) - self._tau
            self._memory.mu = float(np.float32(self._before) - self._eta * error)

    def close(self) -> None:
        """Nothing to free."""


class Adaptive:
    """Adaptive-p: draws near a target probability that follows what was drawn."""

    def __init__(self, settings: Settings, memory: Memory) -> None:
        self.name = "adaptive_p"
        self._target = np.float32(settings.adaptive_target)
        self._decay = np.float32(min(max(settings.adaptive_decay, 0.0), 0.99))
        self._memory, self._dice = memory, memory.dice("adaptive_p")
        self._plain = library.adaptive_p(-1.0, 0.0)
        if memory.sums is None and self._target >= 0:
            rest = np.float32(1) - self._decay
            memory.sums = float(self._target / rest), float(np.float32(1) / rest)
        self._ids = self._p = np.zeros(0)

    def take(self, candidates: Candidates) -> Taken:
        """Turn the probabilities towards the target, then draw."""
        self._plain.apply(candidates.address)
        rows = candidates.rows()
        if self._target < 0:
            return discrete(rows["p"], self._dice)
        self._ids, self._p = rows["id"].copy(), rows["p"].copy()
        one, two = np.float32(1), np.float32(2)
        total, weight = (np.float32(value) for value in self._memory.sums or (0.0, 0.0))
        target = min(self._target, one)
        aim = target if weight == 0 else two * target - total / weight
        # A fresh sampler without decay starts with an average that equals its target, so that what
        # it aims at is its target.
        sampler = library.adaptive_p(float(min(max(aim, np.float32(0)), one)), 0.0)
        sampler.apply(candidates.address)
        sampler.close()
        return discrete(rows["p"], self._dice)

    def learn(self, token: int) -> None:
        """Move the average by the probability that the token had before the transform."""
        if self._target < 0 or not self._p.size:
            return
        found = np.flatnonzero(self._ids == token)
        p = np.float32(self._p[found[0]]) if found.size else np.float32(0)
        total, weight = (np.float32(value) for value in self._memory.sums or (0.0, 0.0))
        self._memory.sums = (
            float(p + self._decay * total),
            float(np.float32(1) + self._decay * weight),
        )
        self._ids = self._p = np.zeros(0)

    def close(self) -> None:
        """Free the sampler."""
        self._plain.close()
