"""The panes and screens that have keys of their own, for help, remapping and the reference.

Keeps true: whatever has bindings outside the table of keys (`core/binding.py`) is named here once.
"""

from collections.abc import Iterator
from typing import Final

from textual.binding import Binding

from tui.screens.compare import COMPARE_BINDINGS
from tui.screens.tree import TREE_BINDINGS
from tui.widgets.inspector import INSPECTOR_BINDINGS
from tui.widgets.library_list import LIBRARY_LIST_BINDINGS
from tui.widgets.persona_list import PERSONA_BINDINGS
from tui.widgets.sampler_keys import SAMPLER_BINDINGS

PANES: Final[dict[str, tuple[Binding, ...]]] = {
    "Samplers": SAMPLER_BINDINGS,
    "Inspector": INSPECTOR_BINDINGS,
    "Personas": PERSONA_BINDINGS,
    "Tree of branches": TREE_BINDINGS,
    "Persona library, the list": LIBRARY_LIST_BINDINGS,
    "Comparison": COMPARE_BINDINGS,
}
"""By what they are called, in the order help shows them."""


def pane_bindings() -> Iterator[Binding]:
    """Every binding of every pane."""
    for bindings in PANES.values():
        yield from bindings
