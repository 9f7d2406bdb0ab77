"""Samplers of one's own on the command line: which are looked for, and what `--custom` means.

Keeps true: no file of one's own is run where no flag and no file names one; a flag that cannot be is
an error, what a file says of them is `core.launch.stack`'s to check.
"""

import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tui.core.errors import UsageError, nearest
from tui.core.launch import Layer
from tui.core.number import read_number
from tui.core.own_sampler import PREFIX, OwnSampler
from tui.core.text import one_line

if TYPE_CHECKING:  # looking for them imports much that a `--help` does not need
    from tui.store.own_samplers import Found

_TOLD: Final = 3
"""Problems of files that are told beside a sampler that is not there."""


def custom_value(text: str) -> tuple[str, str, float]:
    """`--custom top-a.a=0.2`: sampler, parameter, value.

    Raises:
        UsageError: it does not look like that.
    """
    place, equals, amount = text.partition("=")
    name, dot, key = place.strip().removeprefix(PREFIX).rpartition(".")
    value: float | None
    try:
        value = read_number(amount)
    except ValueError:
        value = None
    cannot = f"--custom cannot be {one_line(text, 80)!r}."
    if not (equals and dot and name and key) or value is None:
        raise UsageError(
            cannot, "It is SAMPLER.PARAMETER=NUMBER.", "For example --custom top-a.a=0.2."
        )
    if not math.isfinite(value):
        raise UsageError(cannot, f"{value} is not a finite number.")
    return name, key, value


def named_samplers(
    given: dict[str, Any], values: dict[str, Any], layers: Iterable[Layer], folder: Path,
    *, screen: bool = False,
) -> "Found":  # fmt: skip
    """Samplers of one's own, where one is named; what `--custom` gave joins the flags' `values`.

    Args:
        given: the flags.
        values: the flags' layer; gets `custom`.
        layers: what files say.
        folder: where samplers lie.
        screen: they are for the workbench: look for them in any case; nothing that they print stays
            on its terminal. The engine runs them too, and its log has it.

    Raises:
        UsageError: a flag names a sampler or parameter that is not there, or a value out of range.
    """
    from tui.store.own_samplers import Found

    by_flag = [name for name in values.get("samplers", ()) if name.startswith(PREFIX)]
    by_file = any(
        PREFIX in str(layer.values.get("samplers", "")) or layer.values.get("custom")
        for layer in layers
    )
    asked = given.get("custom", ())
    if not (screen or by_flag or by_file or asked):
        return Found(samplers={}, sources=(), problems=())
    found = read_samplers(folder, quiet=screen)
    for name in by_flag:
        _own_sampler(name, found)
    if asked:
        values["custom"] = _custom_values(asked, found)
    return found


def read_samplers(folder: Path, *, quiet: bool = False) -> "Found":
    """Every sampler of one's own; a file that does not come to its end is told by name.

    Args:
        folder: where the files lie.
        quiet: what they print is thrown away.
    """
    from tui.store.own_samplers import find_own_samplers

    stream = sys.stderr  # as it is now: while they run it may lead elsewhere

    def slow(path: str) -> None:
        if stream is not None:
            print(
                f"logitscope: {one_line(path, 400)} is still running; Ctrl+C ends it", file=stream
            )

    return find_own_samplers(folder, quiet=quiet, slow=slow)


def _custom_values(
    given: Iterable[tuple[str, str, float]], found: "Found"
) -> dict[str, dict[str, float]]:
    """What `--custom` gave, as `Settings.custom`.

    Raises:
        UsageError: an unknown sampler or parameter, or a value out of range.
    """
    values: dict[str, dict[str, float]] = {}
    for name, key, value in given:
        parameters = {p.name: p for p in _own_sampler(name, found).parameters}
        if key not in parameters:
            guess = nearest(key, parameters)
            raise UsageError(
                f"The sampler {name} has no parameter {key!r}.",
                guess and f"{guess[:1].upper()}{guess[1:]}",
                f"It has: {', '.join(parameters) or 'none'}.",
            )
        problem = parameters[key].check(value)
        if problem is not None:
            raise UsageError(f"--custom {name}.{key}: {problem}.")
        values.setdefault(name, {})[key] = value
    return values


def _own_sampler(name: str, found: "Found") -> OwnSampler:
    """The sampler of this name, with or without `custom:`.

    Raises:
        UsageError: there is none, with the nearest name, and the files that it may have been in.
    """
    name = name.removeprefix(PREFIX)
    if name not in found.samplers:
        guess = nearest(name, found.samplers)
        broken = [f"problem: {one_line(str(problem), 400)}" for problem in found.problems]
        raise UsageError(
            f"You have no sampler {name!r}.",
            "\n".join([*([f"{guess[:1].upper()}{guess[1:]}"] if guess else []), *broken[:_TOLD]]),
            "`logitscope samplers list` shows yours; `samplers new NAME` begins one.",
        )
    return found.samplers[name]
