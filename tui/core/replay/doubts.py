"""What a replay cannot know although every candidate is recorded.

Keeps true: which of equal logits a sort of libllama puts first is open (`order.py`), so a cut between
them, a draw among them, and a sampler of one's own that treats them apart are doubts, whatever moved
their logits since. So are a cut or a draw that the last digits of single precision decide
(`limits.py`), and a logit that it does not hold, or that llama.cpp's sort cannot place. Changes
nothing but the doubt of a view.
"""

from typing import Final

import numpy as np

from tui.core.definitions.candidate import Candidates, Floats
from tui.core.definitions.draw import Drawn
from tui.core.own_sampler import PREFIX
from tui.core.replay import limits
from tui.core.replay.draw import mu_of
from tui.core.replay.order import Order
from tui.core.replay.stage import View
from tui.core.samplers import STAGES
from tui.core.settings import Settings
from tui.core.step import Step

_SORTED_TO: Final = 3e8
"""libllama sorts many candidates by 6.4 times their logit as a 32-bit number."""
_PARTING: Final = ("top_k", "tfs_z", "typ_p", "top_p", "min_p", "xtc")
"""Stages whose cut may fall between equal logits."""
_FIRST: Final = "which of equal logits comes first is open"


def after_stage(
    name: str, before: View, after: View, settings: Settings, order: Order | None
) -> View:
    """The view behind a stage, with what is not certain about it.

    Args:
        name: of the stage.
        before: what it was given.
        after: what it left.
        settings: its values.
        order: what candidates were sorted by when it cut, or had been before it; None where
            every place is certain.
    """
    logits = after.known.logits
    if np.isnan(logits).any() or (logits == np.inf).any():
        return after.unsure("a logit does not fit single precision")
    if logits.max(initial=0.0) > _SORTED_TO:
        return after.unsure("a logit is larger than llama.cpp's sort can tell apart")
    if name == "temperature" and int(after.known.finite.sum()) == 1:
        if _first_is_open(before.known.present(), before.grain, order):
            return after.unsure(_FIRST)
    elif name.startswith(PREFIX):
        if order is not None and _told_apart(before.known.present(), after.known, order):
            return after.unsure(f"{name} treats equal logits apart, which stand in an open order")
    elif (
        order is not None and name in _PARTING and _parted(before.known, after.known, before.grain)
    ):
        return after.unsure(f"{_label(name)} cuts between equal logits, in an open order")
    if not after.doubt and limits.near(name, before, after, settings, order):
        return after.unsure(f"{_label(name)} cuts where the last digits decide")
    return after


def _label(name: str) -> str:
    return STAGES[name].label


def _first_is_open(known: Candidates, grain: float, order: Order | None) -> bool:
    """Whether another one than the first of the most likely may be the first of them."""
    if len(known) < 2:
        return False
    logits = known.logits
    rivals = logits >= logits.max() - 2.0 * grain
    if int(rivals.sum()) < 2:
        return False
    if grain > 0.0:  # which of them is the largest is open, too
        return True
    return order is not None and bool((rivals & order.rivals(known, int(np.argmax(logits)))).any())


def _told_apart(before: Candidates, after: Candidates, order: Order) -> bool:
    """Whether a function did not do the same to two that may have changed places."""
    if len(before) < 2:
        return False
    open_places = order.neighbours(before)
    if not open_places.any():
        return False
    logits = np.full(len(before), -np.inf)
    logits[np.isin(before.ids, after.ids)] = after.logits
    alike = (before.logits[1:] == before.logits[:-1]) & (logits[1:] == logits[:-1])
    return bool((open_places & ~alike).any())


def _parted(before: Candidates, after: Candidates, grain: float) -> bool:
    """Whether one of two equal logits went and the other stayed."""
    if len(after) == len(before):
        return False
    left = before.present().ranked()
    same = left.logits[:-1] - left.logits[1:] <= 2.0 * grain
    if not same.any():  # nearly always, and cheap to see
        return False
    stays = np.isin(left.ids, after.ids)
    return bool((same & (stays[1:] != stays[:-1])).any())


def after_draw(
    name: str,
    drawn: Drawn,
    views: tuple[View, View],
    given: tuple[Settings, Step],
    u: float | None,
    order: Order | None,
) -> View:
    """The view behind the draw, with what is not certain about the token.

    Args:
        name: of the draw.
        drawn: what was drawn.
        views: what it was drawn from, and what the draw left.
        given: the values of the draw, and the step that was recorded.
        u: what it was drawn with.
        order: what candidates were sorted by; None where every place is certain.
    """
    (before, view), (settings, step) = views, given
    if drawn.place is None or view.doubt:
        return view
    if name == "greedy":
        known = before.known.present()
        return view.unsure(_FIRST) if _first_is_open(known, before.grain, order) else view
    if name == "mirostat":
        if not before.known.sorted:
            order = Order.by_logit(before.known, before.grain)
        if _parted(before.known, drawn.candidates, before.grain):
            return view.unsure("the draw cuts between equal logits, in an open order")
        if _cut_is_open(settings, step, before):
            return view.unsure("mirostat cuts where the last digits decide")
    if u is None:
        return view
    return _walked(drawn, before, view, u, order)


def _cut_is_open(settings: Settings, step: Step, before: View) -> bool:
    mu = mu_of(step, settings)
    if settings.mirostat == 1:
        return limits.mirostat_1(before, mu, step.record.n_vocab)
    return limits.mirostat_2(before, mu)


def _walked(drawn: Drawn, before: View, view: View, u: float, order: Order | None) -> View:
    p, place = drawn.p, drawn.place
    assert place is not None
    swapped: Floats = np.zeros(p.size)
    if order is not None:
        rivals = order.rivals(drawn.candidates, place)
        swapped[rivals] = p[rivals]
    low = float(p[:place].sum() - swapped[:place].sum())
    high = low + float(swapped.sum())
    margin = limits.off(before, p, drawn.candidates.logits)
    total = float(p.sum()) if view.tail is None else 1.0
    first = not p[:place].any() and not swapped.any()
    last = view.tail is None and not p[place + 1 :].any() and not swapped.any()
    if (first or u * total > high) and (last or u * total <= low + p[place]):
        if (first or u * total > high + margin) and (last or u * total <= low + p[place] - margin):
            return view
        return view.unsure("the draw falls where the last digits decide")
    return view.unsure(_FIRST)
