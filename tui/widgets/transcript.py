"""The conversation: one widget that draws only the rows that can be seen.

Keeps true: the cost of a token does not grow with the length of the chat; the view follows the end
unless the reader went elsewhere; the token cursor stays on its token whatever arrives. What stands
where is `transcript_sheet`, how it looks `transcript_paint`, where the cursor goes
`transcript_walk`; this file scrolls, and puts them together.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.signal import Signal
from textual.strip import Strip

from tui.core.binding import KeyNames, Place
from tui.core.conversation import Message as Said
from tui.core.status import Trouble
from tui.core.tint import JUMPS, LEVELS, Mark, Tellable, Tint
from tui.widgets.keys import bindings
from tui.widgets.transcript_paint import Painter
from tui.widgets.transcript_rows import Scored
from tui.widgets.transcript_sheet import Sheet
from tui.widgets.transcript_walk import SYSTEM, WHOLE, At, Reading, Walk

_STYLES: Final = ("you", "model", "user", "text", "dim", "error", "cursor", "hint", "selection",
                  *Mark, *(f"p{n}" for n in range(LEVELS)))  # fmt: skip


class Transcript(ScrollView, can_focus=True, inherit_bindings=False):
    """Messages, each token tinted by what is known of its choice, with a token cursor."""

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
        """None where it is on a message none of whose tokens is known."""

    @dataclass
    class Noticed(Message):
        """A line for the reader."""

        text: str

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.following = True
        """Whether the view stays at the end."""
        self.changed: Signal[Reading] = Signal(self, "changed")
        """The cursor, the tint, or the tokens it stands in are others than before."""
        self.lines = False
        """Whether sparklines are wanted beside."""
        self._at: At | None = None
        self._row = 0
        """Row of the block that the cursor is on, where it is on a whole message."""
        self._ascii = ascii_only
        self._path: list[Said] = []
        self._scores: dict[int, Sequence[Scored]] = {}
        self._branches: Callable[[int], tuple[int, int]] = lambda key: (0, 1)
        self._walk = Walk()
        self._trouble: Trouble | None = None
        self._sheet = Sheet(ascii_only=ascii_only)
        self._painter = Painter(self._look, self._tokens_of, ascii_only=ascii_only)
        self._unseen = 0
        """Rows that came while the reader was elsewhere."""
        self._looks: dict[str, Style] = {}
        self._place: tuple[int, int, int] | None = None
        """Row, column and width of the token cursor."""

    @property
    def keys(self) -> KeyNames:
        """What its rows call the keys."""
        return self._sheet.keys

    @keys.setter
    def keys(self, keys: KeyNames) -> None:
        self._sheet.keys = keys

    def say_instead(self, nothing: str) -> None:
        """What stands here while nothing was said."""
        self._sheet.nothing = nothing

    # --- what is shown ----------------------------------------------------------------------------

    def show(self, path: Sequence[Said], branches: Callable[[int], tuple[int, int]]) -> None:
        """Show these messages.

        Args:
            path: oldest first.
            branches: (place, count) of a message among its siblings, the place from 0.
        """
        self._path, self._branches = list(path), branches
        self._show_path()
        self.following = self._at is None
        self._bring_up_to_date(None)

    def show_scores(self, scores: Mapping[int, Sequence[Scored]]) -> None:
        """Show written texts by what the model thinks of their tokens.

        Args:
            scores: by message; the persona's text under `SYSTEM`. Messages that are missing are
                shown as plain text.
        """
        if scores != self._scores:
            self._scores = dict(scores)
            self._show_path()
            self._painter.forget()
            self._bring_up_to_date(None)

    def show_system(self, text: str) -> None:
        """The persona's text, for a first block that can be folded; empty = there is none."""
        if self._sheet.take_system(text):
            self._show_path()
            self._bring_up_to_date(None)

    def action_system(self) -> None:
        """Open or fold the persona's text."""
        if not self._sheet.fold():
            self.post_message(self.Noticed("This conversation has no persona's text."))
            return
        self._show_path()
        self._bring_up_to_date(None)
        if SYSTEM in self._walk:
            self._move((SYSTEM, 0 if self._tokens_of(SYSTEM) else WHOLE))
            self.scroll_to(y=0, animate=False)

    def _show_path(self) -> None:
        walked = self._sheet.show(self._path, self._branches, self._scores)
        self._walk = Walk(walked, self._scores)
        settled = self._walk.settle(self._at)
        if settled != self._at:
            self._move(settled)

    def grow(self, keys: Iterable[int]) -> None:
        """These messages have more tokens, a note, or an end."""
        before = self._sheet.total
        self._bring_up_to_date(keys)
        self._unseen += 0 if self.following else max(0, self._sheet.total - before)

    def show_trouble(self, trouble: Trouble | None) -> None:
        """Show under the last message why there is no model to talk to."""
        if trouble != self._trouble:
            self._trouble = trouble
            self._bring_up_to_date(())

    def newest(self) -> At | None:
        """The last token that is shown."""
        return self._walk.newest()

    def text(self) -> str:
        """Every row as plain text."""
        return self._sheet.text()

    @property
    def _width(self) -> int:
        return max(10, self.scrollable_content_region.width)

    def _bring_up_to_date(self, keys: Iterable[int] | None) -> None:
        before = self.virtual_size.height
        start = self._sheet.update(keys, self._trouble)
        total = self._sheet.total
        self._place = self._sheet.place(self._at, self._row)
        self.virtual_size = Size(self._width, total)
        if self.following:
            self._unseen = 0
            self.scroll_to(y=self.max_scroll_y, animate=False)
        self.refresh_lines(start, max(1, max(total, before) - start) + self.size.height)
        self.changed.publish(self.reading)

    # --- tint and marks ---------------------------------------------------------------------------

    @property
    def tint(self) -> Tint:
        """What tokens are tinted by."""
        return self._painter.tint

    @tint.setter
    def tint(self, tint: Tint) -> None:
        if tint is not self._painter.tint:
            self._painter.tint = tint
            self._repaint()
            self.changed.publish(self.reading)

    def action_tint(self) -> None:
        """Tint by the next measure."""
        self.tint = self.tint.next

    def action_lines(self) -> None:
        """Show sparklines along the reply, or take them away."""
        self.lines = not self.lines
        self.changed.publish(self.reading)

    def mark(self, key: int, marks: Mapping[int, Mark] | None) -> None:
        """Mark tokens of a message besides their tint, until other marks or None take their place.

        Args:
            key: of the message.
            marks: by token. Read when drawn: hand over a new mapping instead of changing one.
        """
        if marks:
            self._painter.marks[key] = marks
        elif self._painter.marks.pop(key, None) is None:
            return
        self._repaint()

    def _repaint(self) -> None:
        self._painter.forget()
        self.refresh()

    def _tokens_of(self, key: int) -> Sequence[Tellable]:
        return self._walk.tokens(key)

    # --- following --------------------------------------------------------------------------------

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow again when the reader comes to the end, and stop when they leave it."""
        super().watch_scroll_y(old_value, new_value)
        if self._at is None:
            self.following = round(new_value) >= self.max_scroll_y
            self._unseen = 0 if self.following else self._unseen

    def on_resize(self) -> None:
        """Wrap again for the new width."""
        if self._sheet.widen(self._width):
            self._painter.forget()
        self._bring_up_to_date(None)
        if self._at:
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

    @property
    def cursor(self) -> At | None:
        """(message, token) under the token cursor; None when it is on no token that was drawn."""
        return self._at if self._walk.is_drawn(self._at) else None

    @property
    def here(self) -> int | None:
        """The message under the cursor, whether its tokens are known or not."""
        return self._at[0] if self._at else None

    @property
    def reading(self) -> Reading:
        """The text under the cursor, or without one the newest reply."""
        return self._walk.reading(self._at)

    def leave(self) -> bool:
        """Take the token cursor away; False when there is none."""
        had = self._at is not None
        if had:
            self.action_follow()
        return had

    def highlight(self, key: int, index: int) -> None:
        """Put the token cursor on a token."""
        self._move((key, index))
        self._scroll_to_cursor()

    def action_token(self, by: int) -> None:
        """Go `by` tokens on, over the borders of replies."""
        at = self._walk.beside(self._at, by) if self._at else self.newest()
        if at is not None:
            self.highlight(*at)

    def action_jump(self, what: str, by: int) -> None:
        """Go to the next token of a kind (`JUMPS`), or with -1 to the one before."""
        wanted, words = JUMPS[what]
        at = self._walk.matching(self._at, by, wanted)
        if at is not None:
            self.highlight(*at)
        else:
            self.post_message(self.Noticed(f"No {words} {'after' if by > 0 else 'before'} this."))

    def action_line(self, by: int) -> None:
        """Go to the token above or below; scroll where there is none."""
        if self._place is None:
            self.action_token(0)
            return
        y, column, _ = self._place
        end = -1 if by < 0 else self._sheet.said_rows
        for other in range(y + by, end, by):
            at = self._sheet.token_at(column, other) or self._sheet.whole_at(other)
            if at is not None:
                self._row = self._sheet.row_in_block(other)
                self.highlight(*at)
                return
        self.scroll_to(y=self.scroll_offset.y + by, animate=False)

    def on_click(self, event: events.Click) -> None:
        """Put the token cursor where the mouse is, unless a text was selected with it."""
        offset = event.get_content_offset(self)
        if offset is not None and self.text_selection is None:
            y = offset.y + self.scroll_offset.y
            token = self._sheet.token_at(offset.x, y, near=False)
            if token is not None:
                self.highlight(*token)

    def _move(self, at: At | None) -> None:
        place = self._sheet.place(at, self._row)
        if (at, place) == (self._at, self._place):
            return
        self._at, self._place = at, place
        self.following = False
        self.refresh()
        key, index = at or (None, None)
        self.post_message(self.TokenHighlighted(key, None if index == WHOLE else index))
        self.changed.publish(self.reading)

    def _scroll_to_cursor(self) -> None:
        if self._place is not None:
            y, height = self._place[0], self.size.height
            top = self.scroll_offset.y
            if not top <= y < top + height:
                self.scroll_to(y=y - height // 2, animate=False)

    # --- painting ---------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Forget what was painted in other colours."""
        super().notify_style_update()
        self._painter.glyphs = self.app.no_color
        self._painter.forget()
        self._looks.clear()

    def render_line(self, y: int) -> Strip:
        """Paint one row of the view."""
        at = y + self.scroll_offset.y
        width = self.size.width
        if not self._sheet.width:  # the first frame may come before the news of its size
            return Strip.blank(width, self._look(""))
        strip = self._painter.strip(self._sheet.row(at), width)
        place = self._place
        if place is not None and place[0] == at:
            strip = self._painter.over(strip, place[1], max(1, place[2]), "cursor")
        if self.text_selection is not None:
            span = self.text_selection.get_span(at)
            if span is not None:
                text = self._sheet.row(at).text
                start, end = span[0], len(text) if span[1] == -1 else span[1]
                first, last = cell_len(text[:start]), cell_len(text[:end])
                strip = self._painter.over(strip, first, last - first, "selection")
        if y == self.size.height - 1 and self._unseen and not self.following:
            hint = f" {'v' if self._ascii else '↓'} {self._unseen} new  {self.keys('view.end')} "
            strip = Strip.join(
                [strip.crop(0, width - cell_len(hint)), Strip([Segment(hint, self._look("hint"))])]
            )
        return strip.apply_offsets(0, at)

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
