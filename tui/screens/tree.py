"""All branches of the conversation as a tree: look, go there, remove, bring back.

Keeps true: what is shown is read from the controller, and every change is made by it. A reply that is
being made grows in its row.
"""

from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.control.update import Update
from tui.controller import Controller
from tui.core.text import one_line
from tui.core.tree import LIMIT_ROWS, TreeRow, tree_rows
from tui.screens.following import FollowingScreen
from tui.widgets.branch_row import row_content, words
from tui.widgets.candidate_cell import plain
from tui.widgets.keys import names_of

TREE_BINDINGS: Final = (
    Binding("enter", "choose", "show this branch", id="tree.show"),
    Binding("left_square_bracket", "sibling(-1)", "branch before", id="tree.previous"),
    Binding("right_square_bracket", "sibling(1)", "branch after", id="tree.next"),
    Binding("x,delete", "remove", "remove the branch and all below it", id="tree.remove"),
    Binding("u", "restore", "bring back what was removed last", id="tree.restore"),
    Binding("escape,b,q", "leave", "close", id="tree.close"),
)
"""Every key of the tree besides those of a list."""


class TreeScreen(FollowingScreen[None], inherit_bindings=False):
    """Every message that was ever said, under the one it follows."""

    BINDINGS: ClassVar = list(TREE_BINDINGS)

    def __init__(self, controller: Controller, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._controller = controller
        self._ascii = ascii_only
        keymap = controller.profile.launch.keymap
        self._names = names_of(TREE_BINDINGS).remapped(keymap, ascii_only=ascii_only)
        self._rows: list[TreeRow] = []
        self._at: dict[int, int] = {}
        """Number of the row of a message."""
        self._told = ""
        """A notice in place of the words."""
        self._told_at: int | None = None
        """The row's message when it came; it goes when the cursor does."""

    def compose(self) -> ComposeResult:
        """Heading, the tree, the row under the cursor in words, keys."""
        yield Static(id="tree-heading", markup=False)
        yield OptionList(id="tree-rows")
        yield Static(id="tree-words", markup=False)
        named = {
            what: self._names(f"tree.{what}")
            for what in ("show", "previous", "next", "remove", "restore", "close")
        }
        keys = (
            "{show} shows  {previous} {next} branches  {remove} removes  {restore} brings back  "
            "{close} closes"
        ).format_map(named)
        yield Static(Content.styled(keys, "$quiet"), id="tree-keys", markup=False)

    def on_mount(self) -> None:
        """The tree, with the cursor on what is shown."""
        self.set_class(self._ascii, "-ascii")
        self._list.focus()
        self._read(self._controller.conversation.leaf)

    def on_resize(self) -> None:
        """Rows of another width."""
        self._read(self._key)

    def follow(self, update: Update) -> None:
        """Show what is new."""
        if update.path:
            self._read(self._key)
        elif update.grown & self._at.keys():
            key, rows = self._key, tree_rows(self._controller.conversation)
            if [row.branch.key for row in rows] != [row.branch.key for row in self._rows]:
                # A branch that grows was taken out, which is told later: the list has other rows.
                self._read(key)
                return
            self._rows = rows
            for key in update.grown & self._at.keys():
                number = self._at[key]
                self._list.replace_option_prompt_at_index(number, self._prompt(number))
        if update.notice:
            self._say(update.notice)
        self._tell()

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    @property
    def _key(self) -> int | None:
        row = self._row
        return None if row is None else row.branch.key

    @property
    def _row(self) -> TreeRow | None:
        at = self._list.highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def _read(self, key: int | None) -> None:
        conversation = self._controller.conversation
        self._rows = tree_rows(conversation)
        self._at = {row.branch.key: number for number, row in enumerate(self._rows)}
        options = self._list
        options.clear_options()
        options.add_options(Option(self._prompt(n)) for n in range(len(self._rows)))
        if self._rows:
            leaf = conversation.leaf
            wanted = key if key in self._at else leaf
            options.highlighted = self._at.get(-1 if wanted is None else wanted, 0)
            options.scroll_to_highlight()
        messages, talks = len(self._rows), len(conversation.roots)
        heading = f"Branches   {_count(messages, 'message')}, {_count(talks, 'beginning')}"
        if messages == LIMIT_ROWS:
            heading += "; more are not shown"
        self.query_one("#tree-heading", Static).update(Content.styled(heading, "bold"))
        self._tell()

    def _prompt(self, number: int) -> Content:
        width = max(20, self._list.scrollable_content_region.width or self.size.width - 2)
        return row_content(self._rows[number], width, ascii_only=self._ascii)

    @on(OptionList.OptionHighlighted)
    def _moved(self) -> None:
        if self._key != self._told_at:
            self._told = ""
        self._tell()

    def _say(self, notice: str) -> None:
        self._told, self._told_at = one_line(notice), self._key

    def _tell(self) -> None:
        row = self._row
        text = "Nothing has been said yet." if row is None else words(row, ascii_only=self._ascii)
        text = self._told or text
        shown = plain(text) if self._ascii else text
        self.query_one("#tree-words", Static).update(Content(shown))

    @on(OptionList.OptionSelected)
    def _chosen(self) -> None:
        self.action_choose()

    def action_choose(self) -> None:
        """Show the branch under the cursor in the conversation."""
        key = self._key
        if key is not None:
            self._controller.show(key)
            self.dismiss(None)

    def action_sibling(self, by: int) -> None:
        """Go to the next branch of the message, or of the nearest above it that has any."""
        conversation, key = self._controller.conversation, self._key
        while key is not None and len(conversation.siblings(key)) < 2:
            key = conversation[key].parent
        if key is None:
            self._say("There is one branch only.")
            self._tell()
            return
        around = conversation.siblings(key)
        self._list.highlighted = self._at[around[(around.index(key) + by) % len(around)]]

    def action_remove(self) -> None:
        """Take the branch under the cursor out of the tree."""
        if self._key is not None:
            self._controller.remove(self._key)

    def action_restore(self) -> None:
        """Bring back what was removed last."""
        self._controller.restore()

    def action_leave(self) -> None:
        """Back to the workbench."""
        self.dismiss(None)


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
