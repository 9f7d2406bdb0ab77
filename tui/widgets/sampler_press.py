"""What a press on a row does: new settings, or why there are none, in words.

Keeps true: a press that cannot do anything says so and changes nothing. Presets are the panel's
matter; what happens to a number is `sampler_edit`'s.
"""

from tui.core.errors import Problem
from tui.core.settings import Settings
from tui.widgets import sampler_edit as edit
from tui.widgets.sampler_entry import LONGEST
from tui.widgets.sampler_row import Row, RowKind
from tui.widgets.sampler_table import SamplerTable

Result = Settings | str
"""The settings after a press, or why it does nothing."""


def change(table: SamplerTable, settings: Settings, row: Row, presses: int, enter: str) -> Result:
    """Move the row's value by steps; walk the draws. `enter` is the key that types, for people."""
    if row.kind is RowKind.DRAW:
        return edit.next_draw(settings, 1 if presses > 0 else -1)
    if row.stage == "grammar":
        return f"{row.label} is typed: press {enter}"
    if not row.key:
        return f"{row.label} has no value"
    if table.params[row.key].kind == "texts":
        return f"{row.label} are typed: press {enter}"
    return edit.nudge(table, settings, row.key, presses)


def begin(table: SamplerTable, settings: Settings, row: Row, refused: str) -> tuple[str, str]:
    """What the line holds when typing begins, and what is to be said of it.

    Args:
        table: of the panel.
        settings: that are shown.
        row: typed on.
        refused: the grammar that was typed last and could not be used; empty = none.
    """
    if row.stage == "grammar":
        if refused and needs_lines(refused):
            return "", "what was refused is too long for a line: mend it and paste it again"
        if refused:
            return refused, "this was refused; an arrow key leads into it"
        text = edit.grammar_of(settings)
        if needs_lines(text):
            return "", "it is too long for a line: what is typed or pasted takes its place"
        return text, ""
    value = table.value(settings, row.key)
    return edit.show_texts(value) if isinstance(value, tuple) else f"{value:.10g}", ""


def needs_lines(text: str) -> bool:
    """Whether a text does not go into the line on which values are typed."""
    return len(text) > LONGEST or not text.isprintable()


def typed(table: SamplerTable, settings: Settings, row: Row, text: str) -> Settings | Problem:
    """Take what was typed on the row; a `Problem` says what is wrong, and nothing has changed."""
    if row.stage == "grammar":
        return edit.type_grammar(settings, text)
    return edit.type_value(table, settings, row.key, text)


def switch(settings: Settings, row: Row, mode: int) -> Result:
    """Switch the row's stage off or on; `mode` is the mirostat to come back to."""
    if row.stage == "mirostat":
        return settings.changed(mirostat=0 if settings.mirostat else mode)
    if row.stage in ("draw", "adaptive_p"):
        return edit.next_draw(settings, 1)
    if row.key in ("seed", "min_keep"):
        return f"{row.label} cannot be switched off"
    if row.stage == "grammar" and not edit.grammar_of(settings):
        return "no grammar is set"
    return edit.switch(settings, row.stage)


def neutral(table: SamplerTable, settings: Settings, row: Row) -> Result:
    """Set the row to the values that do nothing."""
    if row.stage == "logit_bias":
        return settings.changed(
            logit_bias=(), logit_bias_text=(), logit_bias_variants=(), ignore_eos=False
        )
    if row.stage == "grammar":
        return settings.changed(grammar="", json_schema="")
    keys = table.main_keys(row.stage) if row.kind is RowKind.STAGE else (row.key,)
    if not any(key and table.params[key].neutral is not None for key in keys):
        return f"{row.label} has no neutral value"
    return edit.make_neutral(table, settings, keys)


def default(table: SamplerTable, settings: Settings, row: Row) -> Result:
    """Set the row to llama.cpp's values, and switch its stage on."""
    if row.stage == "grammar":
        return neutral(table, settings, row)
    if row.kind is RowKind.STAGE:
        stage = table.stages.get(row.stage)
        return edit.make_default(table, settings, stage.params if stage else (), row.stage)
    if not row.key:
        return f"{row.label} has no default"
    return edit.make_default(table, settings, (row.key,))
