"""From a JSON schema to the rules of a grammar.

Keeps true: which keywords count, and what they allow, is as in llama.cpp
(`json-schema-to-grammar.cpp`); the others are told by name, with where they stand first. Beyond
that a schema may be `true`, and `$ref` may be `#` and hold the escapes of JSON pointers. What
llama.cpp would make a grammar of that allows nothing is an error with its place.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from tui.sampling.schema import bounds, pattern, read
from tui.sampling.schema.members import OTHERS, members, other_keys
from tui.sampling.schema.read import unusable, wrong
from tui.sampling.schema.rules import Rules, json_literal, repeated

_MOST_LOOKS: Final = 50_000
"""Schemas and values looked at, at most: with `allOf` they can multiply at every level."""


class _Property(NamedTuple):
    name: str
    schema: Any
    is_required: bool
    where: str


def schema_grammar(text: str) -> tuple[str, list[str]]:
    """The schema as GBNF, and what the grammar does not keep of it.

    Raises:
        UsageError: it is not JSON, no schema, or says what GBNF cannot.
    """
    try:
        converter = _Converter(read.read_schema(text))
        grammar = converter.rules.text(converter.visit(converter.root, "", "top"))
    except RecursionError:
        raise unusable("It is nested too deeply") from None
    return grammar, converter.notes()


class _Converter:
    """One schema on its way to a grammar. `where` is a path in it, `hint` a name for a rule."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.rules = Rules()
        self._references: dict[str, str] = {}
        """`$ref` -> its rule."""
        self._unkept: dict[str, str] = {}
        """Keyword -> where it stands first."""
        self._looks = 0

    def notes(self) -> list[str]:
        """What to know of the grammar."""
        if not self._unkept:
            return []
        names = (f"{name} ({where})" for name, where in self._unkept.items())
        return [f"JSON schema: the grammar does not keep {', '.join(names)}"]

    def visit(self, schema: Any, where: str, hint: str) -> str:
        """The name of a rule for what the schema allows.

        Raises:
            UsageError: it is no schema, or GBNF cannot say it.
        """
        self._look(1)
        if schema is True:
            return self.rules.primitive("value")
        if schema is False:
            raise unusable(f"{where or 'The schema'} is `false`, which allows nothing")
        if not isinstance(schema, dict):
            word = read.kind_word(schema)
            raise unusable(f"{where or 'The schema'} is {word}; a schema is an object, or true")
        match read.kind_of(schema, where):
            case "$ref":
                self._keep(schema, where, "$ref")
                return self._reference(schema["$ref"], where)
            case "oneOf" | "anyOf" as keyword:
                self._keep(schema, where, keyword)
                return self._any_of(
                    read.schemas(schema, keyword, where), f"{where}/{keyword}", hint
                )
            case "type":
                kinds = read.types(schema, where)
                rules = [self.visit({**schema, "type": kind}, where, hint) for kind in kinds]
                return self.rules.add(hint, " | ".join(rules))
            case "const":
                self._keep(schema, where, "const", "type")
                return self.rules.add(hint, json_literal(schema["const"]))
            case "enum":
                self._keep(schema, where, "enum", "type")
                values = read.schemas(schema, "enum", where)
                return self.rules.add(hint, " | ".join(map(json_literal, values)))
            case "allOf":
                self._keep(schema, where, "allOf", "type")
                return self._all_of(read.schemas(schema, "allOf", where), f"{where}/allOf", hint)
            case "object":
                return self._object(schema, where, hint)
            case "array":
                return self._array(schema, where, hint)
            case "string":
                return self._text(schema, where, hint)
            case "integer":
                return self._integer(schema, where, hint)
            case kind:
                # `additionalProperties` is `true` where a schema of no type gets here.
                self._keep(schema, where, "type", "additionalProperties")
                return self.rules.primitive("value" if kind == "any" else kind)

    def _look(self, count: int) -> None:
        """Look at so many more schemas or values."""
        self._looks += count
        if self._looks > _MOST_LOOKS:
            raise unusable(f"It says more than {_MOST_LOOKS} things")

    def _keep(self, schema: dict[str, Any], where: str, *names: str) -> None:
        """Remember every keyword but these and those that say nothing of the schema's type."""
        for name in schema:
            if name not in names and read.applies(name, schema.get("type")):
                self._unkept.setdefault(name, _place(where))

    def _reference(self, target: Any, where: str) -> str:
        schema = self._pointed(target, where)
        if target not in self._references:
            # The name is there before the body, which may refer to it.
            name = self._references[target] = self.rules.reserve(target.rpartition("/")[2])
            self.rules.fill(name, self.visit(schema, target[1:], name))
        return self._references[target]

    def _pointed(self, target: Any, where: str) -> Any:
        """What a `$ref` points to."""
        if not isinstance(target, str) or not re.match("#(/|$)", target):
            raise wrong(where, f"$ref {str(target)[:60]!r} points out of the schema")
        found = self.root
        for part in target.split("/")[1:]:
            self._look(1)
            plain = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and (part in found or plain in found):
                found = found[part if part in found else plain]
            elif isinstance(found, list) and part.isdecimal() and int(part[:9]) < len(found):
                found = found[int(part[:9])]
            else:
                raise wrong(where, f"$ref {target[:60]!r} points to nothing")
        return found

    def _any_of(self, schemas: list[Any], where: str, hint: str) -> str:
        rules = [self.visit(one, f"{where}/{at}", f"{hint}-{at}") for at, one in enumerate(schemas)]
        return self.rules.add(hint, " | ".join(rules))

    def _all_of(self, schemas: list[Any], where: str, hint: str) -> str:
        """The properties of all of them, those of alternatives optional; or their common values."""
        found: list[tuple[str, Any, str]] = []
        required: set[str] = set()
        values: dict[str, int] = {}
        for at, schema in enumerate(schemas):
            place = f"{where}/{at}"
            for kind, part, is_required in self._components(schema, place):
                if kind == "enum":
                    given = read.schemas(part, "enum", place)
                    self._look(len(given))
                    for value in map(json_literal, given):
                        values[value] = values.get(value, 0) + 1
                else:
                    properties = read.properties(part, place)
                    self._look(len(properties))
                    found += [(name, inside, place) for name, inside in properties.items()]
                    required.update(properties if is_required else ())
        common = [value for value, times in values.items() if times == len(schemas)]
        if common:
            return self.rules.add(hint, " | ".join(common))
        members = [
            _Property(name, inside, name in required, f"{place}/properties/{name}")
            for name, inside, place in found
        ]
        return self.rules.add(hint, self._members(members, None, where, hint))

    def _components(self, schema: Any, where: str) -> Iterator[tuple[str, dict[str, Any], bool]]:
        """What `allOf` makes of one of its schemas: kind, schema, whether all of it is required."""
        kind = read.kind_of(schema, where) if isinstance(schema, dict) else ""
        inside, is_required = [schema], kind not in ("oneOf", "anyOf", "type")
        if not is_required:
            inside = (
                read.types(schema, where) if kind == "type" else read.schemas(schema, kind, where)
            )
        if kind == "type":
            inside = [{**schema, "type": one} for one in inside]
        elif not is_required:
            self._keep(schema, where, kind)
        for given in inside:
            part = given
            seen: set[str] = set()
            while isinstance(part, dict) and "$ref" in part and str(part["$ref"]) not in seen:
                seen.add(str(part["$ref"]))
                self._look(1)
                part = self._pointed(part["$ref"], where)
            if not isinstance(part, dict):
                word = read.kind_word(part)
                raise unusable(f"{where} is {word}; a schema is an object, or true")
            found = read.kind_of(part, where)
            if found not in ("object", "enum"):
                self._keep(part, where)
                continue
            kept = ("properties", "required", "additionalProperties", "type")
            self._keep(part, where, *kept if found == "object" else ("enum", "type"))
            yield found, part, is_required

    def _object(self, schema: dict[str, Any], where: str, hint: str) -> str:
        given = read.properties(schema, where)
        required = read.required(schema)
        kept = {"type", "properties", "additionalProperties"}
        if required <= given.keys() and isinstance(schema.get("required"), list):
            kept.add("required")
        self._keep(schema, where, *kept)
        others = schema.get("additionalProperties", "properties" not in schema)
        if not isinstance(others, bool | dict):
            raise wrong(where, f"additionalProperties is {read.kind_word(others)}")
        if not given and others is not False and _is_any(others, f"{where}/additionalProperties"):
            return self.rules.primitive("object")
        properties = [
            _Property(name, inside, name in required, f"{where}/properties/{name}")
            for name, inside in given.items()
        ]
        members = self._members(properties, None if others is False else others, where, hint)
        return self.rules.add(hint, members)

    def _members(self, properties: list[_Property], others: Any, where: str, hint: str) -> str:
        """An object's body: what is required in the order given, then what is not, and the rest."""
        pairs: dict[str, str] = {}
        required: list[str] = []
        optional: list[str] = []
        for name, schema, is_required, place in properties:
            value = self.visit(schema, place, name)
            pairs[name] = self.rules.add(
                f"{name}-pair", f'{json_literal(name)} space ":" space {value}'
            )
            (required if is_required else optional).append(name)
        if others is not None:
            value = self.visit(others, f"{where}/additionalProperties", f"{hint}-other")
            key = other_keys([given.name for given in properties], self.rules.primitive("char"))
            name = (
                self.rules.add(f"{hint}-key", key) if properties else self.rules.primitive("string")
            )
            pairs[OTHERS] = self.rules.add(f"{hint}-pair", f'{name} ":" space {value}')
            optional.append(OTHERS)
        return members(required, optional, pairs, self.rules)

    def _array(self, schema: dict[str, Any], where: str, hint: str) -> str:
        keyword = "items" if "items" in schema else "prefixItems"
        items = schema.get(keyword, True)
        self.rules.primitive("space")
        if isinstance(items, list):
            self._keep(schema, where, "type", keyword)
            rules = [
                self.visit(one, f"{where}/{keyword}/{at}", f"{hint}-{at}")
                for at, one in enumerate(items)
            ]
            body = ' "," space '.join(rules)
        else:
            self._keep(schema, where, "type", keyword, "minItems", "maxItems")
            least, most = read.counts(schema, "minItems", "maxItems", where)
            if (least, most) == (0, None) and _is_any(items, f"{where}/{keyword}"):
                return self.rules.primitive("array")
            item = self.visit(items, f"{where}/{keyword}", f"{hint}-item")
            body = repeated(item, least, most, between='"," space')
        return self.rules.add(hint, f'"[" space {body} space "]"')

    def _text(self, schema: dict[str, Any], where: str, hint: str) -> str:
        regex, kind = read.pattern_of(schema, where), read.json_format(schema, where)
        least, most = read.counts(schema, "minLength", "maxLength", where)
        if regex:
            return self._pattern(schema, regex, where, hint)
        if kind:
            self._keep(schema, where, "type", "format")
            return self.rules.primitive(kind)
        self._keep(schema, where, "type", "pattern", "minLength", "maxLength")
        if (least, most) == (0, None):
            return self.rules.primitive("string")
        chars = repeated(self.rules.primitive("char"), least, most)
        return self.rules.add(hint, rf'"\"" {chars} "\""')

    def _pattern(self, schema: dict[str, Any], regex: str, where: str, hint: str) -> str:
        try:
            body, is_strict = pattern.pattern_rule(regex, self.rules)
        except pattern.WrongPattern as fault:
            raise wrong(where, f"in the pattern {fault}") from None
        except pattern.UnsupportedPattern as reason:
            self._keep(schema, where, "type", "pattern")
            self._unkept.setdefault("pattern", f"{_place(where)}: {reason}")
            return self.rules.primitive("string")
        self._keep(schema, where, "type", "pattern")
        if not is_strict:
            allowed = "its pattern allows quotation marks, backslashes or control characters"
            self._unkept.setdefault("the escapes of a text", f"{_place(where)}: {allowed}")
        return self.rules.add(hint, body)

    def _integer(self, schema: dict[str, Any], where: str, hint: str) -> str:
        least, most, used = read.limits(schema, where)
        if least is None and most is None:
            self._keep(schema, where, "type")
            return self.rules.primitive("integer")
        self._keep(schema, where, "type", *used)
        if not bounds.is_exact(least, most):
            self._unkept.setdefault(f"{' and '.join(sorted(used))} exactly", _place(where))
        try:
            return self.rules.add(hint, bounds.integers(least, most))
        except ValueError as fault:
            raise wrong(where, str(fault)) from None


def _place(where: str) -> str:
    return where or "the whole"


def _is_any(schema: Any, where: str) -> bool:
    return schema is True or (isinstance(schema, dict) and read.kind_of(schema, where) == "any")
