"""Stages and parameters as the panel sees them: the built-in table, and samplers of one's own.

Keeps true: built-in and own parameters are read, checked and set in one way; an own parameter's key
is `custom:NAME.PARAMETER`. Loads no files: own samplers are handed in.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tui.core.errors import Problem
from tui.core.own_sampler import PREFIX, OwnSampler
from tui.core.samplers import PARAMS, STAGES, Param, Stage
from tui.core.settings import DEFAULTS, Settings, check_value
from tui.core.text import one_line


class SamplerTable:
    """Every stage and parameter that a row may be about."""

    def __init__(self, own: Mapping[str, OwnSampler] | None = None) -> None:
        self.own: Mapping[str, OwnSampler] = own or {}
        self.stages: dict[str, Stage] = dict(STAGES)
        self.params: dict[str, Param] = dict(PARAMS)
        for sampler in self.own.values():
            stage = sampler.as_stage()
            keys = tuple(f"{stage.name}.{key}" for key in stage.params)
            for key, parameter in zip(keys, sampler.parameters, strict=True):
                param = parameter.as_param()
                self.params[key] = msgspec.structs.replace(
                    param, key=key, label=one_line(param.label, 40), help=one_line(param.help)
                )
            self.stages[stage.name] = msgspec.structs.replace(
                stage, params=keys, label=one_line(stage.label, 40), help=one_line(stage.help)
            )

    def label(self, stage: str) -> str:
        """A stage's name for people, also of one that is not known."""
        known = self.stages.get(stage)
        return known.label if known else one_line(stage.removeprefix(PREFIX), 40)

    def is_neutral(self, settings: Settings, stage: str) -> bool:
        """Whether an own stage does nothing at these values; built-in ones are the plan's matter."""
        sampler = self.own.get(stage.removeprefix(PREFIX)) if stage.startswith(PREFIX) else None
        return sampler is not None and sampler.is_neutral(sampler.values(settings.custom))

    def value(self, settings: Settings, key: str) -> Any:
        """The value of a parameter."""
        if not key.startswith(PREFIX):
            return getattr(settings, key)
        name, _, parameter = key.removeprefix(PREFIX).partition(".")
        return self.own[name].values(settings.custom)[parameter]

    def default(self, key: str) -> Any:
        """The value that a parameter has before anyone sets it."""
        return self.params[key].default if key.startswith(PREFIX) else getattr(DEFAULTS, key)

    def put(self, settings: Settings, values: Mapping[str, Any]) -> Settings:
        """`settings` with these parameters set; the values must have been checked."""
        fields: dict[str, Any] = {}
        custom = {name: dict(given) for name, given in settings.custom.items()}
        for key, value in values.items():
            if key.startswith(PREFIX):
                name, _, parameter = key.removeprefix(PREFIX).partition(".")
                custom.setdefault(name, {})[parameter] = value
            else:
                fields[key] = value
        return settings.changed(**fields, custom=custom)

    def check(self, key: str, value: float) -> Problem | None:
        """Whether a parameter may have this value; None when it may."""
        if not key.startswith(PREFIX):
            return check_value(key, value)
        name, _, label = key.removeprefix(PREFIX).partition(".")
        found = next(p for p in self.own[name].parameters if p.name == label)
        return found.check(value)

    def main_keys(self, stage: str) -> tuple[str, ...]:
        """The parameters whose neutral values make a stage do nothing: its first, and the numbers
        beside it that act on their own (a window's length does not)."""
        known = self.stages.get(stage)
        return tuple(
            key
            for i, key in enumerate(known.params if known else ())
            if self.params[key].neutral is not None and (i == 0 or self.params[key].kind == "float")
        )
