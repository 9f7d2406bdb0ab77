"""Step by step: a token waits, the inspector has the focus, and a key takes one or goes back.

Keeps true: the focus is taken only from the prompt and the conversation, never from a control that
is being moved; when the reply is over it goes back to the prompt. Draws nothing.
"""

from tui.control.update import Update
from tui.controller import Controller
from tui.core.pause import PauseWhen
from tui.screens.drawers import DrawerScreen
from tui.screens.pause_when import PauseScreen
from tui.widgets.inspector import Inspector
from tui.widgets.transcript import Transcript


class SteppingScreen(DrawerScreen):
    """A screen with an inspector whose tokens may wait."""

    controller: Controller
    transcript: Transcript
    inspector: Inspector
    _attending = False
    """Whether the inspector was given the focus for a token that waits."""

    def attend(self, update: Update) -> None:
        """Go to the inspector when a token waits, and back when the reply is over."""
        controller = self.controller
        if update.refused >= 0:
            self.inspector.offer_without_grammar(update.refused)
        if controller.waiting is not None and not self._attending:
            if self.focused in (None, self.prompt, self.transcript):
                self._attending = True
                if self.focused is not self.transcript or self.transcript.here is None:
                    self.transcript.leave()
                    self.bring_pane("inspector")
        elif self._attending and not controller.status.replying:
            self._attending = False
            if self.focused is self.inspector:
                self.leave_pane()

    def action_stepping(self) -> None:
        """Let every token wait; where they do, run on."""
        controller = self.controller
        if controller.stepping:
            controller.run_on()
            self.notice("Running on.")
        else:
            controller.set_stepping(True)
            if self.controller.stepping:
                self.notice("Step by step: every token of a reply waits to be taken.")

    def action_step_back(self) -> None:
        """Take back the newest token."""
        self.controller.step_back()

    def action_pause_when(self) -> None:
        """Ask which tokens are to wait."""

        def chosen(when: PauseWhen | None) -> None:
            if when is not None:
                self.controller.set_pause(when)
                told = self.controller.pause.conditions
                self.notice(f"Tokens wait where {told}." if told else "No token waits by itself.")

        self.app.push_screen(PauseScreen(self.controller.pause), chosen)
