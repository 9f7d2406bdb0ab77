"""The panes beside the conversation, which are drawers over it where the terminal is narrow.

Keeps true: one drawer is open at most; what a key opens the same key closes, and the prompt then has
the focus. Knows no pane's content.
"""

from textual.screen import Screen
from textual.widget import Widget

from tui.widgets.prompt import Prompt
from tui.widgets.status_line import StatusLine


class DrawerScreen(Screen[None]):
    """A screen with panes, a prompt and a status line."""

    prompt: Prompt
    status: StatusLine
    _panes: dict[str, Widget]
    """By the name that keys call them."""

    def notice(self, text: str) -> None:
        """A line for the reader, until something else happens."""
        self.status.notice = text

    def bring_pane(self, name: str) -> None:
        """Bring a pane in sight and give it the focus."""
        if self.has_class("-narrow") and not self.has_class(f"-drawer-{name}"):
            self.action_pane(name)
        self._panes[name].focus()

    def keep_in_sight(self) -> None:
        """Open the drawer of the pane that has the focus, where the screen has no place for it.

        Called after a change of size: what is hidden would lose the focus.
        """
        held = next((name for name, pane in self._panes.items() if pane.has_focus), "")
        if held and (self.has_class("-narrow") or self.has_class("-low")):
            self.close_drawer()
            self.add_class("-drawer", f"-drawer-{held}")

    def leave_pane(self) -> None:
        """Close the drawer, where one is open, and give the prompt the focus."""
        self.close_drawer()
        self.prompt.focus()

    def action_pane(self, name: str) -> None:
        """Go to a pane, opening the drawer where it is out of sight; again, and it goes away."""
        pane = self._panes[name]
        drawer = f"-drawer-{name}"
        if self.has_class(drawer) or (pane.has_focus and pane.can_focus):
            self.close_drawer()
            self.prompt.focus()
            return
        self.close_drawer()
        self.add_class("-drawer", drawer)
        self.call_after_refresh(pane.focus)

    async def act_in_pane(self, name: str, action: str) -> None:
        """Do what a key of a pane does, with the pane in sight."""
        self.bring_pane(name)
        await self.app.run_action(action, self._panes[name])

    def close_drawer(self) -> bool:
        """Close the drawer; False where none lay over the conversation."""
        was_open = self.has_class("-drawer")
        self.remove_class("-drawer", *(f"-drawer-{name}" for name in self._panes))
        return was_open and self.has_class("-narrow")
