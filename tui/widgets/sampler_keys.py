"""The sampler panel under the keys: what a press changes, and typing on a row.

Keeps true: the panel changes its `settings` only to values that the tables allow, and says every
change with one `Changed`; a typed value with a problem stays on its row until it is put right or
left with Esc. What a press does to settings is in `sampler_press` and `sampler_edit`.
"""

from collections.abc import Mapping
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding
from textual.message import Message

from tui.core.errors import Problem
from tui.core.plan import chain_line
from tui.core.settings import DEFAULTS, PRESETS, Settings
from tui.core.text import one_line
from tui.widgets import sampler_edit as edit
from tui.widgets import sampler_press as press
from tui.widgets.keys import names_of
from tui.widgets.sampler_edit import EDITED, HAND
from tui.widgets.sampler_entry import LONGEST, Entry
from tui.widgets.sampler_row import RowKind
from tui.widgets.sampler_view import SamplerView

SAMPLER_BINDINGS: Final = (
    Binding("up,k", "step(-1)", "row up", id="sampler.up", show=False),
    Binding("down,j", "step(1)", "row down", id="sampler.down", show=False),
    Binding("home", "step(-1000)", "first row", id="sampler.first", show=False),
    Binding("end", "step(1000)", "last row", id="sampler.last", show=False),
    Binding("pageup", "step(-10)", "ten rows up", id="sampler.page_up", show=False),
    Binding("pagedown", "step(10)", "ten rows down", id="sampler.page_down", show=False),
    Binding("left,h,minus", "change(-1)", "less", id="sampler.less"),
    Binding("right,l,plus,equals_sign", "change(1)", "more", id="sampler.more"),
    Binding("H,shift+left", "change(-10)", "ten times less", id="sampler.much_less", show=False),
    Binding("L,shift+right", "change(10)", "ten times more", id="sampler.much_more", show=False),
    Binding("enter", "enter", "type a value", id="sampler.type"),
    Binding("space", "switch", "on or off", id="sampler.switch"),
    Binding("o", "open", "open or close", id="sampler.open"),
    Binding("n", "neutral", "neutral", id="sampler.neutral"),
    Binding("d", "default", "llama.cpp's value", id="sampler.default"),
    Binding("K,shift+up", "move(-1)", "stage up", id="sampler.move_up", show=False),
    Binding("J,shift+down", "move(1)", "stage down", id="sampler.move_down", show=False),
    Binding("y", "copy_chain", "copy the chain", id="sampler.copy_chain", show=False),
)
"""Every key of the panel."""

FULL: Final = f"the line is full: it holds {LONGEST} characters; paste a grammar that is longer"


class SamplerKeys(SamplerView):
    """The panel, as far as keys change it."""

    BINDINGS: ClassVar = list(SAMPLER_BINDINGS)

    class Changed(Message):
        """The settings were changed here."""

        def __init__(self, panel: "SamplerKeys", settings: Settings) -> None:
            super().__init__()
            self.panel = panel
            self.settings = settings
            self.tried = panel.base is not None
            """Whether it is a copy that was changed, not the settings in force."""

        @property
        def control(self) -> "SamplerKeys":
            """The panel."""
            return self.panel

    class PresetChosen(Message):
        """A built-in preset was chosen; the panel shows it already, and `Changed` follows."""

        def __init__(self, preset: str) -> None:
            super().__init__()
            self.preset = preset

    class ChainCopied(Message):
        """The chain as one line is wanted on the clipboard."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self,
        settings: Settings = DEFAULTS,
        *,
        ascii_only: bool = False,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(settings, ascii_only=ascii_only, id=id, classes=classes)
        self.keys = names_of(SAMPLER_BINDINGS)
        self._mode = settings.mirostat or 2
        self._refused = ""
        """A grammar that was typed and came back: what typing begins with."""
        self._sent: list[Settings] = []
        self._by_hand = False
        self._kept_apart: Settings | None = None
        """`_kept` of the live settings while a copy is shown, and the other way round."""

    # --- what changes -----------------------------------------------------------------------------

    def validate_settings(self, settings: Settings) -> Settings:
        """Let no late answer to an earlier change undo a later one.

        Whoever hears `Changed` hands the settings back; meanwhile a held key has moved on.
        """
        if self._by_hand or not self._sent:
            return settings
        if settings != self._sent[-1] and settings in self._sent:
            return self.settings
        self._sent.clear()
        return settings

    def show_live(self, settings: Settings, sources: Mapping[str, str]) -> None:
        """Show and change the settings in force."""
        self._turn(settings, None)
        self.sources = sources

    def show_copy(self, settings: Settings, base: Settings) -> None:
        """Show and change a copy, to be tried on a token that was drawn with `base`."""
        self._turn(settings, base)

    def _turn(self, settings: Settings, base: Settings | None) -> None:
        if (base is None) != (self.base is None):
            self._sent.clear()
            self._kept, self._kept_apart = self._kept_apart, self._kept
            self._message = ""
        self.base = base
        self.settings = settings

    def _change(self, settings: Settings) -> None:
        """Take `settings` and say so, when they differ from what is shown."""
        self._message = ""
        if settings == self.settings:
            self.refresh()
            return
        self._mode = settings.mirostat or self.settings.mirostat or self._mode
        mine = dict.fromkeys(self.settings.difference(settings), HAND)
        self.set_reactive(SamplerView.sources, {**self.sources, **mine})
        if self.current.depth and self.current.stage:
            self._opened.setdefault(self.current.stage, True)
        self._by_hand = True
        self.settings = settings
        self._by_hand = False
        self._sent.append(settings)
        self.post_message(self.Changed(self, settings))

    def _do(self, result: press.Result) -> None:
        """Take what a press made of the settings, or say why it made nothing."""
        if isinstance(result, str):
            self._say(result)
        else:
            self._change(result)

    def _say(self, message: str) -> None:
        self._message = message
        self.refresh()

    def give_back(self, grammar: str, why: str) -> None:
        """Keep a grammar that cannot be used for whoever types on, and say why."""
        self._refused = grammar
        self._say(why)

    def choose_preset(self, name: str) -> None:
        """Take a built-in preset, or the edited settings (`edited`) that one took the place of."""
        if edit.preset_of(self.settings) is None:
            self._kept = self.settings
        if name == EDITED:
            self._change(self._kept or self.settings)
            return
        settings = edit.apply_preset(self.settings, name)
        if settings != self.settings:
            self.post_message(self.PresetChosen(name))
        self._change(settings)

    # --- keys -------------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Move the cursor by rows."""
        self._message = ""
        self._go(self._cursor + by)

    def action_change(self, presses: int) -> None:
        """Change the current row's value by steps; walk the presets or the draws."""
        if self.current.kind is RowKind.PRESETS:
            equal = edit.preset_of(self.settings)
            names = [*PRESETS, *([EDITED] if self._kept or equal is None else [])]
            by = 1 if presses > 0 else -1
            self.choose_preset(names[(names.index(equal or EDITED) + by) % len(names)])
        elif self.current.kind is not RowKind.PRESET:
            enter = self.keys("sampler.type")
            self._do(press.change(self._table, self.settings, self.current, presses, enter))

    def action_enter(self) -> None:
        """Type a value; choose a preset or a draw."""
        row = self.current
        if row.kind is RowKind.PRESETS:
            self.action_open()
        elif row.kind is RowKind.PRESET:
            self.choose_preset(row.stage)
        elif row.kind is RowKind.DRAW:
            self._change(edit.next_draw(self.settings, 1))
        elif row.key or row.stage == "grammar":
            text, told = press.begin(self._table, self.settings, row, self._refused)
            self._entry = Entry(text)
            self._say(told)
        elif row.stage == "logit_bias":
            lift = self.keys("sampler.neutral")
            self._say(
                f"set on a candidate in the inspector, or with --logit-bias; {lift} lifts them"
            )

    def action_switch(self) -> None:
        """Switch the current stage off, or on again with the values that it had."""
        if self.current.kind is RowKind.PRESET:
            self.choose_preset(self.current.stage)
        elif self.current.kind is not RowKind.PRESETS:
            self._do(press.switch(self.settings, self.current, self._mode))

    def action_open(self) -> None:
        """Show or hide the sub-rows of the current row's stage."""
        row = self.current
        owner = row
        if row.depth:
            owner = next(r for r in self._rows[self._cursor :: -1] if not r.depth)
        if owner.opened is None:
            return
        self._opened[owner.stage] = not owner.opened
        self._cursor = self._rows.index(owner)
        self._rebuild()

    def action_neutral(self) -> None:
        """Set the current row to the values that do nothing."""
        if self.current.kind in (RowKind.PRESETS, RowKind.PRESET):
            self.choose_preset("neutral")
        else:
            self._do(press.neutral(self._table, self.settings, self.current))

    def action_default(self) -> None:
        """Set the current row to llama.cpp's values."""
        if self.current.kind in (RowKind.PRESETS, RowKind.PRESET):
            self.choose_preset("default")
        else:
            self._do(press.default(self._table, self.settings, self.current))

    def action_move(self, by: int) -> None:
        """Move the current stage in the order."""
        row = self.current
        if row.place < 0:
            self._say("move the stage, not its value" if row.depth else "this row has its place")
            return
        settings, place = edit.move(self.settings, row.place, by)
        self._change(settings)
        found = (i for i, r in enumerate(self._rows) if r.place == place and not r.depth)
        self._go(next(found, self._cursor))

    def action_copy_chain(self) -> None:
        """Ask for the chain, as one line, on the clipboard."""
        self.post_message(self.ChainCopied(chain_line(self.settings, self.own)))

    def on_key(self, event: events.Key) -> None:
        """Typing: a digit begins it, Enter takes it, Esc leaves it; it comes before any binding."""
        if self._entry is None:
            if self.current.key and event.character and event.character.isdecimal():
                self._entry = Entry("")
                self._entry.insert(event.character)
                self._say("")
                event.stop()
            return
        if event.key == "enter":
            self._take()
        elif event.key == "escape":
            self._entry = None
            self._message = ""
        elif event.key in ("up", "down"):
            if self._take():
                self.action_step(-1 if event.key == "up" else 1)
        elif event.is_printable and event.character:
            self._insert(event.character)
        elif not self._entry.press(event.key):
            return
        else:
            self._message = ""
        event.stop()
        self.refresh()

    def on_paste(self, event: events.Paste) -> None:
        """Paste into the value that is being typed; what no line holds takes its place at once."""
        if self._entry is None:
            return
        event.stop()
        self._say("")
        if self.current.stage == "grammar" and press.needs_lines(event.text):
            self._take(event.text)
        else:
            self._insert(one_line(event.text, LONGEST + 1))

    def on_blur(self) -> None:
        """Take what was typed when it can be taken; otherwise it stays, with the message."""
        if self._entry is not None:
            self._take()
        self._set_foot()

    def _insert(self, text: str) -> None:
        assert self._entry is not None
        self._entry.insert(text)
        self._message = FULL if self._entry.full else ""

    def _take(self, pasted: str = "") -> bool:
        entry = self._entry
        assert entry is not None
        if entry.full:
            self._message = FULL
            return False
        result: Settings | Problem = self.settings
        if pasted or not entry.fresh:
            result = press.typed(self._table, self.settings, self.current, pasted or entry.typed)
        if isinstance(result, Problem):
            self._message = one_line(": ".join(filter(None, (result.message, result.suggestion))))
            return False
        self._entry, self._message = None, ""
        if self.current.stage == "grammar":
            self._refused = ""
        self._change(result)
        return True
