"""What stands in a JSON schema, read with care.

Keeps true: text that llama.cpp's JSON reader refuses is refused here, and a keyword's value of
another kind than it must have is an error with its place. Which keyword of several counts is as in
llama.cpp's `json-schema.cpp` (`kind_of`). Makes no grammar.
"""

import json
import math
import re
import sys
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from tui.core.errors import UsageError
from tui.sampling.repetition import MOST

_LONGEST: Final = 1 << 18
"""Characters of a schema, at most."""
_LARGEST: Final = (1 << 31) - 1
"""A count, at most: llama.cpp reads it into as many bits."""
_FINITE: Final = sys.float_info.max
_LOW, _HIGH = -(1 << 63), (1 << 63) - 1
TYPES: Final = ("object", "array", "string", "number", "integer", "boolean", "null")
_REMARKS: Final = frozenset(
    {"$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default",
     "examples", "deprecated", "readOnly", "writeOnly"}
)  # fmt: skip
"""Keywords that allow and forbid nothing."""
_OF_TYPE: Final = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "object": ("properties", "required", "additionalProperties", "patternProperties",
               "propertyNames", "minProperties", "maxProperties"),
}  # fmt: skip
"""Keywords that say nothing of values of another type."""
_FORMATS: Final = re.compile("(date|time|date-time)|uuid[1-5]?")


def read_schema(text: str) -> Any:
    """The JSON value.

    Raises:
        UsageError: it is none.
    """
    if len(text) > _LONGEST:
        raise unusable(f"It is longer than {_LONGEST} characters")
    try:
        read = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_number)
    except RecursionError:
        raise unusable("It is nested too deeply") from None
    except ValueError as error:  # broken JSON, or a number of too many digits
        raise unusable(f"It is no JSON: {str(error)[:200]}") from None
    for value in _inside(read):
        if isinstance(value, str) and re.search("[\ud800-\udfff]", value):
            raise unusable("It holds half a surrogate pair")
        if isinstance(value, float | int) and abs(value) > _FINITE:
            raise unusable("A number in it is too large")
    return read


def kind_of(schema: dict[str, Any], where: str) -> str:
    """A type, or the keyword that counts: `$ref`, `oneOf`, `anyOf`, `const`, `enum`, `allOf`.

    `type` stands for a list of types, `any` for a schema that says nothing of a value.

    Raises:
        UsageError: its type is none.
    """
    kind = schema.get("type")
    for keyword in ("$ref", "oneOf", "anyOf"):
        if keyword in schema:
            return keyword
    if isinstance(kind, list):
        return "type"
    for keyword in ("const", "enum"):
        if keyword in schema:
            return keyword
    if kind is not None and kind not in TYPES:
        raise wrong(where, f"{str(kind)[:40]!r} is no type of JSON")
    is_object = "properties" in schema or schema.get("additionalProperties", True) is not True
    if "allOf" in schema and (kind == "string" or (kind in (None, "object") and not is_object)):
        return "allOf"
    if kind is not None:
        return str(kind)
    if is_object:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    if not schema.keys().isdisjoint({"pattern", "minLength", "maxLength"}):
        return "string"
    return "string" if json_format(schema, where) else "any"


def applies(keyword: str, kind: Any) -> bool:
    """Whether a keyword may forbid anything in a schema of this type (None: of none).

    >>> applies("minLength", "null"), applies("minimum", "integer"), applies("title", None)
    (False, True, False)
    """
    kind = "number" if kind == "integer" else kind
    others = (words for name, words in _OF_TYPE.items() if kind in TYPES and name != kind)
    return keyword not in _REMARKS and not any(keyword in words for words in others)


def schemas(schema: dict[str, Any], keyword: str, where: str) -> list[Any]:
    """The list behind a keyword, which holds something."""
    found = schema[keyword]
    if not isinstance(found, list):
        raise wrong(where, f"{keyword} is {kind_word(found)}")
    if not found:
        raise wrong(where, f"{keyword} is an empty list")
    return found


def types(schema: dict[str, Any], where: str) -> list[str]:
    """The types of a list of them, each once."""
    found = schemas(schema, "type", where)
    for kind in found:
        if kind not in TYPES:
            raise wrong(where, f"{str(kind)[:40]!r} is no type of JSON")
    return list(dict.fromkeys(found))


def properties(schema: dict[str, Any], where: str) -> dict[str, Any]:
    """The properties by name."""
    found = schema.get("properties", {})
    if not isinstance(found, dict):
        raise wrong(where, f"properties is {kind_word(found)}")
    return found


def required(schema: dict[str, Any]) -> frozenset[str]:
    """The names of the properties that must be there; what is no list names none."""
    found = schema.get("required")
    return frozenset(
        name for name in (found if isinstance(found, list) else ()) if isinstance(name, str)
    )


def counts(schema: dict[str, Any], least: str, most: str, where: str) -> tuple[int, int | None]:
    """What two keywords say of a number of things: at least, and at most (None: any number)."""
    low, high = (_count(schema, name, where) for name in (least, most))
    if low is not None and high is not None and high < low:
        raise wrong(where, f"{least} is above {most}")
    if low is not None and low > MOST:
        raise wrong(where, f"{least} is {low}, and a grammar counts to {MOST}")
    return low or 0, high


def json_format(schema: dict[str, Any], where: str) -> str:
    """The format of a text that a grammar can keep: `date`, `time`, `date-time`, `uuid`, or none."""
    found = schema.get("format", "")
    if not isinstance(found, str):
        raise wrong(where, f"format is {kind_word(found)}")
    known = _FORMATS.fullmatch(found)
    return (known[1] or "uuid") if known else ""


def pattern_of(schema: dict[str, Any], where: str) -> str:
    """The pattern of a text; none is the empty one."""
    found = schema.get("pattern", "")
    if not isinstance(found, str):
        raise wrong(where, f"pattern is {kind_word(found)}")
    return found


def limits(schema: dict[str, Any], where: str) -> tuple[int | None, int | None, frozenset[str]]:
    """The least and the greatest whole number, both included, and the keywords that say so.

    The ends of 64 bits are no bounds.
    """
    least = most = None
    used: set[str] = set()
    for name in ("minimum", "exclusiveMinimum"):
        if name in schema and not used:
            used.add(name)
            value = _number(schema, name, where)
            least = math.ceil(value) if name == "minimum" else math.floor(value) + 1
    for name in ("maximum", "exclusiveMaximum"):
        if name in schema and not used & {"maximum"}:
            used.add(name)
            value = _number(schema, name, where)
            most = math.floor(value) if name == "maximum" else math.ceil(value) - 1
    return (None if least == _LOW else least), (None if most == _HIGH else most), frozenset(used)


def kind_word(value: Any) -> str:
    """What a JSON value is, in words."""
    words = {list: "a list", str: "a text", dict: "an object", bool: "true or false"}
    return words.get(type(value), "null" if value is None else "a number")


def unusable(why: str) -> UsageError:
    """The error that every fault of a schema becomes."""
    hint = "Check the schema, or give a GBNF grammar."
    return UsageError("The JSON schema cannot be used.", f"{why}.", hint)


def wrong(where: str, why: str) -> UsageError:
    """The same, with its place."""
    return unusable(f"{where or 'The schema'}: {why}")


def _count(schema: dict[str, Any], name: str, where: str) -> int | None:
    found = schema.get(name)
    if found is None and name not in schema:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= _LARGEST:
        raise wrong(where, f"{name} is {json.dumps(found)[:20]}, which is no count")
    return found


def _number(schema: dict[str, Any], name: str, where: str) -> float:
    found: Any = schema[name]
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise wrong(where, f"{name} is {kind_word(found)}")
    if not _LOW <= found <= _HIGH:
        raise wrong(where, f"{name} is {str(found)[:20]}, which is beyond 64 bits")
    number: float = found
    return number


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _inside(value: Any) -> Iterator[Any]:
    """Every key and value of a JSON value, however deep."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        yield found
        if isinstance(found, dict):
            waiting += [*found.keys(), *found.values()]
        elif isinstance(found, list):
            waiting += found
