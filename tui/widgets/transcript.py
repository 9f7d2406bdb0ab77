"""The conversation: one widget that draws only the rows that can be seen.

Keeps true: the cost of a token does not grow with the length of the chat; the view follows the end
unless the reader went elsewhere; the token cursor stays on its token whatever arrives. Wrapping is
`transcript_wrap`, rows are `transcript_rows`; this file scrolls, walks and paints.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from tui.core.binding import Place
from tui.core.conversation import Message as Said
from tui.core.status import Trouble
from tui.core.text import sanitize
from tui.widgets.candidate_cell import plain
from tui.widgets.keys import bindings
from tui.widgets.transcript_rows import LEVELS, Block
from tui.widgets.transcript_wrap import Row, plain_rows

_STYLES = ("you", "model", "user", "text", "dim", "error", "cursor", "hint", "selection",
           *(f"p{n}" for n in range(LEVELS)))  # fmt: skip
_NOTHING = "Nothing has been said yet. Type below and press Enter."


class Transcript(ScrollView, can_focus=True, inherit_bindings=False):
    """Messages, tinted by the probability of each token, with a token cursor."""

    BINDINGS = bindings(Place.TRANSCRIPT)
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"transcript--{name}" for name in _STYLES}
    ALLOW_SELECT = True
    DEFAULT_CSS = """
    Transcript { overflow-x: hidden; overflow-y: auto; scrollbar-gutter: stable; }
    """

    @dataclass
    class TokenHighlighted(Message):
        """The token cursor went to a token, or away."""

        key: int | None
        """Of the message; None when the cursor went away."""
        index: int | None

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.following = True
        """Whether the view stays at the end."""
        self.cursor: tuple[int, int] | None = None
        """(message, token) under the token cursor."""
        self._ascii = ascii_only
        self._path: list[Said] = []
        self._branches: Callable[[int], tuple[int, int]] = lambda key: (0, 1)
        self._trouble: Trouble | None = None
        self._blocks: list[Block] = []
        self._ends: list[int] = []
        """Row after the last one of each block."""
        self._foot: list[Row] = []
        """Rows after the last message."""
        self._unseen = 0
        """Rows that came while the reader was elsewhere."""
        self._strips: LRUCache[tuple[Row, int], Strip] = LRUCache(1024)
        self._looks: dict[str, Style] = {}
        self._marked: tuple[int, int, int] | None = None

    # --- what is shown ----------------------------------------------------------------------------

    def show(self, path: Sequence[Said], branches: Callable[[int], tuple[int, int]]) -> None:
        """Show these messages.

        Args:
            path: oldest first.
            branches: (place, count) of a message among its siblings, the place from 0.
        """
        self._path = list(path)
        self._branches = branches
        kept = {block.key: block for block in self._blocks}
        self._blocks = [kept.get(said.key) or self._block(said.key) for said in path]
        if self.cursor and self.cursor[0] not in {said.key for said in path}:
            self._move(None)
        self.following = self.cursor is None
        self._bring_up_to_date(range(len(path)))

    def grow(self, keys: Iterable[int]) -> None:
        """These messages have more tokens, a note, or an end."""
        wanted = set(keys)
        self._bring_up_to_date(n for n, said in enumerate(self._path) if said.key in wanted)

    def show_trouble(self, trouble: Trouble | None) -> None:
        """Show under the last message why there is no model to talk to."""
        if trouble != self._trouble:
            self._trouble = trouble
            self._bring_up_to_date(())

    def newest(self) -> tuple[int, int] | None:
        """(message, token) of the last token that is shown."""
        return next(((s.key, len(s.steps) - 1) for s in reversed(self._path) if s.steps), None)

    def text(self) -> str:
        """Every row as plain text."""
        return "\n".join(self._row(y).text.rstrip() for y in range(self.virtual_size.height))

    def _block(self, key: int) -> Block:
        return Block(key, self._width, ascii_only=self._ascii)

    @property
    def _width(self) -> int:
        return max(10, self.scrollable_content_region.width)

    def _bring_up_to_date(self, numbers: Iterable[int]) -> None:
        changed: list[tuple[int, int]] = []
        for number in numbers:
            said = self._path[number]
            row = self._blocks[number].update(said, self._label(said), self._aside(said))
            if row is not None:
                changed.append((number, row))
        before = self.virtual_size.height
        if changed or len(self._ends) != len(self._blocks):
            self._ends = list(accumulate(len(block.rows) for block in self._blocks))
        self._foot = self._foot_rows()
        self._marked = self._mark()
        total = self._said_rows + len(self._foot)
        self.virtual_size = Size(self._width, total)
        if self.following:
            self._unseen = 0
            self.scroll_to(y=self.max_scroll_y, animate=False)
        else:
            self._unseen += max(0, total - before)
        first, row = min(changed, default=(0, 0))
        start = (self._ends[first - 1] if first else 0) + row
        self.refresh_lines(start, max(1, max(total, before) - start) + self.size.height)

    @property
    def _said_rows(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _foot_rows(self) -> list[Row]:
        if self._trouble is not None:
            trouble = self._trouble
            lines = [
                trouble.what,
                trouble.why,
                trouble.hint,
                *(f"  {line}" for line in trouble.log),
            ]
            text = sanitize("\n".join(line for line in lines if line.strip()))
            text = plain(text) if self._ascii else text
            return [*plain_rows(text, self._width, "error"), Row(())]
        return [] if self._path else plain_rows(_NOTHING, self._width, "dim")

    def _label(self, said: Said) -> str:
        place, count = self._branches(said.key)
        name = "You" if said.role == "user" else "Model"
        left, right = ("<", ">") if self._ascii else ("‹", "›")
        return f"{name}  {left}{place + 1}/{count}{right}" if count > 1 else name

    def _aside(self, said: Said) -> str:
        return f"seed {said.seed}" if said.seed is not None else ""

    # --- following --------------------------------------------------------------------------------

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow again when the reader comes to the end, and stop when they leave it."""
        super().watch_scroll_y(old_value, new_value)
        if self.cursor is None:
            self.following = round(new_value) >= self.max_scroll_y
            self._unseen = 0 if self.following else self._unseen

    def on_resize(self) -> None:
        """Wrap again for the new width."""
        if any(block.width != self._width for block in self._blocks):
            self._blocks = [self._block(block.key) for block in self._blocks]
            self._strips.clear()
        self._bring_up_to_date(range(len(self._path)))
        if self.cursor:
            self._scroll_to_cursor()

    def action_follow(self) -> None:
        """Go to the last token and follow the end."""
        self._move(None)
        self.following = True
        self._bring_up_to_date(())

    def action_top(self) -> None:
        """Go to the first row."""
        self.scroll_to(y=0, animate=False)

    def action_page(self, by: int) -> None:
        """Scroll by pages."""
        self.scroll_to(y=self.scroll_offset.y + by * (self.size.height - 2), animate=False)

    # --- the token cursor -------------------------------------------------------------------------

    def leave(self) -> bool:
        """Take the token cursor away; False when there is none."""
        had = self.cursor is not None
        if had:
            self.action_follow()
        return had

    def highlight(self, key: int, index: int) -> None:
        """Put the token cursor on a token."""
        self._move((key, index))
        self._scroll_to_cursor()

    def action_token(self, by: int) -> None:
        """Go `by` tokens on, over the borders of replies."""
        here = self.cursor
        if here is None:
            if newest := self.newest():
                self.highlight(*newest)
            return
        replies = [said for said in self._path if said.steps]
        number = next(n for n, said in enumerate(replies) if said.key == here[0])
        index = here[1] + by
        if index < 0 and number > 0:
            self.highlight(replies[number - 1].key, len(replies[number - 1].steps) - 1)
        elif index >= len(replies[number].steps) and number + 1 < len(replies):
            self.highlight(replies[number + 1].key, 0)
        else:
            self.highlight(here[0], min(max(index, 0), len(replies[number].steps) - 1))

    def action_line(self, by: int) -> None:
        """Go to the token above or below; scroll where there is none."""
        mark = self._marked
        if mark is None:
            self.action_token(0)
            return
        y, column, _ = mark
        end = -1 if by < 0 else self._said_rows
        for other in range(y + by, end, by):
            token = self._token_at(column, other)
            if token is not None:
                self.highlight(*token)
                return
        self.scroll_to(y=self.scroll_offset.y + by, animate=False)

    def on_click(self, event: events.Click) -> None:
        """Put the token cursor where the mouse is, unless a text was selected with it."""
        offset = event.get_content_offset(self)
        if offset is not None and self.text_selection is None:
            token = self._token_at(offset.x, offset.y + self.scroll_offset.y, near=False)
            if token is not None:
                self.highlight(*token)

    def _token_at(self, column: int, y: int, *, near: bool = True) -> tuple[int, int] | None:
        row = self._row(y)
        found: tuple[int, int] | None = None
        for span in row.spans:
            if span.token >= 0 and span.width and (found is None or column >= 0):
                found = (row.key, span.token)
            column -= span.width
            if column < 0 and found:
                return found
        return found if near else None

    def _move(self, cursor: tuple[int, int] | None) -> None:
        if cursor == self.cursor:
            return
        self.cursor = cursor
        self._marked = self._mark()
        self.following = False
        self.refresh()
        self.post_message(self.TokenHighlighted(*(cursor or (None, None))))

    def _mark(self) -> tuple[int, int, int] | None:
        """Row, column and width of the token cursor; `_marked` holds it for painting."""
        if self.cursor is None:
            return None
        key, index = self.cursor
        for number, block in enumerate(self._blocks):
            if block.key == key:
                place = block.place(index)
                start = self._ends[number - 1] if number else 0
                return start + place.row, place.column, place.width
        return None

    def _scroll_to_cursor(self) -> None:
        mark = self._marked
        if mark is not None:
            y, height = mark[0], self.size.height
            top = self.scroll_offset.y
            if not top <= y < top + height:
                self.scroll_to(y=y - height // 2, animate=False)

    # --- painting ---------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Forget what was painted in other colours."""
        super().notify_style_update()
        self._strips.clear()
        self._looks.clear()

    def render_line(self, y: int) -> Strip:
        """Paint one row of the view."""
        at = y + self.scroll_offset.y
        width = self.size.width
        row = self._row(at)
        strip = self._strips.get((row, width)) if row.spans else Strip.blank(width, self._look(""))
        if strip is None:
            strip = self._paint(row).adjust_cell_length(width, self._look(""))
            self._strips[(row, width)] = strip
        mark = self._marked
        if mark is not None and mark[0] == at:
            strip = self._over(strip, mark[1], max(1, mark[2]), "cursor")
        if self.text_selection is not None:
            span = self.text_selection.get_span(at)
            if span is not None:
                text = row.text
                start, end = span[0], len(text) if span[1] == -1 else span[1]
                first, last = cell_len(text[:start]), cell_len(text[:end])
                strip = self._over(strip, first, last - first, "selection")
        if y == self.size.height - 1 and self._unseen and not self.following:
            hint = f" {'v' if self._ascii else '↓'} {self._unseen} new  End "
            strip = Strip.join(
                [strip.crop(0, width - cell_len(hint)), Strip([Segment(hint, self._look("hint"))])]
            )
        return strip.apply_offsets(0, at)

    def _over(self, strip: Strip, column: int, width: int, look: str) -> Strip:
        before, inside, after = (
            strip.crop(0, column), strip.crop(column, column + width), strip.crop(column + width)
        )  # fmt: skip
        return Strip.join([before, inside.apply_style(self._look(look)), after])

    def _row(self, y: int) -> Row:
        if y >= self._said_rows:
            n = y - self._said_rows
            return self._foot[n] if n < len(self._foot) else _BLANK
        number = bisect_right(self._ends, y)
        start = self._ends[number - 1] if number else 0
        return self._blocks[number].rows[y - start]

    def _paint(self, row: Row) -> Strip:
        return Strip([Segment(span.text, self._look(span.style)) for span in row.spans])

    def _look(self, name: str) -> Style:
        if name not in self._looks:
            self._looks[name] = (
                self.get_component_rich_style(f"transcript--{name}") if name else self.rich_style
            )
        return self._looks[name]

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text between two points of the mouse."""
        return selection.extract(self.text()), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Paint the selection."""
        self.refresh()


_BLANK = Row(())
