"""Entries of the command palette that are no keys: one of several values, chosen by its name."""

from collections.abc import Iterator
from functools import partial

from textual.app import SystemCommand

from tui.core.tint import Tint
from tui.widgets.transcript import Transcript


def tint_commands(transcript: Transcript) -> Iterator[SystemCommand]:
    """Every heat map."""
    for tint in Tint:
        title = "Tint by nothing" if tint is Tint.NONE else f"Tint by {tint}"
        yield SystemCommand(title, "Heat map", partial(setattr, transcript, "tint", tint))
