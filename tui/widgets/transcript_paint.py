"""How rows of the transcript look: tint by token, marks, and both without colour.

Keeps true: the look of a token is decided when its row is drawn, so that another tint or a mark
costs the rows in sight and no wrapping. Where there is no colour, a glyph stands in place of the
blank before a word; the text itself is never changed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from tui.core.tint import SCALES, Mark, Tellable, Tint
from tui.widgets.transcript_wrap import Row, Span

GLYPHS: Final = (" ", " ", " ", "▂", "▄", "█")
"""By level."""
ASCII_GLYPHS: Final = (" ", " ", " ", "-", "=", "#")
MARK_GLYPHS: Final = {Mark.FORBIDDEN: "×", Mark.DIFFERENT: "≠"}
ASCII_MARK_GLYPHS: Final = {Mark.FORBIDDEN: "x", Mark.DIFFERENT: "!"}


class Painter:
    """Paints rows.

    Args:
        look: the style of a name.
        tokens: what is known of the tokens of a message, by its key.
        ascii_only: draw glyphs in ASCII.
    """

    def __init__(
        self,
        look: Callable[[str], Style],
        tokens: Callable[[int], Sequence[Tellable]],
        *,
        ascii_only: bool = False,
    ) -> None:
        self.tint = Tint.PROBABILITY
        self.glyphs = False
        """Whether levels have glyphs too, because there is no colour."""
        self.marks: dict[int, Mapping[int, Mark]] = {}
        """By message, then by token."""
        self._look = look
        self._tokens = tokens
        self._strips: LRUCache[tuple[Row, int], Strip] = LRUCache(1024)
        self._levels = ASCII_GLYPHS if ascii_only else GLYPHS
        self._marks = ASCII_MARK_GLYPHS if ascii_only else MARK_GLYPHS

    def forget(self) -> None:
        """Look everything up again: tint, marks, styles or tokens are others than before."""
        self._strips.clear()

    def strip(self, row: Row, width: int) -> Strip:
        """The row as it looks now, `width` cells wide."""
        if not row.spans:
            return Strip.blank(width, self._look(""))
        strip = self._strips.get((row, width))
        if strip is None:
            strip = Strip(self._segments(row)).adjust_cell_length(width, self._look(""))
            self._strips[(row, width)] = strip
        return strip

    def over(self, strip: Strip, column: int, width: int, look: str) -> Strip:
        """The strip with another look over some of its cells."""
        end = column + width
        inside = strip.crop(column, end).apply_style(self._look(look))
        return Strip.join([strip.crop(0, column), inside, strip.crop(end)])

    def _segments(self, row: Row) -> list[Segment]:
        if row.first < 0:
            return [Segment(span.text, self._look(span.style)) for span in row.spans]
        tokens = self._tokens(row.key)
        marks = self.marks.get(row.key, {})
        return [self._segment(span, tokens, marks.get(span.token)) for span in row.spans]

    def _segment(self, span: Span, tokens: Sequence[Tellable], mark: Mark | None) -> Segment:
        if not 0 <= span.token < len(tokens):
            return Segment(span.text, self._look(span.style))
        scale = SCALES.get(self.tint)
        if scale is None:
            style, glyph = self._look("text"), " "
        else:
            level = scale.level(scale.of(tokens[span.token]))
            style = self._look(f"p{level}")
            glyph = self._levels[level] if self.glyphs else " "
        if mark is not None:
            style, glyph = style + self._look(mark.value), self._marks[mark]
        text = span.text
        if glyph != " " and text.startswith(" "):
            text = glyph + text[1:]
        return Segment(text, style)
