"""The draw over a record that may not hold every candidate.

Keeps true: the token is certain (no doubt) only where every place and weight that the unseen
candidates could have gives the same one. A draw that carries a state starts afresh at the step
where it is switched on, as the chain's own does.
"""

import math

import numpy as np

from tui.core.definitions import draw
from tui.core.definitions.draw import Drawn
from tui.core.replay.stage import View
from tui.core.replay.tail import UNKNOWN_SPREAD, grown
from tui.core.settings import Settings
from tui.core.step import Step

_MISSED = "the draw may fall on a candidate that was not recorded"
_WEIGHT = "the weight of the candidates that were not recorded is not known"


def take(
    name: str, view: View, settings: Settings, step: Step, u: float | None
) -> tuple[Drawn, View]:
    """Draw as `name` does, with `u` and the state of `step`; the view carries the doubts."""
    if name == "greedy":
        return _greedy(view)
    drawn, view = _drawn(name, view, settings, step, 0.0 if u is None else u)
    if u is None and (view.tail is not None or int((drawn.p > 0).sum()) > 1):
        view = view.unsure("nothing was drawn at this step, so there is no u to draw with")
    return drawn, view


def _drawn(name: str, view: View, settings: Settings, step: Step, u: float) -> tuple[Drawn, View]:
    if name == "mirostat":
        return _mirostat(view, settings, u, step)
    if name == "adaptive_p" and settings.adaptive_target >= 0.0:
        if view.tail is not None:
            view = view.unsure("adaptive-p lifts candidates that were not recorded")
        target, sums = settings.adaptive_target, step.state.adaptive
        if "adaptive_p" not in step.state.draws:
            decay = min(max(settings.adaptive_decay, 0.0), 0.99)
            sums = draw.adaptive_start(max(target, 0.0), decay)
        return draw.adaptive_p(view.known, u, target=target, sums=sums), view
    return (draw.dist(view.known, u), view) if view.tail is None else _with_tail(view, u)


def mu_of(step: Step, settings: Settings) -> float:
    """Mirostat's μ at a step, in bits: 2τ where mirostat had not been used before."""
    if "mirostat" in step.state.draws:
        return step.state.mirostat_mu
    return 2.0 * settings.mirostat_tau


def _greedy(view: View) -> tuple[Drawn, View]:
    best = float(view.known.logits.max(initial=-math.inf))
    if view.tail is not None and best <= view.tail.top:
        view = view.unsure("the most likely candidate may not have been recorded")
    if view.total.spread > UNKNOWN_SPREAD:
        view = view.unsure(_WEIGHT)
    return Drawn(view.known, view.p, draw.greedy(view.known).place), view


def _with_tail(view: View, u: float) -> tuple[Drawn, View]:
    """The walk of `dist`, when part of what it walks over was not recorded.

    Unseen candidates may stand anywhere between the recorded ones; in a sorted array they come
    after all that are certainly above them.
    """
    candidates, total, tail = view.known, view.total, view.tail
    assert tail is not None
    p = view.p
    ends = np.cumsum(p)
    low, high = (u * grown(bound - total.middle) for bound in (total.low, total.high))
    if total.spread > UNKNOWN_SPREAD:
        view = view.unsure(_WEIGHT)
    if not (ends >= high).any():
        return Drawn(candidates, p, None), view.unsure(_MISSED)
    place = int(np.argmax(ends >= high))
    above = candidates.sorted and candidates.logits[place] > tail.top
    if ends[place] - p[place] + (0.0 if above else view.tail_p) >= low:
        view = view.unsure(_MISSED)
    return Drawn(candidates, p, place), view


def _mirostat(view: View, settings: Settings, u: float, step: Step) -> tuple[Drawn, View]:
    tail, candidates = view.tail, view.known
    mu = mu_of(step, settings)
    n_vocab = step.record.n_vocab
    if tail is None:
        if settings.mirostat == 1:
            return draw.mirostat_1(candidates, u, mu=mu, n_vocab=n_vocab), view
        return draw.mirostat_2(candidates, u, mu=mu), view
    ranked = candidates.present().ranked()
    sure = int((ranked.logits > tail.top).sum())
    if settings.mirostat == 1:
        kept = draw.mirostat_k(ranked, mu, n_vocab)
        certain = sure >= draw.MIROSTAT_M
    else:
        bits = (view.total.middle - ranked.logits) / math.log(2.0)
        over, slack = bits > mu, view.slack / math.log(2.0)
        kept = max(1, int(np.argmax(over)) if over.any() else len(ranked))
        near = (np.abs(bits - mu) <= slack).any() or view.total.spread > UNKNOWN_SPREAD
        certain = bool(over.any()) and not near
    if not certain or kept > sure:
        view = view.unsure("mirostat may keep candidates that were not recorded")
    left = ranked.take(np.arange(min(kept, len(ranked))), sorted=True)
    return draw.dist(left, u), view.to(left)
