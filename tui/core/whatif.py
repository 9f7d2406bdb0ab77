"""A recorded reply under other settings: one step of it, and all of it, token by token.

Keeps true: the model is not asked; a step read back from a file answers as one that was just made.
What is not certain is told (`Reading.why_not`). One step is answered as if the settings had been
changed just before it, which is what a fork does there; a whole reply as if they had held from its
first token on, as long as it takes the same tokens. Changes nothing.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt

from tui.core.conversation import Message
from tui.core.definitions.draw import adaptive_start, adaptive_update, mirostat_update
from tui.core.lexicon import Lexicon
from tui.core.messages import SettingsChanged
from tui.core.own_sampler import OwnSampler
from tui.core.plan import make_plan
from tui.core.replay import Replay, replay
from tui.core.settings import DEFAULTS, Settings
from tui.core.step import KEPT, ChainState, StageTrace, Step
from tui.core.tint import Mark


@dataclass(frozen=True)
class Moment:
    """A recorded step, and what a replay of it needs besides."""

    step: Step
    settings: Settings = DEFAULTS
    """Those it was drawn with."""
    history: Sequence[int] = ()
    """Every token id before it, the prompt included."""
    lexicon: Lexicon | None = None
    """The model's tokens; None where they are not known."""
    own: Mapping[str, OwnSampler] = field(default_factory=dict)
    """Samplers of one's own, by name."""

    @property
    def empty(self) -> bool:
        """Whether no candidate of the step was recorded."""
        return not self.step.record.ids.size

    def again(self, settings: Settings, state: ChainState | None = None) -> Replay:
        """The chain of `settings` over this step, with the state it had unless another is given."""
        step = self.step if state is None else msgspec.structs.replace(self.step, state=state)
        if settings.in_force != self.settings.in_force:
            # The verdicts in the record are another grammar's.
            record = msgspec.structs.replace(step.record, allowed_bytes=b"")
            step = msgspec.structs.replace(step, record=record)
        if self.lexicon is None:
            return replay(step, settings, self.history, self.own)
        resolved = self.lexicon.resolve(settings)
        bias = resolved.bias
        if suppressed := self._suppressed():
            bias += tuple((token, -math.inf) for token in suppressed)
        again = replay(
            step, settings, self.history, self.own, bias=bias, breakers=resolved.breakers
        )
        if resolved.doubt and again.exact:
            return replace(again, exact=False, why_not=resolved.doubt)
        return again

    def _suppressed(self) -> list[int]:
        """Tokens that the model itself bans: banned at this step, and by none of its settings."""
        names = [stage.sampler for stage in self.step.stages]
        if "logit_bias" not in names or self.lexicon is None:
            return []
        record, place = self.step.record, names.index("logit_bias")
        banned = record.ids[record.cut == place].tolist()
        asked = {token for token, _ in self.lexicon.resolve(self.settings).bias}
        return [token for token in banned if token not in asked]

    @cached_property
    def faithful(self) -> Replay | None:
        """The step once more as it was; None where that does not give what was recorded."""
        if self.empty:
            return None
        again, stages = self.again(self.settings), self.step.stages
        same = [stage.sampler for stage in stages] == [stage.sampler for stage in again.stages]
        # A stage that reached beyond the record leaves a number that a replay cannot know.
        if again.exact:
            same = same and [one.kept for one in stages] == [one.kept for one in again.stages]
        return again if same and np.array_equal(again.cut, self.step.record.cut) else None

    def recorded(self) -> "Reading":
        """The step as it was drawn."""
        step = self.step
        return Reading(
            moment=self, settings=self.settings, stages=step.stages,
            rough=(False,) * len(step.stages), cut=step.record.cut,
            p_final=step.record.p_final.astype(np.float64), draw=make_plan(self.settings).draw,
            token=step.id, exact=True, why_not="", asked=False,
        )  # fmt: skip

    def under(self, settings: Settings | None) -> "Reading":
        """The step under other settings; as it was drawn for its own, or None."""
        if settings is None or self.empty or alike(settings, self.settings):
            return replace(self.recorded(), asked_with=settings)
        again = self.again(settings)
        return Reading(
            moment=self, settings=settings, stages=again.stages, rough=again.rough, cut=again.cut,
            p_final=again.p_final, draw=again.draw, token=again.token, exact=again.exact,
            why_not=again.why_not, asked=True, replayed=again,
            asked_with=settings,
        )  # fmt: skip


def alike(one: Settings, other: Settings) -> bool:
    """Whether two settings choose alike with the same dice: all but the seed is the same."""
    return one.changed(seed=0) == other.changed(seed=0)


@dataclass(frozen=True, eq=False)
class Reading:
    """A step as it was drawn, or as other settings would have it. n = recorded candidates."""

    moment: Moment
    settings: Settings
    stages: tuple[StageTrace, ...]
    rough: tuple[bool, ...]
    """For each stage, whether its numbers are estimates."""
    cut: npt.NDArray[np.uint8]
    """Index of the stage that removed it, or `KEPT`, uint8[n]."""
    p_final: npt.NDArray[np.float64]
    """Probabilities of the draw, float64[n]."""
    draw: str
    token: int | None
    """What was taken, or what the same dice would have taken; None where that is not known."""
    exact: bool
    why_not: str
    asked: bool
    """Whether these are other settings than it was drawn with."""
    replayed: Replay | None = None
    asked_with: Settings | None = None
    """What was asked, if anything was; it may be what the step was drawn with."""

    @property
    def step(self) -> Step:
        """The recorded step."""
        return self.moment.step

    @property
    def again(self) -> Replay | None:
        """Every stage's probabilities; None where they cannot be told."""
        return self.replayed or self.moment.faithful

    @cached_property
    def place(self) -> int:
        """Where the record holds the token that was taken; -1 when it does not."""
        found = np.flatnonzero(self.step.record.ids == self.step.id)
        return int(found[0]) if found.size else -1

    @property
    def forbidden(self) -> bool:
        """Whether these settings leave the recorded token no chance."""
        return self.place >= 0 and not self.p_final[self.place] > 0.0

    def through(self, place: int) -> list[float] | None:
        """The probability of the candidate at `place` of the record after each stage."""
        again = self.again
        return None if again is None or place < 0 else again.after[:, place].tolist()

    def taken_by(self, stage: int) -> npt.NDArray[np.intp]:
        """Places in the record of the candidates that a stage removed, the likeliest first.

        The place after the last stage is the draw, which may cut too.
        """
        if stage < len(self.stages):
            return np.flatnonzero(self.cut == stage)
        left = (self.cut == KEPT) & np.isfinite(self.step.record.logits)
        return np.flatnonzero(left & ~(self.p_final > 0.0))


class Past:
    """A recorded reply, step by step."""

    def __init__(
        self, message: Message, lexicon: Lexicon | None, own: Mapping[str, OwnSampler]
    ) -> None:
        self.message = message
        self._lexicon, self._own = lexicon, own
        self._settings: dict[int, tuple[SettingsChanged | None, Settings]] = {}

    def __len__(self) -> int:
        return len(self.message.steps)

    def settings(self, i: int) -> Settings:
        """What the step at `i` was drawn with; made once for each change."""
        changes = bisect_right(self.message.changes, i, key=lambda change: change.i)
        last = self.message.changes[changes - 1] if changes else None
        known = self._settings.get(changes)
        # A reply that is taken back loses its last changes, and other ones come in their place.
        if known is None or known[0] is not last:
            known = self._settings[changes] = last, self.message.settings_at(i)
        return known[1]

    def pending(self, step: Step) -> Moment:
        """A step that waits to be the next."""
        message, i = self.message, len(self.message.steps)
        return Moment(step, message.settings_at(i), message.history(i), self._lexicon, self._own)

    def moment(self, i: int) -> Moment:
        """The step at `i`, 0-based."""
        message = self.message
        return Moment(
            message.steps[i], self.settings(i), message.history(i), self._lexicon, self._own
        )


class Sweep:
    """A whole reply under other settings, one `advance` a token, in order."""

    def __init__(self, past: Past, settings: Settings) -> None:
        self.past = past
        self.settings = settings
        self.done = 0
        """Tokens that were looked at."""
        self.marks: dict[int, Mark] = {}
        """Tokens that would not be the same, of those."""
        self.unsure = 0
        """Tokens of which it is not certain."""
        self.missing = 0
        """Tokens without a record."""
        self._state: ChainState | None = None
        """What the chain carries, from the first token on that these settings change."""
        self._followed = False
        """Whether the tokens before that were drawn with these settings."""
        self._carries = make_plan(settings).draw in ("mirostat", "adaptive_p")
        self._coins_apart = False
        """Whether XTC's coins fell elsewhere than in the recorded reply from some token on."""

    @property
    def finished(self) -> bool:
        """Whether every token there is was looked at."""
        return self.done >= len(self.past)

    @property
    def first(self) -> int | None:
        """Index of the first token that is not the same: from there on the text is another one."""
        return next(iter(self.marks), None)

    def count(self, mark: Mark) -> int:
        """How many tokens have this mark."""
        return sum(one is mark for one in self.marks.values())

    def advance(self) -> None:
        """Look at the next token."""
        moment = self.past.moment(self.done)
        mark = self._mark(moment)
        if mark is not None:
            self.marks[self.done] = mark
        self.done += 1

    def _mark(self, moment: Moment) -> Mark | None:
        step = moment.step
        if moment.empty:
            self.missing += 1
            return None
        if self._state is None and alike(self.settings, moment.settings):
            self._followed = True
            return None
        if self._carries and self._state is None:
            # Where these settings held until here, the chain has learnt what the record says.
            begun = fresh_state(step.state, self.settings)
            self._state = step.state if self._followed else begun
        again = moment.again(self.settings, self._state)
        on = any(stage.sampler == "xtc" for stage in again.stages)
        thrown = coins_thrown(again.stages)
        self.unsure += not again.exact or (self._coins_apart and on and thrown > 0)
        self._coins_apart |= thrown != coins_thrown(step.stages)
        found = np.flatnonzero(step.record.ids == step.id)
        p = float(again.p_final[found[0]]) if found.size else 0.0
        if self._carries and self._state is not None:
            self._state = next_state(self._state, self.settings, step, again)
        if found.size and not p > 0.0:
            # One that a person took against the samplers was impossible before these settings too.
            return None if step.by_hand and not step.p_final > 0.0 else Mark.FORBIDDEN
        # A token taken by hand was no matter of dice.
        return None if again.token == step.id or step.by_hand else Mark.DIFFERENT


def coins_thrown(stages: Sequence[StageTrace]) -> int:
    """How many of XTC's coins a step takes: none for a lone candidate, one where XTC is off."""
    before = [2, *(stage.kept for stage in stages)]
    seen = [kept for kept, stage in zip(before, stages, strict=False) if stage.sampler == "xtc"]
    return sum(kept > 1 for kept in seen) if seen else 1


def fresh_state(state: ChainState, settings: Settings) -> ChainState:
    """The state of a chain of `settings` before its first token."""
    decay = min(max(settings.adaptive_decay, 0.0), 0.99)
    sums = adaptive_start(max(settings.adaptive_target, 0.0), decay)
    draws = {**state.draws, "mirostat": 0, "adaptive_p": 0}
    return ChainState(draws, 2.0 * settings.mirostat_tau, sums)


def next_state(state: ChainState, settings: Settings, step: Step, again: Replay) -> ChainState:
    """What the chain has learnt from the recorded token: as if it had been taken by hand."""
    found = np.flatnonzero(step.record.ids == step.id)
    p = float(again.p_final[found[0]]) if found.size else 0.0
    if again.draw == "mirostat":
        bits = -math.log2(p if p > 0.0 else max(step.p_raw, 1e-300))
        mu = mirostat_update(
            state.mirostat_mu, bits, tau=settings.mirostat_tau, eta=settings.mirostat_eta
        )
        return ChainState(state.draws, mu, state.adaptive)
    before = 0.0
    if found.size:
        before = float(again.after[-1][found[0]]) if len(again.after) else step.p_raw
    decay = min(max(settings.adaptive_decay, 0.0), 0.99)
    return ChainState(
        state.draws, state.mirostat_mu, adaptive_update(state.adaptive, before, decay=decay)
    )
