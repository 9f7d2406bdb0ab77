"""The lorebook of a card: `character_book` to `[lorebook]`, and back over its own text.

Follows the specifications of cards V2 and V3. Keys that are patterns there are plain text here.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from tui.core.lorebook import Lore, Lorebook
from tui.core.text import one_line
from tui.store.exchange.carried import Fields, filled

_POSITIONS: Final = {"before_char": "before", "after_char": "after"}
_BACK: Final = {"before": "before_char", "after": "after_char"}
_BOOK: Final = {
    "name": "name", "scan_depth": "scan_depth", "token_budget": "token_budget",
    "recursive": "recursive_scanning",
}  # fmt: skip
_ENTRY: Final = {
    "keys": "keys", "content": "content", "constant": "constant", "enabled": "enabled",
    "case_sensitive": "case_sensitive", "order": "insertion_order", "priority": "priority",
}  # fmt: skip

Raw = dict[str, msgspec.Raw]


def read_book(book: Mapping[str, Any], where: str) -> tuple[dict[str, Any], list[str]]:
    """The table `[lorebook]`, and what is not used of the book."""
    fields = Fields(book, where)
    values: dict[str, Any] = {
        "name": fields.text("name"),
        "scan_depth": _not_negative(fields, "scan_depth"),
        "token_budget": _not_negative(fields, "token_budget"),
        "recursive": fields.truth("recursive_scanning"),
    }
    given = fields.any("entries")
    entries: list[dict[str, Any]] = []
    kept: list[str] = []
    for n, one in enumerate(given if isinstance(given, list) else []):
        if isinstance(one, dict):
            entry, told = _read_entry(one, f"{where}entries[{n}].")
            entries.append(entry)
            kept += told
        else:
            entries.append({"content": "", "enabled": False})
            kept.append(f"{where}entries[{n}]: it is no object")
    if given is not None and not isinstance(given, list):
        fields.tell("entries", "it is no list")
    values["entries"] = entries
    return filled(values), [*fields.rest(), *kept]


def _not_negative(fields: Fields, name: str) -> int | None:
    found = fields.whole_number(name)
    if found is not None and found < 0:
        fields.tell(name, f"{found} is out of range")
        return None
    return found


def _read_entry(entry: Mapping[str, Any], where: str) -> tuple[dict[str, Any], list[str]]:
    fields = Fields(entry, where)
    name, comment = fields.text("name"), fields.text("comment")
    secondary, selective = fields.texts("secondary_keys"), fields.truth("selective")
    position = fields.text("position")
    values = filled({
        "keys": fields.texts("keys"),
        "name": one_line(name or comment, 200),
        "secondary_keys": secondary if selective else [],
        "constant": fields.truth("constant"),
        "enabled": fields.truth("enabled"),
        "case_sensitive": fields.truth("case_sensitive"),
        "order": fields.whole_number("insertion_order"),
        "priority": fields.whole_number("priority"),
        "position": _POSITIONS.get(position, ""),
    })  # fmt: skip
    values["content"] = fields.text("content")
    if fields.truth("use_regex"):
        fields.tell("use_regex", "patterns are taken as plain text")
    if values["content"].startswith("@@"):
        fields.tell("content", "lines that begin with @@ are not followed and not sent")
    return values, fields.rest()


def objects(raw: msgspec.Raw | bytes) -> Raw | None:
    """The members of a JSON object with their very bytes; None where it is no object."""
    try:
        return msgspec.json.decode(raw, type=Raw)
    except msgspec.ValidationError:
        return None


def write_book(
    book: Lorebook, before: Lorebook, raw: bytes | None, version: int
) -> tuple[bytes, list[str]]:
    """The book as JSON: `raw`, an object, with what differs from `before`, or a new one.

    Returns:
        The text, and what has no place in it.
    """
    out: Raw = msgspec.json.decode(raw, type=Raw) if raw else {}
    for ours, theirs in _BOOK.items():
        value = getattr(book, ours)
        if not raw or value != getattr(before, ours):
            out[theirs] = _json(value)
    try:
        old = msgspec.json.decode(out.get("entries", b"null"), type=list[msgspec.Raw] | None) or []
    except msgspec.ValidationError:
        told = "lorebook.entries: the card's entries are no list, and stay as they are"
        return msgspec.json.encode(out), [told] if book.entries != before.entries else []
    pairs = match(book.entries, before.entries)
    out["entries"] = msgspec.Raw(
        b"["
        + b",".join(
            _entry(entry, None if n is None else before.entries[n],
                   b"{}" if n is None else bytes(old[n]), place, version)
            for place, (entry, n) in enumerate(pairs)
        )
        + b"]"
    )  # fmt: skip
    out.setdefault("extensions", msgspec.Raw(b"{}"))
    return msgspec.json.encode(out), []


def match(now: tuple[Lore, ...], before: tuple[Lore, ...]) -> list[tuple[Lore, int | None]]:
    """For each entry the place of the one that it was, or None for a new one."""
    free = dict.fromkeys(range(len(before)))
    found: dict[int, int] = {}
    marks: tuple[Callable[[Lore], object], ...] = (
        lambda one: one,
        lambda one: one.name,
        lambda one: one.keys,
        lambda one: (one.content,),
    )
    for mark in marks:
        places: dict[object, deque[int]] = {}
        for m in free:
            places.setdefault(mark(before[m]), deque()).append(m)
        for n, entry in enumerate(now):
            alike = places.get(mark(entry)) if n not in found and mark(entry) else None
            if alike:
                found[n] = alike.popleft()
                del free[found[n]]
    return [(entry, found.get(n)) for n, entry in enumerate(now)]


def _entry(entry: Lore, before: Lore | None, raw: bytes, place: int, version: int) -> bytes:
    out = objects(raw)
    if out is None and entry == before:
        return raw
    if out is None:
        out, before = {}, None
    for ours, theirs in _ENTRY.items():
        value = getattr(entry, ours)
        if before is None or value != getattr(before, ours):
            out[theirs] = _json(value)
    if before is None or entry.name != before.name:
        for theirs in ("name", "comment"):
            held = _text(out.get(theirs))
            # A comment may say something else than the name.
            if (entry.name and not held) or (before is not None and held and held == before.name):
                out[theirs] = _json(entry.name)
    if before is None or entry.secondary_keys != before.secondary_keys:
        out["secondary_keys"] = _json(entry.secondary_keys)
        out["selective"] = _json(bool(entry.secondary_keys))
    if before is None or entry.position != before.position:
        out["position"] = _json(_BACK[entry.position])
    if before is None:
        out["extensions"] = msgspec.Raw(b"{}")
        out["id"] = _json(place)
    if version >= 3:
        out.setdefault("use_regex", msgspec.Raw(b"false"))
    return msgspec.json.encode(out)


def _text(raw: msgspec.Raw | None) -> str:
    found = None if raw is None else msgspec.json.decode(raw)
    return one_line(found, 200) if isinstance(found, str) else ""


def _json(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
