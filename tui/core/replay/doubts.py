"""What a replay cannot know although every candidate is recorded.

Keeps true: which of equal logits a sort of libllama puts first is open, so a cut between them, and a
draw among them behind a sort, are doubts; so is a logit that single precision does not hold, or that
llama.cpp's sort cannot place. Changes nothing but the doubt of a view.
"""

from typing import Final

import numpy as np

from tui.core.definitions.candidate import Candidates
from tui.core.definitions.draw import Drawn
from tui.core.replay.stage import View
from tui.core.samplers import STAGES

_SORTED_TO: Final = 3e8
"""libllama sorts many candidates by 6.4 times their logit as a 32-bit number."""
_PARTING: Final = ("top_k", "tfs_z", "typ_p", "top_p", "min_p", "xtc")
"""Stages whose cut may fall between equal logits."""


def shuffles(name: str, view: View) -> bool:
    """Whether the order of equal candidates is open once this stage has run: it has sorted."""
    return view.known.sorted or name == "typ_p"


def after_stage(name: str, before: View, after: View, *, shuffled: bool) -> View:
    """The view behind a stage, with what is not certain about it."""
    logits = after.known.logits
    if np.isnan(logits).any() or (logits == np.inf).any():
        return after.unsure("a logit does not fit single precision")
    if logits.max(initial=0.0) > _SORTED_TO:
        return after.unsure("a logit is larger than llama.cpp's sort can tell apart")
    if name == "temperature":
        finite = before.known.logits[before.known.finite]
        alone = int(after.known.finite.sum()) == 1 < finite.size
        if alone and (shuffled or after.known.sorted) and int((finite == finite.max()).sum()) > 1:
            return after.unsure("which of equal logits comes first is open")
    if name not in _PARTING:
        return after
    if _parted(before.known, after.known):
        return after.unsure(f"{STAGES[name].label} cuts between equal logits, in an open order")
    return after


def _parted(before: Candidates, after: Candidates) -> bool:
    """Whether one of two equal logits went and the other stayed."""
    if len(after) == len(before):
        return False
    ranked = np.sort(before.logits)
    if not (ranked[1:] == ranked[:-1]).any():  # nearly always, and cheap to see
        return False
    gone = ~np.isin(before.ids, after.ids) & before.finite
    return bool(gone.any() and np.isin(before.logits[gone], after.logits).any())


def after_draw(drawn: Drawn, before: View, view: View, *, shuffled: bool) -> View:
    """The view behind the draw, with what is not certain about the token.

    Args:
        drawn: what was drawn.
        before: what it was drawn from.
        view: what the draw left.
        shuffled: whether a sort has run, so that the order of equal candidates is open.
    """
    if drawn.place is None or not shuffled:
        return view
    if len(drawn.candidates) < len(before.known) and _parted(before.known, drawn.candidates):
        return view.unsure("the draw cuts between equal logits, in an open order")
    logits = drawn.candidates.logits
    if int((logits == logits[drawn.place]).sum()) > 1:
        return view.unsure("which of equal logits comes first is open")
    return view
