"""A file's text to edit: what is drawn is clean, what comes out is what went in but for the edits.

Keeps true: nothing hostile reaches the terminal, pasted text included; characters that cannot be drawn
have a visible sign and come out as they were.
"""

from textual import events
from textual.binding import Binding
from textual.widgets import TextArea

from tui.core.stand_in import Disguised, disguise
from tui.core.text import sanitize


class TomlArea(TextArea):
    """An editor of one file's text. Tab moves on; four blanks are typed as such."""

    BINDINGS = [Binding("ctrl+j", "newline", "New line", show=False)]  # noqa: RUF012
    DEFAULT_CSS = """
    TomlArea { border: none; padding: 0; }
    TomlArea:focus { border: none; }
    """

    def __init__(self, text: str, *, id: str | None = None) -> None:  # noqa: A002
        self._disguised: Disguised = disguise(text)
        super().__init__(self._disguised.text, id=id, soft_wrap=True, compact=True,
                         show_line_numbers=True, tab_behavior="focus",
                         highlight_cursor_line=False)  # fmt: skip

    @property
    def real_text(self) -> str:
        """The text as it is to be written."""
        return self._disguised.restore(self.text)

    def put(self, text: str) -> None:
        """Another text in place of this one; undo brings this one back."""
        self._disguised = disguise(text)
        self.replace(self._disguised.text, (0, 0), self.document.end)

    @property
    def signs(self) -> str:
        """Which signs stand for what, in words; empty where nothing is disguised."""
        named = [f"{sign} is U+{ord(char):04X}" for sign, char in self._disguised.signs.items()]
        more = f" and {len(named) - 4} more" if len(named) > 4 else ""
        return ", ".join(named[:4]) + more

    def action_newline(self) -> None:
        """Begin a new line."""
        self._replace_via_keyboard("\n", *self.selection)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = event.text.replace("\r\n", "\n").replace("\r", "\n")
        self._replace_via_keyboard(sanitize(text), *self.selection)
