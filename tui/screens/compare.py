"""Several settings answer the same question with the same dice, side by side.

Keeps true: nothing of it is in the conversation until a lane is kept; what was typed for a lane is
either in force there or told as a problem. The engine makes the lanes in one batch where it can.
"""

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from tui.control.lanes import LaneReply
from tui.control.update import Update
from tui.controller import Controller
from tui.core.edits import LIMIT_CHARS, edits_text, parse_edits
from tui.core.settings import PRESETS, Settings
from tui.core.text import one_line
from tui.core.tint import Tint
from tui.screens.following import FollowingScreen
from tui.widgets.candidate_cell import plain
from tui.widgets.keys import names_of
from tui.widgets.lane import Lane, parting
from tui.widgets.sampler_edit import apply_preset
from tui.widgets.transcript import Transcript

COMPARE_BINDINGS: Final = (
    Binding("g", "go", "let every lane answer", id="compare.go", priority=True),
    Binding("e", "edit", "type settings for the lane", id="compare.edit", priority=True),
    Binding("p", "preset", "next preset for the lane", id="compare.preset", priority=True),
    Binding("plus,a", "add", "one more lane", id="compare.add", priority=True),
    Binding("minus,x", "drop", "one lane less", id="compare.drop", priority=True),
    Binding("k", "keep", "keep the lane as a branch", id="compare.keep", priority=True),
    Binding("tab", "lane(1)", "next lane", id="compare.next", priority=True),
    Binding("shift+tab", "lane(-1)", "lane before", id="compare.previous", priority=True),
    Binding("escape,q", "leave", "stop, else close", id="compare.close", priority=True),
)
"""Every key of the comparison; those of the token cursor that have no other meaning here work too."""

NARROWEST: Final = 26
"""Cells that a lane needs."""
MOST: Final = 4


class CompareScreen(FollowingScreen[None], inherit_bindings=False):
    """Lanes beside each other.

    Args:
        controller: of the conversation.
        settings: of the first lanes; the first are those in force.
        tint: of the tokens.
        made: what the lanes said already.
        ascii_only: draw with ASCII alone.
    """

    BINDINGS: ClassVar = list(COMPARE_BINDINGS)

    def __init__(
        self,
        controller: Controller,
        settings: tuple[Settings, ...],
        tint: Tint,
        *,
        made: Sequence[LaneReply] = (),
        ascii_only: bool = False,
    ) -> None:
        super().__init__()
        self._controller, self._tint, self._ascii = controller, tint, ascii_only
        keymap = controller.profile.launch.keymap
        self._key = names_of(COMPARE_BINDINGS).remapped(keymap, ascii_only=ascii_only)
        self._settings = list(settings)
        self._at = 0
        """The lane in focus."""
        self._made: list[LaneReply | None] = [*made] or [None] * len(settings)
        """The newest reply of each lane."""
        self._told = ""

    def compose(self) -> ComposeResult:
        """Heading, lanes, a line to type in, what is to be known, keys."""
        yield Static(id="compare-heading", markup=False)
        yield Horizontal(id="lanes")
        yield Input(placeholder="temp 1.3, top-k 0", max_length=LIMIT_CHARS, id="compare-edit")
        yield Static(id="compare-words", markup=False)
        named = {
            what: self._key(f"compare.{what}")
            for what in ("go", "edit", "preset", "add", "drop", "next", "keep", "close")
        }
        keys = (
            "{go} go  {edit} edit  {preset} preset  {add} {drop} lanes  {next} next  {keep} keep  "
            "{close}"
        ).format_map(named)
        yield Static(Content.styled(keys, "$quiet"), id="compare-keys", markup=False)

    async def on_mount(self) -> None:
        """The lanes that were asked for."""
        self.set_class(self._ascii, "-ascii")
        del self._settings[self._room :], self._made[self._room :]
        await self._lay_out()

    # --- from the controller ----------------------------------------------------------------------

    def follow(self, update: Update) -> None:
        """Show what is new."""
        if update.notice:
            self._told = one_line(update.notice)
        self._draw()

    # --- lanes ------------------------------------------------------------------------------------

    @property
    def _lanes(self) -> list[Lane]:
        return list(self.query(Lane))

    @property
    def _room(self) -> int:
        """Lanes that find room."""
        return max(1, min(MOST, self.app.size.width // NARROWEST))

    async def _lay_out(self) -> None:
        """As many columns as there are settings."""
        row = self.query_one("#lanes")
        lanes = self._lanes
        for lane in lanes[len(self._settings) :]:
            await lane.remove()
        for place in range(len(lanes), len(self._settings)):
            lane = Lane(place, ascii_only=self._ascii)
            lane.transcript.tint = self._tint
            lane.transcript.keys = self._controller.keys
            await row.mount(lane)
            lane.transcript.changed.subscribe(self, self._tinted)
        self._at = min(self._at, len(self._settings) - 1)
        self._lanes[self._at].transcript.focus()
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        """Headings of another width."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        shown = [
            made if made and made.settings == settings.changed(seed=made.settings.seed) else None
            for made, settings in zip(self._made, self._settings, strict=True)
        ]
        base = shown[0].message if shown[0] else None
        for lane, settings, made in zip(self._lanes, self._settings, shown, strict=False):
            message = made.message if made else None
            lane.show(message, self._tint)
            aside = ""
            if message is not None and base is not None and lane.place:
                at = parting(message, base)
                lane.mark(at)
                if at is not None:
                    aside = f"parts from A at token {at + 1}"
                elif (
                    message.reason and base.reason and "error" not in (message.reason, base.reason)
                ):
                    same = len(message.steps) == len(base.steps)
                    aside = "the same as A" if same else "as A, but shorter"
                else:
                    aside = "as A so far"
            if made and made.kept is not None:
                aside = f"{aside}; kept as a branch" if aside else "kept as a branch"
            lane.head(self._called(settings), aside or self._chain(settings))
        running = self._controller.lanes.running
        heading = "Compare   the same question and the same dice" + (
            "   running" if running else ""
        )
        self.query_one("#compare-heading", Static).update(Content.styled(heading, "bold"))
        told = self._told or (
            ""
            if any(shown)
            else f"Press {self._key('compare.go')} and every lane answers the newest question."
        )
        told = plain(told) if self._ascii else told
        self.query_one("#compare-words", Static).update(Content(told))

    def _called(self, settings: Settings) -> str:
        held = self._controller.profile.settings
        for name, (label, _) in PRESETS.items():
            if settings == apply_preset(held, name):
                return label
        return edits_text(held, settings) or "in force"

    def _chain(self, settings: Settings) -> str:
        return (
            "" if settings == self._controller.profile.settings else "instead of what is in force"
        )

    # --- keys -------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a line is typed, its letters are letters."""
        typed = self.is_mounted and self.query_one(Input).has_focus
        return action == "leave" or not typed

    def action_go(self) -> None:
        """Let every lane answer."""
        self._told = ""
        before = self._controller.lanes.lanes
        self._controller.compare(self._settings)
        if self._controller.lanes.lanes is not before:
            self._made = list(self._controller.lanes.lanes)
        self._draw()

    def action_lane(self, by: int) -> None:
        """Go to another lane."""
        self._at = (self._at + by) % len(self._settings)
        self._lanes[self._at].transcript.focus()

    def on_descendant_focus(self) -> None:
        """The lane that a mouse went to."""
        for lane in self._lanes:
            if lane.transcript.has_focus:
                self._at = lane.place
        self.set_class(self.query_one(Input).has_focus, "-editing")

    def action_edit(self) -> None:
        """Type settings for the lane in focus."""
        line = self.query_one(Input)
        line.value = edits_text(self._controller.profile.settings, self._settings[self._at])
        self.add_class("-editing")
        line.focus()
        lane = chr(ord("A") + self._at)
        self._say(f"Lane {lane}: what is to differ from the settings in force. Enter takes it.")

    @on(Input.Submitted)
    def _edited(self, event: Input.Submitted) -> None:
        settings, problems = parse_edits(self._controller.profile.settings, event.value)
        if problems:
            self._say("; ".join(map(str, problems)))
            return
        self._settings[self._at] = settings
        self._say("")
        self._end_edit()

    def _end_edit(self) -> None:
        self.remove_class("-editing")
        self._lanes[self._at].transcript.focus()
        self._draw()

    def action_preset(self) -> None:
        """The next preset for the lane in focus."""
        held = self._controller.profile.settings
        every = [held, *(apply_preset(held, name) for name in PRESETS)]
        now = self._settings[self._at]
        at = every.index(now) if now in every else -1
        self._settings[self._at] = every[(at + 1) % len(every)]
        self._say("")

    async def action_add(self) -> None:
        """One more lane, with the settings in force."""
        if len(self._settings) >= self._room:
            self._say(f"There is room for {self._room} lanes in a terminal of this width.")
            return
        self._settings.append(self._controller.profile.settings)
        self._made.append(None)
        self._at = len(self._settings) - 1
        await self._lay_out()

    async def action_drop(self) -> None:
        """Take the lane in focus away."""
        if len(self._settings) < 2:
            self._say("The last lane stays.")
        elif self._controller.lanes.running:
            stop = self._key("compare.close")
            self._say(f"The lanes are still being made; {stop} stops them.")
        else:
            del self._settings[self._at], self._made[self._at]
            await self._lay_out()

    def action_keep(self) -> None:
        """Put the lane in focus into the conversation, as a branch."""
        made, lanes = self._made[self._at], self._controller.lanes.lanes
        places = [n for n, lane in enumerate(lanes) if lane is made]
        if not places:
            go = self._key("compare.go")
            self._say(f"There is no reply in this lane yet; {go} makes one.")
            return
        self._told = ""
        self._controller.keep(places[0])
        self._draw()

    def action_leave(self) -> None:
        """Leave the line; else stop what is being made; else go back to the workbench."""
        if self.query_one(Input).has_focus:
            self._say("")
            self._end_edit()
        elif not (self._controller.lanes.running and self._controller.stop()):
            self.dismiss(None)

    @on(Transcript.Noticed)
    def _noticed(self, event: Transcript.Noticed) -> None:
        event.stop()
        self._say(event.text)

    def _tinted(self, _reading: object) -> None:
        """One lane was tinted by something else: all are."""
        for lane in self._lanes:
            if lane.transcript.tint is not self._tint:
                self._tint = lane.transcript.tint
                self._draw()
                return

    def _say(self, notice: str) -> None:
        self._told = notice
        self._draw()
