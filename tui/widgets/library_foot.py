"""The first and the last lines of the library: how many personas, where they lie, and the keys.

Keeps true: a notice is read before the keys, and stands until the next one.
"""

from collections.abc import Iterable

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from tui.core.persona import BrokenPersona, Persona
from tui.core.text import one_line
from tui.widgets.candidate_cell import plain


class LibraryFoot(Widget):
    """The notice, and under it the keys; as many as there is room for."""

    DEFAULT_CSS = "LibraryFoot { height: 2; }"

    notice: reactive[str] = reactive("")
    hints: reactive[tuple[tuple[str, str], ...]] = reactive(())
    """(key, what it does), the most wanted first; the last one is always shown."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._ascii = ascii_only
        self.title = Static("", markup=False, classes="library-title")

    def count(self, personas: Iterable[Persona | BrokenPersona], folder: str) -> None:
        """Say how many there are, and where one's own lie."""
        found = list(personas)
        own = sum(not persona.built_in for persona in found)
        broken = sum(isinstance(persona, BrokenPersona) for persona in found)
        told = [f"{own} of your own", *([f"{broken} broken"] if broken else [])]
        words = f"  {len(found)}, {', '.join(told)}   {one_line(folder, 300)}"
        self.title.update(Content.assemble(("Personas", "bold"), (self._clean(words), "$quiet")))

    def render(self) -> Content:
        """Two lines."""
        width = self.size.width
        notice = Content(self._clean(one_line(self.notice, 400)))
        line = Content("")
        last = self._hint(*self.hints[-1]) if self.hints else Content("")
        for key, text in self.hints[:-1]:
            longer = Content.assemble(line, self._hint(key, text), "  ")
            if longer.cell_length + last.cell_length > width:
                break
            line = longer
        keys = Content.assemble(line, last)
        return Content.assemble(notice.truncate(width, ellipsis=not self._ascii), "\n", keys)

    def _hint(self, key: str, text: str) -> Content:
        return Content.assemble((key, "bold"), (f" {text}", "$quiet"))

    def _clean(self, text: str) -> str:
        return plain(text) if self._ascii else text
