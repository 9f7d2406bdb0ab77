"""Changing single keys of a TOML file without touching the rest of it.

Keeps true: comments, order, blanks and the way values are written stay as they are, except the value
that is changed; what comes out has been read again and compared, and every comment is still there.
Where that cannot be had the text is left alone and the caller is told, so that nobody's words are eaten.
"""

import copy
import tomllib
from collections.abc import Mapping
from pathlib import Path as File
from typing import Any, Final

import msgspec

from tui.core.errors import PersonaError, Problem
from tui.store.atomic import write_text
from tui.store.persona_keys import KEYS, SCHEMA_LINE
from tui.store.toml import read_text
from tui.store.toml_scan import Path, Scan
from tui.store.toml_write import toml_key, toml_text, toml_value, writable

ABSENT: Final = object()
"""In place of a value: the key goes."""


class Edited(msgspec.Struct, frozen=True):
    """Where the changed values are now."""

    path: File
    in_place: bool
    """False: the file could not be changed with certainty, so this is a new one beside it."""


def edit_file(path: File, changes: Mapping[Path, Any]) -> Edited:
    """Change keys of the file at `path`, or write a new file beside it that has the changes.

    Args:
        path: of a TOML file.
        changes: value by path, for example `("sampling", "temperature")` or `("greetings", 0)`;
            `ABSENT` removes.

    Raises:
        PersonaError: the file cannot be read, or is not TOML.
        LogitscopeError: it cannot be written.
    """
    text = read_text(path)
    if isinstance(text, Problem):
        raise PersonaError(f"{path.name} cannot be edited.", f"{text}.")
    try:
        new = edit_text(text, changes)
        if new is not None:
            write_text(path, new)
            return Edited(path, True)
        values = _changed(tomllib.loads(text.removeprefix("\ufeff")), changes)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PersonaError(
            f"{path.name} cannot be edited.", f"It is not TOML: {error}.", "Edit it as text."
        ) from error
    beside = free_name(path)
    write_text(beside, toml_text(values, KEYS, SCHEMA_LINE))
    return Edited(beside, False)


def free_name(path: File) -> File:
    """`path`, or where that is taken `name-2`, `name-3`, ... with the same ending.

    Names are held for taken whatever their capitals.
    """
    folder = path.parent
    taken = {one.name.casefold() for one in folder.iterdir()} if folder.is_dir() else set()
    n, found = 1, path
    while found.name.casefold() in taken:
        n += 1
        found = path.with_name(f"{path.stem}-{n}{path.suffix}")
    return found


def edit_text(text: str, changes: Mapping[Path, Any]) -> str | None:
    """The text with these keys changed, or None where it cannot be changed with certainty.

    Raises:
        tomllib.TOMLDecodeError: it is not TOML.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    old = text.removeprefix(mark)
    wanted = _changed(tomllib.loads(old), changes)
    new = old
    for path, value in changes.items():
        found = _remove(new, path) if value is ABSENT else _set(new, path, value)
        if found is None:
            return None
        new = found
    try:
        same = tomllib.loads(new) == wanted
    except tomllib.TOMLDecodeError:
        return None
    return mark + new if same and _comments(new) == _comments(old) else None


def _comments(text: str) -> list[str]:
    return [text[a:b].rstrip() for a, b in sorted(Scan(text).comments)]


def _changed(values: dict[str, Any], changes: Mapping[Path, Any]) -> dict[str, Any]:
    """The values that the new text must have."""
    out: Any = copy.deepcopy(values)
    for path, value in changes.items():
        at = out
        for part in path[:-1]:
            at = at.setdefault(part, {}) if isinstance(at, dict) else at[part]
        if value is ABSENT:
            at.pop(path[-1], None) if isinstance(at, dict) else at.pop(path[-1])
        else:
            at[path[-1]] = list(value) if isinstance(value, tuple) else value
    return dict(out)


def _set(text: str, path: Path, value: Any) -> str | None:
    if not writable(value):
        return None
    scan = Scan(text)
    break_ = "\r\n" if "\r\n" in text else "\n"
    if path in scan.values:
        begin, end = scan.values[path]
        inside = path not in scan.statements
        return text[:begin] + toml_value(value, inline=inside) + text[end:]
    parent, key = path[:-1], path[-1]
    if not isinstance(key, str) or any(known[: len(path)] == path for known in scan.tables):
        return None
    table = isinstance(value, Mapping)
    rows = isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value)
    if not parent and (table or rows):
        return _ended(text, break_) + toml_text({key: value}).replace("\n", break_)
    line = f"{toml_key(key)} = {toml_value(value)}{break_}"
    if parent in scan.tables:
        at = scan.tables[parent] or min(_after_head(text), scan.first_table)
        head = _ended(text[:at], break_) if at else ""
        return head + line + text[at:]
    if parent in scan.values:
        return _into_braces(
            text, scan.values[parent], f"{toml_key(key)} = {toml_value(value, inline=True)}"
        )
    if all(isinstance(part, str) for part in parent):
        header = ".".join(toml_key(str(part)) for part in parent)
        return f"{_ended(text, break_)}{break_}[{header}]{break_}{line}"
    return None


def _after_head(text: str) -> int:
    """Past the comments that a file begins with: a first key stands under them."""
    at = 0
    while text.startswith("#", at):
        end = text.find("\n", at)
        at = len(text) if end < 0 else end + 1
    return at


def _ended(text: str, break_: str) -> str:
    return text if not text or text.endswith("\n") else text + break_


def _into_braces(text: str, span: tuple[int, int], pair: str) -> str | None:
    begin, end = span
    if text[begin] != "{":
        return None
    inside = text[begin + 1 : end - 1].rstrip()
    lead = f"{inside}, " if inside.strip() else " "
    return f"{text[:begin]}{{{lead}{pair} }}{text[end:]}"


def _remove(text: str, path: Path) -> str | None:
    """Only whole lines go; a comment behind the value stays on a line of its own."""
    found = Scan(text).statements.get(path)
    if found is None:
        return None
    begin, end, line_end = found
    rest = text[end:line_end].lstrip(" \t")
    return text[:begin] + ("" if not rest.startswith("#") else rest) + text[line_end:]
