"""What a person asks of the message under the token cursor: again, on, other branches, copies, files.

Keeps true: without a cursor the last message is meant. Sends everything to the controller, or opens
the screen where it is done; draws nothing. The workbench is one of these.
"""

from functools import partial

from textual.screen import Screen

from tui.controller import Controller
from tui.core.text import sanitize
from tui.screens.compare import CompareScreen
from tui.screens.export import export_reply
from tui.screens.scored import ScoredTexts
from tui.screens.tree import TreeScreen
from tui.screens.what_if import WhatIf
from tui.widgets.prompt import Prompt
from tui.widgets.sampler_edit import apply_preset
from tui.widgets.status_line import StatusLine
from tui.widgets.transcript import Transcript
from tui.widgets.transcript_walk import SYSTEM


class MessageActions(Screen[None]):
    """A screen with a conversation, a prompt and a status line."""

    controller: Controller
    transcript: Transcript
    scored: ScoredTexts
    what_if: WhatIf
    prompt: Prompt
    status: StatusLine
    _ascii: bool

    def action_regenerate(self) -> None:
        """Make the reply under the cursor again, or the last one."""
        self.controller.regenerate(self._key_at_cursor())

    def action_continue_reply(self) -> None:
        """Let the last reply go on."""
        self.controller.continue_reply()

    def action_branch(self, by: int) -> None:
        """Show another branch of the nearest message, at the cursor or above it, that has any."""
        key = self._key_at_cursor()
        conversation = self.controller.conversation
        while key is not None and len(conversation.siblings(key)) < 2:
            key = conversation[key].parent
        if key is None:
            again, edit = map(self.controller.keys, ("reply.regenerate", "message.edit"))
            self.status.notice = f"There is one branch only; {again} or {edit} makes another."
        else:
            self.controller.walk(key, by)

    def action_compare(self) -> None:
        """Other settings answer the same question, side by side."""
        if not self.controller.may_change():
            return
        held = self.controller.profile.settings
        tried = self.what_if.copy
        settings = (held, apply_preset(held, "neutral") if tried is None else tried)
        # What was compared last is still there, as long as its question is.
        made = self.controller.lanes.lanes
        asked = {message.key for message in self.controller.conversation.path()}
        before = tuple(lane.settings.changed(seed=held.seed) for lane in made)
        if not made or made[0].message.parent not in asked or (tried and tried not in before):
            made, before = (), settings
        self.app.push_screen(
            CompareScreen(
                self.controller, before, self.transcript.tint, made=made, ascii_only=self._ascii
            )
        )

    def action_tree(self) -> None:
        """All branches as a tree."""
        self.app.push_screen(TreeScreen(self.controller, ascii_only=self._ascii))

    def action_edit(self) -> None:
        """Edit the message under the cursor, or the last question."""
        here = self.transcript.here
        if here is None or here == SYSTEM:
            self.action_edit_question()
        else:
            self._edit(here)

    def action_edit_question(self) -> None:
        """Edit the question that the reply under the cursor answers, or the last one."""
        key = self._key_at_cursor()
        conversation = self.controller.conversation
        while key is not None and conversation[key].role != "user":
            key = conversation[key].parent
        if key is None:
            self.status.notice = "There is no question to edit yet."
        else:
            self._edit(key)

    def _edit(self, key: int) -> None:
        if not self.controller.may_change():
            return
        self.prompt.begin_edit(key, self.controller.conversation[key].text)
        send, leave = map(self.controller.keys, ("prompt.send", "reply.stop"))
        self.status.notice = (
            f"Editing a message: {send} sends it as a new branch, {leave} leaves it."
        )

    def action_score(self) -> None:
        """Score the message under the cursor and all before it; without a cursor, everything."""
        self.scored.ask(self.transcript.here)

    def action_score_all(self) -> None:
        """Score the whole conversation."""
        self.scored.ask(None)

    def action_copy(self) -> None:
        """Copy the message under the cursor, or the last one."""
        key = self._key_at_cursor()
        if self.transcript.here == SYSTEM:
            self._copy(self.controller.profile.written(self.controller.conversation))
        elif key is not None:
            self._copy(self.controller.conversation[key].text)

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(sanitize(text))
        self.status.notice = "Sent to the terminal's clipboard."

    def action_export(self) -> None:
        """Write the reply under the cursor, or the last one, to a file."""
        tell = partial(setattr, self.status, "notice")
        export_reply(self, self.controller, self._key_at_cursor(), tell, self.transcript.tint)

    def _key_at_cursor(self) -> int | None:
        here = self.transcript.here
        return self.controller.conversation.leaf if here in (None, SYSTEM) else here
