"""A JSON schema as GBNF.

Keeps true: what the grammar lets through is JSON; what a schema says and the grammar does not keep
is told by name, never passed over in silence. The conversion is that of llama.cpp's Python binding
(llama.cpp's own has no function that could be called from here); its rules for characters are
mended, since they let raw control characters through.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from llama_cpp.llama_grammar import json_schema_to_gbnf

from tui.core.errors import UsageError

_LONGEST: Final = 1 << 18
"""Characters of a schema, at most."""
_MOST: Final = 1000
"""A count in a schema, at most: each repetition is a pair of brackets of the grammar."""

_TYPES: Final = ("object", "array", "string", "number", "integer", "boolean", "null")
_REMARKS: Final = frozenset(
    {"$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default",
     "examples", "deprecated", "readOnly", "writeOnly"}
)  # fmt: skip
"""Keywords that allow and forbid nothing."""
_FORMATS: Final = re.compile(r"(uuid[1-5]?|date|time|date-time)\Z")
_COUNTS: Final = ("minItems", "maxItems", "minLength", "maxLength")
_NEGATED: Final = re.compile(r"(?<!\\)\[\^")
"""Where a class of a pattern begins that says what it leaves out."""
_UNESCAPED: Final = r'[^"\\\x7F\x00-\x1F]'


def schema_grammar(text: str) -> tuple[str, list[str]]:
    """The schema as GBNF, and what the grammar does not keep of it.

    Raises:
        UsageError: it is not JSON, no schema, or says what GBNF cannot.
    """
    if len(text) > _LONGEST:
        raise _unusable(f"It is longer than {_LONGEST} characters")
    try:
        reader = _Reader()
        read = reader.schema(json.loads(text), "")
        grammar = str(json_schema_to_gbnf(json.dumps(read)))
    except UsageError:
        raise
    except Exception as error:  # the converter raises whatever it meets
        raise _unusable(str(error).split("\n")[0][:200] or type(error).__name__) from error
    grammar = re.sub(r'(?m)^(char\d* ::= )\[\^"\\\\\] ', rf"\1{_escaped(_UNESCAPED)} ", grammar)
    grammar = re.sub(r"(?m)^(dot\d* ::= ).*$", rf"\1{_escaped(_UNESCAPED)}", grammar)
    if not reader.unkept:
        return grammar, []
    names = ", ".join(f"{name} ({where or 'the whole'})" for name, where in reader.unkept.items())
    return grammar, [f"JSON schema: the grammar does not keep {names}"]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")


def _unusable(why: str) -> UsageError:
    hint = "Check the schema, or give a GBNF grammar."
    return UsageError("The JSON schema cannot be used.", why, hint)


class _Reader:
    """One reading of a schema, along the ways that the converter goes."""

    def __init__(self) -> None:
        self.unkept: dict[str, str] = {}
        """Keyword -> where it stands first."""

    def schema(self, given: Any, where: str) -> dict[str, Any]:
        """The schema in a form that the converter reads."""
        if given is True:
            return {"type": list(_TYPES)}
        if given is False:
            raise _unusable(f"{where or 'The schema'} is `false`, which allows nothing.")
        if not isinstance(given, dict):
            raise _unusable(
                f"{where or 'The schema'} is {_kind(given)}; a schema is an object, or true."
            )
        self._check(given, where)
        understood = self._understood(given)
        for name in given:
            if name not in understood and name not in _REMARKS:
                self.unkept.setdefault(name, where)
        read = dict(given)
        if "pattern" in understood:
            read["pattern"] = _NEGATED.sub(lambda _: _UNESCAPED[:-1], given["pattern"])
        for path, holder, key in _parts(read, understood):
            holder[key] = self.schema(holder[key], f"{where}/{path}")
        return read

    def _check(self, given: dict[str, Any], where: str) -> None:
        kinds = given.get("type", [])
        for kind in kinds if isinstance(kinds, list) else [kinds]:
            if kind not in _TYPES:
                raise _unusable(f"{where or 'The schema'}: {kind!r} is no type of JSON.")
        for least, most in (_COUNTS[:2], _COUNTS[2:]):
            counts = [given[name] for name in (least, most) if name in given]
            for count in counts:
                if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= _MOST:
                    raise _unusable(
                        f"{where or 'The schema'}: {str(count)[:20]} is no count that a grammar "
                        f"holds; {least} and {most} go from 0 to {_MOST}."
                    )
            if counts != sorted(counts):
                raise _unusable(f"{where or 'The schema'}: {least} is above {most}.")
        for name, right in (("enum", list), ("required", list), ("properties", dict),
                            ("pattern", str), ("oneOf", list), ("anyOf", list), ("allOf", list),
                            ("$defs", dict), ("definitions", dict)):  # fmt: skip
            if name in given and (not isinstance(given[name], right) or given[name] == []):
                if name == "required" and given[name] == []:
                    continue
                raise _unusable(f"{where or 'The schema'}: {name} is {_kind(given[name])}.")
        for count in re.findall(r"\{[^}]*\}", given.get("pattern", "")):
            if any(len(n) > 4 or int(n) > _MOST for n in re.findall("[0-9]+", count)):
                raise _unusable(f"{where or 'The schema'}: {count[:20]} repeats more than {_MOST}.")

    def _understood(self, given: dict[str, Any]) -> frozenset[str]:
        """The keywords that the converter reads in this schema, by the first that it looks for."""
        kind = given.get("type")
        for names in (("$ref",), ("oneOf",), ("anyOf",)):
            if names[0] in given:
                return frozenset(names)
        if isinstance(kind, list):
            return frozenset({"type"})
        for name in ("const", "enum"):
            if name in given:
                return frozenset({name, "type"})
        if kind in (None, "object"):
            if "properties" in given or given.get("additionalProperties", True) is not True:
                return frozenset({"type", "properties", "required", "additionalProperties"})
            if "allOf" in given:
                return frozenset({"type", "allOf"})
        if kind in (None, "array") and ("items" in given or "prefixItems" in given):
            if isinstance(given.get("items", given.get("prefixItems")), list):
                return frozenset({"type", "items" if "items" in given else "prefixItems"})
            return frozenset({"type", "items", "minItems", "maxItems"})
        if kind in (None, "string"):
            if "pattern" in given:
                return frozenset({"type", "pattern"})
            if _FORMATS.match(str(given.get("format", ""))):
                return frozenset({"type", "format"})
        if kind == "string":
            return frozenset({"type", "minLength", "maxLength"})
        return frozenset({"type", "additionalProperties"})


def _parts(
    read: dict[str, Any], understood: frozenset[str]
) -> Iterator[tuple[str, Any, str | int]]:
    """The schemas inside one: path, what holds it (a copy in `read`), and its key there."""
    for name in ("$defs", "definitions", "properties"):
        if name in read and (name in understood or name != "properties"):
            read[name] = dict(read[name])
            for key in read[name]:
                yield f"{name}/{key}", read[name], key
    for name in ("oneOf", "anyOf", "allOf", "items", "prefixItems"):
        if name not in understood or name not in read:
            continue
        if isinstance(read[name], list):
            read[name] = list(read[name])
            for place in range(len(read[name])):
                yield f"{name}/{place}", read[name], place
        else:
            yield name, read, name
    if "additionalProperties" in understood and isinstance(read.get("additionalProperties"), dict):
        yield "additionalProperties", read, "additionalProperties"


def _kind(value: Any) -> str:
    words = {list: "a list", str: "a text", dict: "an object", bool: "true or false"}
    return words.get(type(value), "null" if value is None else "a number")
