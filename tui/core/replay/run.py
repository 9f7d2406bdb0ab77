"""A past step again, with other settings: no model, no chance.

Keeps true: the same step with the settings it was made with gives the same token and, to float
precision, the same numbers. Whenever the survivors lie inside the record the result is what the
chain would have done (`exact`); otherwise `why_not` says what is not known. Changes nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tui.core.definitions.candidate import Candidates, Floats, entropy_nats
from tui.core.definitions.reshape import Breakers
from tui.core.errors import Problem
from tui.core.own_sampler import PREFIX, OwnSampler
from tui.core.plan import make_plan
from tui.core.replay import stage
from tui.core.replay.draw import take
from tui.core.replay.stage import View
from tui.core.replay.tail import UNKNOWN_SPREAD, tail_of
from tui.core.settings import Settings
from tui.core.step import KEPT, StageTrace, Step

_CHANGED = 1e-7


@dataclass(frozen=True, eq=False)
class Replay:
    """What the chain makes of a recorded step. n = recorded candidates, in the record's order."""

    stages: tuple[StageTrace, ...]
    """The active stages in order, without the draw."""
    rough: tuple[bool, ...]
    """For each stage, whether its numbers are estimates: the tail was not kept."""
    after: Floats
    """Probability of each candidate after each stage, float64[stages, n]; 0 once removed."""
    cut: npt.NDArray[np.uint8]
    """Index of the stage that removed it, or `KEPT`, uint8[n]."""
    p_final: Floats
    """Probabilities of the draw, float64[n]."""
    draw: str
    token: int | None
    """What the same `u` takes; None when no candidate is left, or when it is not in the record."""
    exact: bool
    """Whether the final probabilities and the token are certain."""
    why_not: str
    """Why they are not; empty when they are."""
    problems: tuple[Problem, ...]
    """Faults of samplers of one's own; these stages were bypassed."""


@dataclass(frozen=True)
class Inputs:
    """What a stage may ask for besides its settings."""

    step: Step
    settings: Settings
    history: Sequence[int]
    own: Mapping[str, OwnSampler]
    bias: Sequence[tuple[int, float]]
    breakers: Breakers | None


def replay(
    step: Step,
    settings: Settings,
    history: Sequence[int] = (),
    own: Mapping[str, OwnSampler] = {},
    *,
    bias: Sequence[tuple[int, float]] | None = None,
    breakers: Breakers | None = None,
) -> Replay:
    """Run the chain of `settings` over the record of `step`, with the uniforms it was drawn with.

    Args:
        step: the recorded step.
        settings: the chain to run.
        history: every token id before this step, the prompt included.
        own: samplers of one's own, by name.
        bias: every (token id, bias), where a model is at hand to turn texts and end-of-generation
            tokens into ids; `settings.logit_bias` unless given.
        breakers: DRY's breakers as tokens (`definitions.breaker`); none unless given.
    """
    record = step.record
    added = _resolved(settings, bias, record.n_vocab)
    given = Inputs(step, settings, history, own, added, breakers)
    start = Candidates.of(record.logits.astype(np.float64), record.ids)
    view = View(_in_id_order(start), tail_of(step), record.n_vocab)
    plan = make_plan(settings)
    book = _Book(step)
    problems: list[Problem] = []
    names = [name for name in plan.active if name != "logit_bias"]
    by_name = settings.logit_bias_text or settings.ignore_eos
    if bias is None and by_name and "logit_bias" not in settings.off:
        view = view.unsure("a bias by text or on the end needs the model's vocabulary")
    for name in ["logit_bias", *names] if added else names:
        before, (view, problem) = view, _stage(name, view, given)
        if problem is None:
            book.enter(name, before, view)
        else:
            problems.append(problem)
    view = _grammar_doubt(view, settings)
    drawn, view = take(plan.draw, view, settings, step)
    p_final = book.spread_out(drawn.candidates, drawn.p)
    return Replay(
        stages=tuple(book.stages),
        rough=tuple(book.rough),
        after=np.array(book.after).reshape(len(book.after), record.ids.size),
        cut=book.cut,
        p_final=p_final,
        draw=plan.draw,
        token=drawn.token,
        exact=not view.doubt,
        why_not=view.doubt,
        problems=tuple(problems),
    )


def _resolved(
    settings: Settings, bias: Sequence[tuple[int, float]] | None, n_vocab: int
) -> Sequence[tuple[int, float]]:
    """The biases that reach a token of the vocabulary, as the chain resolves them."""
    own = () if "logit_bias" in settings.off else settings.logit_bias
    return [pair for pair in (own if bias is None else bias) if 0 <= pair[0] < n_vocab]


def _in_id_order(candidates: Candidates) -> Candidates:
    return candidates.take(np.argsort(candidates.ids, kind="stable"), sorted=False)


class _Book:
    """Writes down what each stage left, in the record's order."""

    def __init__(self, step: Step) -> None:
        record = step.record
        self._order = np.argsort(record.ids)
        self._ids = record.ids[self._order]
        self._p_raw = np.where(np.isfinite(record.logits), record.p_raw, 0.0)
        self.stages: list[StageTrace] = []
        self.rough: list[bool] = []
        self.after: list[Floats] = []
        self.cut = np.full(record.ids.size, KEPT, np.uint8)
        self._alive = np.isfinite(record.logits)

    def places(self, candidates: Candidates) -> npt.NDArray[np.intp]:
        """Index into the record of each candidate."""
        return self._order[np.searchsorted(self._ids, candidates.ids)]

    def spread_out(self, candidates: Candidates, values: Floats) -> Floats:
        """Values of candidates, in the record's order; 0 for the others."""
        whole = np.zeros(self._alive.size)
        whole[self.places(candidates)] = values
        return whole

    def enter(self, name: str, before: View, view: View) -> None:
        """One stage has run."""
        p = self.spread_out(view.known, view.p)
        alive = np.zeros_like(self._alive)
        alive[self.places(view.known)] = view.known.finite
        self.cut[self._alive & ~alive] = len(self.stages)
        unseen = view.tail.count if view.tail else 0
        was_unseen = before.tail.count if before.tail else 0
        p_before = self.spread_out(before.known, before.p)
        changed = (
            int(alive.sum()) + unseen != int(self._alive.sum()) + was_unseen
            or float(np.abs(p - p_before).max(initial=0.0)) > _CHANGED
        )
        mass = float(self._p_raw[alive].sum()) + (view.tail.raw_mass if view.tail else 0.0)
        entropy = view.entropy
        self.stages.append(
            StageTrace(
                name,
                int(alive.sum()) + unseen,
                min(mass, 1.0),
                (entropy_nats(view.p) if entropy is None else entropy) / math.log(2.0),
                changed,
            )
        )
        self.rough.append(bool(view.doubt) or entropy is None or view.total.spread > UNKNOWN_SPREAD)
        self.after.append(p)
        self._alive = alive


def _stage(name: str, view: View, given: Inputs) -> tuple[View, Problem | None]:
    s, keep = given.settings, given.settings.min_keep
    if name.startswith(PREFIX):
        return _own(name, view, given)
    match name:
        case "logit_bias":
            after = stage.logit_bias(view, given.bias)
        case "penalties":
            after = stage.penalties(view, s, given.history)
        case "dry":
            after = stage.dry(view, s, given.history, given.breakers or ())
            if given.breakers is None and s.dry_sequence_breakers and given.history:
                after = after.unsure("DRY's breakers need the model's vocabulary")
        case "top_n_sigma":
            after = stage.top_n_sigma(view, s.top_n_sigma)
        case "top_k":
            after = stage.top_k(view, s.top_k)
        case "tfs_z":
            after = stage.tfs_z(view, s.tfs_z, keep)
        case "typ_p":
            after = stage.typ_p(view, s.typical_p, keep)
        case "top_p":
            after = stage.top_p(view, s.top_p, keep)
        case "min_p":
            after = stage.min_p(view, s.min_p, keep)
        case "xtc":
            coin = given.step.uniforms.get("xtc")
            if coin is None:
                return view.unsure("the step has no coin for XTC"), None
            after = stage.xtc(view, s, coin)
        case "temperature":
            after = stage.temperature(view, s)
        case _:
            return view.unsure(f"no sampler is called {name}"), None
    return after, None


def _own(name: str, view: View, given: Inputs) -> tuple[View, Problem | None]:
    sampler = given.own.get(name.removeprefix(PREFIX))
    if sampler is None:
        missing = Problem(key=name, message="no sampler of this name is installed")
        return view.unsure(f"the sampler {name} is not here"), missing
    values = sampler.values(given.settings.custom)
    logits, problem = sampler.apply(view.known.ids, view.known.logits, values)
    if problem is not None:
        return view, problem
    after = view.to(view.known.with_logits(logits, sorted=False).present(), tail=view.tail)
    if view.tail is not None:
        after = after.unsure(f"{name} was not shown the candidates that were not recorded")
    return after, None


def _grammar_doubt(view: View, settings: Settings) -> View:
    if settings.grammar or settings.json_schema:
        return view.unsure("a grammar cannot be asked without the model")
    return view
