"""Where each value of a valid TOML text stands.

Keeps true: offsets point into the text as it is, comments and blanks included. Says nothing of
invalid texts: `tomllib` has read them before.
"""

import re
import tomllib
from typing import Final

Path = tuple[str | int, ...]

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_BLANK: Final = re.compile(r"[ \t]*")
_ANY_BLANK: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SIMPLE: Final = re.compile(r"[^,\]}\n\r#]*")
_END_OF_BASIC: Final = re.compile(r'(?:[^"\\]|\\.)*', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)


class Scan:
    """The places of a text.

    `values` has the span of every value by its path, those inside inline tables and lists too;
    `statements` the span of `key = value` and the end of its line; `tables` where a new key of a
    table may be put, after its last one; `comments` every comment's span.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.values: dict[Path, tuple[int, int]] = {}
        self.statements: dict[Path, tuple[int, int, int]] = {}
        self.tables: dict[Path, int] = {}
        self.comments: list[tuple[int, int]] = []
        self.first_table = len(text)
        self._counts: dict[Path, int] = {}
        self._read()

    def _read(self) -> None:
        text, at = self.text, 0
        table: Path = ()
        self.tables[()] = 0
        while at < len(text):
            at = self._blank(at)
            if at >= len(text):
                break
            begin = at
            if text[at] == "[":
                table, at = self._header(at)
                at = self._line_end(at)
                self.tables[table] = at
                self.first_table = min(self.first_table, self._line_start(begin))
                continue
            parts, at = self._key(at)
            at = _BLANK.match(text, at + 1).end()  # type: ignore[union-attr]
            path = (*table, *parts)
            end = self._value(at, path)
            line_end = self._line_end(end)
            self.statements[path] = (begin, end, line_end)
            self.tables[table] = line_end
            at = line_end

    def _blank(self, at: int) -> int:
        found = _ANY_BLANK.match(self.text, at)
        assert found is not None
        for comment in re.finditer(r"#[^\n]*", found[0]):
            self.comments.append((at + comment.start(), at + comment.end()))
        return found.end()

    def _line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _line_end(self, at: int) -> int:
        """Past the line break after `at`, where nothing but a comment follows."""
        end = self.text.find("\n", at)
        end = len(self.text) if end < 0 else end + 1
        if (comment := self.text.find("#", at, end)) >= 0:
            self.comments.append((comment, end - self.text.endswith("\n", at, end)))
        return end

    def _header(self, at: int) -> tuple[Path, int]:
        many = self.text.startswith("[[", at)
        parts, at = self._key(_BLANK.match(self.text, at + 1 + many).end())  # type: ignore[union-attr]
        path: Path = ()
        for n, part in enumerate(parts, 1):
            path = (*path, part)
            if many and n == len(parts):
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = (*path, self._counts[path])
        return path, at + 1 + many

    def _key(self, at: int) -> tuple[tuple[str, ...], int]:
        """The parts of a dotted key, and the place of what follows it."""
        text, parts = self.text, []
        while True:
            at = _BLANK.match(text, at).end()  # type: ignore[union-attr]
            if text[at] in "\"'":
                end = self._string(at)
                parts.append(_unquoted(text[at:end]))
                at = end
            else:
                found = _BARE.match(text, at)
                assert found is not None
                parts.append(found[0])
                at = found.end()
            at = _BLANK.match(text, at).end()  # type: ignore[union-attr]
            if text[at] != ".":
                return tuple(parts), at
            at += 1

    def _value(self, at: int, path: Path) -> int:
        """Note the span of the value at `at` and of those inside it; its end."""
        begin, text = at, self.text
        if text[at] in "\"'":
            at = self._string(at)
        elif text[at] == "[":
            at, n = self._blank(at + 1), 0
            while text[at] != "]":
                at = self._blank(self._value(at, (*path, n)))
                n += 1
                if text[at] == ",":
                    at = self._blank(at + 1)
            at += 1
        elif text[at] == "{":
            at = self._blank(at + 1)
            while text[at] != "}":
                parts, at = self._key(at)
                at = self._blank(self._value(self._blank(at + 1), (*path, *parts)))
                if text[at] == ",":
                    at = self._blank(at + 1)
            at += 1
        else:
            found = _SIMPLE.match(text, at)
            assert found is not None
            at += len(found[0].rstrip())
        self.values[path] = (begin, at)
        return at

    def _string(self, at: int) -> int:
        text, quote = self.text, self.text[at]
        if text.startswith(quote * 3, at):
            end = at + 3
            while True:
                end = text.index(quote * 3, end)
                if quote == "'" or (end - len(text[:end].rstrip("\\"))) % 2 == 0:
                    break
                end += 1
            end += 3
            while text.startswith(quote, end):  # one or two may stand before the closing three
                end += 1
            return end
        if quote == "'":
            return text.index("'", at + 1) + 1
        found = _END_OF_BASIC.match(text, at + 1)
        assert found is not None
        return found.end() + 1


def _unquoted(key: str) -> str:
    return next(iter(tomllib.loads(f"{key} = 1")))
