"""Running the source of samplers of one's own.

Keeps true: a source that cannot be run is a `Problem` with file and line, never an exception. Reads
no file: whoever has found one hands over its text, so that the engine's process can be given the
same text as this one.
"""

import importlib
import traceback
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from tui.core.errors import Problem
from tui.core.own_sampler import OwnSampler, aside, describe, is_interrupt


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where stages are defined: the text of a file, or an entry point that can be imported.

    Plain data, so that it can be handed to another process.
    """

    path: str = ""
    text: str = ""
    entry: str = ""
    """`module` or `module:attribute`, in place of path and text."""


def load(source: Source) -> tuple[tuple[OwnSampler, ...], Problem | None]:
    """Run a source and take the stages that it defines; none, and why, when it cannot be run."""
    try:
        with aside():
            found = _from_entry(source.entry) if source.entry else _from_text(source)
    except BaseException as error:
        if is_interrupt(error):
            raise
        return (), _load_problem(source, error)
    if not found:
        return (), Problem(
            path=source.path or source.entry,
            message="it defines no sampler",
            suggestion="make an OwnSampler(...) at the top level",
        )
    return found, None


def load_all(sources: Iterable[Source]) -> tuple[dict[str, OwnSampler], tuple[Problem, ...]]:
    """The stages of these sources, by name; of two with one name the first."""
    samplers: dict[str, OwnSampler] = {}
    problems: list[Problem] = []
    for source in sources:
        found, problem = load(source)
        if problem is not None:
            problems.append(problem)
        for sampler in found:
            if sampler.name in samplers:
                problems.append(
                    Problem(
                        path=sampler.path,
                        message=f"there is already a sampler {sampler.name!r}",
                        suggestion=f"the one of {samplers[sampler.name].path} is used",
                    )
                )
            else:
                samplers[sampler.name] = sampler
    return samplers, tuple(problems)


def _from_text(source: Source) -> tuple[OwnSampler, ...]:
    names: dict[str, Any] = {"__name__": "logitscope_own_sampler", "__file__": source.path}
    exec(compile(source.text, source.path, "exec"), names)
    made = [value for value in names.values() if isinstance(value, OwnSampler)]
    return tuple(replace(value, path=source.path) for value in dict.fromkeys(made))


def _from_entry(entry: str) -> tuple[OwnSampler, ...]:
    module_name, _, attribute = entry.partition(":")
    module = importlib.import_module(module_name)
    values = [getattr(module, attribute)] if attribute else list(vars(module).values())
    made = dict.fromkeys(value for value in values if isinstance(value, OwnSampler))
    return tuple(replace(value, path=module.__file__ or entry) for value in made)


def _load_problem(source: Source, error: BaseException) -> Problem:
    path = source.path or source.entry
    if isinstance(error, SyntaxError) and error.filename == source.path:
        return Problem(path=path, line=error.lineno or 0, message=f"syntax error: {error.msg}")
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == source.path and frame.lineno
    ]  # fmt: skip
    return Problem(path=path, line=lines[-1] if lines else 0, message=describe(error))
