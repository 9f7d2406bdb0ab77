"""Presets: settings by name, built in or one TOML each in the user's `presets` folder.

A file that is named with its ending is read where it lies: TOML, or JSON as llama-server has it.
A built-in preset is whole: each stage's values and the order, whatever lies below it. A user's own
sets only what it names. The user's own hides a built-in one of the same name.
"""

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from tui.core.errors import Problem, UsageError, nearest
from tui.core.launch import Layer
from tui.core.request import read_request
from tui.core.samplers import PARAMS
from tui.core.settings import DEFAULTS, PRESETS, preset
from tui.core.values import apply_values
from tui.store.config import broken
from tui.store.paths import typed_path
from tui.store.toml import read_document, read_text

_TOLD: Final = 12
"""Unused keys of a request that are told by name."""


def preset_layer(name: str, folder: Path) -> Layer:
    """The preset `name`, or the file of this name, as a layer of settings.

    Raises:
        UsageError: there is none, or its file has problems.
    """
    if name.endswith(".toml"):
        return Layer(f"preset {name}", _read(typed_path(name)))
    if name.endswith(".json"):
        return _request(typed_path(name))
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


def _request(path: Path) -> Layer:
    """A request to llama-server, or its `/props`."""
    text = read_text(path)
    if isinstance(text, Problem):
        raise broken(path, [text])
    try:
        found = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        why = Problem(path=str(path), line=error.lineno, message=f"it is not JSON: {error.msg}")
        raise broken(path, [why]) from error
    except (RecursionError, ValueError) as error:
        raise broken(path, [Problem(path=str(path), message="it is not JSON")]) from error
    if not isinstance(found, dict):
        raise broken(path, [Problem(path=str(path), message="it is no JSON object")])
    values, unused, problems = read_request(found)
    problems += apply_values(DEFAULTS, values)[1]
    if problems:
        raise broken(path, [msgspec.structs.replace(p, path=str(path)) for p in problems])
    told = f"{path}: not used: {', '.join(unused[:_TOLD])}" + (
        f" and {len(unused) - _TOLD} more" if len(unused) > _TOLD else ""
    )
    return Layer(f"preset {path.name}", values, (told,) if unused else ())


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
