"""Textual bindings from the table of keys, and the names of keys that are bound elsewhere."""

from collections.abc import Iterable
from typing import Protocol

from textual.binding import Binding, BindingType

from tui.core.binding import KEYS, KeyNames, Place


def bindings(place: Place) -> list[BindingType]:
    """The bindings of one place."""
    return [
        Binding(
            ",".join((*key.keys, *key.unsure)),
            key.action,
            key.text,
            show=False,
            id=key.id,
            priority=key.first,
        )
        for key in KEYS
        if key.where is place
    ]


class Named(Protocol):
    """What says in its sentences which key does what."""

    keys: KeyNames


def names_of(bindings: Iterable[Binding]) -> KeyNames:
    """What the keys of a pane are called, and those of the table of keys."""
    return KeyNames(None, {binding.id: binding.key for binding in bindings if binding.id})
