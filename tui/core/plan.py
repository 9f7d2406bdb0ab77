"""Which stages of the chain run, in which order, and why the others do not.

The one place that decides this. The chain builds what the plan lists as active, the panel greys the
rest with the reason given here, and a trace names its stages from it. Follows
`common_sampler_init` of llama.cpp: bias first, draw last, mirostat replaces what lies between.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from tui.core.number import plain_number
from tui.core.samplers import PARAMS, STAGES, Kind
from tui.core.settings import DEFAULTS, Settings

if TYPE_CHECKING:  # what a function of one's own needs is not needed to plan
    from tui.core.own_sampler import OwnSampler


class Planned(msgspec.Struct, frozen=True):
    """One stage of a plan."""

    name: str
    active: bool
    reason: str
    """Why it has no effect; empty when active."""


class Plan(msgspec.Struct, frozen=True):
    """The chain that a settings value asks for."""

    stages: tuple[Planned, ...]
    """In order, without the draw; a name may stand twice."""
    draw: str
    """`dist`, `greedy`, `mirostat` or `adaptive_p`."""

    @property
    def active(self) -> tuple[str, ...]:
        """Names of the stages that run, in order, without the draw."""
        return tuple(stage.name for stage in self.stages if stage.active)

    @property
    def names(self) -> tuple[str, ...]:
        """The active stages and the draw: `samplers` of a trace's first line."""
        return (*self.active, self.draw)


OFF: Final = "off"
_OWN: Final = "custom:"
_DRAWS: Final = ("adaptive_p", "greedy")


def neutral_reason(name: str, s: Settings) -> str:
    """Why the stage does nothing at these values; empty when it may do something."""
    match name:
        case "logit_bias":
            by_text = s.logit_bias_text or s.logit_bias_variants
            return "" if s.logit_bias or by_text or s.ignore_eos else "no bias set"
        case "penalties":
            if s.repeat_last_n == 0:
                return "the window is 0 tokens"
            flat = s.repeat_penalty == 1.0 and not s.frequency_penalty and not s.presence_penalty
            return "neutral" if flat else ""
        case "dry":
            if s.dry_multiplier == 0.0:
                return "neutral"
            if s.dry_penalty_last_n == 0:
                return "the window is 0 tokens"
            return "base below 1" if s.dry_base < 1.0 else ""
        case "top_n_sigma":
            return "neutral" if s.top_n_sigma <= 0.0 else ""
        case "top_k":
            return "neutral" if s.top_k <= 0 else ""
        case "tfs_z":
            return "neutral" if s.tfs_z >= 1.0 else ""
        case "typ_p":
            return "neutral" if s.typical_p >= 1.0 else ""
        case "top_p":
            return "neutral" if s.top_p >= 1.0 else ""
        case "min_p":
            return "neutral" if s.min_p <= 0.0 else ""
        case "xtc":
            if s.xtc_probability <= 0.0:
                return "neutral"
            return "threshold above 0.5" if s.xtc_threshold > 0.5 else ""
        case "temperature":
            return "neutral" if s.temperature == 1.0 and s.dynatemp_range <= 0.0 else ""
        case _:
            return ""


def make_plan(settings: Settings, own: "Mapping[str, OwnSampler] | None" = None) -> Plan:
    """The chain for `settings`.

    Args:
        settings: what to run.
        own: samplers of one's own, by name: one with neutral values is no part of the chain. One
            that is not among them counts as active.

    >>> make_plan(Settings()).names
    ('top_k', 'top_p', 'min_p', 'temperature', 'dist')
    """
    stages = [_planned("logit_bias", settings, "", own)]
    if settings.mirostat:
        order = dict.fromkeys([*settings.samplers, "temperature"])
        stages += [
            _planned(
                name, settings, "" if name == "temperature" else "mirostat replaces the chain", own
            )
            for name in order
            if name not in _DRAWS
        ]
        return Plan(tuple(stages), "mirostat")
    stages += [
        _planned(name, settings, "", own) for name in settings.samplers if name not in _DRAWS
    ]
    named = [name for name in _DRAWS if name in settings.samplers and name not in settings.off]
    return Plan(tuple(stages), named[0] if named else "dist")


def _planned(
    name: str, settings: Settings, replaced: str, own: "Mapping[str, OwnSampler] | None"
) -> Planned:
    reason = OFF if name in settings.off else replaced or neutral_reason(name, settings)
    sampler = own.get(name.removeprefix(_OWN)) if own and name.startswith(_OWN) else None
    if not reason and sampler and sampler.is_neutral(sampler.values(settings.custom)):
        reason = "neutral"
    return Planned(name, not reason, reason)


def ignored(s: Settings, own: "Mapping[str, OwnSampler] | None" = None) -> tuple[str, ...]:
    """What the settings ask for and other settings keep from having an effect, a line each.

    Args:
        s: the settings.
        own: samplers of one's own, by name.

    >>> ignored(Settings(mirostat=2))
    ('mirostat 2 replaces the chain: no effect of top-k, top-p, min-p',)
    """
    notes: list[str] = []
    if s.mirostat:
        chain = make_plan(s.changed(mirostat=0))
        names = [name for name in chain.names if name not in ("logit_bias", "temperature", "dist")]
        labels = list(dict.fromkeys(STAGES[n].label if n in STAGES else n for n in names))
        if s.adaptive_target >= 0.0 and chain.draw != "adaptive_p":
            labels.append(STAGES["adaptive_p"].label)
        if s.dynatemp_range > 0.0 and "temperature" in chain.active:
            labels.append("dynamic temperature")
        if labels:
            notes.append(
                f"mirostat {s.mirostat} replaces the chain: no effect of {', '.join(labels)}"
            )
        return tuple(notes)
    draw = make_plan(s).draw
    if draw == "adaptive_p" and "greedy" in s.samplers and "greedy" not in s.off:
        notes.append("adaptive-p takes the token: no effect of greedy")
    if draw != "adaptive_p" and s.adaptive_target >= 0.0:
        notes.append("adaptive-p is not in the chain: no effect of its target")
    notes += _left_out(s, own)
    if s.dry_multiplier > 0.0 and s.dry_base < 1.0 and "dry" in s.samplers and "dry" not in s.off:
        notes.append(f"DRY's base {s.dry_base:g} is below 1: no effect of DRY")
    wanted = s.xtc_probability > 0.0 and "xtc" in s.samplers and "xtc" not in s.off
    if wanted and s.xtc_threshold > 0.5:
        notes.append(f"XTC's threshold {s.xtc_threshold:g} is above 0.5: no effect of XTC")
    return tuple(notes)


def _left_out(s: Settings, own: "Mapping[str, OwnSampler] | None") -> list[str]:
    """What was given a value of its own although its stage does not stand in the chain."""
    notes = []
    for name, stage in STAGES.items():
        if stage.kind not in (Kind.CUT, Kind.RESHAPE) or name in s.samplers or name in s.off:
            continue
        given = [key for key in stage.params if getattr(s, key) != getattr(DEFAULTS, key)]
        if given and not neutral_reason(name, s):
            labels = [PARAMS[key].label for key in given]
            theirs = "" if labels == [stage.label] else f" of its {', '.join(labels)}"
            notes.append(f"{stage.label} is not in the chain: no effect{theirs}")
    for name, values in s.custom.items():
        if {_OWN + name} & {*s.samplers, *s.off} or not values:
            continue
        sampler = own.get(name) if own else None
        if not sampler or not sampler.is_neutral(sampler.values(s.custom)):
            notes.append(f"{_OWN}{name} is not in the chain: no effect of its {', '.join(values)}")
    for name in dict.fromkeys(name for name in s.samplers if name not in s.off):
        sampler = own.get(name.removeprefix(_OWN)) if own and name.startswith(_OWN) else None
        if sampler and sampler.name not in s.custom and sampler.is_neutral(sampler.values({})):
            keys = ", ".join(parameter.name for parameter in sampler.parameters)
            notes.append(f"{name} is neutral by default: no effect until its {keys} is set")
    return notes


def chain_line(settings: Settings, own: "Mapping[str, OwnSampler] | None" = None) -> str:
    """The chain as one line that can be copied; a grammar looks at what was drawn.

    >>> chain_line(Settings(seed=42))
    'logits → top-k 40 → top-p 0.95 → min-p 0.05 → temperature 0.8 → dist 42'
    """
    parts = ["logits"]
    for name in make_plan(settings, own).names:
        stage = STAGES.get(name)
        values = [plain_number(getattr(settings, key)) for key in stage.params
                  if key != "dry_sequence_breakers"] if stage else []  # fmt: skip
        if name == "temperature" and (settings.dynatemp_range <= 0 or settings.mirostat):
            values = values[:1]
        given = settings.custom.get(name.removeprefix(_OWN), {}) if name.startswith(_OWN) else {}
        values += [f"{key} {plain_number(value)}" for key, value in given.items()]
        parts.append(" ".join([stage.label if stage else name, *values]))
    if any(settings.in_force):
        parts.append("grammar")
    return " → ".join(parts)
