"""What a stranger's file carries, as the keys of a persona file, and what it has besides.

Keeps true: a text is taken only where there is a text; nothing is dropped without being named; the
same file always gives the same values, so that an export can tell what was edited since.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from tui.core.errors import PersonaError
from tui.core.persona import Persona
from tui.core.text import one_line
from tui.store.toml_write import writable

TEXT_LIMIT_BYTES: Final = 8 << 20
"""Of the text in a card, whatever it comes in."""
DEPTH: Final = 64

OURS: Final = "logitscope"
"""Name of our own extension of a card."""
OUR_KEYS: Final = ("messages", "samplers", "sampling", "stop", "chat_template", "user", "model")
"""What stands in it: keys that cards have no field for."""


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """What was read."""

    format: str
    values: dict[str, Any]
    """Keys and values of a persona file."""
    kept: tuple[str, ...] = ()
    """Fields that have no key: what they are, and what becomes of them."""


class Written(msgspec.Struct, frozen=True):
    """What an export made."""

    data: bytes
    lost: tuple[str, ...] = ()
    """What the format has no place for."""


def refuse(what: str, why: str = "") -> PersonaError:
    """The error for a file that cannot be taken."""
    return PersonaError(what, why, "Nothing was changed.")


def load_json(data: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        PersonaError: too big, not UTF-8, not JSON, or nested too deeply.
    """
    text = utf8(data)

    def no_constant(name: str) -> None:
        raise ValueError(f"{name} is no number of JSON")

    try:
        found = json.loads(text, parse_constant=no_constant)
    except RecursionError as error:
        raise refuse("It is nested too deeply.") from error
    except ValueError as error:
        raise refuse("It is not JSON.", f"{error}.") from error
    if not shallow(found):
        raise refuse("It is nested too deeply.", f"{DEPTH} levels are the most.")
    return found


def utf8(data: bytes) -> str:
    """The text of a file.

    Raises:
        PersonaError: too big, or not UTF-8.
    """
    if len(data) > TEXT_LIMIT_BYTES:
        raise refuse("It is too big.", f"A card's text has at most {TEXT_LIMIT_BYTES >> 20} MiB.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refuse("It is not UTF-8 text.", f"Byte {error.start} is wrong.") from error


def shallow(value: object) -> bool:
    """Whether a value is nested at most `DEPTH` deep."""
    level = [value]
    for _ in range(DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return True
    return False


class Fields:
    """Takes the known fields of a mapping, and names the others."""

    def __init__(self, given: Mapping[str, Any], where: str = "") -> None:
        self._given = given
        self._where = where
        self._taken: set[str] = set()
        self.kept: list[str] = []

    def text(self, name: str) -> str:
        """A text; empty where there is none."""
        value = self.any(name)
        if isinstance(value, str):
            return whole(value)
        if value is not None:
            self.tell(name, "it is no text")
        return ""

    def texts(self, name: str) -> list[str]:
        """A list of texts; what is not one is named."""
        value = self.any(name)
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return [whole(one) for one in value]
        if value is not None:
            self.tell(name, "it is no list of texts")
        return []

    def whole_number(self, name: str) -> int | None:
        """A whole number that TOML can hold."""
        value = self.any(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 31:
            return value
        if value is not None:
            self.tell(name, "it is no whole number")
        return None

    def truth(self, name: str) -> bool | None:
        """True, false, or neither."""
        value = self.any(name)
        if value is not None and not isinstance(value, bool):
            self.tell(name, "it is neither true nor false")
            return None
        return value

    def table(self, name: str) -> dict[str, Any]:
        """A mapping."""
        value = self.any(name)
        if isinstance(value, dict):
            return value
        if value is not None:
            self.tell(name, "it is no object")
        return {}

    def tell(self, name: str, why: str) -> None:
        """Name a field that is not used."""
        self.kept.append(f"{self._where}{one_line(name, 80)}: {why}")

    def rest(self, unused: str = "there is no key for it", skip: Iterable[str] = ()) -> list[str]:
        """What was named, and everything that was not taken."""
        for name in self._given:
            if name not in self._taken and name not in skip:
                self.tell(str(name), unused)
        return self.kept

    def any(self, name: str) -> Any:
        """Whatever stands there; None where nothing does."""
        self._taken.add(name)
        return self._given.get(name)


def whole(text: str) -> str:
    """A text without halves of characters, which JSON can spell and UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clean_name(text: str, fallback: str) -> str:
    """A name on one line."""
    return one_line(text, 200).strip() or one_line(fallback, 200).strip() or "Unnamed"


def filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that say something."""
    return {key: value for key, value in values.items() if value not in ("", [], {}, None)}


def tomlable(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The entries of a table that TOML can hold, and the names of the others."""
    good = {key: value for key, value in values.items() if writable({key: value})}
    return good, [key for key in values if key not in good]


def persona_values(persona: Persona) -> dict[str, Any]:
    """A persona as the keys of its file, without those that say nothing new."""
    plain = msgspec.to_builtins(persona)
    blank = msgspec.to_builtins(Persona(id="", name=""))
    return {
        key: value
        for key, value in plain.items()
        if key not in ("id", "path", "built_in", "origin")
        and (key == "name" or value != blank[key])
    }


def normal(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a file as `persona_values` has them, for comparing."""
    return persona_values(msgspec.convert({"id": "x", "name": "x", **values}, Persona))
