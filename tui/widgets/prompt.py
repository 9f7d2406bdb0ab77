"""Where a person types: several lines, a history, and no way to lose what was typed.

Keeps true: only Enter sends; pasted text never does, however many lines it has; what is drawn is
sanitised text. A `/` typed into the empty prompt asks for the commands instead.
"""

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.widgets import TextArea

from tui.core.binding import KeyNames, Place
from tui.core.text import sanitize
from tui.widgets.keys import bindings

_ASK = "ask, or / for commands"


class Prompt(TextArea):
    """The prompt."""

    BINDINGS = bindings(Place.PROMPT)
    DEFAULT_CSS = """
    Prompt { height: auto; max-height: 8; border: none; padding: 0; }
    Prompt:focus { border: none; }
    """

    @dataclass
    class Submitted(Message):
        """Enter was pressed on some text."""

        text: str
        editing: int | None
        """The message that the text replaces."""

    class CommandsRequested(Message):
        """A `/` was typed into the empty prompt."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, soft_wrap=True, compact=True, placeholder=_ASK,
                         highlight_cursor_line=False, tab_behavior="focus")  # fmt: skip
        self.keys = KeyNames()
        self.editing: int | None = None
        """The message that is being edited."""
        self._history: list[str] = []
        self._place = 0
        """In the history; its length = what is being typed."""
        self._draft = ""
        """What was being typed when the history was opened."""
        self._set_aside = ""
        """What stood there when the edit of a message began."""

    def put(self, text: str) -> None:
        """Put text in place of what stands there, the cursor at its end."""
        self.text = sanitize(text)
        self.move_cursor(self.document.end)

    def give_back(self, text: str) -> None:
        """Put text that was not sent before what stands there."""
        self.put("\n".join(part for part in (text, self.text) if part))

    def begin_edit(self, key: int, text: str) -> None:
        """Edit a message; what was being typed comes back afterwards."""
        if self.editing is None:
            self._set_aside = self.text
        self.editing = key
        self.placeholder = f"the message is empty: {self.keys('reply.stop')} leaves it as it was"
        self.put(text)
        self.focus()

    def end_edit(self) -> bool:
        """Leave the message as it was; False when none was being edited."""
        if self.editing is None:
            return False
        self.editing = None
        self.placeholder = _ASK
        self.put(self._set_aside)
        return True

    def action_send(self) -> None:
        """Send what was typed; a draft left for the history or for an edit comes back."""
        text = self.text
        if not text.strip():
            return
        editing = self.editing
        typing = self._place == len(self._history)
        if not self._history or self._history[-1] != text:
            self._history.append(text)
        if editing is not None:
            if typing:
                self._place = len(self._history)
            self.end_edit()
        else:
            self._place = len(self._history)
            self.put("" if typing else self._draft)
        self.post_message(self.Submitted(text, editing))

    def action_newline(self) -> None:
        """Begin a new line."""
        self._replace_via_keyboard("\n", *self.selection)

    def action_older(self) -> None:
        """Line up; on the first line, the message before."""
        if self.cursor_at_first_line and self._place > 0 and self.editing is None:
            if self._place == len(self._history):
                self._draft = self.text
            self._place -= 1
            self.put(self._history[self._place])
        else:
            self.action_cursor_up()

    def action_newer(self) -> None:
        """Line down; on the last line, the message after."""
        last = self.cursor_at_last_line and self.editing is None
        if last and self._place < len(self._history):
            self._place += 1
            self.put(self._draft if self._place == len(self._history) else
                     self._history[self._place])  # fmt: skip
        else:
            self.action_cursor_down()

    async def _on_key(self, event: events.Key) -> None:
        if event.character == "/" and not self.text:
            event.stop()
            event.prevent_default()
            self.post_message(self.CommandsRequested())
        elif event.key == "enter":
            event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.take_paste(event.text)

    def take_paste(self, text: str) -> None:
        """Put what was pasted in place of what is selected, else at the cursor."""
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        self._replace_via_keyboard(sanitize(lines), *self.selection)
