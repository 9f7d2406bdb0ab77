"""What is shown where the terminal is too small for anything else."""

from typing import Final

from textual.widget import Widget

LEAST: Final = (60, 16)
"""Columns and rows that the workbench needs."""


class SizeNotice(Widget):
    """One line: the size that is needed and the size there is."""

    DEFAULT_CSS = "SizeNotice { width: 1fr; height: 1fr; content-align: center middle; }"

    def render(self) -> str:
        """The line, shorter where it does not fit."""
        width, height = self.app.size
        line = f"needs {LEAST[0]}×{LEAST[1]}, has {width}×{height}"
        return line if len(line) <= width else f"{width}×{height}"

    def on_resize(self) -> None:
        """Say the new size."""
        self.refresh()
