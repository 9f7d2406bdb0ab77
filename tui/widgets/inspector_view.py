"""The inspector's drawing: which line shows what, and where a pointer is.

Keeps true: everything shown is read from the step's record, so it needs no engine; showing another
step stores it and asks for a repaint, and only lines in sight are made. The candidates are
`candidate_table` and `candidate_line`, the stages `stage_table`, their curves `curve_chart`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.core.bias import bias_words, text_bias, token_bias
from tui.core.binding import KeyNames
from tui.core.curve import course_of, curve_of
from tui.core.model import Vocabulary
from tui.core.step import Step
from tui.core.whatif import Reading
from tui.widgets.candidate_cell import Part, strip_of, wrap
from tui.widgets.candidate_line import CandidateColumns, Shown, heading, line_of, others_line
from tui.widgets.candidate_table import CandidateTable
from tui.widgets.curve_chart import chart, course_lines
from tui.widgets.inspector_header import header_lines
from tui.widgets.stage_table import stage_summary, taken_words, waterfall

_PARTS: Final = ("heading", "value", "chosen", "dim", "marker", "bar", "cut", "taken", "picked")
_FEWEST: Final = 5
"""Candidate lines that a curve must leave; the stages alone leave `_LOOKED`, and so does a curve
while one of them is looked at."""
_LOOKED: Final = 3
_AMPLE: Final = 8
"""Candidate lines from which on there is room for more lines of words."""
_CHART: Final = (7, 6, 5)
"""Heights of a curve, the best first."""

_EMPTY: Final = (
    "Nothing to look at yet. Send a message; each token of the reply then shows here what "
    "else the model could have said. {} and {} in the conversation walk the tokens."
)
_UNRECORDED: Final = (
    "The candidates of this token were not recorded, so that nothing can be asked of it: it comes "
    "from an older session or from an engine that keeps none. The line above is all that is known."
)


@dataclass(frozen=True)
class Layout:
    """Which line shows what."""

    header: list[list[Part]]
    candidates: int
    """First line of the candidates."""
    count: int
    """Lines for candidates."""
    gap: int
    """Lines between the candidates and the stages, for words."""
    stages: list[list[Part]]
    at: list[int] = field(default_factory=list)
    """Which stage is on each of these lines; -1 where there is none."""
    chart: list[list[Part]] = field(default_factory=list)

    @property
    def others(self) -> int:
        """The line of the rest."""
        return self.candidates + self.count


class InspectorView(Widget, can_focus=True):
    """Draws one step."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"inspector--{name}" for name in (*_PARTS, "cursor")}
    DEFAULT_CSS = """
    InspectorView {
        height: 1fr;
    }
    InspectorView > .inspector--heading { text-style: bold; }
    InspectorView > .inspector--chosen { text-style: bold; }
    InspectorView > .inspector--dim { color: $text-muted; }
    InspectorView > .inspector--marker { color: $accent; text-style: bold; }
    InspectorView > .inspector--bar { color: $warning; }
    InspectorView > .inspector--cut { color: $warning 40%; }
    InspectorView > .inspector--taken { color: $warning; }
    InspectorView > .inspector--picked { text-style: bold; }
    InspectorView > .inspector--cursor { background: $foreground 8%; }
    InspectorView:ansi > .inspector--dim { text-style: dim; }
    """

    compact: reactive[bool] = reactive(False)
    """Four lines: the header and three candidates, the chosen among them."""
    whole: reactive[str] = reactive("")
    """What other settings mean for the whole reply, in words."""

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.keys = KeyNames()
        self.waiting = ""
        """Why the token that is shown waits to be taken; empty for one that was."""
        self._ascii_only = ascii_only
        self._table: CandidateTable | None = None
        self._position: tuple[int, int] | None = None
        self._steps: Sequence[Step] = ()
        self._vocabulary: Vocabulary | None = None
        self._by_final = False
        self._cursor = 0
        self._top = 0
        self._stage = -1
        """The stage that is looked at; the one after the last is the draw."""
        self._pointed = -1
        """The stage under the pointer."""
        self._layout: Layout | None = None
        self._looks: dict[str, Style] = {}
        self._cursor_looks: dict[str, Style] = {}

    @property
    def reading(self) -> Reading | None:
        """What is shown."""
        return None if self._table is None else self._table.reading

    @property
    def step(self) -> Step | None:
        """The step that is shown."""
        return None if self._table is None else self._table.step

    def show(
        self,
        reading: Reading | None,
        vocabulary: Vocabulary | None,
        *,
        position: tuple[int, int] | None = None,
        steps: Sequence[Step] = (),
        waiting: str = "",
    ) -> None:
        """Show another step, or the same one under other settings; with None the empty place.

        Args:
            reading: What to show.
            vocabulary: The model's tokens; None shows ids.
            position: 1-based number of the token in its reply, and how many the reply has.
            steps: Of the whole reply, for what a draw carries over them.
            waiting: Why the token waits to be taken; empty for one that was.
        """
        same = reading is not None and self.step is reading.step
        before = self._table.token_id(self._cursor) if same and self._table else -1
        self._vocabulary, self._position, self._steps = vocabulary, position, steps
        self.waiting = waiting
        if not same:
            self._cursor = self._top = 0
            self._left()
        self._read(reading)
        if waiting and not same and self._table is not None:
            self._go(self._table.chosen)
        self._stage = min(self._stage, len(reading.stages) if reading else -1)
        self._pointed = -1
        if same and self._by_final and self._table is not None:
            # Under other settings the candidates may stand in another order.
            found = (n for n in range(len(self._table)) if self._table.token_id(n) == before)
            self._go(next(found, self._cursor))

    def _left(self) -> None:
        """Another step is shown."""

    def _read(self, reading: Reading | None) -> None:
        self._table = None
        if reading is not None:
            self._table = CandidateTable(reading, self._vocabulary, by_final=self._by_final)
        self._layout = None
        self.refresh()

    def watch_compact(self) -> None:
        """Draw the other form."""
        self._cursor = self._top = 0
        self._layout = None
        self.refresh(layout=True)

    def watch_whole(self) -> None:
        """Draw the words."""
        self._layout = None
        self.refresh()

    def on_resize(self) -> None:
        """Lay out anew, with the cursor in sight."""
        self._layout = None
        self._go(self._cursor)

    def notify_style_update(self) -> None:
        """Forget the looked-up styles."""
        super().notify_style_update()
        self._looks.clear()

    def _go(self, line: int) -> None:
        """Put the cursor on a line, and the line in sight."""
        table, count = self._table, max(1, self._laid_out().count)
        if table is None:
            return
        self._cursor = min(max(line, 0), max(0, len(table) - 1))
        self._top = max(0, min(self._top, self._cursor, len(table) - count))
        if self._cursor not in table.in_sight(self._top, count):
            pinned = len({n for n in (table.chosen, table.other) if n > self._cursor})
            self._top = max(0, self._cursor - count + 1 + (pinned if count > pinned else 0))
        self.refresh()

    # --- where things are -------------------------------------------------------------------------

    @property
    def _looked(self) -> int:
        """The stage under the pointer, else the one that is looked at; -1 without any."""
        return self._pointed if self._pointed >= 0 else self._stage

    def _laid_out(self) -> Layout:
        if self._layout is None:
            self._layout = self._lay_out()
        return self._layout

    def _lay_out(self) -> Layout:
        width, height = self.size
        table = self._table
        if table is None:
            return Layout([], 0, 0, 0, [])
        header = header_lines(
            table,
            self._position,
            width,
            whole=self.whole,
            waiting=self.waiting,
            keys=self.keys,
            ascii_only=self._ascii_only,
        )
        if self.compact:
            return Layout(header[:1], 1, max(0, min(3, height - 1)), 0, [])
        first = len(header) + 1
        room = height - first - 1
        least = _LOOKED if self._stage >= 0 else _FEWEST
        rows, at, drawn = next(
            found
            for found in self._below(table.reading, width)
            if room - len(found[0]) - len(found[2]) - 1 >= (least if found[2] else _LOOKED)
            or not found[0]
        )
        left = room - len(rows) - len(drawn)
        gap = 0 if not rows else 3 if left - 3 >= _AMPLE else 2 if left - 2 >= _LOOKED + 2 else 1
        count = max(0, min(left - gap, len(table)))
        return Layout(header, first, count, gap, rows, at, drawn)

    def _below(
        self, reading: Reading, width: int
    ) -> list[tuple[list[list[Part]], list[int], list[list[Part]]]]:
        """What may stand below the candidates, the best first: stages, which they are, a chart."""
        plain, looked = self._ascii_only, self._looked
        rows = waterfall(reading, width, selected=looked, ascii_only=plain)
        at = [-1, -1, *range(len(reading.stages) + 1)]
        none: list[list[Part]] = []
        if self._stage < 0:
            summary = stage_summary(reading, width, 2, ascii_only=plain)
            return [
                (rows, at, self._drawn(reading, len(reading.stages), width, 3)),
                (rows, at, none), (summary, [-1] * len(summary), none), (none, [], none),
            ]  # fmt: skip
        one = rows[:1] + rows[2 + looked : 3 + looked]
        charts = [self._drawn(reading, looked, width, height) for height in _CHART]
        return [
            *((rows, at, drawn) for drawn in charts), *((one, [-1, looked], drawn) for drawn in charts),
            (one, [-1, looked], none), (none, [], none),
        ]  # fmt: skip

    def _drawn(self, reading: Reading, stage: int, width: int, height: int) -> list[list[Part]]:
        """A stage's curve, or what the draw carries."""
        if stage < len(reading.stages):
            curve = curve_of(reading, stage)
            return chart(curve, width, height, ascii_only=self._ascii_only) if curve else []
        at = self._position[0] - 1 if self._position else -1
        course = course_of(self._steps, at, reading.settings, reading.draw, width - 2)
        return course_lines(course, width, ascii_only=self._ascii_only) if course else []

    def _line_at(self, y: int) -> int | None:
        """The candidate line on row `y`, or None."""
        layout = self._laid_out()
        if self._table is None or not layout.candidates <= y < layout.others:
            return None
        lines = self._table.in_sight(self._top, layout.count)
        at = y - layout.candidates
        return lines[at] if at < len(lines) else None

    def _stage_at(self, y: int) -> int:
        """The stage on row `y`, or -1."""
        layout = self._laid_out()
        line = y - layout.others - 1 - layout.gap
        return (
            layout.at[line]
            if self._table and not self.compact and 0 <= line < len(layout.at)
            else -1
        )

    # --- drawing ----------------------------------------------------------------------------------

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

    def _words(self, text: str, limit: int) -> list[list[Part]]:
        room = max(10, self.size.width - 2)
        lines = wrap(text, room, max(1, limit), ascii_only=self._ascii_only)
        return [[("  ", ""), (line, "dim")] for line in lines]

    def _parts(self, y: int, line: int | None, current: bool) -> list[Part]:
        layout, table = self._laid_out(), self._table
        if table is None:
            told = _EMPTY.format(self.keys("token.left"), self.keys("token.right"))
            empty = self._words(told, self.size.height)
            return empty[y] if y < len(empty) else []
        if y < len(layout.header):
            return layout.header[y]
        if not len(table):
            words = self._words(_UNRECORDED, self.size.height)
            below = y - len(layout.header)
            return words[below] if below < len(words) else []
        asked = table.reading.asked
        columns = CandidateColumns.of(self.size.width, headed=not self.compact, asked=asked)
        plain = self._ascii_only
        if y < layout.candidates:
            return heading(columns, by_final=self._by_final, ascii_only=plain, asked=asked)
        if y < layout.others:
            if line is None:
                return []
            taken = self._looked >= 0 and int(table.order[line]) in self._taken(table)
            return line_of(table, line, columns, Shown(current, taken, plain))
        if self.compact:
            return []
        if y == layout.others:
            return others_line(table, table.in_sight(self._top, layout.count), columns)
        below = y - layout.others - 1
        if below < layout.gap:
            return self._detail(table, below, layout.gap)
        below -= layout.gap
        lines = layout.stages + layout.chart
        return lines[below] if below < len(lines) else []

    def _taken(self, table: CandidateTable) -> set[int]:
        return set(table.reading.taken_by(self._looked).tolist())

    def _said(self) -> tuple[str, str]:
        """What is to be said before anything else, and its tone."""
        return "", ""

    def _detail(self, table: CandidateTable, below: int, gap: int) -> list[Part]:
        """Words on the lines of the gap: what was said, the stage, or the current candidate."""
        room = self.size.width - 2
        text, tone = self._said()
        if not text and self._looked >= 0:
            text, tone = (
                taken_words(table.reading, table, self._looked, ascii_only=self._ascii_only),
                "value",
            )
        elif not text and self.has_focus and self._cursor < len(table):
            name, why = table.detail(self._cursor, ascii_only=self._ascii_only)
            more = self._biased(table)
            tries = (f"{name} {why}{more}", f"{name} {why}", f"{why}{more}" if more else why, why)
            text = next((one for one in tries if cell_len(one) <= gap * room), why)
            tone = "value"
        lines = wrap(text, room, gap, ascii_only=self._ascii_only)
        return [("  ", ""), (lines[below], tone)] if text and below < len(lines) else []

    def _biased(self, table: CandidateTable) -> str:
        """The current candidate's bias, and its other spellings."""
        lexicon, settings = table.reading.moment.lexicon, table.reading.settings
        token = table.token_id(self._cursor)
        words = [bias_words(token_bias(settings, token))]
        if lexicon is None:
            return "".join(f"; {word}" for word in words if word)
        if lexicon.ends(token):
            words.insert(0, "ends the reply")
        if (written := lexicon.text(token)) is not None:
            bare = written.removeprefix(" ")
            if spelled := bias_words(text_bias(settings, bare)):
                words.append(f"every spelling: {spelled}")
            others = [other for other in lexicon.variants(bare) if other != token]
            if others and bare.strip():
                names = " ".join(table.name(n, ascii_only=self._ascii_only) for n in others[:6])
                words.append(f"also spelt {names}")
        return "".join(f"; {word}" for word in words if word)
