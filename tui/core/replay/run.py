"""A past step again, with other settings: no model, no chance.

Keeps true: the same step with the settings it was made with gives the same token and, to float
precision, the same numbers. Whenever the survivors lie inside the record the result is what the
chain would have done (`exact`); otherwise `why_not` says what is not known. Settings whose numbers
no float holds make a stage that is passed over, and a doubt; never an error. Changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tui.core.bias import usable
from tui.core.definitions import cut
from tui.core.definitions.candidate import Candidates, Floats
from tui.core.definitions.draw import Drawn
from tui.core.definitions.reshape import Breakers
from tui.core.errors import Problem
from tui.core.own_sampler import PREFIX, OwnSampler
from tui.core.plan import Plan, make_plan
from tui.core.replay import doubts, heat, stage
from tui.core.replay.book import Book
from tui.core.replay.draw import take
from tui.core.replay.order import Order, follow
from tui.core.replay.stage import View
from tui.core.replay.tail import tail_of
from tui.core.samplers import PARAMS, STAGES, Kind
from tui.core.settings import Settings
from tui.core.step import StageTrace, Step

_BEYOND = (ArithmeticError, ValueError)
"""What Python raises where a number leaves what floats hold, or what a logarithm takes."""

_RESHAPING = frozenset(
    stage.name for stage in STAGES.values() if stage.kind in (Kind.BIAS, Kind.RESHAPE)
)

_FLOATS = [key for key, param in PARAMS.items() if param.kind == "float" and key != "tfs_z"]

_REFUSED = "refused."
"""Before the name of a uniform that a draw took which the grammar then refused."""


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
    plan: Plan


@dataclass(frozen=True)
class Dice:
    """The uniforms of one pass."""

    u: float | None
    coins: tuple[float | None, ...]
    """Of XTC, by how often it stood in the chain before."""

    def coin(self, nth: int) -> float | None:
        """The coin of the nth XTC."""
        return self.coins[nth] if nth < len(self.coins) else None


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
    with np.errstate(all="ignore"):  # what comes of it is looked at, and is a doubt
        return _replayed(step, settings, history, own, bias, breakers)


def _replayed(
    step: Step,
    settings: Settings,
    history: Sequence[int],
    own: Mapping[str, OwnSampler],
    bias: Sequence[tuple[int, float]] | None,
    breakers: Breakers | None,
) -> Replay:
    record = step.record
    added = _resolved(settings, bias, record.n_vocab)
    given = Inputs(
        step, _singled(settings), history, own, added, breakers, make_plan(settings, own)
    )
    start = Candidates.of(record.logits.astype(np.float64), record.ids)
    view = View(_in_id_order(start), tail_of(step), record.n_vocab)
    by_name = settings.logit_bias_text or settings.logit_bias_variants or settings.ignore_eos
    if bias is None and by_name and "logit_bias" not in settings.off:
        view = view.unsure("a bias by text or on the end needs the model's vocabulary")
    first = _pass(given, view, Book(step), _first_dice(step))
    if not any(settings.in_force):
        return first
    return _with_grammar(given, view, first)


def _pass(given: Inputs, view: View, book: Book, dice: Dice) -> Replay:
    """Once through the chain."""
    problems: list[Problem] = []
    plan = given.plan
    names = [name for name in plan.active if name != "logit_bias"]
    if given.bias:
        names.insert(0, "logit_bias")
    order: Order | None = None
    for place, name in enumerate(names):
        coin = dice.coin(names[:place].count(name))
        try:
            after, problem = _stage(name, view, given, coin)
            if problem is None:
                after = after.single() if name in _RESHAPING else after
                order = follow(order, name, view, after)
                after = doubts.after_stage(name, view, after, given.settings, order)
                book.enter(name, view, after)
            else:
                problems.append(problem)
            view = after
        except _BEYOND:
            book.skip(name)
            view = view.unsure(f"{_label(name)} leaves what numbers hold at these values")
    try:
        before, (drawn, view) = view, take(plan.draw, view, given.settings, given.step, dice.u)
        view = doubts.after_draw(
            plan.draw, drawn, (before, view), (given.settings, given.step), dice.u, order
        )
    except _BEYOND:
        drawn = Drawn(view.known, view.p, None)
        view = view.unsure("the draw leaves what numbers hold at these values")
    return Replay(
        stages=tuple(book.stages),
        rough=tuple(book.rough),
        after=np.array(book.after).reshape(len(book.after), given.step.record.ids.size),
        cut=book.cut,
        p_final=book.spread_out(drawn.candidates, drawn.p),
        draw=plan.draw,
        token=drawn.token,
        exact=not view.doubt,
        why_not=view.doubt,
        problems=tuple(problems),
    )


def _first_dice(step: Step) -> Dice:
    """What the first draw of the step was made with; a grammar may have refused it."""
    if not step.resampled:
        return Dice(step.u, _coins(step, ""))
    drawn = {key: u for key, u in step.uniforms.items() if key.startswith(_REFUSED)}
    coins = _coins(step, _REFUSED)
    others = [u for key, u in drawn.items() if not key.startswith(f"{_REFUSED}xtc")]
    return Dice(others[0] if others else None, coins if coins[0] is not None else _coins(step, ""))


def _coins(step: Step, prefix: str) -> tuple[float | None, ...]:
    coins = [step.uniforms.get(f"{prefix}xtc")]
    while (coin := step.uniforms.get(f"{prefix}xtc.{len(coins) + 1}")) is not None:
        coins.append(coin)
    return tuple(coins)


def _with_grammar(given: Inputs, view: View, first: Replay) -> Replay:
    """As llama.cpp does: draw, ask the grammar, and if it refuses draw again from what it allows."""
    step, allowed = given.step, given.step.record.allowed
    if not allowed.size:
        return _doubted(first, "what this grammar allows is not recorded")
    places = np.flatnonzero(step.record.ids == first.token)
    if first.token is None or not places.size or allowed[places[0]]:
        return first
    known = view.known
    verdict = allowed[np.argsort(step.record.ids, kind="stable")] > 0
    masked = cut.grammar(known, verdict)
    tail = view.tail.uncounted() if view.tail else None
    book = Book(step)
    after = view.to(masked, tail=tail, size=view.size)
    book.enter("grammar", view, after)
    dice = Dice(step.u, _coins(step, "")) if step.resampled else Dice(None, (None,))
    return _pass(given, after, book, dice)


def _doubted(replayed: Replay, why: str) -> Replay:
    return replace(replayed, exact=False, why_not=replayed.why_not or why)


def _resolved(
    settings: Settings, bias: Sequence[tuple[int, float]] | None, n_vocab: int
) -> Sequence[tuple[int, float]]:
    """The biases that reach a token of the vocabulary, as the chain resolves them."""
    own = () if "logit_bias" in settings.off else settings.logit_bias
    wanted = [(token, usable(amount)) for token, amount in (own if bias is None else bias)]
    return [
        (token, amount) for token, amount in wanted if 0 <= token < n_vocab and amount is not None
    ]


def _singled(settings: Settings) -> Settings:
    """The values as libllama holds them; tail-free is our own, and has all digits."""
    return settings.changed(**{key: float(np.float32(getattr(settings, key))) for key in _FLOATS})


def _label(name: str) -> str:
    return STAGES[name].label if name in STAGES else name


def _in_id_order(candidates: Candidates) -> Candidates:
    return candidates.take(np.argsort(candidates.ids, kind="stable"), sorted=False)


def _stage(name: str, view: View, given: Inputs, coin: float | None) -> tuple[View, Problem | None]:
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
            if coin is None:
                return view.unsure("the step has no coin for XTC"), None
            after = stage.xtc(view, s, coin)
        case "temperature":
            after = heat.temperature(view, s)
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
