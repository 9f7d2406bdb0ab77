"""Under the conversation: what the colours of tokens mean, and the reply as lines along its tokens.

Keeps true: drawing costs the same for a reply of any length, because what was measured is kept
(`core.spark`); every level of the legend looks as it does in the text. One line for the legend and
for where the token cursor stands; three more, or one where it is tight, for the sparklines.
"""

from typing import ClassVar, Final

import numpy as np
from rich.cells import cell_len
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.core.reason import percent
from tui.core.spark import LINES, Course, Floats, cells, heights
from tui.core.tint import LEVELS, SCALES, Tint
from tui.widgets.candidate_cell import Part, fit, plain, strip_of, text_of
from tui.widgets.transcript import Transcript
from tui.widgets.transcript_paint import ASCII_GLYPHS, GLYPHS
from tui.widgets.transcript_walk import Reading

_STYLES: Final = ("text", "dim", "here", *(f"p{n}" for n in range(LEVELS)))
_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_ASCII_BLOCKS: Final = "_.-=+*%#"
_LABEL: Final = 12
_NUMBERS: Final = 24
_FEWEST: Final = 10
"""Cells of a line that the numbers beside it must leave."""


class TokenStrip(Widget):
    """Legend, place, and sparklines of one text."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"transcript--{name}" for name in _STYLES}
    DEFAULT_CSS = "TokenStrip { height: auto; }"

    lines: reactive[int] = reactive(0, layout=True)
    """How many sparklines are drawn, 0 to 3; with one, it is the tint's own."""
    room: reactive[int] = reactive(3)
    """How many may be drawn."""

    def __init__(
        self,
        transcript: Transcript,
        *,
        ascii_only: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._ascii = ascii_only
        self._transcript = transcript
        self._reading = transcript.reading
        self._course: tuple[int | None, Course] = (None, Course())
        self._looks: dict[str, Style] = {}

    def on_mount(self) -> None:
        """Follow the conversation."""
        self._transcript.changed.subscribe(self, self._show, immediate=True)
        self.watch(self._transcript, "has_focus", self._focused)

    def _focused(self, on: bool) -> None:
        self.set_class(on, "-reading")

    def watch_room(self) -> None:
        """Draw as many lines as there is room for."""
        self._show(self._reading)

    def _show(self, reading: Reading) -> None:
        self._reading = reading
        self.lines = self.room if self._transcript.lines else 0
        self.refresh()

    def get_content_height(self, *_: object) -> int:
        """The legend and the lines."""
        return 1 + self.lines

    def notify_style_update(self) -> None:
        """Forget the looked-up styles."""
        super().notify_style_update()
        self._looks.clear()

    def render_line(self, y: int) -> Strip:
        """One line."""
        if not self._looks:
            found = {n: self.get_component_rich_style(f"transcript--{n}") for n in _STYLES}
            ground = Style(bgcolor=found["here"].bgcolor)
            on = {f"{name}!": style + ground for name, style in found.items()}
            self._looks = {"": self.rich_style, **found, **on}
        return strip_of(self.parts(y), self.size.width, self._looks)

    def parts(self, y: int) -> list[Part]:
        """What a line says; a style name that ends in `!` is where the cursor stands."""
        if y == 0:
            return self._legend(self.size.width)
        shown = LINES if self.lines > 1 else (self._own_line(),)
        return self._spark(shown[y - 1], self.size.width) if y <= len(shown) else []

    def _own_line(self) -> Tint:
        return (
            self._transcript.tint
            if self._transcript.tint in (Tint.ENTROPY, Tint.RANK)
            else Tint.PROBABILITY
        )

    # --- the legend -------------------------------------------------------------------------------

    def _legend(self, width: int) -> list[Part]:
        scale = SCALES.get(self._transcript.tint)
        state = self._reading.state
        if self.lines and self._reading.tokens:
            state += f", {-(-len(self._reading.tokens) // _room(width))} a cell"
        state = plain(state) if self._ascii else state
        left: list[Part] = [("no tint", "dim")]
        if scale is not None:
            glyphs = ASCII_GLYPHS if self._ascii else GLYPHS
            bare = not self.app.no_color
            left = [(f"{self._transcript.tint} {scale.unit}".strip() + " ", "dim")]
            for level, name in enumerate(scale.names):
                text = (" " if bare else glyphs[level]) + (plain(name) if self._ascii else name)
                left += [(text, f"p{level}"), (" ", "")]
        gap = width - cell_len(text_of(left)) - cell_len(state)
        return [*left, (" " * gap, ""), (state, "dim")] if gap > 0 else left

    # --- the lines --------------------------------------------------------------------------------

    def _values(self, tint: Tint) -> Floats:
        """What was measured along the text; kept until it is another text."""
        key, course = self._course
        tokens = self._reading.tokens
        if key != self._reading.key or not course.begins(tokens):
            course = Course()
        course.take(tokens)
        self._course = (self._reading.key, course)
        return course.of(tint)

    def _spark(self, tint: Tint, width: int) -> list[Part]:
        label: Part = (fit(str(tint), _LABEL), "dim")
        values = self._values(tint)
        if not len(values) or bool(np.isnan(values).all()):
            return [label, ("nothing measured yet", "dim")]
        room = _room(width)
        lowest = tint is Tint.PROBABILITY
        per, worst = cells(values, room, lowest=lowest)
        top = float(np.nanmax(values))
        blocks = _ASCII_BLOCKS if self._ascii else _BLOCKS
        at = None if self._reading.index is None else self._reading.index // per
        scale = SCALES[tint]
        parts = [label]
        mark = ("|" if self._ascii else "│") if self.app.no_color else ""
        for n, (value, height) in enumerate(
            zip(worst.tolist(), heights(tint, worst, top).tolist(), strict=True)
        ):
            glyph = " " if value != value else blocks[min(7, int(height * 8))]
            style = f"p{scale.level(value)}"
            parts.append((mark or glyph, f"{style}!") if n == at else (glyph, style))
        numbers = _summary(tint, values)
        numbers = plain(numbers) if self._ascii else numbers
        return [*parts, (" " * (room - len(worst) + 1), ""), (numbers, "dim")]


def _room(width: int) -> int:
    """Cells of a line."""
    return max(_FEWEST, width - _LABEL - _NUMBERS)


def _summary(tint: Tint, values: Floats) -> str:
    """Mean and worst of the whole text, in the unit of the measure."""
    mean = float(np.nanmean(values))
    if tint is Tint.PROBABILITY:
        return f"mean {percent(mean)}  min {percent(float(np.nanmin(values)))}"
    top = float(np.nanmax(values))
    if tint is Tint.ENTROPY:
        return f"mean {mean:.2f}  max {top:.2f} bit"
    return f"mean {mean:.1f}  max {top:.0f}"
