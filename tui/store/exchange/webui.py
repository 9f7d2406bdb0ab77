"""Characters of text-generation-webui: a YAML file with a name, a greeting and a context."""

from typing import Any, Final

import msgspec

from tui.core.persona import Persona
from tui.core.text import one_line
from tui.store.exchange.carried import Carried, Written, clean_name, filled
from tui.store.exchange.flat import flat
from tui.store.exchange.plain_yaml import Mapped, document

_NAMES: Final = ("name", "bot", "<|bot|>", "char_name")
_USERS: Final = ("your_name", "user", "<|user|>")
_CONTEXT: Final = ("context", "char_persona")
_GREETING: Final = ("greeting", "char_greeting")
_FIELDS: Final = (*_NAMES, *_USERS, *_CONTEXT, *_GREETING)


def read_webui(data: bytes, fallback: str) -> Carried:
    """A character as the keys of a persona file.

    Raises:
        PersonaError: it is none.
    """
    mapped = Mapped(data)
    values: dict[str, Any] = {
        "name": clean_name(_first(mapped, _NAMES), fallback),
        "system": _first(mapped, _CONTEXT),
        "greetings": [greeting] if (greeting := _first(mapped, _GREETING)) else [],
        "user": filled({"name": one_line(_first(mapped, _USERS))}),
    }
    used = {_named(mapped, names) for names in (_NAMES, _USERS, _CONTEXT, _GREETING)}
    kept = [
        f"{one_line(key, 80)}: there is no key for it" for key in mapped.nodes if key not in used
    ]
    return Carried(format="tgw", values={"system": "", **filled(values)}, kept=tuple(kept))


def is_webui(mapped: Mapped) -> bool:
    """Whether a mapping looks like a character."""
    return bool(_named(mapped, _CONTEXT) or _named(mapped, _GREETING)) and bool(
        _named(mapped, _NAMES)
    )


def _named(mapped: Mapped, names: tuple[str, ...]) -> str:
    return next((name for name in names if mapped.text_of(name) is not None), "")


def _first(mapped: Mapped, names: tuple[str, ...]) -> str:
    return mapped.text_of(_named(mapped, names)) or ""


def write_webui(persona: Persona, original: bytes | None = None) -> Written:
    """The persona as a character, over the one that it came from, if it did."""
    made = flat(_bare(persona), own=("name", "greetings", "user"))
    now = _values(persona)
    if original is None:
        return Written(document(filled(now)), made.told)
    mapped = Mapped(original)
    carried = read_webui(original, persona.name)
    before = _values(msgspec.convert({"id": "x", **carried.values}, Persona))
    places = {"name": _NAMES, "context": _CONTEXT, "greeting": _GREETING, "user": _USERS}
    changed = {
        _named(mapped, places[key]) or places[key][0]: value
        for key, value in now.items()
        if value != before[key]
    }
    return Written(mapped.changed(changed) if changed else original, made.told)


def _bare(persona: Persona) -> Persona:
    """That program knows the names itself: they stay macros."""
    return msgspec.structs.replace(persona, messages=())


def _values(persona: Persona) -> dict[str, str]:
    described = any(
        (persona.description, persona.personality, persona.scenario, persona.example_dialogue,
         persona.user.description, persona.post_history_instructions)
    )  # fmt: skip
    context = flat(persona, own=()).system if described else persona.system
    return {
        "name": persona.name,
        "context": context,
        "greeting": persona.greetings[0] if persona.greetings else "",
        "user": persona.user.name,
    }
