"""Keys of a TOML file, declared once: what each is, and what is wrong with a file that has others.

Keeps true: every problem of a file is found, not the first; a value is taken only where it is of its
key's type. Reference pages are drawn from the same tables.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tui.core.errors import Problem, nearest
from tui.store.toml import Document


class Key(msgspec.Struct, frozen=True):
    """One key of a file."""

    name: str
    type: Any
    shape: str
    """The type in words."""
    help: str
    required: bool = False
    inner: "tuple[Key, ...]" = ()
    """The keys of a table, or of each table of a list."""
    check: Callable[[Any], str] | None = None
    """What is wrong with a value of the right type; empty when nothing is."""


def read_keys(
    document: Document,
    keys: Iterable[Key],
    unknown: Callable[[str, object], str] | None = None,
) -> tuple[dict[str, Any], list[Problem]]:
    """The values of a table of keys, each of its type, and what is wrong with the others.

    `unknown` may say what to do with a key that has no row; else the nearest name is told.
    """
    return _Reader(document, unknown).table(document.values, tuple(keys), "")


class _Reader:
    def __init__(self, document: Document, unknown: Callable[[str, object], str] | None) -> None:
        self._document = document
        self._unknown = unknown

    def table(
        self, given: dict[str, Any], keys: tuple[Key, ...], above: str
    ) -> tuple[dict[str, Any], list[Problem]]:
        known = {key.name: key for key in keys}
        problem = self._document.problem
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, value in given.items():
            key = known.get(name)
            if key is None:
                hint = self._unknown(name, value) if self._unknown and not above else ""
                guess = hint or nearest(name, known)
                what = "it belongs in a table" if hint else "no key has this name"
                problems.append(problem(above + name, what, guess))
                continue
            read, found = self._value(key, value, above + name)
            problems += found
            if read is not None:
                values[name] = read
        problems += [
            problem(above + key.name, f"the key {key.name!r} is missing", f"it is {key.help}")
            for key in known.values()
            if key.required and key.name not in given
        ]
        return values, problems

    def _value(self, key: Key, value: Any, place: str) -> tuple[Any, list[Problem]]:
        problem = self._document.problem
        if key.inner and isinstance(value, dict) and key.type is dict:
            return self.table(value, key.inner, f"{place}.")
        if key.inner and isinstance(value, list) and key.type is list:
            rows: list[dict[str, Any]] = []
            problems: list[Problem] = []
            for n, row in enumerate(value):
                if not isinstance(row, dict):
                    problems.append(problem(f"{place}[{n}]", "it must be a table"))
                    continue
                read, found = self.table(row, key.inner, f"{place}[{n}].")
                rows.append(read)
                problems += found
            return rows, problems
        if key.inner:
            return None, [problem(place, f"it must be {key.shape}")]
        try:
            read = msgspec.convert(value, key.type)
        except msgspec.ValidationError:
            return None, [problem(place, f"it must be {key.shape}")]
        wrong = key.check(read) if key.check else ""
        return (None, [problem(place, wrong)]) if wrong else (read, [])
