"""The sampler panel's drawing: which rows are in sight, the cursor, the foot, and where a pointer is.

Keeps true: the current row is in sight, and only lines in sight are drawn. Changes no settings.
"""

from collections.abc import Mapping
from pathlib import PurePath
from typing import ClassVar, Final

import msgspec
from rich.style import Style
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.core.binding import KeyNames
from tui.core.errors import Problem
from tui.core.number import plain_number
from tui.core.own_sampler import PREFIX, OwnSampler
from tui.core.plan import chain_line
from tui.core.settings import DEFAULTS, Settings
from tui.core.text import one_line
from tui.widgets.candidate_cell import Part, strip_of, wrap
from tui.widgets.sampler_edit import grammar_of, origin, show
from tui.widgets.sampler_entry import Entry
from tui.widgets.sampler_line import Columns, Edit, Look, line_of
from tui.widgets.sampler_row import (
    ABSENT,
    NEUTRAL,
    Row,
    RowKind,
    SamplerRows,
    differing,
    fraction_of,
)
from tui.widgets.sampler_table import SamplerTable

_FOOT: Final = 2
"""Lines below the rows: help for the current one, or the chain."""

_PARTS: Final = ("heading", "label", "value", "dim", "marker", "track", "fill", "knob", "edit",
                 "caret", "problem")  # fmt: skip


class SamplerView(Widget, can_focus=True):
    """Draws settings as rows."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"sampler--{name}" for name in (*_PARTS, "cursor")}
    DEFAULT_CSS = """
    SamplerView {
        height: 1fr;
    }
    SamplerView > .sampler--heading { text-style: bold; }
    SamplerView > .sampler--dim { color: $text-muted; }
    SamplerView > .sampler--marker { color: $accent; text-style: bold; }
    SamplerView > .sampler--track { color: $foreground 30%; }
    SamplerView > .sampler--fill { color: $foreground 70%; }
    SamplerView > .sampler--edit { text-style: underline; }
    SamplerView > .sampler--caret { text-style: reverse; }
    SamplerView > .sampler--problem { color: $text-error; }
    SamplerView > .sampler--cursor { background: $foreground 8%; }
    SamplerView:ansi > .sampler--dim { text-style: dim; }
    SamplerView:ansi > .sampler--track { text-style: dim; }
    """

    settings: reactive[Settings] = reactive(DEFAULTS)
    """What the rows show."""
    sources: reactive[Mapping[str, str]] = reactive(dict)
    """Where the values come from, by key; a missing key is llama.cpp's."""
    own: reactive[Mapping[str, OwnSampler]] = reactive(dict)
    """Samplers of one's own, by name."""
    faults: reactive[Mapping[str, Problem]] = reactive(dict)
    """What went wrong in a stage, by its name in `Settings.samplers`; shown on its row."""
    base: reactive[Settings | None] = reactive(None)
    """What a past token was drawn with, while the settings are a copy to try on it; else None."""

    def __init__(
        self,
        settings: Settings = DEFAULTS,
        *,
        ascii_only: bool = False,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.keys = KeyNames()
        self._ascii_only = ascii_only
        self._opened: dict[str, bool] = {}
        self._kept: Settings | None = None
        self._cursor = 0
        self._top = 0
        self._pointed = -1
        self._footed = False
        self._entry: Entry | None = None
        self._message = ""
        self._looks: dict[str, Style] = {}
        self._cursor_looks: dict[str, Style] = {}
        self._table = SamplerTable()
        self._rows: list[Row] = SamplerRows(self._table, settings, self._opened).make()
        self.set_reactive(SamplerView.settings, settings)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows as they stand, top to bottom."""
        return tuple(self._rows)

    @property
    def current(self) -> Row:
        """The row under the cursor."""
        return self._rows[self._cursor]

    @property
    def typed(self) -> str | None:
        """What is being typed on the current row; None when nothing is."""
        return self._entry.typed if self._entry else None

    @property
    def message(self) -> str:
        """What is wrong, in words; empty when nothing is."""
        return self._message

    def watch_settings(self) -> None:
        """Draw the rows anew, and stay on the row that the cursor was on."""
        self._rebuild()

    def watch_own(self, own: Mapping[str, OwnSampler]) -> None:
        """Give samplers of one's own their rows."""
        self._table = SamplerTable(own)
        self._rebuild()

    def watch_faults(self) -> None:
        """Draw the faults."""
        self.refresh()

    def watch_sources(self) -> None:
        """Draw the sources."""
        self._rebuild()

    def watch_base(self) -> None:
        """Draw what differs."""
        self._rebuild()

    @property
    def _copied(self) -> str:
        """How the copy differs, for the heading; empty where the settings are the live ones."""
        if self.base is None:
            return ""
        count = len(self.base.difference(self.settings))
        return f"{count} changed" if count else "as it was drawn"

    def _rebuild(self) -> None:
        before, ident = len(self._rows), self.current.ident
        rows = SamplerRows(self._table, self.settings, self._opened)
        name = origin(self.settings, self.sources)
        self._rows = rows.make(origin=name, kept=self._kept is not None, what_if=self._copied)
        same = [i for i, row in enumerate(self._rows) if row.ident == ident] or [
            i for i, row in enumerate(self._rows) if row.ident[:3] == ident[:3]
        ]
        if same:
            self._cursor = min(same, key=lambda i: abs(i - self._cursor))
        elif self._entry is not None:
            self._entry = None
        self._go(self._cursor)
        if before != len(self._rows) and self.styles.is_auto_height:
            self.refresh(layout=True)

    def _go(self, index: int) -> None:
        """Put the cursor on a row, and the row in sight."""
        self._cursor = min(max(index, 0), len(self._rows) - 1)
        shown = self._shown
        lowest = max(0, len(self._rows) - shown)
        self._top = min(max(self._top, self._cursor - shown + 1), self._cursor, lowest)
        self.refresh()

    @property
    def _foot(self) -> int:
        """Lines of the foot; where the rows need them it is there only with the focus."""
        if self.size.height < 8:
            return 0
        return _FOOT if self._footed or len(self._rows) + _FOOT <= self.size.height else 0

    def on_focus(self) -> None:
        """Make room for help, after a press that brought the focus has found its row."""
        self.call_after_refresh(self._set_foot)

    def _set_foot(self) -> None:
        self._footed = self.has_focus
        self._go(self._cursor)

    @property
    def _shown(self) -> int:
        """Rows that have a line."""
        return max(1, self.size.height - self._foot)

    @property
    def _columns(self) -> Columns:
        return Columns.of(self.size.width)

    def _row_at(self, y: int) -> int | None:
        """Index of the row on line `y`, or None."""
        index = self._top + y
        return index if 0 <= y < self._shown and index < len(self._rows) else None

    def on_resize(self) -> None:
        """Keep the current row in sight."""
        self._go(self._cursor)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Every row and the foot."""
        return len(self._rows) + _FOOT

    def notify_style_update(self) -> None:
        """Forget the looked-up styles."""
        super().notify_style_update()
        self._looks.clear()

    # --- drawing ----------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line: a row, or the foot."""
        if not self._looks:
            found = {name: self.get_component_rich_style(f"sampler--{name}") for name in _PARTS}
            ground = Style(bgcolor=self.get_component_rich_style("sampler--cursor").bgcolor)
            self._looks = {"": self.rich_style, **found}
            self._cursor_looks = {name: style + ground for name, style in self._looks.items()}
        width = self.size.width
        index = self._row_at(y)
        if index is None:
            return strip_of(self._foot_line(y - self._shown), width, self._looks)
        look = self._look(index)
        looks = self._cursor_looks if look.current else self._looks
        return strip_of(self._edges(index, look, width), width, looks)

    def _edges(self, index: int, look: Look, width: int) -> list[Part]:
        """The row, with a sign in its margin where rows lie out of sight."""
        parts = line_of(self._rows[index], width, self._columns, look)
        above = index == self._top > 0
        below = index == self._top + self._shown - 1 < len(self._rows) - 1
        if (above or below) and not look.current:
            sign = ("^" if above else "v") if self._ascii_only else ("↑" if above else "↓")
            parts[0] = (sign + parts[0][0][1:], "dim")
        return parts

    def _look(self, index: int) -> Look:
        row = self._rows[index]
        here = index == self._cursor
        entry = self._entry if here else None
        return Look(
            current=here and self.has_focus,
            pointed=index == self._pointed,
            edit=Edit(entry.typed, entry.cursor, self._range(row)) if entry else None,
            message=(self._message if here else "") or self._fault(row),
            source=self._source(row) if row.value else "",
            differs=self.base is not None and self._differs(row),
            was=self._was_at(row),
            ascii_only=self._ascii_only,
        )

    def _differs(self, row: Row) -> bool:
        return self.base is not None and differing(self._table, self.settings, self.base, row)

    def _was_at(self, row: Row) -> float | None:
        if self.base is None or not self._differs(row):
            return None
        return fraction_of(self._table, self.base, row)

    def _was(self, row: Row) -> str:
        """What a row's value was when the token was drawn; empty where it is the same."""
        if self.base is None or not row.key or not self._differs(row):
            return ""
        return f"was {show(self._table.params[row.key], self._table.value(self.base, row.key))}"

    def _source(self, row: Row) -> str:
        """Where a row's value comes from; empty for llama.cpp's. In a copy: what it was."""
        if self.base is not None:
            return self._was(row)
        key = "custom" if row.key.startswith(PREFIX) else row.key
        return one_line(self.sources.get(key, ""), 40)

    def _fault(self, row: Row) -> str:
        """What went wrong in the stage of a row; empty when nothing did, and on sub-rows.

        The file's name and line come first: a whole path would fill a narrow row.
        """
        problem = None if row.depth else self.faults.get(row.stage)
        if problem and problem.path:
            name = PurePath(problem.path).name
            problem = msgspec.structs.replace(problem, path=name, key="")
        return one_line(str(problem), 400) if problem else ""

    def _range(self, row: Row) -> str:
        if not row.key:
            return ""
        param = self._table.params[row.key]
        if param.minimum is None or param.maximum is None:
            return ""
        return f"{plain_number(param.minimum)} to {plain_number(param.maximum)}"

    def _foot_line(self, line: int) -> list[Part]:
        if not 0 <= line < self._foot:
            return []
        room = self.size.width - 4
        wrong = (self._message or self._fault(self.current)) if self.has_focus else ""
        text = (wrong or self._help()) if self.has_focus else self._at_rest()
        lines = wrap(one_line(text, 400), room, self._foot, ascii_only=self._ascii_only)
        style = "problem" if wrong else "dim"
        return [("  ", ""), (lines[line], style)] if line < len(lines) else []

    def _at_rest(self) -> str:
        if self.base is None:
            return chain_line(self.settings, self.own)
        if self.base.difference(self.settings):
            take, drop = self.keys("whatif.take"), self.keys("whatif.drop")
            return f"{take} makes these the settings, {drop} throws them away"
        return "change a value to see what it would have done here"

    def _help(self) -> str:
        row = self.current
        less, more, enter = map(self.keys, ("sampler.less", "sampler.more", "sampler.type"))
        if self.base is not None and row.kind is RowKind.PRESETS:
            return self._at_rest()
        if row.kind is RowKind.PRESETS:
            return f"{less} and {more} walk the presets, {enter} lists them"
        if row.kind is RowKind.PRESET:
            return f"{enter} takes this preset"
        if row.kind is RowKind.DRAW:
            return f"what takes the token; {less} and {more} choose"
        if row.stage == "grammar":
            text = grammar_of(self.settings) or f"what a reply must obey; {enter} types one"
        elif row.key:
            text = self._table.params[row.key].help
        else:
            stage = self._table.stages.get(row.stage)
            text = stage.help if stage else "a sampler of one's own that was not found"
        parts = ["" if row.reason == NEUTRAL else row.reason, text]
        if row.reason == ABSENT:
            parts[0] = f"{ABSENT}, {self.keys('sampler.switch')} puts it there"
        if source := self._source(row):
            parts.append(source if self.base is not None else f"from {source}")
        return " · ".join(part for part in parts if part)
