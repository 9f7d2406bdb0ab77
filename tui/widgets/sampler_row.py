"""The rows of the sampler panel, as values: which there are, what they show, what they change.

Keeps true: the rows stand in the order in which the stages run, and a row without effect has the
plan's reason. Draws nothing and changes nothing.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from tui.core.own_sampler import PREFIX
from tui.core.plan import OFF, make_plan
from tui.core.samplers import DEFAULT_ORDER, STAGES, Param
from tui.core.settings import PRESETS, Settings
from tui.widgets.sampler_edit import EDITED, draw_of, preset_of, show
from tui.widgets.sampler_table import SamplerTable

NEUTRAL: Final = "neutral"
"""The plan's reason of a stage that its values leave without effect."""

ABSENT: Final = "not in the chain"
"""Reason of a stage that the order does not name."""


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


class SamplerRows:
    """Makes the rows of a panel."""

    def __init__(self, table: SamplerTable, settings: Settings, opened: Mapping[str, bool]) -> None:
        """`opened` is what was opened or closed by hand, by stage (`presets` for the heading); a
        stage that acts through something else than its first value is open until it is closed."""
        self._table = table
        self._settings = settings
        self._opened = opened

    def make(self, *, origin: str = EDITED, kept: bool = False, what_if: str = "") -> list[Row]:
        """Every row, top to bottom.

        `origin` is the heading of settings that equal no preset. With `kept` there are edited
        settings that a preset took the place of, to choose again. `what_if` says in the heading
        that these settings are a copy, and how it differs.
        """
        settings = self._settings
        rows = self._preset_rows(origin, kept, what_if)
        reasons = {planned.name: planned.reason for planned in make_plan(settings).stages}
        rows += self._stage_rows("logit_bias", -1, reasons["logit_bias"])
        for place, name in enumerate(settings.samplers):
            if name in reasons:
                rows += self._stage_rows(name, place, reasons[name])
        for name in (*DEFAULT_ORDER, *(PREFIX + own for own in self._table.own)):
            if name not in settings.samplers:
                rows += self._stage_rows(name, -1, reasons.get(name, ABSENT))
        return rows + self._last_rows()

    def _preset_rows(self, origin: str, kept: bool, what_if: str) -> list[Row]:
        equal = preset_of(self._settings)
        shown = self._opened.get("presets", False)
        named = PRESETS[equal][0] if equal else origin
        label = "What if" if what_if else "Samplers"
        rows = [Row(kind=RowKind.PRESETS, label=label, stage="presets", opened=shown,
                    value=what_if or named)]  # fmt: skip
        if not shown:
            return rows
        for name, (label, _) in PRESETS.items():
            rows.append(Row(kind=RowKind.PRESET, label=label, stage=name, depth=1,
                            value="chosen" if name == equal else ""))  # fmt: skip
        if kept:
            rows.append(Row(kind=RowKind.PRESET, label=EDITED, stage=EDITED, depth=1,
                            value="as before"))  # fmt: skip
        return rows

    def _last_rows(self) -> list[Row]:
        settings, draw = self._settings, draw_of(self._settings)
        aims = draw == "adaptive_p" and not settings.mirostat
        shown = self._opened.get("draw", True) if aims else None
        rows = [Row(kind=RowKind.DRAW, label="draw", stage="draw", value=STAGES[draw].label,
                    reason="mirostat draws" if settings.mirostat else "", opened=shown)]  # fmt: skip
        if shown:
            rows += self._param_rows("adaptive_p", "")
        rows.append(self._grammar_row())
        rows += self._stage_rows("mirostat", -1, "" if settings.mirostat else NEUTRAL)
        greedy = draw == "greedy" and not settings.mirostat
        rows.append(self._param_row("dist", "seed", "greedy draws nothing" if greedy else "", 0))
        rows.append(self._param_row("", "min_keep", "" if settings.min_keep else NEUTRAL, 0))
        return rows

    def _grammar_row(self) -> Row:
        settings = self._settings
        value = "JSON schema" if settings.json_schema else "GBNF" if settings.grammar else ""
        reason = (OFF if "grammar" in settings.off else "") if value else NEUTRAL
        return Row(kind=RowKind.STAGE, label="grammar", stage="grammar", value=value, reason=reason)

    def _stage_rows(self, name: str, place: int, reason: str) -> list[Row]:
        table, settings = self._table, self._settings
        stage = table.stages.get(name)
        if not reason and table.is_neutral(settings, name):
            reason = NEUTRAL
        if stage is None or not stage.params:
            by_text = (*settings.logit_bias_text, *settings.logit_bias_variants)
            bias = len(settings.logit_bias) + len(by_text)
            said = (f"{bias} set" if bias else "", "end off" if settings.ignore_eos else "")
            value = ", ".join(filter(None, said)) if name == "logit_bias" else ""
            if stage is None and not reason:
                reason = "no such sampler here"
            return [Row(kind=RowKind.STAGE, label=table.label(name), stage=name, place=place,
                        value=value, reason=reason)]  # fmt: skip
        shown: bool | None = None
        if len(stage.params) > 1:
            shown = self._opened.get(name, self._acts_beside(name))
        main = self._param_row(name, stage.params[0], reason, 0)
        row = msgspec.structs.replace(
            main, kind=RowKind.STAGE, label=stage.label, place=place, opened=shown
        )
        if shown:
            row = msgspec.structs.replace(row, value="", amount=None, rest=None)
        return [row, *(self._param_rows(name, reason) if shown else [])]

    def _acts_beside(self, name: str) -> bool:
        """Whether a stage does something through another value than its first."""
        if name == "mirostat":
            return bool(self._settings.mirostat)
        table = self._table
        return any(
            table.value(self._settings, key) != table.params[key].neutral
            for key in table.main_keys(name)[1:]
        )

    def _param_rows(self, stage: str, reason: str) -> list[Row]:
        rows = []
        for key in self._table.stages[stage].params:
            param = self._table.params[key]
            alone = param.neutral is None
            why = "no effect" if alone else ""
            if reason != NEUTRAL:
                why = reason
            neutral = not alone and self._table.value(self._settings, key) == param.neutral
            rows.append(self._param_row(stage, key, why or (NEUTRAL if neutral else ""), 1))
        return rows

    def _param_row(self, stage: str, key: str, reason: str, depth: int) -> Row:
        param = self._table.params[key]
        value = self._table.value(self._settings, key)
        slides = param.kind in ("int", "float") and key != "seed"
        rests = slides and param.neutral is not None
        return Row(
            kind=RowKind.PARAM,
            label=param.label,
            value=show(param, value),
            stage=stage,
            key=key,
            depth=depth,
            amount=_fraction(param, value) if slides else None,
            rest=_fraction(param, param.neutral) if rests else None,
            reason=reason,
        )


def differing(table: SamplerTable, settings: Settings, base: Settings, row: Row) -> bool:
    """Whether a row shows something else than it would with `base`."""
    if row.kind in (RowKind.PRESETS, RowKind.PRESET):
        return False
    if row.kind is RowKind.DRAW:
        return draw_of(settings) != draw_of(base)
    if row.stage and not row.depth and (row.stage in settings.off) != (row.stage in base.off):
        return True
    if row.stage == "logit_bias":
        names = ("logit_bias", "logit_bias_text", "logit_bias_variants", "ignore_eos")
        return any(getattr(settings, name) != getattr(base, name) for name in names)
    if row.stage == "grammar":
        return settings.in_force != base.in_force
    if row.place >= 0 and (
        row.place >= len(base.samplers) or base.samplers[row.place] != row.stage
    ):
        return True
    keys: tuple[str, ...] = (row.key,) if row.depth or row.kind is RowKind.PARAM else ()
    stage = table.stages.get(row.stage)
    if not keys and stage is not None:
        keys = stage.params
    return any(table.value(settings, key) != table.value(base, key) for key in keys if key)


def fraction_of(table: SamplerTable, settings: Settings, row: Row) -> float | None:
    """Where a row's value stands on its slider in these settings; None without a slider."""
    if row.amount is None or not row.key:
        return None
    return _fraction(table.params[row.key], table.value(settings, row.key))


def _fraction(param: Param, value: float | int | str | None) -> float:
    at = (float(value or 0.0) - param.low) / ((param.high - param.low) or 1.0)
    return min(max(at, 0.0), 1.0)
