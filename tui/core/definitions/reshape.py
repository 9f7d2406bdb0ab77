"""Stages that move logits and remove nothing (a ban and temperature 0 aside).

Keeps true: candidates stay in their order, but for dynamic temperature, which sorts.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from tui.core.definitions.candidate import SINGLE_MAX, Candidates, entropy_nats

Breakers = Iterable[tuple[int, tuple[int, ...]]]
"""DRY's breakers as tokens: (first token, the tokens that must follow it)."""

COLD = 1e-20
"""A temperature below this would make infinite logits; the chain takes it for 0."""

_LOG_FLOAT_MAX = 88.7228391
"""ln of the largest float32: DRY's exponent may not carry a penalty past it."""


def logit_bias(candidates: Candidates, bias: Iterable[tuple[int, float]]) -> Candidates:
    """Add b to the logit of each named token; -inf bans it. Ids that are no candidate are ignored.

    Biases of one token add up while the array is in id order, as it is at the head of a chain.
    Neutral: no bias. Source: `llama_sampler_init_logit_bias`.

    >>> logit_bias(Candidates.of([0.0, 0.0]), [(1, 1.5), (7, 9.0)]).logits.tolist()
    [0.0, 1.5]
    """
    logits = candidates.logits.copy()
    for token, amount in bias:
        logits[candidates.ids == token] += amount
    return candidates.with_logits(logits)


def penalties(
    candidates: Candidates,
    history: Sequence[int],
    *,
    last_n: int,
    repeat: float = 1.0,
    frequency: float = 0.0,
    presence: float = 0.0,
) -> Candidates:
    """Make tokens of the last `last_n` of the history less likely.

    A token that stands c > 0 times in the window: its logit is multiplied by `repeat` when it is
    0 or below and divided by it when above; then c x `frequency` + `presence` is subtracted.
    Neutral: last_n 0, or repeat 1 with frequency and presence 0.
    Source: `llama_sampler_init_penalties`; the division is arXiv:1909.05858.

    >>> penalties(Candidates.of([2.0, -2.0, 1.0]), [0, 1], last_n=64, repeat=2.0).logits.tolist()
    [1.0, -4.0, 1.0]
    """
    if last_n <= 0 or (repeat == 1.0 and frequency == 0.0 and presence == 0.0):
        return candidates
    counts = Counter(history[-last_n:])
    logits = candidates.logits.copy()
    for place, token in enumerate(candidates.ids.tolist()):
        if count := counts.get(token, 0):
            logits[place] = penalised(logits[place], count, repeat, frequency, presence)
    return candidates.with_logits(logits, sorted=False)


def penalised(logit: float, count: int, repeat: float, frequency: float, presence: float) -> float:
    """One logit after the penalties of a token that stands `count` times in the window."""
    scaled = logit * repeat if logit <= 0 else logit / repeat
    return scaled - (count * frequency + presence)


def dry(
    candidates: Candidates,
    history: Sequence[int],
    *,
    multiplier: float,
    base: float = 1.75,
    allowed_length: int = 2,
    last_n: int = 64,
    breakers: Breakers = (),
) -> Candidates:
    """Make the token that would lengthen a repeat less likely.

    For each token t: n = the longest end of the window that also stands earlier in it with t right
    after it. Where n >= A (`allowed_length`), multiplier x base^(n - A) is subtracted from t; the
    exponent is at most the largest with which single precision holds the power. A breaker ends the
    search for repeats; a breaker of one token is itself never penalised.
    Neutral: multiplier 0. Source: `llama_sampler_init_dry`.

    >>> dry(Candidates.of([0.0] * 4), [0, 1, 2, 0, 1], multiplier=1.0, base=1.1).logits.tolist()
    [0.0, 0.0, -1.0, 0.0]
    """
    lengths = repeat_lengths(history, allowed_length, last_n, breakers)
    if lengths is None or multiplier == 0.0 or base < 1.0:
        return candidates
    logits = candidates.logits.copy()
    for place, token in enumerate(candidates.ids.tolist()):
        if token in lengths:
            logits[place] -= dry_penalty(lengths[token], multiplier, base, allowed_length)
    return candidates.with_logits(logits, sorted=False)


def dry_penalty(length: int, multiplier: float, base: float, allowed_length: int) -> float:
    """What DRY subtracts from a token that would continue a repeat of `length` tokens.

    Infinite where single precision does not hold it: the token is gone then.
    """
    exponent = length - allowed_length
    most = int(_LOG_FLOAT_MAX / math.log(base)) if base > 1.000001 else 0
    penalty = float(multiplier * base ** (min(exponent, most) if most > 0 else exponent))
    return penalty if penalty <= SINGLE_MAX else math.inf


def repeat_lengths(
    history: Sequence[int], allowed_length: int, last_n: int, breakers: Breakers = ()
) -> dict[int, int] | None:
    """Tokens that DRY penalises -> length of the repeat they would continue; None = DRY is out.

    >>> repeat_lengths([5, 6, 7, 5, 6], 2, 64)
    {7: 2}
    >>> repeat_lengths([5, 6, 7, 5, 6], 2, 64, [(5, ())]) is None
    True
    """
    window = list(history[-last_n:]) if last_n > 0 else []
    size = len(window)
    if size <= allowed_length:
        return None
    known: dict[int, list[tuple[int, ...]]] = {}
    for head, tail in breakers:
        known.setdefault(head, []).append(tuple(tail))
    limit = _breaker_limit(window, known)
    if limit < allowed_length:
        return None
    lengths: dict[int, int] = {}
    for end in range(size - 1):
        n = 0
        while n < limit and n <= end and window[end - n] == window[size - 1 - n]:
            n += 1
        token = window[end + 1]
        if n >= allowed_length and () not in known.get(token, []):
            lengths[token] = max(lengths.get(token, 0), n)
    return lengths


def _breaker_limit(window: list[int], breakers: dict[int, list[tuple[int, ...]]]) -> int:
    """Tokens after the last breaker of the window: the longest repeat that may be seen."""
    size = len(window)
    for back in range(size):
        place = size - 1 - back
        found = [
            len(tail)
            for tail in breakers.get(window[place], [])
            if tuple(window[place + 1 : place + 1 + len(tail)]) == tail
        ]
        if found:
            return back - max(found)
    return size


def temperature(
    candidates: Candidates,
    t: float,
    *,
    dynamic_range: float = 0.0,
    dynamic_exponent: float = 1.0,
) -> Candidates:
    """Divide the logits by T; T <= 0 leaves only the first of the most likely.

    With a dynamic range d > 0: the entropy of the candidates over the largest it could be (ln n)
    gives a number h in 0..1, and T' = max(0, T - d) + (T + d - max(0, T - d)) x h^exponent takes
    the place of T. One candidate alone is then left as it is. n counts removed candidates that
    still stand in the array, as llama.cpp does.
    Neutral: T 1 and d 0. Source: `llama_sampler_init_temp_ext`; arXiv:2309.02772.

    >>> temperature(Candidates.of([2.0, 1.0]), 0.5).logits.tolist()
    [4.0, 2.0]
    >>> temperature(Candidates.of([1.0, 2.0, 2.0]), 0.0).logits.tolist()
    [-inf, 2.0, -inf]
    """
    if dynamic_range <= 0.0:
        return _divided(candidates, t)
    if len(candidates) <= 1:
        return candidates
    ranked = candidates.ranked()
    h = entropy_nats(ranked.p) / math.log(len(ranked))
    return _divided(ranked, dynamic_temperature(t, dynamic_range, dynamic_exponent, h))


def dynamic_temperature(t: float, d: float, exponent: float, h: float) -> float:
    """T' for the normalised entropy `h` (0..1).

    >>> dynamic_temperature(1.0, 0.5, 1.0, 0.5)
    1.0
    """
    low = max(0.0, t - d)
    return float(low + (t + d - low) * min(max(h, 0.0), 1.0) ** exponent)


def _divided(candidates: Candidates, t: float) -> Candidates:
    if t > 0.0:
        return candidates.with_logits(candidates.logits / t)
    logits = np.full_like(candidates.logits, -np.inf)
    if len(candidates):
        first = int(np.argmax(candidates.logits))
        logits[first] = candidates.logits[first]
    return candidates.with_logits(logits)
