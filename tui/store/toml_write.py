"""Writing TOML that a person would have written.

Keeps true: what is written reads back as the same values; a text of several lines stands on several
lines wherever it reads back the same. Values that TOML has no word for (null, integers beyond 64 bits)
are the caller's to leave out: `writable` tells.
"""

import datetime
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import tomli_w

from tui.store.key import Key

_MOST: Final = (1 << 63) - 1
_DEPTH: Final = 64


def writable(value: object, depth: int = 0) -> bool:
    """Whether a value can be written and reads back the same."""
    match value:
        case bool() | datetime.date() | datetime.time():
            return True
        case str():
            return not any(0xD800 <= ord(char) < 0xE000 for char in value)
        case int():
            return -_MOST - 1 <= value <= _MOST
        case float():
            return math.isfinite(value)
        case list() | tuple():
            return depth < _DEPTH and all(writable(one, depth + 1) for one in value)
        case Mapping():
            return depth < _DEPTH and all(
                isinstance(key, str) and writable(key) and writable(one, depth + 1)
                for key, one in value.items()
            )
    return False


def toml_value(value: Any, *, inline: bool = False) -> str:
    """A value as it stands behind `key = `; `inline`: inside braces, on one line."""
    if isinstance(value, Mapping):
        pairs = [f"{toml_key(key)} = {toml_value(one, inline=True)}" for key, one in value.items()]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        items = [toml_value(one, inline=True) for one in value]
        line = f"[{', '.join(items)}]"
        if inline or (len(line) <= _WIDE and "\n" not in line):
            return line
        return "[\n" + "".join(f"    {item},\n" for item in items) + "]"
    if not inline and isinstance(value, str) and "\n" in value and (lines := _lines(value)):
        return lines
    return tomli_w.dumps({"k": value})[4:-1]


_WIDE: Final = 90
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def _lines(text: str) -> str:
    """A text on its own lines, with no more escapes than it needs; empty where it reads back
    otherwise."""
    body = text.replace("\\", "\\\\").replace('"""', '""\\"')
    body = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", body)
    if body.endswith('"'):
        body = f'{body[:-1]}\\"'
    lines = f'"""\n{body}"""'
    try:
        same = tomllib.loads(f"k = {lines}") == {"k": text}
    except tomllib.TOMLDecodeError:
        same = False
    return lines if same else ""


def toml_key(key: str) -> str:
    """A key, in quotes where it needs them."""
    return tomli_w.dumps({key: 1})[: -len(" = 1\n")]


def toml_text(values: Mapping[str, Any], keys: Iterable[Key] = (), first: str = "") -> str:
    """A whole file: `first` as its first line, keys in the order of `keys`, tables after them."""
    lines = [first] if first else []
    ordered = _ordered(values, tuple(keys))
    lines += [f"{toml_key(k)} = {toml_value(v)}" for k, v in ordered.items() if not _is_table(v)]
    inner = {key.name: key.inner for key in keys}
    for name, value in ordered.items():
        if _is_table(value):
            lines += _table((name,), value, inner.get(name, ()))
    return "\n".join(lines) + "\n"


def _ordered(values: Mapping[str, Any], keys: tuple[Key, ...]) -> dict[str, Any]:
    known = [key.name for key in keys if key.name in values]
    return {name: values[name] for name in [*known, *(n for n in values if n not in known)]}


def _is_table(value: Any) -> bool:
    if isinstance(value, Mapping):
        return True
    several = isinstance(value, list | tuple) and bool(value)
    return several and all(isinstance(one, Mapping) for one in value)


def _table(path: tuple[str, ...], value: Any, keys: tuple[Key, ...]) -> list[str]:
    """`[path]` and what stands in it; `[[path]]` for each of a list."""
    name = ".".join(toml_key(part) for part in path)
    inner = {key.name: key.inner for key in keys}
    lines: list[str] = []
    for one in [value] if isinstance(value, Mapping) else value:
        ordered = _ordered(one, keys)
        lines += ["", f"[{name}]" if one is value else f"[[{name}]]"]
        lines += [
            f"{toml_key(k)} = {toml_value(v)}" for k, v in ordered.items() if not _is_table(v)
        ]
        for key, deeper in ordered.items():
            if _is_table(deeper):
                lines += _table((*path, key), deeper, inner.get(key, ()))
    return lines
