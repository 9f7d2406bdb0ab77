"""Asking for the file that a reply is written to.

Keeps true: where it will go and as what is said while the name is typed; a file that is there is
replaced only when Enter is pressed once more; Esc leaves everything as it was.
"""

from collections.abc import Callable
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static
from textual.widgets.input import Selection

from tui.control.exporter import Target, export, free_name, look_at, reply_of
from tui.controller import Controller
from tui.core.errors import LogitscopeError
from tui.core.export import FORMATS
from tui.core.export.reply import ReplyTrace
from tui.core.text import one_line
from tui.core.tint import Tint


def export_reply(
    screen: Screen[None],
    controller: Controller,
    key: int | None,
    tell: Callable[[str], None],
    tint: Tint,
) -> None:
    """Ask for a file and write the reply at `key`, or the last one before it, to it.

    Args:
        screen: below the question.
        controller: of the conversation.
        key: a message.
        tell: takes a line for the reader.
        tint: what the conversation is tinted by.
    """
    reply = reply_of(controller, key)
    if reply is None:
        tell("There is no reply to export yet.")
        return

    async def write(target: Target) -> None:
        tell(f"Writing {target.path.name} ...")
        try:
            size = await export(reply, target, controller, tint)
        except LogitscopeError as error:
            tell(str(error))
        else:
            tell(f"Written: {target.path} ({max(1, round(size / 1000)):,} kB)")

    def chosen(target: Target | None) -> None:
        if target is not None:
            screen.run_worker(write(target), group="export")

    screen.app.push_screen(ExportScreen(reply), chosen)


class ExportScreen(ModalScreen[Target | None], inherit_bindings=False):
    """A name, what it means, and what is wrong with it.

    Args:
        reply: what will be written.
    """

    BINDINGS = [Binding("escape", "leave", "Leave", show=False)]  # noqa: RUF012

    def __init__(self, reply: ReplyTrace) -> None:
        super().__init__()
        self._reply = reply
        self._asked: Target | None = None
        """The file that would be replaced, once that was said."""

    def compose(self) -> ComposeResult:
        """A heading, the name, two lines of words, the formats."""
        count = len(self._reply.steps)
        unfinished = "" if self._reply.reason else ", so far"
        with Vertical(id="export"):
            yield Static(
                Content.assemble(
                    ("Export the reply", "bold"),
                    (f"  {count:,} token{'s' * (count != 1)}{unfinished}, seed {self._reply.seed}",
                     "$quiet"),
                ),
                markup=False,
            )  # fmt: skip
            yield Input(free_name(self._reply), id="export-name", compact=True)
            yield Static(id="export-said", markup=False)
            rows = [(f"  {ending:<7} ", f"{what}\n") for ending, what in FORMATS.items()]
            parts = [part for ending, what in rows for part in (ending, (what, "$quiet"))]
            yield Static(Content.assemble(*parts, "Enter writes, Esc leaves."), markup=False)

    def on_mount(self) -> None:
        """Type over the stem of the name at once."""
        name = self.query_one(Input)
        name.focus()
        name.selection = Selection(0, len(name.value) - len(Path(name.value).suffix))

    @on(Input.Changed)
    def _name_changed(self, event: Input.Changed) -> None:
        self._asked = None
        target = look_at(event.value)
        if isinstance(target, str):
            self._say(target, wrong=True)
        else:
            self._say(f"{'replaces' if target.exists else 'to'} {target.path}")

    @on(Input.Submitted)
    def _name_submitted(self, event: Input.Submitted) -> None:
        target = look_at(event.value)
        if isinstance(target, str):
            self._say(target, wrong=True)
        elif target.exists and self._asked != target:
            self._asked = target
            self._say(f"{target.path.name} is there already: Enter again replaces it.", wrong=True)
        else:
            self.dismiss(target)

    def _say(self, text: str, *, wrong: bool = False) -> None:
        said = Content.assemble((one_line(text, 300), "$text-error" if wrong else "$quiet"))
        self.query_one("#export-said", Static).update(said)

    def action_leave(self) -> None:
        """Write nothing."""
        self.dismiss(None)
