"""The last stage: one candidate is taken.

Keeps true: nothing here is random. The uniform `u` is given, so that the same `u` always takes the
same token. With no candidate left nothing is taken (`place` None), where llama.cpp takes the last.
"""

import math
from dataclasses import dataclass

import numpy as np

from tui.core.definitions.candidate import Candidates, Floats

MIROSTAT_M = 100
"""How many of the most likely candidates mirostat 1 estimates the slope from."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a draw was made from, and what it took."""

    candidates: Candidates
    """Those the draw left, in the order it walked."""
    p: Floats
    """Their probabilities, float64[n]."""
    place: int | None
    """Index into both of the one that was taken; None when none was left."""

    @property
    def token(self) -> int | None:
        """Id of the token that was taken."""
        return None if self.place is None else int(self.candidates.ids[self.place])

    @property
    def surprise_bits(self) -> float:
        """-log2 of the probability of the token that was taken; 0 when none was."""
        return 0.0 if self.place is None else float(-math.log2(self.p[self.place]))


def _walk(candidates: Candidates, u: float) -> Drawn:
    p = candidates.p
    if not candidates.finite.any():
        return Drawn(candidates, p, None)
    cumulative = np.cumsum(p)
    reached = (cumulative >= u * cumulative[-1]) & (p > 0)
    return Drawn(candidates, p, int(np.argmax(reached)))


def dist(candidates: Candidates, u: float) -> Drawn:
    """Walk the candidates in their order until the running sum of p reaches u; take that one.

    Source: `llama_sampler_init_dist`.

    >>> dist(Candidates.of_probabilities([0.5, 0.3, 0.2]), 0.6).token
    1
    """
    return _walk(candidates, u)


def greedy(candidates: Candidates) -> Drawn:
    """Take the first of the candidates with the highest logit; the probabilities stay as they are.

    Source: `llama_sampler_init_greedy`.

    >>> greedy(Candidates.of([1.0, 3.0, 3.0])).token
    1
    """
    if not candidates.finite.any():
        return Drawn(candidates, candidates.p, None)
    return Drawn(candidates, candidates.p, int(np.argmax(candidates.logits)))


def mirostat_k(candidates: Candidates, mu: float, n_vocab: int) -> int:
    """How many candidates mirostat 1 keeps.

    From the m = 100 most likely: t_i = ln((i + 2) / (i + 1)), b_i = ln(p_i / p_(i+1)),
    s = sum t b / sum t^2, e = s - 1, k = ((e 2^mu) / (1 - N^-e))^(1 / s), at least 1. Candidates
    whose p is next to 0 in single precision do not count; llama.cpp computes NaN where it is 0. A k
    that has no value or does not fit 32 bits (a flat distribution: s = 0) is 1, as in llama.cpp on
    x86.
    Source: `llama_sampler_init_mirostat`; arXiv:2007.14966.

    >>> mirostat_k(Candidates.of_probabilities([0.4, 0.3, 0.2, 0.1]), 2.0, 4)
    3
    """
    ranked = candidates.possible().ranked()
    pairs = min(MIROSTAT_M, len(ranked)) - 1
    if pairs <= 0:
        return 1
    places = np.arange(pairs)
    t = np.log((places + 2) / (places + 1))
    b = ranked.logits[:pairs] - ranked.logits[1 : pairs + 1]
    s = (t * b).sum() / (t * t).sum()
    with np.errstate(all="ignore"):
        k = ((s - 1.0) * np.float64(2.0) ** mu / (1.0 - np.float64(n_vocab) ** (1.0 - s))) ** (
            1.0 / s
        )
    return max(1, int(k)) if k < 2.0**31 else 1


def mirostat_1(candidates: Candidates, u: float, *, mu: float, n_vocab: int) -> Drawn:
    """Keep the `mirostat_k` most likely, renormalise, draw with u.

    >>> mirostat_1(Candidates.of_probabilities([0.4, 0.3, 0.2, 0.1]), 0.9, mu=2.0, n_vocab=4).token
    2
    """
    ranked = candidates.possible().ranked()
    kept = min(mirostat_k(candidates, mu, n_vocab), len(ranked))
    return _walk(ranked.take(np.arange(kept), sorted=True), u)


def mirostat_2(candidates: Candidates, u: float, *, mu: float) -> Drawn:
    """Cut from the first candidate whose surprise -log2 p passes mu (one stays), then draw with u.

    Source: `llama_sampler_init_mirostat_v2`; arXiv:2007.14966.

    >>> mirostat_2(Candidates.of_probabilities([0.5, 0.3, 0.2]), 0.99, mu=2.0).token
    1
    """
    ranked = candidates.present().ranked()
    with np.errstate(divide="ignore"):
        over = -np.log2(ranked.p) > mu
    kept = int(np.argmax(over)) if over.any() else len(ranked)
    return _walk(ranked.take(np.arange(min(max(1, kept), len(ranked))), sorted=True), u)


def mirostat_update(mu: float, surprise_bits: float, *, tau: float, eta: float) -> float:
    """The next mu: mu - eta x (surprise - tau), all in bits. The first mu is 2 tau.

    >>> mirostat_update(10.0, 3.0, tau=5.0, eta=0.5)
    11.0
    """
    return mu - eta * (surprise_bits - tau)


def adaptive_target(target: float, sums: tuple[float, float]) -> float:
    """The probability that adaptive-p aims at now: 2 x target - average so far, within 0..1."""
    weighted, weight = sums
    aimed = target if weight == 0.0 else 2.0 * target - weighted / weight
    return min(max(aimed, 0.0), 1.0)


def adaptive_p(
    candidates: Candidates, u: float, *, target: float, sums: tuple[float, float]
) -> Drawn:
    """Give each candidate a logit by how near its p is to the target, then draw with u.

    With the target moved to t' (`adaptive_target`) and d = |p - t'| / 0.3, the logit becomes
    5 - 10 d^2 / (1 + d). `sums` are the weighted sum and the total weight of the probabilities of
    the tokens taken so far. Neutral: a target below 0 draws from p as it is.
    Source: `llama_sampler_init_adaptive_p`; llama.cpp pull request 17927.

    >>> adaptive_p(Candidates.of([0.0, 0.0]), 0.9, target=0.5, sums=(5.0, 10.0)).p.tolist()
    [0.5, 0.5]
    """
    if target < 0.0:
        return _walk(candidates, u)
    aim = adaptive_target(min(target, 1.0), sums)
    d = np.abs(candidates.p - aim) / 0.3
    near = np.where(candidates.finite, 5.0 - 10.0 * d * d / (1.0 + d), -np.inf)
    return _walk(candidates.with_logits(near, sorted=False), u)


def adaptive_start(target: float, decay: float) -> tuple[float, float]:
    """The two sums before the first token: as if every token before had met the target.

    They are target / (1 - decay) and 1 / (1 - decay).
    """
    return target / (1.0 - decay), 1.0 / (1.0 - decay)


def adaptive_update(
    sums: tuple[float, float], p_taken: float, *, decay: float
) -> tuple[float, float]:
    """The two sums after a token that had the probability `p_taken` before the transform.

    They become p_taken + decay x the weighted sum, and 1 + decay x the total weight. The average so
    far is the one over the other.

    >>> adaptive_update((5.0, 10.0), 0.5, decay=0.5)
    (3.0, 6.0)
    """
    return p_taken + decay * sums[0], 1.0 + decay * sums[1]
