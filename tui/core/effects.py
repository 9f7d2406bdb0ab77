"""What each stage did to a reply: how often it removed anything, how much, and what it changed.

Keeps true: counts are of recorded steps; whether a stage changed the outcome is asked by leaving it
out of the chain and drawing with the same dice. The text before a token stays what was said. One
step at a time, so that a long reply can be looked at in slices.
"""

from dataclasses import dataclass, field

import numpy as np

from tui.core.number import plain_number
from tui.core.own_sampler import PREFIX
from tui.core.plan import make_plan
from tui.core.samplers import STAGES, Kind
from tui.core.settings import Settings
from tui.core.text import one_line
from tui.core.whatif import Moment, Past


def stage_label(name: str) -> str:
    """A stage's name for people."""
    stage = STAGES.get(name)
    return stage.label if stage else one_line(name.removeprefix(PREFIX), 40)


def stage_words(name: str, settings: Settings) -> str:
    """A stage with its first value: `top-k 40`."""
    stage = STAGES.get(name)
    if stage is None or not stage.params or name in ("dist", "mirostat"):
        return f"mirostat {settings.mirostat}" if name == "mirostat" else stage_label(name)
    return f"{stage.label} {plain_number(getattr(settings, stage.params[0]))}"


@dataclass
class Effect:
    """One stage over a reply."""

    name: str
    nth: int
    """Which one of its name, 0-based."""
    words: str
    """With its value; without where it had several."""
    steps: int = 0
    """Tokens at which it ran."""
    removed: int = 0
    """Tokens at which it removed anything."""
    mass: float = 0.0
    """Sum of the `p_raw` it removed, over the tokens at which it ran."""
    moved: int = 0
    """Tokens at which it removed a candidate or changed a probability."""
    outcomes: list[int] = field(default_factory=list)
    """Tokens, 0-based, where the same dice without it would have taken another token."""
    unsure: int = 0
    """Tokens of which that cannot be told for certain."""

    @property
    def mean_mass(self) -> float:
        """Mean share of `p_raw` that it removed, 0..1."""
        return self.mass / self.steps if self.steps else 0.0

    @property
    def placebo(self) -> bool:
        """Whether it did nothing at all."""
        return not self.moved

    @property
    def verdict(self) -> str:
        """In words."""
        kind = STAGES[self.name].kind if self.name in STAGES else None
        if self.placebo:
            what = "removed" if kind is Kind.CUT else "changed"
            return f"never {what} anything here: a placebo"
        count = len(self.outcomes)
        if not count:
            rest = (
                f", as far as the record tells ({self.unsure} not certain)" if self.unsure else ""
            )
            return f"without it every token is the same{rest}"
        rest = f", {self.unsure} more not certain" if self.unsure else ""
        return f"without it {count} token{'s' if count > 1 else ''} would differ{rest}"


class Effects:
    """The stages of a reply, one `advance` a token."""

    def __init__(self, past: Past) -> None:
        self.past = past
        self.done = 0
        """Tokens that were looked at."""
        self.missing = 0
        """Tokens without a record."""
        self._found: dict[tuple[str, int], Effect] = {}

    @property
    def finished(self) -> bool:
        """Whether every token there is was looked at."""
        return self.done >= len(self.past)

    @property
    def rows(self) -> list[Effect]:
        """One for each stage, in the order in which they ran."""
        return list(self._found.values())

    def advance(self) -> None:
        """Look at the next token."""
        moment = self.past.moment(self.done)
        self.done += 1
        if moment.empty:
            self.missing += 1
            return
        mass, seen = 1.0, dict[str, int]()
        for stage in moment.step.stages:
            nth = seen.get(stage.sampler, 0)
            seen[stage.sampler] = nth + 1
            effect = self._effect(stage.sampler, nth, moment.settings)
            effect.steps += 1
            lost = max(0.0, mass - stage.mass)
            mass = stage.mass
            if moved := stage.changed:
                effect.moved += 1
            place = sum(seen.values()) - 1
            if (moment.step.record.cut == place).any() or lost > 1e-9:
                effect.removed += 1
                effect.mass += lost
            self._ask(effect, moment, moved=moved)
        self._draw(moment)

    def _effect(self, name: str, nth: int, settings: Settings) -> Effect:
        words = stage_words(name, settings)
        effect = self._found.setdefault((name, nth), Effect(name, nth, words))
        if effect.words != words:
            effect.words = f"{stage_label(name)}, several values"
        return effect

    def _draw(self, moment: Moment) -> None:
        """A draw that aims at something is a stage of its own; `dist` is what it is held against."""
        draw = make_plan(moment.settings).draw
        if draw == "dist":
            return
        effect = self._effect(draw, 0, moment.settings)
        effect.steps += 1
        record = moment.step.record
        gone = (record.p_final == 0.0) & (record.cut == 255) & np.isfinite(record.logits)
        if draw == "mirostat" and gone.any():
            effect.removed += 1
            effect.mass += float(record.p_raw[gone].sum())
        effect.moved += 1
        self._ask(effect, moment, moved=True)

    def _ask(self, effect: Effect, moment: Moment, *, moved: bool) -> None:
        """Whether another token is taken without the stage."""
        step = moment.step
        if not moved or step.by_hand or effect.name == "grammar":
            return
        if moment.faithful is None:
            effect.unsure += 1
            return
        other = moment.again(without(moment.settings, effect.name, effect.nth))
        if not other.exact:
            effect.unsure += 1
        elif other.token != step.id:
            effect.outcomes.append(self.done - 1)


def without(settings: Settings, name: str, nth: int = 0) -> Settings:
    """The chain with one of its stages left out; a draw that aims at something gives way to `dist`.

    >>> without(Settings(), "top_k").off
    ('top_k',)
    """
    if name == "mirostat":
        named = ("temperature",) if "temperature" not in settings.off else ()
        return settings.changed(mirostat=0, samplers=named)
    order = settings.samplers
    if order.count(name) > 1:
        place = [i for i, other in enumerate(order) if other == name][nth]
        return settings.changed(samplers=order[:place] + order[place + 1 :])
    return settings.changed(off=(*settings.off, name))
