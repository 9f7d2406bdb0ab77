"""Entries of the command palette: every key, and one of several values, chosen by its name."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from textual.app import SystemCommand

from tui.core.binding import KEYS, Key, key_names
from tui.core.settings import PRESETS
from tui.core.tint import Tint
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


def key_commands(
    act: Callable[[Key], Awaitable[None]], keymap: dict[str, str]
) -> Iterator[SystemCommand]:
    """Every action of the table of keys.

    Args:
        act: does one, wherever it works.
        keymap: binding id to keys, where they were remapped.
    """
    for key in KEYS:
        names = key_names(key, keymap)
        yield SystemCommand(key.text, f"{names}  {key.group}", partial(act, key))
