"""Presets: settings by name, built in or one TOML each in the user's `presets` folder.

A built-in preset is whole: each stage's values and the order, whatever lies below it. A user's own
sets only what it names. The user's own hides a built-in one of the same name.
"""

from pathlib import Path
from typing import Any

from tui.core.errors import Problem, UsageError, nearest
from tui.core.launch import Layer
from tui.core.samplers import PARAMS
from tui.core.settings import DEFAULTS, PRESETS, apply_values, preset
from tui.store.config import broken
from tui.store.toml import read_document


def preset_layer(name: str, folder: Path) -> Layer:
    """The preset `name` as a layer of settings.

    Raises:
        UsageError: there is none, or its file has problems.
    """
    path = folder / f"{name}.toml"
    if path.name == f"{name}.toml" and path.is_file():
        return Layer(f"preset {name}", _read(path))
    if name in PRESETS:
        return Layer(f"preset {name}", _whole(name))
    known = sorted({*PRESETS, *(p.stem for p in folder.glob("*.toml"))})
    guess = nearest(name, known)
    raise UsageError(
        f"There is no preset {name!r}.",
        guess and f"{guess[:1].upper()}{guess[1:]}",
        f"There are: {', '.join(known)}.",
    )


def _whole(name: str) -> dict[str, Any]:
    """Bias, grammar and seed stay out: they say what is wanted, not how it is drawn."""
    values = preset(name).to_json(full=True)
    return {key: values[key] for key in (*PARAMS, "samplers", "off") if key != "seed"}


def _read(path: Path) -> dict[str, Any]:
    read = read_document(path)
    if isinstance(read, Problem):
        raise broken(path, [read])
    problems = [
        read.problem(found.key, found.message, found.suggestion)
        for found in apply_values(DEFAULTS, read.values)[1]
    ]
    if problems:
        raise broken(path, problems)
    return read.values
