"""One persona to read: its card, or the exact prompt that it makes. Scrolls by key and wheel.

Keeps true: only the rows in sight are drawn; what is shown is folded once for a width. What a line
is made of comes from outside, as parts.
"""

from collections.abc import Callable
from typing import ClassVar, Final

from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.candidate_cell import strip_of, text_of
from tui.widgets.fold import Line

_PARTS: Final = ("heading", "label", "dim", "problem", "control", "warn", "text")
TABS: Final = ("Card", "Exact prompt")


class LibraryPreview(ScrollView, can_focus=True):
    """Draws the lines that `lines` makes for its width."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"library--{name}" for name in _PARTS}
    DEFAULT_CSS = (
        "LibraryPreview { overflow-x: hidden; overflow-y: auto; scrollbar-gutter: stable; }"
    )

    class TabClicked(Message):
        """The other view is wanted."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._ascii = ascii_only
        self._make: Callable[[int], list[Line]] = lambda width: []
        self._lines: list[Line] = []
        self._made_for = -1
        self._looks: dict[str, Style] = {}

    def show(self, make: Callable[[int], list[Line]], *, from_top: bool) -> None:
        """Show other lines.

        Args:
            make: the lines for a width in cells.
            from_top: go to the first line.
        """
        self._make = make
        self._made_for = -1
        self._fold()
        if from_top:
            self.scroll_to(y=0, animate=False)
        self.refresh()

    def text(self) -> str:
        """Every line as plain text."""
        return "\n".join(text_of(line).rstrip() for line in self._lines)

    def _fold(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0 or width == self._made_for:
            return
        self._made_for = width
        self._lines = self._make(width)
        self.virtual_size = Size(width, len(self._lines))

    def on_resize(self) -> None:
        """Fold again for another width."""
        self._fold()

    def notify_style_update(self) -> None:
        """Forget the looked-up styles."""
        super().notify_style_update()
        self._looks.clear()

    def render_line(self, y: int) -> Strip:
        """One row in sight."""
        if not self._looks:
            found = {name: self.get_component_rich_style(f"library--{name}") for name in _PARTS}
            self._looks = {"": self.rich_style, **found}
        at = y + self.scroll_offset.y
        line = self._lines[at] if at < len(self._lines) else []
        return strip_of(line, self.size.width, self._looks)


class LibraryTabs(ScrollView):
    """Which of the two views is shown."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"library--chosen", "library--dim"}
    DEFAULT_CSS = "LibraryTabs { height: 1; overflow: hidden; }"

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.prompt = False
        """Whether the prompt is shown."""
        self.note = ""
        """Beside the names, where there is room."""
        self._ascii = ascii_only

    def render_line(self, y: int) -> Strip:
        """The one line."""
        looks = {
            "": self.rich_style,
            "dim": self.get_component_rich_style("library--dim"),
            "chosen": self.get_component_rich_style("library--chosen"),
        }
        parts: Line = []
        for number, name in enumerate(TABS):
            chosen = self.prompt == bool(number)
            parts += [(f"[{name}]" if chosen else f" {name} ", "chosen" if chosen else "dim")]
        used = sum(len(text) for text, _ in parts)
        if len(self.note) + used + 2 <= self.size.width:
            parts += [(" " * (self.size.width - used - len(self.note)), ""), (self.note, "dim")]
        return strip_of(parts, self.size.width, looks)

    def on_click(self, event: events.Click) -> None:
        """A click on the other name."""
        offset = event.get_content_offset(self)
        if offset is not None and (offset.x > len(TABS[0]) + 1) != self.prompt:
            self.post_message(LibraryPreview.TabClicked())
