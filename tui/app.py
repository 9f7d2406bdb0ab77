"""The composition root: engine, controller, screen, themes and keys meet here and nowhere else.

Keeps true: the engine is closed on every way out that Python sees; a hang-up or a polite kill
leaves the terminal as it was. No workflow lives here.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Final

from textual import on
from textual.app import SystemCommand
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen

from tui import hangup
from tui.control.update import Update
from tui.controller import Controller
from tui.core.binding import Key, Place
from tui.core.launch import Launch
from tui.core.shelf import Shelf
from tui.engine.base import Engine
from tui.key_order import OrderedKeys
from tui.mishap import KeepingApp
from tui.paste import PasteDriver
from tui.plain import PlainApp
from tui.screens.help import HelpScreen
from tui.screens.palette import key_commands, pane_commands, sampler_commands, tint_commands
from tui.screens.panes import PANES
from tui.screens.workbench import Workbench
from tui.theme import DARK, names_for, own_themes
from tui.widgets.keys import bindings
from tui.widgets.prompt import Prompt

AGAIN_S: Final = 2.0
"""A second Ctrl+C within this time quits."""


class LogitscopeApp(OrderedKeys, KeepingApp, PlainApp, inherit_bindings=False):
    """The workbench as a program.

    Args:
        launch: what the command line asked for.
        engine: not started yet.
        shelf: the persona files; None = there is no library beside the personas of `launch`.
    """

    TITLE = "logitscope"
    CSS_PATH: ClassVar = [*sorted((Path(__file__).parent / "styles").glob("*.tcss"))]
    BINDINGS = bindings(Place.PROGRAM)
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = ""

    def __init__(self, launch: Launch, engine: Engine, shelf: Shelf | None = None) -> None:
        super().__init__()
        self.launch = launch
        self.engine = engine
        self.workbench = Workbench(Controller(engine, self._post, launch), shelf)
        self.animation_level = "none"
        self.draw_plain(launch.ascii_only)
        for theme in own_themes(self.console.color_system):
            self.register_theme(theme)
        self.theme = launch.theme if launch.theme in self.available_themes else DARK.name
        self._asked_at = float("-inf")
        self._slash = False

    def _post(self, update: Update) -> None:
        self.workbench.post_message(Workbench.Updated(update))

    def get_driver_class(self) -> type[Driver]:
        """Textual's own, with pastes that hold together."""
        found = super().get_driver_class()
        return PasteDriver if found is LinuxDriver else found

    def get_default_screen(self) -> Screen[None]:
        """The workbench."""
        return self.workbench

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colour names, for themes that do not have them."""
        return names_for(self.current_theme, self.console.color_system)

    def on_mount(self) -> None:
        """Keys, and what to do when the terminal goes away."""
        self.set_keymap(self.launch.keymap)
        hangup.watch(self.exit)

    async def on_unmount(self) -> None:
        """Close the engine, whatever the way out was."""
        await self.engine.close()

    def action_interrupt(self) -> None:
        """Copy what is selected, else stop the reply; twice, and quit."""
        typed = getattr(self.focused, "selected_text", "") or self.workbench.prompt.selected_text
        chosen = self.screen.get_selected_text() or typed
        if chosen:
            self.copy_to_clipboard(chosen)
            self.screen.clear_selection()
            self.workbench.status.notice = "Copied to the terminal's clipboard."
            return
        now = time.monotonic()
        if now - self._asked_at < AGAIN_S:
            self.exit()
            return
        self._asked_at = now
        self.workbench.controller.stop()
        # Behind the news that the reply is being stopped, which would wipe it away.
        self._post(Update(notice=f"{self.workbench.controller.keys('app.interrupt')} again quits."))

    def action_restart(self) -> None:
        """Start the engine again: after it died or could load nothing, or where it does not stop."""
        self.run_worker(self.workbench.controller.restart(), group="restart", exclusive=True)

    def action_help(self) -> None:
        """Show every key."""
        self.push_screen(HelpScreen(self.launch.keymap, PANES, ascii_only=self.launch.ascii_only))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action of the table of keys, the presets, and the themes."""
        yield SystemCommand("Change the theme", "Colours", self.action_change_theme)
        yield from tint_commands(self.workbench.transcript)
        bench = self.workbench
        yield from sampler_commands(bench.samplers, bench.copy_chain, bench.copy_request)
        yield from key_commands(self._act, bench.controller.keys)
        yield from pane_commands(bench)

    async def _act(self, key: Key) -> None:
        """Do what a key does, where it does it."""
        where: DOMNode | None = {
            Place.PROMPT: self.workbench.prompt, Place.TRANSCRIPT: self.workbench.transcript,
            Place.PROGRAM: self, Place.ANYWHERE: self.workbench,
        }.get(key.where)  # fmt: skip
        if where := where or await self.workbench.library.open_at(key.where):
            await self.run_action(key.action, where)

    @on(Prompt.CommandsRequested)
    def _open_palette(self) -> None:
        self._slash = True
        self.action_command_palette()

    @on(CommandPalette.Closed)
    def _palette_closed(self, event: CommandPalette.Closed) -> None:
        """A `/` that opened the palette is typed after all when nothing was picked there."""
        if self._slash and not event.option_selected:
            self.workbench.prompt.insert("/")
        self._slash = False
