"""The rules of a grammar that is being written.

Keeps true: a name stands for one body; rules of one body have one name. The text is GBNF. Knows
what JSON's own values look like, and nothing of schemas.
"""

import json
import re
from collections import Counter
from typing import Any, Final

from tui.sampling.schema.read import unusable

_PRIMITIVES: Final = {
    "space": r'(" " | "\n" "\n"? [ \t]{0,20})?',
    "char": r'[^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4})',
    "string": r'"\"" {char}* "\""',
    "natural": r'"0" | [1-9] [0-9]{0,15}',
    "integer": r'"-"? {natural}',
    "number": r'{integer} ("." [0-9]{1,16})? ([eE] [-+]? {natural})?',
    "boolean": r'"true" | "false"',
    "null": r'"null"',
    "pair": r'{string} ":" {space} {value}',
    "object": r'"{" {space} ({pair} ("," {space} {pair})*)? {space} "}"',
    "array": r'"[" {space} ({value} ("," {space} {value})*)? {space} "]"',
    "value": "{object} | {array} | {string} | {number} | {boolean} | {null}",
    "hex": "[0-9a-fA-F]",
    "uuid": r'"\"" {hex}{8} "-" {hex}{4} "-" {hex}{4} "-" {hex}{4} "-" {hex}{12} "\""',
    "day": '[0-9]{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | [12] [0-9] | "3" [01])',
    "minute": '([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9]',
    "clock": '{minute} ":" [0-5] [0-9] ("." [0-9]{3})? ("Z" | [+-] {minute})',
    "date": r'"\"" {day} "\""',
    "time": r'"\"" {clock} "\""',
    "date-time": r'"\"" {day} "T" {clock} "\""',
}
"""Rules by name; a name in braces is another rule. How much white space, how many digits and which
characters is as in llama.cpp's `json-schema-to-grammar.cpp`."""
_USED: Final = re.compile(r"\{([a-z][a-z-]*)\}")

_LONGEST: Final = 1 << 18
"""Characters of a grammar, at most: a longer one is refused anyhow, and is not worth its writing."""
_MOST: Final = 1 << 20
"""Characters written, at most, those of rules that were there already among them."""


class Rules:
    """Rules by name, in the order of their writing."""

    def __init__(self) -> None:
        self._bodies: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._hints: Counter[str] = Counter()
        self._length = self._written = 0

    def add(self, hint: str, body: str) -> str:
        """The name of a rule with this body, made of `hint` where it is a new one.

        Raises:
            UsageError: the grammar has grown too long.
        """
        self._written += len(body)
        if self._written > _MOST:
            raise unusable(f"More than {_MOST} characters of its grammar say the same")
        name = self._names.get(body)
        if name is None:
            name = self.reserve(hint)
            self.fill(name, body)
            self._names[body] = name
        return name

    def reserve(self, hint: str) -> str:
        """A name for a rule whose body is yet to come, for a body that refers to itself."""
        short = re.sub("[^a-zA-Z0-9]+", "-", hint[:40]).strip("-")
        name = short
        while not name or name in self._bodies or name in _PRIMITIVES or name == "root":
            self._hints[short] += 1
            name = f"{short or 'rule'}-{self._hints[short] + 1}"
        self._bodies[name] = ""
        return name

    def fill(self, name: str, body: str) -> None:
        """Give a reserved name its body.

        Raises:
            UsageError: the grammar has grown too long.
        """
        self._bodies[name] = body
        self._length += len(name) + len(body)
        if self._length > _LONGEST:
            raise unusable(f"Its grammar is longer than {_LONGEST} characters")

    def primitive(self, name: str) -> str:
        """The name of one of JSON's own rules, written down with those that it uses."""
        if name not in self._bodies:
            self._bodies[name] = ""
            body = _PRIMITIVES[name]
            for used in _USED.findall(body):
                self.primitive(used)
            self._bodies[name] = _USED.sub(r"\1", body)
        return name

    def text(self, root: str) -> str:
        """All of them as GBNF, beginning with the rule named `root`."""
        lines = [f"{name} ::= {body}" for name, body in self._bodies.items()]
        return "\n".join([f"root ::= {root}", *lines]) + "\n"


def repeated(item: str, least: int, most: int | None, between: str = "") -> str:
    """`item` from `least` to `most` times (None: as often as it likes), with `between` in between.

    >>> repeated("a", 2, 3), repeated("a", 0, 2, '","'), repeated("a", 0, 0)
    ('a{2,3}', '(a ("," a)?)?', '')
    """
    if most == 0:
        return ""
    if (least, most) == (0, 1):
        return f"{item}?"
    if between:
        more = repeated(
            f"({between} {item})", max(least - 1, 0), None if most is None else most - 1
        )
        return f"{item} {more}".rstrip() if least else f"({item} {more})?"
    if most is None and least < 2:
        return item + "*+"[least]
    return f"{item}{{{least},{'' if most is None else most}}}"


def literal(text: str) -> str:
    r"""Text as GBNF that stands for it.

    >>> print(literal('a"b'))
    "a\"b"
    """
    for char, escaped in (("\\", r"\\"), ('"', r"\""), ("\n", r"\n"), ("\r", r"\r")):
        text = text.replace(char, escaped)
    return f'"{text}"'


def json_literal(value: Any) -> str:
    """A JSON value, as llama.cpp would write it, as GBNF."""
    return literal(_json(value))


def _json(value: Any) -> str:
    """Without spaces, text as it is: `dump()` of the JSON library that llama.cpp uses."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(key)}:{_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 64:
        value = float(value)
    written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if isinstance(value, float) and 1e15 <= abs(value) < 1e16:  # Python writes an exponent later
        sign, digits = "-" * (value < 0), written.strip("-").replace(".", "").rstrip("0")
        written = f"{sign}{digits[0]}.{digits[1:]}".rstrip(".") + "e+15"
    return written
