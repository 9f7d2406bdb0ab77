"""The workbench: conversation, samplers, inspector, personas, prompt, and one status line.

Composes and routes: what widgets say goes to the controller, what the controller says goes to the
widgets. Wide, everything is in sight; narrow, the side is a drawer over the conversation.
"""

import json
from dataclasses import dataclass
from typing import Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui.control.update import Update
from tui.controller import Controller
from tui.core.binding import Place
from tui.core.plan import chain_line
from tui.core.request import lacking, request_of
from tui.core.shelf import Shelf
from tui.core.status import Activity
from tui.screens.asking import AskingScreen
from tui.screens.following import FollowingScreen
from tui.screens.library_door import LibraryDoor
from tui.screens.message_actions import MessageActions
from tui.screens.pace import Paced
from tui.screens.scored import ScoredTexts
from tui.screens.stepping import SteppingScreen
from tui.screens.what_if import WhatIf
from tui.widgets.inspector import Inspector
from tui.widgets.keys import Named, bindings
from tui.widgets.persona_list import PersonaList
from tui.widgets.prompt import Prompt
from tui.widgets.rule import Rule
from tui.widgets.sampler_panel import SamplerPanel
from tui.widgets.size_notice import SizeNotice
from tui.widgets.status_line import StatusLine
from tui.widgets.status_title import TitleLine
from tui.widgets.token_strip import TokenStrip
from tui.widgets.transcript import Transcript

WIDE: Final = 110
"""Columns from which the side is always in sight."""
VAST: Final = 160
"""Columns from which the side is wider."""
TALL: Final = 34
"""Rows from which the persona list has its own place in the side."""
LOFTY: Final = 46
"""Rows from which the inspector takes what is left."""


class Workbench(MessageActions, AskingScreen, SteppingScreen, inherit_bindings=False):
    """The one main screen."""

    BINDINGS = bindings(Place.ANYWHERE)

    @dataclass
    class Updated(Message):
        """The controller has something new."""

        update: Update

    def __init__(self, controller: Controller, shelf: Shelf | None = None) -> None:
        super().__init__()
        self.controller = controller
        launch = controller.profile.launch
        self._ascii = launch.ascii_only
        self.transcript = Transcript(ascii_only=self._ascii, id="transcript")
        self.scored = ScoredTexts(controller, self.transcript)
        self.strip = TokenStrip(self.transcript, ascii_only=self._ascii, id="strip")
        self.prompt = Prompt(id="prompt")
        self.library = LibraryDoor(self, controller, shelf, self.prompt.focus)
        self.samplers = SamplerPanel(
            controller.profile.settings, ascii_only=self._ascii, id="samplers"
        )
        self.inspector = Inspector(ascii_only=self._ascii, id="inspector")
        self.peek = Inspector(ascii_only=self._ascii, id="peek")
        self.personas = PersonaList(ascii_only=self._ascii, id="personas")
        self.status = StatusLine(ascii_only=self._ascii)
        self.title_line = TitleLine(ascii_only=self._ascii)
        named: tuple[Named, ...] = (
            self.transcript, self.prompt, self.samplers, self.inspector, self.peek,
            self.personas, self.status,
        )  # fmt: skip
        for widget in named:
            widget.keys = widget.keys.remapped(launch.keymap, ascii_only=self._ascii)
        self.what_if = WhatIf(
            controller, self.transcript, self.samplers, (self.inspector, self.peek),
            self.scored, self.notice, lambda work: self.run_worker(work, group="what-if"),
        )  # fmt: skip
        self._looks = Paced(self.what_if.look, self.set_timer)
        self._panes: dict[str, Widget] = {
            "samplers": self.samplers, "inspector": self.inspector, "personas": self.personas,
        }  # fmt: skip

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        yield SizeNotice(ascii_only=self._ascii)
        yield self.title_line
        yield Rule("┬", ascii_only=self._ascii)
        with Horizontal(id="middle"):
            with Vertical(id="chat"):
                yield self.transcript
                yield self.strip
            with Vertical(id="side"):
                yield self.samplers
                yield Rule("├", ascii_only=self._ascii)
                yield self.inspector
                yield Rule("├", ascii_only=self._ascii, id="rule-personas")
                yield self.personas
        # Below, not in the conversation: what other settings would have done stays in sight while a
        # drawer lies over the conversation.
        yield self.peek
        yield Rule("┴", ascii_only=self._ascii)
        with Horizontal(id="ask"):
            yield Static("> " if self._ascii else "› ", id="mark", markup=False)
            yield self.prompt
        yield self.status

    def on_mount(self) -> None:
        """Show what there is, and let the controller run."""
        self.set_class(self._ascii, "-ascii")
        self.samplers.own = self.controller.profile.launch.own
        self.peek.compact = True
        self.peek.can_focus = False
        self.prompt.focus()
        self.take_update(Update(path=True, settings=True, persona=True))
        self.run_worker(self.controller.run(), group="controller")
        self.library.watch_files()

    def on_descendant_focus(self) -> None:
        """Give the inspector room while it has the focus."""
        self.set_class(self.inspector.has_focus, "-inspecting")

    def on_resize(self) -> None:
        """Below the least size, only say so; the rules meet the side where there is one."""
        width, height = self.app.size
        self.query_one(SizeNotice).take_over()
        self.set_class(width >= WIDE, "-wide")
        self.set_class(width < WIDE, "-narrow")
        self.set_class(width >= VAST, "-vast")
        self.set_class(height < TALL, "-low")
        self.set_class(height >= LOFTY, "-lofty")
        self.keep_in_sight()
        self.strip.room = 3 if height >= TALL else 1
        self.call_after_refresh(self._join_rules)

    def _join_rules(self) -> None:
        side = self.query_one("#side")
        at = side.outer_size.width if self.app.size.width >= WIDE and side.display else 0
        for rule in self.query(Rule):
            rule.at = at

    # --- from the controller ----------------------------------------------------------------------

    @on(Updated)
    def _on_updated(self, event: Updated) -> None:
        self.take_update(event.update)
        for screen in self.app.screen_stack:
            if isinstance(screen, FollowingScreen):
                screen.follow(event.update)

    def take_update(self, update: Update) -> None:
        """Hand what is new to the widgets."""
        controller, profile = self.controller, self.controller.profile
        status = controller.status
        if update.refused_grammar:
            self.samplers.give_back(update.refused_grammar, update.notice)
        if update.faults:
            self.samplers.faults = controller.faults
        if update.persona:
            self.personas.personas = controller.personas
            self.personas.current = profile.persona.id
            self.title_line.persona = profile.persona.name
        if update.returned:
            self.prompt.give_back(update.returned)
        if update.again and not self.prompt.text and self.prompt.editing is None:
            self.prompt.put(update.again)
        was = self.status.status.activity
        # What was said when a reply was being stopped holds beyond its end.
        moved = status.activity is not was and was is not Activity.STOPPING
        if update.notice or update.path or moved:
            self.status.notice = update.notice
        self.status.status = self.title_line.status = status
        self.transcript.show_trouble(status.trouble)
        if update.path:
            self.transcript.show(controller.conversation.path(), self._branches)
        elif update.grown:
            self.transcript.grow(update.grown)
        self.scored.take(update)
        if update.path or update.settings or update.scores or update.waiting:
            self._looks.now()
        elif update.grown:
            (self._looks.soon if status.replying else self._looks.now)()
        self.attend(update)

    def _branches(self, key: int) -> tuple[int, int]:
        if key not in self.controller.conversation:  # removed, which is still to be shown
            return 0, 1
        around = self.controller.conversation.siblings(key)
        return around.index(key), len(around)

    # --- from the widgets -------------------------------------------------------------------------

    @on(Prompt.Submitted)
    def _send(self, event: Prompt.Submitted) -> None:
        self.transcript.leave()
        if event.editing is None:
            self.controller.submit(event.text)
        else:
            self.controller.edit(event.editing, event.text)

    @on(Transcript.TokenHighlighted)
    def _token_highlighted(self, event: Transcript.TokenHighlighted) -> None:
        self.set_class(event.key is not None, "-cursor")
        self.what_if.look()

    @on(Transcript.Noticed)
    def _noticed(self, event: Transcript.Noticed) -> None:
        self.status.notice = event.text

    @on(SamplerPanel.ChainCopied)
    def _chain_copied(self, event: SamplerPanel.ChainCopied) -> None:
        self._copy(event.text)

    def copy_chain(self) -> None:
        """Copy the chain as a line."""
        profile = self.controller.profile
        self._copy(chain_line(profile.settings, profile.launch.own))

    def copy_request(self) -> None:
        """Copy the settings as llama-server JSON."""
        settings = self.controller.profile.settings
        self._copy(json.dumps(request_of(settings), allow_nan=False))
        if names := lacking(settings):
            self.status.notice = f"Copied. llama-server does not have: {', '.join(names)}."

    @on(PersonaList.Chosen)
    def _persona_chosen(self, event: PersonaList.Chosen) -> None:
        self.library.choose(event.persona_id)

    @on(PersonaList.LibraryWanted)
    async def action_library(self) -> None:
        """The persona library."""
        await self.library.open(self.prompt.text)

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted where nothing takes it is for the prompt."""
        self.prompt.take_paste(event.text)
        self.prompt.focus()

    # --- actions ----------------------------------------------------------------------------------

    def action_stop(self) -> None:
        """Stop the reply; else leave what is open, one thing at a time, and go to the prompt."""
        if self.controller.stop():
            return
        if self.focused is self.inspector and self.transcript.cursor is not None:
            # Back to the token whose candidates these are.
            self.close_drawer()
            self.transcript.focus()
            return
        if not (self.prompt.end_edit() or self.close_drawer()):
            self.transcript.leave()
        self.prompt.focus()

    def action_open_inspector(self) -> None:
        """The candidates of the token under the cursor."""
        if self.transcript.cursor is None:
            self.transcript.action_token(0)
        self.action_pane("inspector")

    def action_new_chat(self) -> None:
        """Begin again with the same persona."""
        self.controller.new_conversation()
