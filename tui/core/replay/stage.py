"""Each stage over a record that does not hold every candidate.

Keeps true: a stage either says what it leaves, for certain, or says why it cannot (a doubt); then it
does what the candidates that are known make likely. Without a tail every stage is its written
definition. The definitions are in `definitions/`; this module only decides what the unseen
candidates allow.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from tui.core.definitions import cut, reshape
from tui.core.definitions.candidate import (
    FAINT_BELOW,
    Candidates,
    Floats,
    entropy_nats,
    single_sum_error,
)
from tui.core.replay.tail import Tail, Totals, grown, totals
from tui.core.settings import Settings

_NEGLIGIBLE = 5e-6
"""A tail with a smaller share than this cannot change what is shown."""


_AMPLIFIED = 5.0
"""Where so little of the raw mass is left (as a logarithm), the rounding of the tail's part of the
entropy weighs too much."""


_LAST_DIGITS = 2.0**-23
"""Two last digits of single precision, as a share."""


_FLAT = 1e-5
"""Tail-free takes a curve that bends less than a tenth of this for flat."""


@dataclass(frozen=True)
class View:
    """The candidates between two stages, as far as they are known."""

    known: Candidates
    """Recorded candidates, in the chain's order."""
    tail: Tail | None
    """The others; None when none of them is left."""
    size: int
    """Places in the chain's array, removed candidates that still stand in it included."""
    doubt: str = ""
    """Why the survivors are not certain; empty while they are."""
    rounded: bool = False
    """Whether single precision may hold other last digits of the logits than these."""
    blur: float = 0.0
    """How far the distances between the logits may be off, as a share: a temperature's."""

    def to(self, known: Candidates, *, tail: Tail | None = None, size: int | None = None) -> Self:
        """After a stage that left these; the array shrinks to what is left unless `size` says."""
        left = len(known) + (tail.count if tail else 0)
        if known is self.known and tail is self.tail:
            left = self.size
        return replace(self, known=known, tail=tail, size=left if size is None else size)

    def unsure(self, why: str) -> Self:
        """The same, not certain any more; the first doubt stays."""
        return self if self.doubt else replace(self, doubt=why)

    def single(self) -> Self:
        """With the logits as single precision holds them: so libllama goes on with them."""
        known = self.known.with_logits(self.known.logits.astype(np.float32).astype(np.float64))
        top = float(np.float32(self.tail.top)) if self.tail else 0.0
        tail = replace(self.tail, top=top) if self.tail else None
        return replace(self, known=known, tail=tail)

    @cached_property
    def total(self) -> Totals:
        """Log of the sum of exp(logit) over everything that is left."""
        return totals(self.known, self.tail)

    @property
    def slack(self) -> float:
        """How far libllama's own probabilities may be off, as a share."""
        return single_sum_error(self.size)

    @cached_property
    def grain(self) -> float:
        """How far one logit may be off by its last digits."""
        if not self.rounded:
            return 0.0
        return _LAST_DIGITS * float(np.abs(self.known.logits[self.known.finite]).max(initial=0.0))

    @property
    def faint(self) -> float:
        """A logit below this is next to impossible (`Candidates.possible`)."""
        finite = self.known.logits[self.known.finite]
        count = finite.size + (self.tail.count if self.tail else 0)
        return float(finite.max(initial=-math.inf)) + FAINT_BELOW + math.log(max(count, 1))

    @cached_property
    def p(self) -> Floats:
        """Probability of each recorded candidate."""
        middle = self.total.middle
        if middle == -math.inf:
            return np.zeros(len(self.known))
        return np.exp(self.known.logits - middle)

    @property
    def tail_p(self) -> float:
        """Probability of the unseen candidates together, at most."""
        return 0.0 if self.tail is None else grown(self.tail.high - self.total.middle)

    @cached_property
    def entropy(self) -> float | None:
        """Entropy in nats; None when the tail's part in it is not known."""
        if self.tail is None or self.tail_p < _NEGLIGIBLE:
            return entropy_nats(self.p)
        total = self.total.middle
        if self.tail.energy is None or self.tail.raw_total - total > _AMPLIFIED:
            return None
        here = self.known.logits[self.known.finite]
        seen = float((np.exp(here - total) * here).sum())
        return total - seen - self.tail.energy * math.exp(self.tail.raw_total - total)


def logit_bias(view: View, bias: Sequence[tuple[int, float]]) -> View:
    """Biased tokens are recorded when they were biased at the time; others widen the tail."""
    known = reshape.logit_bias(view.known, bias)
    if view.tail is None:
        return view.to(known, size=view.size)
    seen = set(view.known.ids.tolist())
    added: dict[int, float] = {}
    for token, amount in bias:
        if token not in seen:
            added[token] = added.get(token, 0.0) + amount
    tail: Tail | None = view.tail
    banned = sum(amount == -math.inf for amount in added.values())
    # Where the model itself rules out some that were not recorded, a ban may meet one of these.
    if banned and view.size == len(view.known) + view.tail.count:
        tail = view.tail.without(banned)
        added = {token: amount for token, amount in added.items() if amount > -math.inf}
        banned = 0
    if tail is not None:
        tail = tail.widened([view.tail.top + amount for amount in added.values()])
        tail = replace(tail, told=tail.told and not banned)
    return view.to(known, tail=tail, size=view.size)


def penalties(view: View, settings: Settings, history: Sequence[int]) -> View:
    """Penalised tokens are recorded when they were penalised at the time; others widen the tail."""
    s = settings
    known = reshape.penalties(view.known, history, last_n=s.repeat_last_n, repeat=s.repeat_penalty,
                              frequency=s.frequency_penalty, presence=s.presence_penalty)  # fmt: skip
    view = replace(view, rounded=True)
    if view.tail is None:
        return view.to(known, size=view.size)
    window = history[-s.repeat_last_n :] if s.repeat_last_n > 0 else []
    unseen = set(window) - set(view.known.ids.tolist())
    reached = [
        reshape.penalised(view.tail.top, list(window).count(token), s.repeat_penalty,
                          s.frequency_penalty, s.presence_penalty)
        for token in unseen
    ]  # fmt: skip
    return view.to(known, tail=view.tail.widened(reached), size=view.size)


def dry(view: View, settings: Settings, history: Sequence[int], breakers: reshape.Breakers) -> View:
    """DRY only lowers logits: an unseen token that it meets makes the tail lighter at most."""
    s = settings
    breakers = tuple(breakers)
    known = reshape.dry(view.known, history, multiplier=s.dry_multiplier, base=s.dry_base,
                        allowed_length=s.dry_allowed_length, last_n=s.dry_penalty_last_n,
                        breakers=breakers)  # fmt: skip
    view = replace(view, rounded=True)
    if view.tail is None:
        return view.to(known, size=view.size)
    lengths = reshape.repeat_lengths(history, s.dry_allowed_length, s.dry_penalty_last_n, breakers)
    unseen = set(lengths or ()) - set(view.known.ids.tolist())
    return view.to(known, tail=view.tail.widened([view.tail.top] * len(unseen)), size=view.size)


def top_n_sigma(view: View, n: float) -> View:
    """Certain while the tail's sums are known and all of it lies below the threshold."""
    if view.tail is None or n <= 0.0:
        return view.to(cut.top_n_sigma(view.known, n), tail=view.tail, size=view.size)
    finite = view.known.logits[view.known.finite]
    if view.tail.sums is None or not finite.size:
        return replace(view, known=cut.top_n_sigma(view.known, n)).unsure(
            "top-n-sigma needs the spread of candidates that were not recorded"
        )
    count = finite.size + view.tail.count
    mean = (float(finite.sum()) + view.tail.sums[0]) / count
    square = (float((finite**2).sum()) + view.tail.sums[1]) / count
    threshold = max(finite.max(), view.tail.top) - n * math.sqrt(max(0.0, square - mean * mean))
    logits = np.where(view.known.logits < threshold, -np.inf, view.known.logits)
    known = view.known.with_logits(logits)
    if view.tail.top < threshold:
        return view.to(known, size=view.size)
    return view.to(known, tail=view.tail, size=view.size).unsure(outside("top-n-sigma"))


def top_k(view: View, k: int) -> View:
    """Certain when the k most likely are recorded."""
    if view.tail is None:
        kept = cut.top_k(view.known, k)
        return view.to(kept, size=min(k, view.size) if k > 0 else view.size)
    ranked = view.known.present().ranked()
    if k >= len(ranked) + view.tail.count:
        return view.to(ranked, tail=view.tail, size=min(k, view.size))
    after = view.to(cut.top_k(ranked, k))
    return after if k <= _sure(ranked, view.tail) else after.unsure(outside("top-k"))


def tfs_z(view: View, z: float, min_keep: int) -> View:
    """Needs the whole curve: certain only when the tail weighs next to nothing."""
    after = view.to(cut.tfs_z(view.known, z, min_keep))
    bent = float(np.abs(np.diff(view.known.present().ranked().p, 2)).sum())
    inside = len(after.known) < int(view.known.finite.sum()) and bent > _FLAT
    if view.tail is None or (view.tail_p < _NEGLIGIBLE and inside):
        return after
    return after.unsure("tail-free needs the curve of candidates that were not recorded")


def typ_p(view: View, p: float, min_keep: int) -> View:
    """Certain while the entropy is known and p is reached before any unseen candidate's turn."""
    if view.tail is None or p >= 1.0:
        return view.to(cut.typ_p(view.known, p, min_keep), tail=view.tail)
    ranked = view.known.present().ranked()
    ranked = ranked.take(ranked.logits >= view.faint, sorted=True)
    entropy, total = view.entropy, view.total.middle
    if entropy is None:
        return view.to(cut.typ_p(ranked, p, min_keep)).unsure(
            "typical needs the entropy of candidates that were not recorded"
        )
    score = np.abs(total - ranked.logits - entropy)
    order = np.argsort(score, kind="stable")
    sums = np.cumsum(np.exp(ranked.logits[order] - total))

    def reach(wanted: float) -> int | None:
        reached = sums > wanted
        reached[: max(0, min_keep - 1)] = False
        return int(np.argmax(reached)) + 1 if reached.any() else None

    kept = reach(p) or len(ranked)
    after = view.to(ranked.take(order[:kept], sorted=False))
    first_unseen = max(0.0, total - view.tail.top - entropy)
    certain = (
        reach(p * (1.0 - view.slack)) == reach(p * (1.0 + view.slack))
        and reach(p) is not None
        and float(score[order[kept - 1]]) < first_unseen
    )
    return after if certain else after.unsure(outside("typical"))


def top_p(view: View, p: float, min_keep: int) -> View:
    """Certain when both bounds of the total reach p at the same recorded candidate."""
    if view.tail is None or p >= 1.0:
        return view.to(cut.top_p(view.known, p, min_keep), tail=view.tail)
    ranked = view.known.present().ranked()
    total = view.total

    def kept(log_total: float) -> int | None:
        reached = np.cumsum(np.exp(ranked.logits - log_total)) >= p
        reached[: max(0, min_keep - 1)] = False
        return int(np.argmax(reached)) + 1 if reached.any() else None

    slack = view.slack
    low, middle, high = (kept(total.low - slack), kept(total.middle), kept(total.high + slack))
    if middle is None:
        return view.to(ranked, tail=view.tail, size=view.size).unsure(outside("top-p"))
    after = view.to(ranked.take(np.arange(middle), sorted=True))
    certain = low == high and middle <= _sure(ranked, view.tail)
    return after if certain else after.unsure(outside("top-p"))


def min_p(view: View, p: float, min_keep: int) -> View:
    """Certain when all of the tail lies below the threshold, and min_keep is met without it."""
    if view.tail is None or p <= 0.0:
        return view.to(cut.min_p(view.known, p, min_keep), tail=view.tail)
    after = view.to(cut.min_p(view.known, p, min_keep))
    best = float(view.known.logits.max(initial=-math.inf))
    threshold = best + math.log(p)
    if view.tail.top < threshold and int((view.known.logits >= threshold).sum()) >= min_keep:
        return after
    if view.tail.top >= threshold:
        after = view.to(after.known, tail=view.tail)
    return after.unsure(outside("min-p"))


def xtc(view: View, settings: Settings, coin: float) -> View:
    """Certain when no unseen candidate can be a top choice."""
    s = settings
    if view.tail is None:
        # Removed candidates that still stand in the array count for min_keep, as in llama.cpp.
        standing = view.size - len(view.known)
        known = cut.xtc(view.known, coin=coin, probability=s.xtc_probability,
                        threshold=s.xtc_threshold, min_keep=s.min_keep - standing)  # fmt: skip
        return view.to(known, size=view.size - (len(view.known) - len(known)))
    if coin > s.xtc_probability or s.xtc_threshold > 0.5:
        return view
    ranked, total = view.known.present().ranked(), view.total

    def last(log_total: float) -> int:
        return int((np.exp(ranked.logits - log_total) >= s.xtc_threshold).sum()) - 1

    place = last(total.middle)
    gone = place if place > 0 and view.size - place >= s.min_keep else 0
    after = view.to(ranked.take(np.arange(gone, len(ranked)), sorted=True), tail=view.tail,
                    size=view.size - gone)  # fmt: skip
    certain = last(total.low - view.slack) == last(total.high + view.slack) and (
        grown(view.tail.top - total.low) < s.xtc_threshold
    )
    return after if certain else after.unsure(outside("XTC"))


def _sure(ranked: Candidates, tail: Tail) -> int:
    """How many of the ranked candidates are certainly above every unseen one."""
    return int((ranked.logits > tail.top).sum())


def outside(label: str) -> str:
    """Why the survivors of a stage are not certain."""
    return f"{label} may keep candidates that were not recorded"
