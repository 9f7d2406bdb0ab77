"""A persona as one system text and some messages, for formats that know no more.

Keeps true: the names are written out; macros that draw or tell the time stay as they are and are named,
since those formats know none.
"""

import re
import secrets
from itertools import count
from typing import Any, Final

import msgspec

from tui.core.compose import BLANK, compose
from tui.core.lorebook import Lorebook
from tui.core.macro import Scene, expand
from tui.core.persona import Opening, Persona
from tui.store.exchange.carried import persona_values

_MACRO: Final = re.compile(r"\{\{\s*(?:roll|random|pick|date|time)\b[^{}]*\}\}", re.IGNORECASE)
_MARK: Final = f"\0{secrets.token_hex(8)}:"
"""Stands before the number of a macro that is out of sight; no text can spell it."""
JOINED: Final = (
    "description", "personality", "scenario", "example_dialogue", "post_history_instructions",
    "user", "nickname",
)  # fmt: skip
"""Keys that become part of the system text."""


class Flat(msgspec.Struct, frozen=True):
    """What is left of a persona."""

    system: str
    messages: tuple[Opening, ...]
    greeting: str
    told: tuple[str, ...]
    """What became of the keys that have no place."""


def flat(persona: Persona, *, own: tuple[str, ...]) -> Flat:
    """The persona without what such formats cannot say.

    Args:
        persona: see there.
        own: keys that the format does have a place for.
    """
    bare = msgspec.structs.replace(
        persona, lorebook=Lorebook(), messages=(), post_history_instructions=""
    )
    kept, hidden = _hidden(bare)
    scene = Scene(char=persona.char, user=persona.user_name)
    turns = compose(kept, (), scene).turns
    after = _names(persona.post_history_instructions, scene).strip()
    system = _shown(turns[0].text if turns else "", hidden)
    system = BLANK.join(part for part in (system, after) if part)
    messages = tuple(
        Opening(role=one.role, content=_names(one.content, scene)) for one in persona.messages
    )
    greeting = _names(persona.greetings[0], scene) if persona.greetings else ""
    return Flat(system, messages, greeting, tuple(_told(persona, own)))


def _hidden(persona: Persona) -> tuple[Persona, list[str]]:
    """The persona with its drawing macros out of sight of `compose`, and those macros."""
    macros: list[str] = []

    def hide(found: re.Match[str]) -> str:
        macros.append(found[0])
        return f"{_MARK}{len(macros) - 1}\0"

    texts = ("system", *JOINED[:4])
    values: dict[str, Any] = {key: _MACRO.sub(hide, getattr(persona, key)) for key in texts}
    return msgspec.structs.replace(persona, **values), macros


def _shown(text: str, macros: list[str]) -> str:
    return re.sub(f"{_MARK}(\\d+)\0", lambda found: macros[int(found[1])], text)


def _names(text: str, scene: Scene) -> str:
    macros: list[str] = _MACRO.findall(text)
    numbers = count()
    hidden = _MACRO.sub(lambda found: f"{_MARK}{next(numbers)}\0", text)
    return _shown(expand(hidden, scene)[0], macros)


def _told(persona: Persona, own: tuple[str, ...]) -> list[str]:
    told = []
    for key in persona_values(persona):
        if key in JOINED and key not in own:
            told.append(f"{key}: it is part of the system text")
        elif key == "greetings" and key in own and len(persona.greetings) > 1:
            told.append("greetings: there is a place for one; the first is there")
        elif key not in (*own, "system"):
            told.append(f"{key}: there is no place for it")
    texts = (
        *(getattr(persona, key) for key in ("system", *JOINED[:5])), *persona.greetings[:1],
        *(one.content for one in persona.messages),
    )  # fmt: skip
    if any(_MACRO.search(text) for text in texts):
        told.append("macros that draw or tell the time stay as they are written")
    return told
