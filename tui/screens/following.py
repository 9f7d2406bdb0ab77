"""Screens over the workbench that are told what the controller says, as the workbench is."""

from typing import TypeVar

from textual.screen import Screen

from tui.control.update import Update

Result = TypeVar("Result")


class FollowingScreen(Screen[Result]):
    """A screen that shows something of the live conversation while it is open."""

    def follow(self, update: Update) -> None:
        """Something is new; the values are read from the controller."""
