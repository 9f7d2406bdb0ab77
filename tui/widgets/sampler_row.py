"""The rows of the sampler panel, as values: which there are, what they show, what they change.

Keeps true: the rows stand in the order in which the stages run, and a row without effect has the
plan's reason. Draws nothing and changes nothing.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from tui.core.plan import make_plan
from tui.core.samplers import PARAMS, STAGES
from tui.core.settings import PRESETS, Settings
from tui.core.text import one_line
from tui.widgets.sampler_edit import draw_of, main_keys, preset_of, show

NEUTRAL: Final = "neutral"
"""The plan's reason of a stage that its values leave without effect."""

EDITED: Final = "edited"
"""Stands for the edited settings among the presets."""


class RowKind(StrEnum):
    """What a row is."""

    PRESETS = "presets"
    """The heading, with the preset's name."""
    PRESET = "preset"
    """One preset that can be chosen."""
    STAGE = "stage"
    PARAM = "param"
    DRAW = "draw"
    """Which draw stands last."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the panel."""

    kind: RowKind
    label: str
    value: str = ""
    stage: str = ""
    """The stage it belongs to; for `PRESET` the preset's id."""
    key: str = ""
    """The parameter that the row changes; empty where there is none."""
    place: int = -1
    """Index in `Settings.samplers`; -1 for a stage that is pinned."""
    depth: int = 0
    amount: float | None = None
    """Where the value stands on its slider, 0..1; None without a slider."""
    rest: float | None = None
    """Where the neutral value stands."""
    reason: str = ""
    """Why the row has no effect; empty when it may have one."""
    opened: bool | None = None
    """Whether its sub-rows are shown (they then show its values); None when it has none."""

    @property
    def ident(self) -> tuple[str, str, str, int]:
        """What stays the same while values change."""
        return (self.kind, self.stage, self.key if self.depth else "", self.place)


def make_rows(
    settings: Settings, opened: Mapping[str, bool], *, kept: Settings | None = None
) -> list[Row]:
    """Every row, top to bottom.

    `opened` holds what was opened or closed by hand, by stage (`presets` for the heading); a stage
    that acts through something else than its first value is open until it is closed. `kept` are the
    edited settings that a preset took the place of, and that can be chosen again.
    """
    equal = preset_of(settings)
    rows = [_presets_row(equal, opened)]
    if rows[0].opened:
        rows += [
            Row(kind=RowKind.PRESET, label=label, stage=name, depth=1,
                value="chosen" if name == equal else "")
            for name, (label, _) in PRESETS.items()
        ]  # fmt: skip
        if kept is not None:
            rows.append(Row(kind=RowKind.PRESET, label=EDITED, stage=EDITED, depth=1,
                            value="as before"))  # fmt: skip
    reasons = {planned.name: planned.reason for planned in make_plan(settings).stages}
    rows += _stage_rows(settings, "logit_bias", -1, reasons["logit_bias"], opened)
    for place, name in enumerate(settings.samplers):
        if name in reasons:
            rows += _stage_rows(settings, name, place, reasons[name], opened)
    for name in reasons.keys() - {"logit_bias", *settings.samplers}:
        rows += _stage_rows(settings, name, -1, reasons[name], opened)
    return rows + _last_rows(settings, opened)


def _presets_row(equal: str | None, opened: Mapping[str, bool]) -> Row:
    label = PRESETS[equal][0] if equal else EDITED
    return Row(kind=RowKind.PRESETS, label="Samplers", value=label, stage="presets",
               opened=opened.get("presets", False))  # fmt: skip


def _last_rows(settings: Settings, opened: Mapping[str, bool]) -> list[Row]:
    draw = draw_of(settings)
    aims = draw == "adaptive_p" and not settings.mirostat
    shown = opened.get("draw", True) if aims else None
    rows = [Row(kind=RowKind.DRAW, label="draw", stage="draw", value=STAGES[draw].label,
                reason="mirostat draws" if settings.mirostat else "", opened=shown)]  # fmt: skip
    if shown:
        rows += _param_rows(settings, "adaptive_p", "")
    rows += _stage_rows(settings, "mirostat", -1, "" if settings.mirostat else NEUTRAL, opened)
    greedy = draw == "greedy" and not settings.mirostat
    rows.append(_param_row(settings, "dist", "seed", "greedy draws nothing" if greedy else "", 0))
    rows.append(_param_row(settings, "", "min_keep", "" if settings.min_keep else NEUTRAL, 0))
    return rows


def _stage_rows(
    settings: Settings, name: str, place: int, reason: str, opened: Mapping[str, bool]
) -> list[Row]:
    stage = STAGES.get(name)
    if stage is None or not stage.params:
        label = stage.label if stage else one_line(name.removeprefix("custom:"), 40)
        bias = len(settings.logit_bias) + len(settings.logit_bias_text) + settings.ignore_eos
        value = f"{bias} set" if name == "logit_bias" and bias else ""
        return [Row(kind=RowKind.STAGE, label=label, stage=name, place=place, value=value,
                    reason=reason)]  # fmt: skip
    shown: bool | None = None
    if len(stage.params) > 1:
        beside = any(getattr(settings, key) != PARAMS[key].neutral for key in main_keys(name)[1:])
        mirostat = name == "mirostat" and bool(settings.mirostat)
        shown = opened.get(name, beside or mirostat)
    main = _param_row(settings, name, stage.params[0], reason, 0)
    row = msgspec.structs.replace(
        main, kind=RowKind.STAGE, label=stage.label, place=place, opened=shown
    )
    if shown:
        row = msgspec.structs.replace(row, value="", amount=None, rest=None)
    return [row, *(_param_rows(settings, name, reason) if shown else [])]


def _param_rows(settings: Settings, stage: str, reason: str) -> list[Row]:
    rows = []
    for key in STAGES[stage].params:
        alone = PARAMS[key].neutral is None
        why = "no effect" if alone and reason == NEUTRAL else reason if reason != NEUTRAL else ""
        neutral = not alone and getattr(settings, key) == PARAMS[key].neutral
        rows.append(_param_row(settings, stage, key, why or (NEUTRAL if neutral else ""), 1))
    return rows


def _param_row(settings: Settings, stage: str, key: str, reason: str, depth: int) -> Row:
    param = PARAMS[key]
    value = getattr(settings, key)
    slides = param.kind in ("int", "float") and key != "seed"
    return Row(
        kind=RowKind.PARAM,
        label=param.label,
        value=show(key, value),
        stage=stage,
        key=key,
        depth=depth,
        amount=_fraction(key, value) if slides else None,
        rest=_fraction(key, param.neutral) if slides and param.neutral is not None else None,
        reason=reason,
    )


def _fraction(key: str, value: float | int | str) -> float:
    param = PARAMS[key]
    return min(max((float(value) - param.low) / (param.high - param.low), 0.0), 1.0)
