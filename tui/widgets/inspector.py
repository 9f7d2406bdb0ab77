"""The inspector: what could have been said in place of one token, and what each stage did.

Keeps true: everything shown is read from the step's record, so it needs no engine; showing another
step stores it and asks for a repaint, and only lines in sight are made. Draws the candidates
(`candidate_table`), the stages (`stage_table`) and where they stand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.core.model import Vocabulary
from tui.core.own_sampler import OwnSampler
from tui.core.settings import DEFAULTS, Settings
from tui.core.step import Step
from tui.widgets.candidate_cell import Part, fit, strip_of, wrap
from tui.widgets.candidate_table import (
    CandidateColumns,
    CandidateTable,
    heading,
    line_of,
    others_line,
)
from tui.widgets.stage_table import stage_lines, stage_summary

INSPECTOR_BINDINGS: Final = (
    Binding("up,k", "step(-1)", "candidate up", id="inspector.up", show=False),
    Binding("down,j", "step(1)", "candidate down", id="inspector.down", show=False),
    Binding("pageup", "page(-1)", "page up", id="inspector.page_up", show=False),
    Binding("pagedown", "page(1)", "page down", id="inspector.page_down", show=False),
    Binding("home", "step(-1000000)", "first candidate", id="inspector.first", show=False),
    Binding("end", "step(1000000)", "last candidate", id="inspector.last", show=False),
    Binding("s", "sort", "order by raw or final", id="inspector.sort"),
)
"""Every key of the inspector."""

_PARTS: Final = ("heading", "value", "chosen", "dim", "marker", "bar", "cut")
_FEWEST: Final = 5
"""Candidate lines that the stages must leave."""
_AMPLE: Final = 8
"""Candidate lines from which on there is room for two lines of words."""


@dataclass(frozen=True)
class _Layout:
    """Which line shows what."""

    header: list[list[Part]]
    candidates: int
    """First line of the candidates."""
    count: int
    """Lines for candidates."""
    gap: int
    """Lines between the candidates and the stages, for the current candidate in words."""
    stages: list[list[Part]]

    @property
    def others(self) -> int:
        return self.candidates + self.count


class Inspector(Widget, can_focus=True):
    """Shows one step."""

    BINDINGS: ClassVar = list(INSPECTOR_BINDINGS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"inspector--{name}" for name in (*_PARTS, "cursor")}
    DEFAULT_CSS = """
    Inspector {
        height: 1fr;
    }
    Inspector > .inspector--heading { text-style: bold; }
    Inspector > .inspector--chosen { text-style: bold; }
    Inspector > .inspector--dim { color: $text-muted; }
    Inspector > .inspector--marker { color: $accent; text-style: bold; }
    Inspector > .inspector--bar { color: $warning; }
    Inspector > .inspector--cut { color: $warning 40%; }
    Inspector > .inspector--cursor { background: $foreground 8%; }
    Inspector:ansi > .inspector--dim { text-style: dim; }
    """

    compact: reactive[bool] = reactive(False)
    """Four lines: the header and three candidates, the chosen among them."""

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._ascii_only = ascii_only
        self._table: CandidateTable | None = None
        self._position: tuple[int, int] | None = None
        self._settings = DEFAULTS
        self._history: Sequence[int] = ()
        self._own: Mapping[str, OwnSampler] = {}
        self._vocabulary: Vocabulary | None = None
        self._by_final = False
        self._cursor = 0
        self._top = 0
        self._layout: _Layout | None = None
        self._looks: dict[str, Style] = {}
        self._cursor_looks: dict[str, Style] = {}

    @property
    def step(self) -> Step | None:
        """The step that is shown."""
        return None if self._table is None else self._table.step

    def show(
        self,
        step: Step | None,
        vocabulary: Vocabulary | None,
        *,
        position: tuple[int, int] | None,
        settings: Settings,
        history: Sequence[int] = (),
        own: Mapping[str, OwnSampler] = {},
    ) -> None:
        """Show another step, or with None the empty place.

        Args:
            step: What to show.
            vocabulary: The model's tokens; None shows ids.
            position: 1-based number of the token in its reply, and how many the reply has.
            settings: Those the step was drawn with.
            history: Every token id before it, prompt included; reasons by penalties need it.
            own: Samplers of one's own, by name; reasons after them need them.
        """
        self._vocabulary = vocabulary
        self._position = position
        self._settings = settings
        self._history = history
        self._own = own
        if step is not self.step:
            self._cursor = self._top = 0
        self._read(step)

    def _read(self, step: Step | None) -> None:
        self._table = None
        if step is not None:
            self._table = CandidateTable(
                step,
                self._vocabulary,
                settings=self._settings,
                history=self._history,
                own=self._own,
                by_final=self._by_final,
            )
        self._layout = None
        self.refresh()

    def watch_compact(self) -> None:
        """Draw the other form."""
        self._cursor = self._top = 0
        self._layout = None
        self.refresh(layout=True)

    def on_resize(self) -> None:
        """Lay out anew, with the cursor in sight."""
        self._layout = None
        self._go(self._cursor)

    def notify_style_update(self) -> None:
        """Forget the looked-up styles."""
        super().notify_style_update()
        self._looks.clear()

    # --- keys -------------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Move the cursor by candidates."""
        self._go(self._cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by as many candidates as are in sight."""
        self._go(self._cursor + by * max(1, self._laid_out().count - 1))

    def action_sort(self) -> None:
        """Order by final in place of raw probability, or back."""
        self._by_final = not self._by_final
        self._cursor = self._top = 0
        self._read(self.step)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A press moves the cursor."""
        offset = event.get_content_offset(self)
        line = None if offset is None else self._line_at(offset.y)
        if line is not None:
            self._go(line)

    def on_mouse_scroll_down(self) -> None:
        """Wheel: further down the candidates."""
        self._go(self._cursor + 1)

    def on_mouse_scroll_up(self) -> None:
        """Wheel: further up."""
        self._go(self._cursor - 1)

    def _go(self, line: int) -> None:
        """Put the cursor on a line, and the line in sight."""
        table, count = self._table, max(1, self._laid_out().count)
        if table is None:
            return
        self._cursor = min(max(line, 0), max(0, len(table) - 1))
        self._top = max(0, min(self._top, self._cursor, len(table) - count))
        pinned = table.chosen > self._cursor and count > 1
        if self._cursor not in table.in_sight(self._top, count):
            self._top = max(0, self._cursor - count + 1 + pinned)
        self.refresh()

    # --- drawing ----------------------------------------------------------------------------------

    def _laid_out(self) -> _Layout:
        if self._layout is None:
            self._layout = self._lay_out()
        return self._layout

    def _lay_out(self) -> _Layout:
        width, height = self.size
        table = self._table
        if table is None:
            return _Layout([], 0, 0, 0, [])
        header = self._header(table.step, width)
        if self.compact:
            return _Layout(header[:1], 1, max(0, min(3, height - 1)), 0, [])
        first = len(header) + 1
        room = height - first - 1
        stages = stage_lines(table.step, width, ascii_only=self._ascii_only)
        if room - len(stages) - 1 < _FEWEST:
            stages = stage_summary(table.step, width, 2, ascii_only=self._ascii_only)
        if room - len(stages) - 1 < 2:
            stages = []
        gap = 0 if not stages else 2 if room - len(stages) - 2 >= _AMPLE else 1
        count = max(0, min(room - len(stages) - gap, len(table)))
        return _Layout(header, first, count, gap, stages)

    def _header(self, step: Step, width: int) -> list[list[Part]]:
        """Which token, how likely, how sure the model was: on as few lines as it takes."""
        assert self._table is not None
        quotes = "<>" if self._ascii_only else "‹›"
        token = self._table.chosen_text(ascii_only=self._ascii_only)
        token = fit(token, min(cell_len(token), 22), ascii_only=self._ascii_only)
        place = f"Token {self._position[0]} of {self._position[1]}" if self._position else "Token"
        pieces: list[Part] = [
            (place, "heading"),
            (quotes[0] + token + quotes[1], "chosen"),
            (f"rank {step.rank}", "value"),
            (f"entropy {step.entropy_bits:.2f} bit exact", "value"),
            ("no draw" if step.u is None else f"u {step.u:.3f}", "value"),
        ]
        if step.by_hand:
            pieces.append(("taken by hand", "value"))
        if step.resampled:
            pieces.append(("drawn again for the grammar", "value"))
        lines: list[list[Part]] = []
        used = width
        for text, tone in pieces:
            if lines and used + 2 + cell_len(text) <= width:
                lines[-1] += [("  ", ""), (text, tone)]
            else:
                lines.append([("  ", ""), (text, tone)])
                used = 0
            used += 2 + cell_len(text)
        return lines

    def _empty(self) -> list[list[Part]]:
        text = (
            "Nothing to look at yet. Send a message; each token of the reply then shows here what "
            "else the model could have said. The arrow keys in the conversation walk the tokens."
        )
        room = max(10, self.size.width - 2)
        lines = wrap(text, room, max(1, self.size.height), ascii_only=self._ascii_only)
        return [[("  ", ""), (line, "dim")] for line in lines]

    def render_line(self, y: int) -> Strip:
        """One line of the inspector."""
        if not self._looks:
            found = {name: self.get_component_rich_style(f"inspector--{name}") for name in _PARTS}
            ground = Style(bgcolor=self.get_component_rich_style("inspector--cursor").bgcolor)
            self._looks = {"": self.rich_style, **found}
            self._cursor_looks = {name: style + ground for name, style in self._looks.items()}
        line = self._line_at(y)
        current = self.has_focus and line is not None and line == self._cursor
        looks = self._cursor_looks if current else self._looks
        return strip_of(self._parts(y, line, current), self.size.width, looks)

    def _line_at(self, y: int) -> int | None:
        """The candidate line on row `y`, or None."""
        layout = self._laid_out()
        if self._table is None or not layout.candidates <= y < layout.others:
            return None
        lines = self._table.in_sight(self._top, layout.count)
        at = y - layout.candidates
        return lines[at] if at < len(lines) else None

    def _parts(self, y: int, line: int | None, current: bool) -> list[Part]:
        layout, table = self._laid_out(), self._table
        if table is None:
            empty = self._empty()
            return empty[y] if y < len(empty) else []
        if y < len(layout.header):
            return layout.header[y]
        columns = CandidateColumns.of(self.size.width, headed=not self.compact)
        plain = self._ascii_only
        if y < layout.candidates:
            return heading(columns, by_final=self._by_final, ascii_only=plain)
        if y < layout.others:
            if line is None:
                return []
            return line_of(table, line, columns, current=current, ascii_only=plain)
        if self.compact:
            return []
        if y == layout.others:
            return others_line(table, table.in_sight(self._top, layout.count), columns)
        below = y - layout.others - 1
        if below < layout.gap:
            return self._detail(table, below, layout.gap)
        below -= layout.gap
        return layout.stages[below] if below < len(layout.stages) else []

    def _detail(self, table: CandidateTable, below: int, gap: int) -> list[Part]:
        """The current candidate in words, on the lines of the gap; the reason alone where it is tight."""
        if not self.has_focus or self._cursor >= len(table):
            return []
        name, why = table.detail(self._cursor, ascii_only=self._ascii_only)
        room = self.size.width - 2
        text = f"{name} {why}" if cell_len(f"{name} {why}") <= gap * room else why
        lines = wrap(text, room, gap, ascii_only=self._ascii_only)
        return [("  ", ""), (lines[below], "value")] if below < len(lines) else []
