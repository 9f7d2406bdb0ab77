"""What the workbench is opened with, and how the layers of settings lie on each other.

A value: the command line builds it, the app and the controller read it. Nothing is validated here
that a file's reader or the flags have not validated already; `stack` still reports what it skips.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from tui.core.conversation import Conversation
from tui.core.errors import Problem
from tui.core.model import LoadOptions
from tui.core.own_sampler import OwnSampler
from tui.core.own_source import Source
from tui.core.persona import BrokenPersona, Persona
from tui.core.settings import DEFAULTS, Settings, apply_values


class Layer(msgspec.Struct, frozen=True):
    """Settings from one place."""

    source: str
    """The place in words, as the panel names it: `config.toml`, `persona croupier`, `flags`."""
    values: dict[str, Any]
    """JSON-ready, keys as in `core.settings`."""
    notes: tuple[str, ...] = ()
    """What that place says besides and is not used."""


def stack(layers: Iterable[Layer]) -> tuple[Settings, dict[str, str], list[Problem]]:
    """Lay the layers over llama.cpp's defaults, the lowest first.

    Returns:
        The settings; for each key that a layer sets, the highest layer's source; what could not be
        used, each with its layer's source for a path.

    >>> settings, sources, _ = stack([Layer("config", {"top_k": 5}), Layer("flags", {"top_k": 1})])
    >>> settings.top_k, sources
    (1, {'top_k': 'flags'})
    """
    settings = DEFAULTS
    sources: dict[str, str] = {}
    problems: list[Problem] = []
    for layer in layers:
        below = settings.custom
        settings, found = apply_values(settings, layer.values)
        if below and "custom" in layer.values:
            over = settings.custom
            merged = {name: below.get(name, {}) | over.get(name, {}) for name in below | over}
            settings = settings.changed(custom=merged)
        problems += [
            msgspec.structs.replace(problem, path=problem.path or layer.source) for problem in found
        ]
        bad = {problem.key for problem in found}
        sources |= {key: layer.source for key in layer.values if key not in bad}
    return settings, sources, problems


def persona_layer(persona: Persona) -> Layer:
    """What a persona says about sampling."""
    values = dict(persona.sampling)
    if persona.samplers:
        values["samplers"] = list(persona.samplers)
    return Layer(f"persona {persona.id}", values)


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """How to open the workbench."""

    options: LoadOptions
    below: tuple[Layer, ...] = ()
    """Layers under the persona, the lowest first: the configuration. The model's own values come
    below these, once it is loaded."""
    above: tuple[Layer, ...] = ()
    """Layers over the persona: the preset, then the flags."""
    own: dict[str, OwnSampler] = {}
    """Samplers of one's own, by name."""
    own_sources: tuple[Source, ...] = ()
    """What they come from, for the engine."""
    notice: str = ""
    """A line for the reader, once the workbench is open."""
    personas: tuple[Persona | BrokenPersona, ...] = ()
    persona: str = ""
    """Id of the persona to begin with; empty = none."""
    system: str | None = None
    """`-sys`: replaces the prompt of every persona."""
    conversation: Conversation | None = None
    """What is shown from the start; None = the persona's greeting."""
    prompt: str = ""
    """Sent as the first user turn once the model is loaded; empty = nothing is sent."""
    predict: int = -1
    """Most tokens of a reply; -1 = until it ends or the context is full."""
    stop: tuple[str, ...] = ()
    """Stop texts besides the persona's."""
    special_input: bool = False
    keymap: dict[str, str] = {}
    """Binding id to keys (comma between), over `core.binding`."""
    theme: str = ""
    """Name of a theme; empty = the workbench's own dark one."""
    ascii_only: bool = False
    """Draw with ASCII alone."""
    slow: bool = False
    """A slow line: fewer updates a second."""
    mouse: bool = True
