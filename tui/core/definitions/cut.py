"""Stages that remove candidates.

Keeps true: softmax and entropy are taken over the candidates that are still there. At least one
candidate stays, unless there was none. Where llama.cpp computes with NaN (typical with a
probability of 0), these compute with 0 ln 0 = 0.
"""

import math

import numpy as np

from tui.core.definitions.candidate import Candidates, Flags, entropy_nats, log_sum_exp


def top_n_sigma(candidates: Candidates, n: float) -> Candidates:
    """Keep the logits l >= max - n x sigma; the others become -inf and stay in the array.

    sigma = population standard deviation of the finite logits.
    Neutral: n <= 0. Source: `llama_sampler_init_top_n_sigma`; arXiv:2411.07641.

    >>> top_n_sigma(Candidates.of([0.0, 1.0, 4.0]), 1.0).logits.tolist()
    [-inf, -inf, 4.0]
    """
    finite = candidates.logits[candidates.finite]
    if n <= 0.0 or len(candidates) <= 1 or not finite.size:
        return candidates
    threshold = finite.max() - n * finite.std()
    return candidates.with_logits(
        np.where(candidates.logits < threshold, -np.inf, candidates.logits)
    )


def top_k(candidates: Candidates, k: int) -> Candidates:
    """Keep the k largest logits, sorted. Which of equal logits stay is open.

    Neutral: k <= 0. Source: `llama_sampler_init_top_k`.

    >>> top_k(Candidates.of_probabilities([0.1, 0.2, 0.3, 0.4]), 3).p.round(3).tolist()
    [0.444, 0.333, 0.222]
    """
    if k <= 0:
        return candidates
    return candidates.ranked().take(np.arange(min(k, len(candidates))), sorted=True)


def tfs_z(candidates: Candidates, z: float, min_keep: int = 0) -> Candidates:
    """Tail-free: cut where the curve of the sorted probabilities has stopped bending.

    d2 = absolute second differences of the sorted p, as shares of their sum (equal shares where
    the sum is not above 1e-6). At the first place i >= max(1, min_keep) where the running sum
    passes z, keep exactly i candidates; if there is none, keep all. Two candidates or fewer are
    left alone, and removed ones (-inf) do not count.
    Neutral: z >= 1. Source: llama.cpp before October 2024, which could keep none; here at least
    max(1, min_keep) stay. Idea: trentonbricken.com/Tail-Free-Sampling.

    >>> tfs_z(Candidates.of_probabilities([0.1, 0.15, 0.2, 0.25, 0.3]), 0.75).ids.tolist()
    [4, 3]
    """
    if z >= 1.0:
        return candidates
    ranked = candidates.present().ranked()
    if len(ranked) <= 2:
        return candidates
    bend = np.abs(np.diff(ranked.p, 2))
    total = bend.sum()
    share = bend / total if total > 1e-6 else np.full(bend.size, 1.0 / bend.size)
    passed = np.cumsum(share) > z
    passed[: max(1, min_keep)] = False
    return ranked.take(np.arange(int(np.argmax(passed)) if passed.any() else len(ranked)),
                       sorted=True)  # fmt: skip


def typ_p(candidates: Candidates, p: float, min_keep: int = 0) -> Candidates:
    """Locally typical: keep those whose surprise is nearest to the entropy H.

    Sorted by |-ln p_i - H|, smallest first, keep the shortest prefix whose probabilities add up
    to more than p, and at least min_keep. The most likely candidate may go. The result stands in
    that order, not by probability. Candidates whose p is next to 0
    in single precision do not count; llama.cpp computes NaN where it is 0.
    Neutral: p >= 1. Source: `llama_sampler_init_typical`; arXiv:2202.00666.

    >>> typ_p(Candidates.of_probabilities([0.4, 0.2, 0.2, 0.2]), 0.5).ids.tolist()
    [1, 2, 3]
    """
    if p >= 1.0:
        return candidates
    ranked = candidates.possible().ranked()
    if not len(ranked):
        return candidates
    surprise = log_sum_exp(ranked.logits) - ranked.logits
    order = np.argsort(np.abs(surprise - entropy_nats(ranked.p)), kind="stable")
    reached = np.cumsum(ranked.p[order]) > p
    reached[: max(0, min_keep - 1)] = False
    kept = int(np.argmax(reached)) + 1 if reached.any() else len(ranked)
    return ranked.take(order[:kept], sorted=False)


def top_p(candidates: Candidates, p: float, min_keep: int = 0) -> Candidates:
    """Keep the most likely until together they hold p or more, and at least max(1, min_keep).

    Neutral: p >= 1. Source: `llama_sampler_init_top_p`; arXiv:1904.09751.

    >>> top_p(Candidates.of_probabilities([0.1, 0.2, 0.3, 0.4]), 0.8).ids.tolist()
    [3, 2, 1]
    """
    if p >= 1.0 or not len(candidates):
        return candidates
    ranked = candidates.ranked()
    reached = np.cumsum(ranked.p) >= p
    reached[: max(0, min_keep - 1)] = False
    kept = int(np.argmax(reached)) + 1 if reached.any() else len(ranked)
    return ranked.take(np.arange(kept), sorted=True)


def min_p(candidates: Candidates, p: float, min_keep: int = 0) -> Candidates:
    """Keep those at least p times as likely as the best: l >= max + ln p.

    At least max(1, min_keep) stay, the most likely. The order stays as it is, unless candidates
    must be added to reach min_keep: then it is sorted.
    Neutral: p <= 0. Source: `llama_sampler_init_min_p`; arXiv:2407.01082.

    >>> min_p(Candidates.of_probabilities([0.1, 0.2, 0.3, 0.4]), 0.6).ids.tolist()
    [2, 3]
    """
    if p <= 0.0 or not len(candidates):
        return candidates
    enough = candidates.logits >= candidates.logits.max() + math.log(p)
    enough &= candidates.finite
    least = max(1, min_keep)
    if int(enough.sum()) >= least:
        return candidates.take(enough, sorted=candidates.sorted)
    return candidates.ranked().take(np.arange(min(least, len(candidates))), sorted=True)


def xtc(
    candidates: Candidates,
    *,
    coin: float,
    probability: float,
    threshold: float,
    min_keep: int = 0,
) -> Candidates:
    """With the chance `probability`, leave out the top choices but the least likely of them.

    Where the coin (a uniform) is at most `probability` and two or more candidates have
    p >= threshold, all of these but the least likely go, unless fewer than min_keep would stay.
    Neutral: probability 0 or threshold above 0.5. Source: `llama_sampler_init_xtc`.

    >>> at = dict(coin=0.0, probability=1.0, threshold=0.19)
    >>> xtc(Candidates.of_probabilities([0.4, 0.3, 0.2, 0.1]), **at).ids.tolist()
    [2, 3]
    """
    off = probability <= 0.0 or threshold > 0.5 or len(candidates) < 2
    if off or coin > probability:
        return candidates
    ranked = candidates.ranked()
    below = ranked.p < threshold
    last = (int(np.argmax(below)) if below.any() else len(ranked)) - 1
    if last <= 0 or len(ranked) - last < min_keep:
        return ranked
    return ranked.take(np.arange(last, len(ranked)), sorted=True)


def grammar(candidates: Candidates, allowed: Flags) -> Candidates:
    """Rule out what the grammar refuses: it becomes -inf and stays in the array.

    No part of the chain's order: the chain first runs and draws without it. Where the grammar
    allows the token that was drawn, that one is taken. Where it refuses it, the model's logits are
    taken anew, all that the grammar refuses goes first, before the bias, and the chain runs and
    draws a second time, with a new u. The step is then recorded as `resampled`.
    Source: `common_sampler_sample`.

    >>> grammar(Candidates.of([3.0, 2.0, 1.0]), np.array([False, True, True])).logits.tolist()
    [-inf, 2.0, 1.0]
    """
    return candidates.with_logits(np.where(allowed, candidates.logits, -np.inf), sorted=False)
