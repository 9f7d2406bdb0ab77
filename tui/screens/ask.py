"""A question with a few answers, over the screen: one key each, the arrow keys, or the mouse.

Keeps true: Esc answers nothing and changes nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.core.text import sanitize
from tui.widgets.candidate_cell import plain


class Answer(NamedTuple):
    """One answer."""

    value: str
    key: str
    """One letter that gives it."""
    text: str


class AskScreen(ModalScreen[str], inherit_bindings=False):
    """Ends with the value of an answer, or with an empty text.

    Args:
        question: in a line or two.
        answers: at least one; the first is under the cursor.
        more: what to know besides, under the answers.
        ascii_only: draw with ASCII alone.
    """

    BINDINGS = [Binding("escape", "leave", "Nothing", show=False)]  # noqa: RUF012

    def __init__(
        self, question: str, answers: Sequence[Answer], more: str = "", *, ascii_only: bool = False
    ) -> None:
        super().__init__()
        self._question, self._answers, self._more = question, answers, more
        self._ascii = ascii_only

    def compose(self) -> ComposeResult:
        """Question, answers, a line for more."""
        with Vertical(id="ask-box"):
            yield Static(Content(self._clean(self._question)), id="ask-question", markup=False)
            yield OptionList(
                *(
                    Option(Content(self._clean(f" {key}  {text}")), id=value)
                    for value, key, text in self._answers
                ),
                id="ask-answers",
            )
            yield Static(Content(self._clean(self._more)), id="ask-more", markup=False)

    def on_mount(self) -> None:
        """The first answer under the cursor."""
        self.set_class(self._ascii, "-ascii")
        self.query_one(OptionList).focus()

    def _clean(self, text: str) -> str:
        return plain(sanitize(text)) if self._ascii else sanitize(text)

    def on_key(self, event: events.Key) -> None:
        """A letter gives its answer."""
        for value, key, _ in self._answers:
            if event.character == key:
                event.stop()
                self.dismiss(value)
                return

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id or "")

    def action_leave(self) -> None:
        """No answer."""
        self.dismiss("")
