"""What the workbench is opened with, and how the layers of settings lie on each other.

A value: the command line builds it, the app and the controller read it. Nothing is validated here
that a file's reader or the flags have not validated already, but for values of samplers of one's own:
what a file says of them can be checked only once those are known. `stack` reports what it skips.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from tui.core.conversation import Conversation
from tui.core.errors import Problem, nearest
from tui.core.model import LoadOptions
from tui.core.own_sampler import OwnSampler
from tui.core.own_source import Source
from tui.core.persona import BrokenPersona, Persona
from tui.core.settings import DEFAULTS, Settings
from tui.core.values import apply_values


class Layer(msgspec.Struct, frozen=True):
    """Settings from one place."""

    source: str
    """The place in words, as the panel names it: `config.toml`, `persona croupier`, `flags`."""
    values: dict[str, Any]
    """JSON-ready, keys as in `core.settings`."""
    notes: tuple[str, ...] = ()
    """What that place says besides and is not used."""


def stack(
    layers: Iterable[Layer], own: Mapping[str, OwnSampler] | None = None
) -> tuple[Settings, dict[str, str], list[Problem]]:
    """Lay the layers over llama.cpp's defaults, the lowest first.

    Args:
        layers: where settings come from.
        own: samplers of one's own, by name: what they do not take is left out, and reported; None =
            it is not known which there are.

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
        bad = {problem.key for problem in found}
        if "custom" in layer.values:
            over = settings.custom
            if own is not None:
                over, more = _fitting(over, own)
                found += more
                bad |= set() if over else {"custom"}
            merged = {name: below.get(name, {}) | over.get(name, {}) for name in below | over}
            settings = settings.changed(custom=merged)
        problems += [
            msgspec.structs.replace(problem, path=problem.path or layer.source) for problem in found
        ]
        sources |= {key: layer.source for key in layer.values if key not in bad}
    return settings, sources, problems


def _fitting(
    custom: Mapping[str, Mapping[str, float]], own: Mapping[str, OwnSampler]
) -> tuple[dict[str, dict[str, float]], list[Problem]]:
    """What of `Settings.custom` these samplers take, and why not the rest."""
    good: dict[str, dict[str, float]] = {}
    problems: list[Problem] = []
    for name, values in custom.items():
        if name not in own:
            problems.append(Problem(key=f"custom.{name}", message="you have no such sampler",
                                    suggestion=nearest(name, own)))  # fmt: skip
            continue
        known = {parameter.name: parameter for parameter in own[name].parameters}
        for key, value in values.items():
            problem = known[key].check(value) if key in known else Problem(
                message="the sampler has no such parameter", suggestion=nearest(key, known)
            )  # fmt: skip
            if problem is None:
                good.setdefault(name, {})[key] = value
            else:
                problems.append(msgspec.structs.replace(problem, key=f"custom.{name}.{key}"))
    return good, problems


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
