"""A regular expression as GBNF: what goes between the quotation marks of a JSON text.

Keeps true: the same texts as llama.cpp's grammar lets through (`_pattern_to_rule`), though by whole
characters. Groups, alternatives, classes and repetitions are understood; `\\d` and its like,
anchors within and look-around are not. What it allows of quotation marks, backslashes and control
characters goes through as it is, so that a text may not be JSON: that is told.
"""

import re
from typing import Final

from tui.sampling.repetition import MOST
from tui.sampling.schema.rules import Rules, repeated

_DEEPEST: Final = 100
_META: Final = frozenset("|.()[]{}*+?^$")
_ESCAPE: Final = re.compile(r'\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[trn\\"\[\]-])')
"""What is an escape in GBNF as well."""
_IN_CLASS: Final = re.compile(rf"{_ESCAPE.pattern}|.", re.DOTALL)
_TO_ESCAPE: Final = frozenset((34, 92, *range(32)))
_COUNT: Final = re.compile(r"\{([^}]*)\}")
_NUMBER: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]{1,10}(?![0-9])")
_DOT: Final = r"[^\x0A\x0D]"


class UnsupportedPattern(Exception):
    """GBNF has no counterpart for it."""


class WrongPattern(Exception):
    """It is no regular expression."""


def pattern_rule(pattern: str, rules: Rules) -> tuple[str, bool]:
    """GBNF for a JSON text that the pattern describes, and whether what it lets through is JSON.

    Raises:
        UnsupportedPattern: GBNF has no counterpart for it.
        WrongPattern: it is no regular expression.
    """
    if len(pattern) < 2 or pattern[0] != "^" or pattern[-1] != "$":
        raise UnsupportedPattern("it does not begin with ^ and end with $")
    reader = _Reader(pattern[1:-1], rules)
    inside = reader.sequence(depth=0)
    return rf'"\"" ({inside}) "\""', reader.is_strict


class _Reader:
    """One reading, from left to right."""

    def __init__(self, text: str, rules: Rules) -> None:
        self._text, self._rules, self._at = text, rules, 0
        self.is_strict = True
        """Whether it has met nothing that JSON has to escape."""

    def sequence(self, depth: int) -> str:
        """Up to the end of this group, as GBNF."""
        if depth > _DEEPEST:
            raise UnsupportedPattern(f"more than {_DEEPEST} groups stand inside one another")
        parts: list[str] = []
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == ")":
                if not depth:
                    raise WrongPattern("a bracket is closed that was not opened")
                self._at += 1
                return " ".join(parts)
            if char in "*+?{":
                self._repeat(parts, char)
            else:
                parts.append(self._one(char, depth))
        if depth:
            raise WrongPattern("a bracket is not closed")
        return " ".join(parts)

    def _one(self, char: str, depth: int) -> str:
        if char in ".|":
            self._at += 1
            return self._set(_DOT, "dot") if char == "." else "|"
        if char == "(":
            return self._group(depth)
        if char == "[":
            return self._class()
        if char in "^$":
            raise UnsupportedPattern(f"{char} stands within")
        return self._literal()

    def _group(self, depth: int) -> str:
        self._at += 1
        if self._text.startswith("?", self._at):
            if not self._text.startswith("?:", self._at):
                raise UnsupportedPattern("a group begins with (?")
            self._at += 2
        return f"({self.sequence(depth + 1)})"

    def _class(self) -> str:
        start = self._at
        self._at += 1
        while self._at < len(self._text) and self._text[self._at] != "]":
            if self._text[self._at] == "\\":
                self._escape()
            else:
                self._at += 1
        if self._at == len(self._text):
            raise WrongPattern("a class is not closed")
        self._at += 1
        return self._set(self._text[start : self._at])

    def _set(self, characters: str, name: str = "") -> str:
        """A class as GBNF, by a rule where it has a name; what it may be is looked at."""
        self.is_strict = self.is_strict and not _escaped(characters)
        return self._rules.add(name, characters) if name else characters

    def _escape(self) -> str:
        found = _ESCAPE.match(self._text, self._at)
        if not found:
            raise UnsupportedPattern(f"{self._text[self._at : self._at + 2]} has no counterpart")
        self._at = found.end()
        return found[0]

    def _literal(self) -> str:
        """Characters up to the next sign, or to the one that a sign behind it belongs to.

        An escape never ends it, so what is repeated in `ab\\.*` is all three: as in llama.cpp.
        """
        said = ""
        while self._at < len(self._text):
            char, following = self._text[self._at], self._text[self._at + 1 : self._at + 2]
            if char == "\\":
                if not following:
                    raise WrongPattern("it ends with a backslash")
                if following in _META:
                    said += following
                    self._at += 2
                else:
                    said += self._set(f"[{self._escape()}]")[1:-1]
            elif char == '"':
                said += r"\""
                self._at += 1
                self.is_strict = False
            elif char in _META or (said and following and following != "." and following in _META):
                break
            else:
                said += char
                self._at += 1
        if not said:
            raise UnsupportedPattern(f"{self._text[self._at]} stands alone")
        return f'"{said}"'

    def _repeat(self, parts: list[str], char: str) -> None:
        counts = self._counts() if char == "{" else None
        if not parts or parts[-1] == "|":
            raise WrongPattern(f"nothing stands before {char}")
        if counts is None:
            parts[-1] += char
            self._at += 1
            return
        item, (least, most) = parts[-1], counts
        if not re.fullmatch(r'"(?:\\.|[^"\\])*"', item, re.DOTALL):
            item = self._rules.add("part", item)
        parts[-1] = repeated(item, least, most)

    def _counts(self) -> tuple[int, int | None]:
        """What stands in braces: at least, and at most (None: any number)."""
        found = _COUNT.match(self._text, self._at)
        if not found:
            raise UnsupportedPattern("a { is not closed")
        self._at = found.end()
        counts = found[1].split(",")
        if len(counts) > 2 or counts == [""]:
            raise UnsupportedPattern(f"{found[0][:20]} is no count")
        least = self._count(counts[0]) or 0
        most = self._count(counts[1]) if len(counts) == 2 else least
        if least < 0 or (most is not None and most < least):
            raise WrongPattern(f"{found[0][:20]} is no count")
        if least > MOST:
            raise WrongPattern(f"{found[0][:20]} is more than {MOST}, to which a grammar counts")
        return least, most

    def _count(self, text: str) -> int | None:
        if not text:
            return None
        found = _NUMBER.match(text)
        if not found or abs(int(found[0])) >= 1 << 31:
            raise UnsupportedPattern(f"{text[:20]} is no count")
        return int(found[0])


def _escaped(characters: str) -> bool:
    r"""Whether a class of GBNF holds what JSON has to escape.

    >>> _escaped("[a-z]"), _escaped("[ -~]"), _escaped(r'[^"\\\x00-\x1F]'), _escaped("[.]")
    (False, True, False, False)
    """
    inside = characters[1:-1]
    if negated := inside.startswith("^"):
        inside = inside[1:]
    points = [(_point(found[0]), found[0] == "-") for found in _IN_CLASS.finditer(inside)]
    at = 0
    held: set[int] = set()
    while at < len(points):
        low = high = points[at][0]
        if at + 2 < len(points) and points[at + 1][1]:
            high = points[at + 2][0]
            at += 2
        at += 1
        held.update(range(low, min(high, 31) + 1))
        held.update(point for point in (34, 92) if low <= point <= high)
    return len(held & _TO_ESCAPE) < len(_TO_ESCAPE) if negated else bool(held & _TO_ESCAPE)


def _point(character: str) -> int:
    if len(character) == 1:
        return ord(character)
    if len(character) > 2:
        return int(character[2:], 16)
    return ord({"t": "\t", "r": "\r", "n": "\n"}.get(character[1], character[1]))
