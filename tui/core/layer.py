"""Settings from many places, lowest to highest, and which place each value came from.

    llama.cpp's defaults < the model's general.sampling.* < config < persona < preset < flags < panel

Keeps true: a value with a problem never hides the good value below it. A pure function; reading the
places is the work of `store` and `cli`.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from tui.core.errors import Problem
from tui.core.samplers import PARAMS
from tui.core.settings import DEFAULTS, PRESETS, Settings, apply_values, preset

SOURCES: Final = ("llama.cpp", "model", "config", "persona", "preset", "flags", "panel")
"""Every place that may set a value, lowest first."""


class Layer(msgspec.Struct, frozen=True):
    """What one place says."""

    source: str
    """One of `SOURCES`."""
    values: dict[str, Any]
    """Keys as in `Settings`, values JSON-ready."""
    name: str = ""
    """Which one of its kind: a persona's or a preset's id, a file."""


class Layered(msgspec.Struct, frozen=True):
    """The settings that the layers make."""

    settings: Settings
    sources: dict[str, str]
    """Key -> the source of its value; a key that is missing is llama.cpp's."""
    problems: tuple[Problem, ...] = ()

    def source(self, key: str) -> str:
        """Where the value of `key` came from."""
        return self.sources.get(key, SOURCES[0])


def layered(layers: Iterable[Layer]) -> Layered:
    """Lay the layers over llama.cpp's defaults, in the order of `SOURCES`.

    Two layers of one source keep their order. Lists (bias, breakers, samplers) are replaced whole.

    >>> layered([Layer("flags", {"top_k": 5}), Layer("model", {"top_k": 9})]).settings.top_k
    5
    """
    settings = DEFAULTS
    sources: dict[str, str] = {}
    problems: list[Problem] = []
    for layer in sorted(layers, key=lambda layer: SOURCES.index(layer.source)):
        settings, found = apply_values(settings, layer.values)
        problems += [
            msgspec.structs.replace(problem, path=problem.path or layer.name) for problem in found
        ]
        bad = {problem.key for problem in found}
        sources.update({key: layer.source for key in layer.values if key not in bad})
    return Layered(settings, sources, tuple(problems))


def preset_layer(name: str) -> Layer:
    """A built-in preset. It is whole: each stage's values and the order, whatever lies below.

    Bias, grammar and seed are no part of a preset: they say what is wanted, not how it is drawn.
    """
    values = preset(name).to_json(full=True)
    kept = {key: values[key] for key in (*PARAMS, "samplers", "off") if key != "seed"}
    return Layer("preset", kept, PRESETS[name][0])
