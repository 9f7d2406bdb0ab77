"""Entries of the command palette: every key, of the panes too, and one of several values, by name."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from textual.app import SystemCommand

from tui.core.binding import KEYS, Key, KeyNames
from tui.core.settings import PRESETS
from tui.core.tint import Tint
from tui.screens.panes import PANES
from tui.screens.workbench import Workbench
from tui.widgets.sampler_panel import SamplerPanel
from tui.widgets.transcript import Transcript


def tint_commands(transcript: Transcript) -> Iterator[SystemCommand]:
    """Every heat map."""
    for tint in Tint:
        title = "Tint by nothing" if tint is Tint.NONE else f"Tint by {tint}"
        yield SystemCommand(title, "Heat map", partial(setattr, transcript, "tint", tint))


def sampler_commands(
    samplers: SamplerPanel, copy_chain: Callable[[], None], copy_request: Callable[[], None]
) -> Iterator[SystemCommand]:
    """Every preset, and the chain as text in either way."""
    for name, (label, _) in PRESETS.items():
        choose = partial(samplers.choose_preset, name)
        yield SystemCommand(f"Samplers: {label}", "Preset", choose)
    yield SystemCommand("Copy the chain as a line", "Samplers", copy_chain)
    yield SystemCommand("Copy the settings as llama-server JSON", "Samplers", copy_request)


def key_commands(act: Callable[[Key], Awaitable[None]], keys: KeyNames) -> Iterator[SystemCommand]:
    """Every action of the table of keys.

    Args:
        act: does one, wherever it works.
        keys: what they are called.
    """
    for key in KEYS:
        yield SystemCommand(key.text, f"{keys.every(key.id)}  {key.group}", partial(act, key))


def pane_commands(workbench: Workbench) -> Iterator[SystemCommand]:
    """Every key of the panes that have keys of their own, done in its pane."""
    where = {"Samplers": "samplers", "Inspector": "inspector", "Personas": "personas"}
    for title, name in where.items():
        for binding in PANES[title]:
            yield SystemCommand(
                f"{title}: {binding.description}",
                title,
                partial(workbench.act_in_pane, name, binding.action),
            )
