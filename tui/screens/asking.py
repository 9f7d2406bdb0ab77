"""What a screen with a token cursor does with what the inspector and the samplers ask.

Keeps true: settings that are tried never reach the controller until they are taken; another road is
taken with the settings that are tried, where there are any.
"""

from textual import on
from textual.screen import Screen

from tui.controller import Controller
from tui.screens.effects import EffectsScreen
from tui.screens.what_if import WhatIf
from tui.widgets.inspector import Inspector
from tui.widgets.sampler_panel import SamplerPanel
from tui.widgets.status_line import StatusLine


class AskingScreen(Screen[None], inherit_bindings=False):
    """Routes what-if and forks."""

    controller: Controller
    what_if: WhatIf
    status: StatusLine
    _source = "panel"
    """Where the panel's next change comes from."""

    @on(SamplerPanel.PresetChosen)
    def _preset_chosen(self, event: SamplerPanel.PresetChosen) -> None:
        self._source = f"preset {event.preset}"

    @on(SamplerPanel.Changed)
    def _settings_changed(self, event: SamplerPanel.Changed) -> None:
        source, self._source = self._source, "panel"
        if event.tried:
            self.what_if.edit(event.settings)
        else:
            self.controller.change_settings(event.settings, source)

    @on(Inspector.Tried)
    def _settings_tried(self, event: Inspector.Tried) -> None:
        self.what_if.edit(event.settings)

    @on(Inspector.Forked)
    def _forked(self, event: Inspector.Forked) -> None:
        if self.what_if.waiting:
            self.controller.take(event.token, leave_grammar=event.leave_grammar)
            return
        if self.what_if.between:
            self.status.notice = (
                "No token waits yet. To go on from an earlier one, select it first."
            )
            return
        at = self.what_if.at
        if at is None:
            self.status.notice = "This text was written, not drawn: there is no other road."
            return
        self.controller.fork(
            *at, event.token, settings=self.what_if.copy, leave_grammar=event.leave_grammar
        )

    def action_effects(self) -> None:
        """What each stage did to the reply under the cursor, or to the newest one."""
        at = self.what_if.at
        if at is None or at[0] not in self.controller.conversation:
            self.what_if.say("There is no reply yet whose samplers could be looked at.")
            return
        past = self.what_if.past(self.controller.conversation[at[0]])
        launch = self.controller.profile.launch
        self.app.push_screen(EffectsScreen(past, ascii_only=launch.ascii_only))

    def action_take_what_if(self) -> None:
        """Make the copy of the settings the ones in force."""
        self.what_if.take()

    def action_drop_what_if(self) -> None:
        """Throw the copy of the settings away."""
        self.what_if.drop()

    def action_parting(self) -> None:
        """Go to the first token that the what-if changes."""
        self.what_if.go_to_parting()
