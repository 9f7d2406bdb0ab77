"""What Textual itself draws, in ASCII alone: scroll bars and the command palette.

Keeps true: without being asked for it Textual draws as ever. What is ours takes `ascii_only` where it
is made.
"""

from typing import ClassVar

from textual.app import App
from textual.command import CommandPalette
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.theme import ThemeProvider

_WHOLE = [" "] * 8


class PlainBars(ScrollBarRender):
    """A scroll bar of whole cells, without the eighths of a block at its ends."""

    VERTICAL_BARS: ClassVar[list[str]] = _WHOLE
    HORIZONTAL_BARS: ClassVar[list[str]] = _WHOLE


class Palette(CommandPalette):
    """The palette of commands, or of themes alone; its rules are in `styles/workbench.tcss`."""

    def __init__(self, *, themes: bool, ascii_only: bool) -> None:
        what = "themes" if themes else "commands"
        super().__init__(
            [ThemeProvider] if themes else None,
            placeholder=f"Search for {what}{'...' if ascii_only else '…'}",
        )
        self.set_class(ascii_only, "-ascii")


class PlainApp(App[None]):
    """An app that can be drawn with ASCII alone."""

    _plain = False

    def draw_plain(self, ascii_only: bool) -> None:
        """Draw so from now on, or as ever. Scroll bars are those of the whole process."""
        self._plain = ascii_only
        ScrollBar.renderer = PlainBars if ascii_only else ScrollBarRender

    def action_command_palette(self) -> None:
        """Every action by name."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette(themes=False, ascii_only=self._plain))

    def search_themes(self) -> None:
        """Every theme by name."""
        self.push_screen(Palette(themes=True, ascii_only=self._plain))
