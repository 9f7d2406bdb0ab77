"""A persona: who the model is asked to be, and how it is sampled.

A value; reading it from TOML, with every problem's line, is `store/persona.py`. Later keys (cards,
lorebooks, macros) extend this struct and break nothing.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from tui.core.errors import Problem


class Persona(msgspec.Struct, frozen=True, kw_only=True):
    """One persona file."""

    id: str
    """File name without `.toml`."""
    name: str
    system: str
    greetings: tuple[str, ...] = ()
    """Sibling first messages of the model; the first is shown."""
    sampling: dict[str, Any] = {}
    """Settings over the lower layers; keys as in `core.settings`."""
    samplers: tuple[str, ...] = ()
    """Chain order; empty = inherited."""
    stop: tuple[str, ...] = ()
    path: str = ""
    """Where it was read from."""
    built_in: bool = False


class BrokenPersona(msgspec.Struct, frozen=True, kw_only=True):
    """A persona file with problems: listed with them, stops nothing."""

    id: str
    path: str
    problems: tuple[Problem, ...]
    built_in: bool = False


def find_usable(personas: Iterable[Persona | BrokenPersona], persona_id: str) -> Persona | None:
    """The persona with this id, unless its file has problems."""
    return next((p for p in personas if p.id == persona_id and isinstance(p, Persona)), None)
