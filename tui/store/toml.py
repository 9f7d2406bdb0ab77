"""Reading a TOML file so that each of its problems can be told with its line.

Keeps true: a file that is too big, not a file, not UTF-8 or not TOML is a `Problem`, never an
exception; a pipe or a device is not waited for. Lines come from a scan of the text: `tomllib` does
not tell them.
"""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

import msgspec

from tui.core.errors import Problem

LIMIT_BYTES: Final = 1 << 20
"""Larger files are refused: nobody writes a megabyte of settings by hand."""


class Document(msgspec.Struct, frozen=True):
    """A file that could be read."""

    path: str
    values: dict[str, Any]
    lines: dict[str, int]
    """Dotted key or table -> 1-based line; tables of a list are `list[0]`, `list[1]`, ..."""

    def problem(self, key: str, message: str, suggestion: str = "") -> Problem:
        """A problem with `key`, at its line, or else at that of what it stands in."""
        line, place = 0, key
        while place and not (line := self.lines.get(place, 0)):
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        return Problem(
            message=message, path=self.path, key=key, line=line, suggestion=suggestion
        )  # fmt: skip


def read_text(path: Path) -> str | Problem:
    """The text of a file of a person's, or why it cannot be had."""
    try:
        if not path.exists():
            return Problem(path=str(path), message="there is no such file")
        if not path.is_file():
            return Problem(path=str(path), message="it is not a regular file")
        if path.stat().st_size > LIMIT_BYTES:
            return Problem(path=str(path), message="it is larger than 1 MiB")
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        return Problem(path=str(path), message=f"it cannot be read: {error.strerror or error}")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return Problem(path=str(path), line=line, message="it is not UTF-8 text")


def read_document(path: Path) -> Document | Problem:
    """The TOML file at `path`, or the one problem that keeps it from being read."""
    text = read_text(path)
    return text if isinstance(text, Problem) else parse_document(text, path)


def parse_document(text: str, path: Path) -> Document | Problem:
    """A TOML text as the file at `path` would be, or the one problem that keeps it from being read.

    The file need not be there.
    """
    if len(text.encode("utf-8", "replace")) > LIMIT_BYTES:
        return Problem(path=str(path), message="it is larger than 1 MiB")
    text = text.removeprefix("\ufeff")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        why, _, place = str(error).partition(" (at line ")
        line = int(place.partition(",")[0]) if place else text.count("\n") + 1
        return Problem(path=str(path), line=line, message=f"it is not TOML: {why}")
    except RecursionError:
        return Problem(path=str(path), message="it is not TOML: nested too deeply")
    except ValueError:  # Python reads no number of thousands of digits
        return Problem(path=str(path), message="it is not TOML: a number has too many digits")
    return Document(str(path), values, key_lines(text))


_TABLE: Final = re.compile(r"\s*\[\[?\s*([^\]\[]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(
    r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART: Final = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_QUOTED: Final = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'|#.*""")


def key_lines(text: str) -> dict[str, int]:
    """The line of each key and table of a valid TOML text.

    >>> key_lines("a = 1\\n[b]\\nc.d = 2")
    {'a': 1, 'b': 2, 'b.c.d': 3}
    >>> key_lines("[[a]]\\nb = 1\\n[[a]]\\nb = 2")
    {'a': 1, 'a[0]': 1, 'a[0].b': 2, 'a[1]': 3, 'a[1].b': 4}
    """
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    fence = ""
    depth = 0
    for number, line in enumerate(text.split("\n"), 1):
        if fence:
            fence = "" if fence in line else fence
            continue
        rest = line
        if depth == 0:
            if header := _TABLE.match(line):
                table = _placed(_dotted(header[1]), counts)
                lines.setdefault(table, number)
                if line.lstrip().startswith("[["):
                    counts[table] = counts.get(table, -1) + 1
                    table = f"{table}[{counts[table]}]"
                    lines[table] = number
                continue
            if key := _KEY.match(line):
                name = _dotted(key[1])
                lines.setdefault(f"{table}.{name}" if table else name, number)
                rest = line[key.end() :]
        fence = next((f for f in ('"""', "'''") if rest.count(f) % 2), "")
        bare = _QUOTED.sub("", rest) if not fence else ""
        depth = max(0, depth + bare.count("[") - bare.count("]"))
    return lines


def _placed(table: str, counts: dict[str, int]) -> str:
    """A table's name where lists of tables above it have the number of their last one."""
    parts = table.split(".")
    for n in range(1, len(parts)):
        above = ".".join(parts[:n])
        if above in counts:
            parts[n - 1] += f"[{counts[above]}]"
    return ".".join(parts)


def _dotted(key: str) -> str:
    return ".".join(part.strip("\"'") for part in _PART.findall(key))
