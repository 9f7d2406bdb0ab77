"""What is shown where the terminal is too small for anything else.

Keeps true: what has the focus when everything else is hidden has it again when that comes back, unless
something was given the focus meanwhile.
"""

from typing import Final

from textual.widget import Widget

LEAST: Final = (60, 16)
"""Columns and rows that the workbench needs."""


class SizeNotice(Widget):
    """One line: the size that is needed and the size there is."""

    DEFAULT_CSS = "SizeNotice { width: 1fr; height: 1fr; content-align: center middle; }"

    _focused: Widget | None = None
    """What had the focus when everything was hidden."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._by = "x" if ascii_only else "×"

    def render(self) -> str:
        """The line, shorter where it does not fit."""
        width, height = self.app.size
        has = f"{width}{self._by}{height}"
        line = f"needs {LEAST[0]}{self._by}{LEAST[1]}, has {has}"
        return line if len(line) <= width else has

    def on_resize(self) -> None:
        """Say the new size."""
        self.refresh()

    def take_over(self) -> None:
        """Mark the screen with `-tiny` while its terminal is too small; called when it is resized."""
        screen, (width, height) = self.screen, self.app.size
        tiny, was_tiny = width < LEAST[0] or height < LEAST[1], screen.has_class("-tiny")
        screen.set_class(tiny, "-tiny")
        if tiny and not was_tiny:
            self._focused = screen.focused
        elif was_tiny and not tiny and self._focused is not None:
            # Behind the news, in its own queue, that it was hidden: that takes the focus away.
            screen.call_after_refresh(self._focused.call_later, self._give_back, self._focused)
            self._focused = None

    def _give_back(self, widget: Widget) -> None:
        if self.screen.focused is None:
            widget.focus()
