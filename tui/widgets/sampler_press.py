"""What a press on a row does: new settings, or why there are none, in words.

Keeps true: a press that cannot do anything says so and changes nothing. Presets are the panel's
matter; what happens to a number is `sampler_edit`'s.
"""

from tui.core.settings import Settings
from tui.widgets import sampler_edit as edit
from tui.widgets.sampler_row import Row, RowKind
from tui.widgets.sampler_table import SamplerTable

Result = Settings | str
"""The settings after a press, or why it does nothing."""


def change(table: SamplerTable, settings: Settings, row: Row, presses: int, enter: str) -> Result:
    """Move the row's value by steps; walk the draws. `enter` is the key that types, for people."""
    if row.kind is RowKind.DRAW:
        return edit.next_draw(settings, 1 if presses > 0 else -1)
    if not row.key:
        return f"{row.label} has no value"
    if table.params[row.key].kind == "texts":
        return f"{row.label} are typed: press {enter}"
    return edit.nudge(table, settings, row.key, presses)


def switch(settings: Settings, row: Row, mode: int) -> Result:
    """Switch the row's stage off or on; `mode` is the mirostat to come back to."""
    if row.stage == "mirostat":
        return settings.changed(mirostat=0 if settings.mirostat else mode)
    if row.stage in ("draw", "adaptive_p"):
        return edit.next_draw(settings, 1)
    if row.key in ("seed", "min_keep"):
        return f"{row.label} cannot be switched off"
    return edit.switch(settings, row.stage)


def neutral(table: SamplerTable, settings: Settings, row: Row) -> Result:
    """Set the row to the values that do nothing."""
    if row.stage == "logit_bias":
        return settings.changed(
            logit_bias=(), logit_bias_text=(), logit_bias_variants=(), ignore_eos=False
        )
    keys = table.main_keys(row.stage) if row.kind is RowKind.STAGE else (row.key,)
    if not any(key and table.params[key].neutral is not None for key in keys):
        return f"{row.label} has no neutral value"
    return edit.make_neutral(table, settings, keys)


def default(table: SamplerTable, settings: Settings, row: Row) -> Result:
    """Set the row to llama.cpp's values, and switch its stage on."""
    if row.kind is RowKind.STAGE:
        stage = table.stages.get(row.stage)
        return edit.make_default(table, settings, stage.params if stage else (), row.stage)
    if not row.key:
        return f"{row.label} has no default"
    return edit.make_default(table, settings, (row.key,))
