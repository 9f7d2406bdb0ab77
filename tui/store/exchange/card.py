"""Character cards V1, V2 and V3 as JSON: read, and written over the text that they came from.

Keeps true: a field that was not edited keeps its very bytes, known or not, so that nothing of a card is
lost on its way through here. Follows the public specifications of the three versions; what they have no
field for stands in the extension `logitscope`.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tui.core.lorebook import Lorebook
from tui.core.persona import TEMPLATES, Persona
from tui.store.exchange.carried import (
    OUR_KEYS,
    OURS,
    Carried,
    Fields,
    Written,
    clean_name,
    filled,
    load_json,
    persona_values,
    refuse,
    tomlable,
)
from tui.store.exchange.lorebook import Raw, objects, read_book, write_book
from tui.store.key import read_keys
from tui.store.persona import check_sampling
from tui.store.persona_keys import KEYS
from tui.store.toml import Document

V1: Final = {
    "name": "name", "description": "description", "personality": "personality",
    "scenario": "scenario", "example_dialogue": "mes_example",
}  # fmt: skip
"""Our key -> the field, in every version; with it goes `first_mes`."""
V2: Final = {
    **V1, "system": "system_prompt", "post_history_instructions": "post_history_instructions",
    "creator": "creator", "version": "character_version", "creator_notes": "creator_notes",
}  # fmt: skip
V3: Final = {**V2, "nickname": "nickname"}
_FIELDS: Final = {1: V1, 2: V2, 3: V3}
_SPEC: Final = {2: ("chara_card_v2", "2.0"), 3: ("chara_card_v3", "3.0")}
_NULL: Final = msgspec.Raw(b"null")
_ESCAPE: Final = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u([dD][89a-fA-F][0-9a-fA-F]{2})"
)
"""A backslash, a character in two halves, or (as a group) the digits of a half without its other."""
_HALF: Final = secrets.token_hex(16).encode()
_TABLE: Final = tuple(key for key in KEYS if key.name in (*OUR_KEYS, "nickname"))


def read_card(data: bytes, fallback: str) -> Carried:
    """A card's JSON as the keys of a persona file.

    Args:
        data: the text.
        fallback: the name, where the card has none.

    Raises:
        PersonaError: it is no card.
    """
    card = load_json(data)
    version = version_of(card)
    root = card if version == 1 else card["data"]
    where = "" if version == 1 else "data."
    fields = Fields(root, where)
    values: dict[str, Any] = {ours: fields.text(theirs) for ours, theirs in V3.items()}
    values["name"] = clean_name(values["name"], fallback)
    first, others = fields.text("first_mes"), fields.texts("alternate_greetings")
    values["greetings"] = [greeting for greeting in (first, *others) if greeting]
    values["tags"] = fields.texts("tags")
    book, told = read_book(fields.table("character_book"), f"{where}character_book.")
    values["lorebook"] = book
    extensions = fields.table("extensions")
    ours, told_of_ours = _our_table(extensions.get(OURS), f"{where}extensions.{OURS}.")
    values = {**ours, **filled(values)}
    values["extensions"], bad = tomlable({k: v for k, v in extensions.items() if k != OURS})
    for name in bad:
        fields.tell(f"extensions.{name}", "a persona file cannot hold it")
    note = extensions.get("depth_prompt")
    if isinstance(note, dict) and note.get("prompt"):
        fields.tell("extensions.depth_prompt", "it is kept and not sent to the model")
    kept = [*fields.rest(), *told, *told_of_ours]
    if version > 1:
        outer = Fields(card)
        kept += outer.rest("it is outside the card's data", ("spec", "spec_version", "data"))
    return Carried(format=f"v{version}", values=filled(values), kept=tuple(kept))


def version_of(card: object) -> int:
    """1, 2 or 3.

    Raises:
        PersonaError: it is no card.
    """
    if isinstance(card, dict):
        data, spec = card.get("data"), card.get("spec")
        if isinstance(data, dict) and "name" in data and isinstance(spec, str):
            if spec in ("chara_card_v2", "chara_card_v3"):
                return 2 if spec == "chara_card_v2" else 3
            return 3 if _number(card.get("spec_version")) >= 3 else 2
        if "name" in card and not isinstance(spec, str) and len(card.keys() & set(V1.values())) > 1:
            return 1
    raise refuse("It is no character card.", "It has neither the fields of V1 nor V2's `data`.")


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return 0.0


def _our_table(given: object, where: str) -> tuple[dict[str, Any], list[str]]:
    """What another of us wrote, held to the same rules as a file; a template's program stays out."""
    if not isinstance(given, dict):
        return {}, []
    good, bad = tomlable(given)
    document = Document("", good, {})
    values, problems = read_keys(document, _TABLE)
    values = dict(msgspec.to_builtins(values))
    problems += check_sampling(document, values)
    wrong = {problem.key.partition(".")[0].partition("[")[0] for problem in problems}
    if values.get("chat_template") and values["chat_template"] not in TEMPLATES:
        wrong.add("chat_template")
    kept = [f"{where}{name}: it cannot be used" for name in [*sorted(wrong), *bad]]
    return {key: value for key, value in values.items() if key not in wrong}, kept


def write_card(persona: Persona, version: int, original: bytes | None = None) -> Written:
    """The persona as a card of this version, over the card that it came from, if it did.

    Args:
        persona: see there.
        version: 1, 2 or 3.
        original: the JSON of a card of any version.
    """
    before, came = Persona(id="x", name=""), 0
    root: Raw = {}
    if original is not None:
        carried = read_card(original, persona.name)
        before, came = _persona(carried.values), int(carried.format[1:])
        root = _raw(original)
    inner = msgspec.json.decode(root["data"], type=Raw) if came > 1 else {}
    if version == 1:
        root = {
            key: value for key, value in root.items() if key not in ("spec", "spec_version", "data")
        }
        _overlay(root, persona, before if came == 1 else None, 1)
        return Written(_encoded(root, original), tuple(_lost_in_v1(persona, inner)))
    _overlay(inner, persona, before if came > 1 else None, version)
    lost = _overlay_book(inner, persona.lorebook, before.lorebook, came, version)
    lost += _overlay_extensions(inner, persona, before, came, version)
    if version == 3:
        inner.setdefault("group_only_greetings", msgspec.Raw(b"[]"))
    spec, spec_version = _SPEC[version]
    if came != version:
        head = {"spec": _json(spec), "spec_version": _json(spec_version)}
        root = {**head, **{k: v for k, v in root.items() if k not in ("spec", "spec_version")}}
    root["data"] = msgspec.Raw(msgspec.json.encode(inner))
    if came:
        _mirror(root, inner, persona, before)
    return Written(_encoded(root, original), tuple(lost))


def _raw(original: bytes) -> Raw:
    """The fields with their very bytes, but for halves of characters, which a strict reader refuses:
    they have marks in their place until the card is encoded."""

    def marked(found: re.Match[bytes]) -> bytes:
        return found[0] if found[1] is None else _HALF + found[1]

    text = _ESCAPE.sub(marked, original.removeprefix(b"\xef\xbb\xbf"))
    return msgspec.json.decode(text, type=Raw)


def _persona(values: Mapping[str, Any]) -> Persona:
    return msgspec.convert({"id": "x", **values}, Persona)


def _encoded(root: Raw, original: bytes | None) -> bytes:
    data = msgspec.json.encode(root)
    data = re.sub(_HALF + rb"([0-9a-fA-F]{4})", rb"\\u\1", data)
    return data if original else msgspec.json.format(data, indent=2) + b"\n"


def _overlay(out: Raw, persona: Persona, before: Persona | None, version: int) -> None:
    """Put what differs from `before` into the fields; all of them where there was no card."""
    for ours, theirs in (V3 if "nickname" in out else _FIELDS[version]).items():
        value = getattr(persona, ours)
        needed = value or theirs != "nickname" or theirs in out
        if needed and (before is None or value != getattr(before, ours)):
            out[theirs] = _json(value)
    if before is None or persona.greetings != before.greetings:
        out["first_mes"] = _json(persona.greetings[0] if persona.greetings else "")
        if version > 1:
            out["alternate_greetings"] = _json(persona.greetings[1:])
    if version > 1 and (before is None or persona.tags != before.tags):
        out["tags"] = _json(persona.tags)


def _overlay_book(out: Raw, book: Lorebook, before: Lorebook, came: int, version: int) -> list[str]:
    """Put the lorebook there; what has no place."""
    if book == Lorebook():
        if before != book:
            out.pop("character_book", None)
    elif book != before or came != version:
        given = out.get("character_book", _NULL) if came > 1 else _NULL
        if given != _NULL and objects(given) is None:
            return ["lorebook: the card's character_book is no object, and stays as it is"]
        raw = None if given == _NULL else bytes(given)
        data, lost = write_book(book, before if raw else Lorebook(), raw, version)
        out["character_book"] = msgspec.Raw(data)
        return lost
    return []


def _overlay_extensions(
    out: Raw, persona: Persona, before: Persona, came: int, version: int
) -> list[str]:
    """Put what cards have no field for into the extensions; what has no place."""
    if came < 2:  # what a card V1 had of them stands beside the data
        before = Persona(id="x", name="")
    given = out.get("extensions", _NULL)
    ours, was = (_our_values(who, version) for who in (persona, before))
    extensions = objects(given) if given != _NULL else {}
    if extensions is None:
        edited = [key for key in {**was, **ours} if ours.get(key) != was.get(key)]
        edited += ["extensions"] * (persona.extensions != before.extensions)
        return [
            f"{key}: the card's extensions are no object, and stay as they are" for key in edited
        ]
    for key in {**before.extensions, **persona.extensions}:
        if key not in persona.extensions:
            extensions.pop(key, None)
        elif persona.extensions[key] != before.extensions.get(key):
            extensions[key] = _json(persona.extensions[key])
    old = extensions.get(OURS, _NULL)
    table = objects(old) or {}
    for key in {**was, **ours}:
        if key not in ours:
            table.pop(key, None)
        elif came != version or ours[key] != was.get(key):
            table[key] = _json(ours[key])
    if version == 3 and persona.nickname != before.nickname:
        table.pop("nickname", None)  # it has a field
    if table:
        extensions[OURS] = msgspec.Raw(msgspec.json.encode(table))
    elif was:
        extensions.pop(OURS, None)
    if "extensions" not in out or extensions != (objects(given) or {}):
        out["extensions"] = msgspec.Raw(msgspec.json.encode(extensions))
    return []


def _our_values(persona: Persona, version: int) -> dict[str, Any]:
    names = OUR_KEYS if version == 3 else (*OUR_KEYS, "nickname")
    return {key: value for key, value in persona_values(persona).items() if key in names}


def _mirror(root: Raw, inner: Raw, persona: Persona, before: Persona) -> None:
    """Some programs write V1's fields beside the data of a newer card; they say the same."""
    changed = [
        theirs for ours, theirs in V2.items() if getattr(persona, ours) != getattr(before, ours)
    ]
    changed += ["first_mes"] * (persona.greetings != before.greetings)
    changed += ["tags"] * (persona.tags != before.tags)
    for theirs in changed:
        if theirs in root and theirs in inner:
            root[theirs] = inner[theirs]


def _lost_in_v1(persona: Persona, inner: Raw) -> list[str]:
    values = persona_values(persona)
    lost = [key for key in values if key not in (*V1, "greetings")]
    told = [f"{key}: V1 has no field for it" for key in lost]
    if len(persona.greetings) > 1:
        told.append("greetings: V1 has one; the first is there")
    known = {
        *V3.values(),
        "first_mes",
        "alternate_greetings",
        "tags",
        "character_book",
        "extensions",
    }
    told += [f"data.{key}: V1 has no field for it" for key in inner if key not in known]
    return told


def _json(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value, enc_hook=str))
