"""Temperature over a record, dynamic or not.

Keeps true: what single precision makes of a dynamic temperature decides, as in the chain: the entropy
is summed as libllama sums it, and T' counts as 0 only where the logits divided by it overflow. How
far T' may be off is told (`View.blur`), and is a doubt where it shows.
"""

import math
from dataclasses import replace

import numpy as np

from tui.core.definitions import reshape
from tui.core.definitions.candidate import SINGLE_MAX, Candidates, Floats, entropy_nats
from tui.core.replay.stage import View, outside
from tui.core.settings import Settings

_SHOWS = 3e-4
"""A probability that may be off by more than this is not certain; a third of it was ever measured."""

_LAST_DIGIT = 2.0**-23
"""What single precision tells apart, as a share."""


def temperature(view: View, settings: Settings) -> View:
    """Certain at T > 0 while T is; the total of the tail becomes a range."""
    t, d = settings.temperature, 0.0 if settings.mirostat else settings.dynatemp_range
    if d <= 0.0:
        t = 0.0 if t < reshape.COLD else t
        return _divided(view, 0.0 if _overflows(view, t) else t)
    if view.size <= 1:
        return view
    view = replace(view, known=view.known.ranked(), rounded=True)
    entropy, error = _entropy(view)
    if entropy is None:
        view = view.unsure("dynamic temperature needs the entropy of unrecorded candidates")
        entropy = entropy_nats(view.p)

    def follows(nats: float) -> float:
        h = nats / math.log(view.size)
        exact = reshape.dynamic_temperature(t, d, settings.dynatemp_exponent, h)
        found = float(np.float32(exact))
        return 0.0 if _overflows(view, found) else found

    low, middle, high = (follows(max(0.0, entropy + off)) for off in (-error, 0.0, error))
    after = _divided(view, middle)
    if middle > 0.0:
        after = replace(after, blur=view.blur + (high - low) / middle + _LAST_DIGIT)
    if (low > 0.0) != (high > 0.0) or _shows(after):
        return after.unsure("the dynamic temperature hangs on the last digits of the entropy")
    return after


def _divided(view: View, t: float) -> View:
    known = reshape.temperature(view.known, t)
    if view.tail is None:
        return view.to(known, size=view.size)
    if t > 0.0:
        return view.to(known, tail=view.tail.scaled(t), size=view.size)
    best = float(view.known.logits.max(initial=-math.inf))
    after = view.to(known, size=view.size)
    return after if best > view.tail.top else after.unsure(outside("temperature"))


def _overflows(view: View, t: float) -> bool:
    """Whether the best logit divided by T is no number of single precision."""
    best = float(view.known.logits.max(initial=-math.inf))
    return t <= 0.0 or abs(best) / t > SINGLE_MAX


def _entropy(view: View) -> tuple[float | None, float]:
    """Entropy in nats as libllama has it, None where it is not known; and how far it may be off."""
    if view.tail is not None:
        entropy = view.entropy
        off = view.slack * (entropy or 0.0) + _LAST_DIGIT
    else:
        entropy, whole = single_entropy(view.known)
        off = 8.0 * _LAST_DIGIT * entropy + (0.0 if whole else _LAST_DIGIT)
    return entropy, off + view.blur * (1.0 + (entropy or 0.0))


def single_entropy(ranked: Candidates) -> tuple[float, bool]:
    """Entropy in nats, term by term in single precision; and whether the first alone weighs 1.

    A likeliest candidate whose probability rounds to 1 adds nothing, whatever the others hold.

    >>> single_entropy(Candidates.of([0.0, -18.0], [0, 1]))[0] < 3e-7
    True
    """
    logits = ranked.logits[ranked.finite]
    weights = np.exp((logits - logits.max(initial=-math.inf)).astype(np.float32))
    total = np.cumsum(weights, dtype=np.float32)[-1] if weights.size else np.float32(1)
    p = weights / total
    p = p[p > 0]
    terms: Floats = np.cumsum(-p * np.log(p), dtype=np.float32)
    return float(terms[-1]) if terms.size else 0.0, bool(total == 1)


def _shows(view: View) -> bool:
    finite = view.known.logits[view.known.finite]
    if not finite.size:
        return False
    off = view.p[view.known.finite] * (finite.max() - finite) * view.blur
    return bool(off.max() > _SHOWS)
