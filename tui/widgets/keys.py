"""Textual bindings from the table of keys."""

from textual.binding import Binding, BindingType

from tui.core.binding import KEYS, Place


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
