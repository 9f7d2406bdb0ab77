"""Whether a limit passes so near to a candidate that single precision may see it on the other side.

Keeps true: where `near` is false, libllama's own sums and logarithms, each off by what single
precision loses, cut at the same place. Where a tail is left the stages of `stage.py` have their own
margin for what it weighs. Decides nothing else, and changes nothing.
"""

import math

import numpy as np

from tui.core.definitions.candidate import Candidates, Floats
from tui.core.definitions.draw import MIROSTAT_M
from tui.core.replay.order import Order
from tui.core.replay.stage import View
from tui.core.settings import Settings

_DIGITS = 2.0**-22
"""How far a number in single precision is off after a few operations, as a share."""


def near(name: str, before: View, after: View, settings: Settings, order: Order | None) -> bool:
    """Whether the cut of the stage `name` is one that rounding decides.

    Args:
        name: of the stage.
        before: what it was given.
        after: what it left.
        settings: its values.
        order: what the stage sorted by, or what was sorted before.
    """
    if not before.known.finite.any():
        return False
    match name:
        case "top_p":
            return _shortest(before, after, settings.top_p, settings.min_keep)
        case "min_p":
            return _at(before, float(before.known.logits.max()) + math.log(settings.min_p))
        case "xtc" if after.known is not before.known and settings.xtc_threshold > 0.0:
            line = before.total.middle + math.log(settings.xtc_threshold)
            return _at(before, line, before.slack)
        case "top_n_sigma":
            return _top_n_sigma(before, settings.top_n_sigma)
        case "tfs_z":
            return _tfs_z(before, settings.tfs_z)
        case "typ_p" if order is not None:
            return _typ_p(before, after, settings, order)
    return False


def mirostat_1(view: View, mu: float, n_vocab: int) -> bool:
    """Whether rounding decides how many candidates mirostat 1 keeps."""
    ranked = view.known.possible().ranked()
    pairs = min(MIROSTAT_M, len(ranked)) - 1
    if pairs <= 0:
        return False
    t = np.log1p(1.0 / np.arange(1, pairs + 1))
    slope = float((t * -np.diff(ranked.logits[: pairs + 1])).sum() / (t * t).sum())

    def kept(s: float) -> int:
        e = np.float64(s - 1.0)
        # Near 1 the difference from it has few digits, and is divided by as short a one.
        share = (
            e / (1.0 - np.float64(n_vocab) ** -e) * (1.0 + np.sign(s - slope) * _DIGITS / abs(e))
        )
        k = (share * np.float64(2.0) ** mu) ** (1.0 / np.float64(s))
        return min(max(1, int(k)), len(ranked)) if k < 2.0**31 else 1

    margin = 8.0 * _DIGITS * (1.0 + abs(slope)) + view.grain
    return kept(slope - margin) != kept(slope + margin) or _at(view, view.faint)


def mirostat_2(view: View, mu: float) -> bool:
    """Whether rounding decides where mirostat 2 cuts."""
    line = view.total.middle - mu * math.log(2.0)
    return _at(view, line, view.slack + _DIGITS * abs(mu))


def off(view: View, p: Floats, logits: Floats) -> float:
    """How far a sum of these probabilities may be off."""
    if not view.blur:
        return _DIGITS + view.grain
    finite = np.isfinite(logits)
    best = logits.max(initial=-math.inf)
    return _DIGITS + view.grain + view.blur * float((p * (best - logits))[finite].sum())


def _at(view: View, line: float, slack: float = 0.0) -> bool:
    """Whether a logit lies on the line, which is itself off by `slack`."""
    logits = view.known.logits[view.known.finite]
    below = abs(float(logits.max()) - line)
    margin = slack + _DIGITS * (1.0 + abs(line) + below) + 2.0 * view.grain + view.blur * below
    return bool((np.abs(logits - line) <= margin).any())


def _ranked(view: View) -> tuple[Candidates, Floats]:
    ranked = view.known.present().ranked()
    return ranked, np.exp(ranked.logits - view.total.middle)


def _shortest(before: View, after: View, p: float, least: int, order: Order | None = None) -> bool:
    """Whether the shortest prefix that reaches p may be one longer, or shorter."""
    logits = after.known.logits
    shares = np.exp(logits - before.total.middle)
    mass, kept = float(shares.sum()), logits.size
    margin = before.slack + off(before, shares, logits)
    if mass <= p + margin and kept < len(before.known):
        return True
    if kept <= max(1, least) or mass - float(shares[-1]) >= p - margin:
        return kept > max(1, least)
    if order is None:
        return False
    last = order.rivals(after.known, kept - 1)
    return bool(last.any()) and mass - float(shares[last].min()) >= p - margin


def _top_n_sigma(view: View, n: float) -> bool:
    finite = view.known.logits[view.known.finite]
    count, tail = finite.size, view.tail
    total, squares = float(finite.sum()), float((finite**2).sum())
    if tail is not None:
        if tail.sums is None:
            return False
        count, total, squares = count + tail.count, total + tail.sums[0], squares + tail.sums[1]
    mean = total / count
    sigma = math.sqrt(max(0.0, squares / count - mean * mean))
    # Every term of both sums is rounded, to either side.
    rounding = math.sqrt(count) * _DIGITS / 2.0
    apart = math.hypot(sigma, mean * rounding) - sigma + sigma * (rounding + view.blur)
    best = finite.max()
    line = best - n * sigma
    margin = n * apart + _DIGITS * (abs(best) + n * sigma) + 2.0 * view.grain
    return bool((np.abs(finite[finite < best] - line) <= margin).any())


def _tfs_z(view: View, z: float) -> bool:
    ranked, shares = _ranked(view)
    if len(ranked) <= 2:
        return False
    bend = np.abs(np.diff(shares, 2))
    total = float(bend.sum())
    if abs(total - 1e-6) <= 1e-8:
        return True
    if total <= 1e-6:
        bend, total = np.full(bend.size, 1.0 / bend.size), 1.0
    margin = 1e-9 + (view.grain + view.blur + view.tail_p) / total
    return bool((np.abs(np.cumsum(bend / total) - z) <= margin).any())


def _typ_p(before: View, after: View, settings: Settings, order: Order) -> bool:
    if order.parts(after.known.ids):
        return True
    if _at(before, before.faint):
        return True
    return _shortest(before, after, settings.typical_p, settings.min_keep, order)
