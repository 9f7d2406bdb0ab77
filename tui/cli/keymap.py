"""Every binding that the workbench has: `[keys]` of the configuration against them, and their page."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from tui.core.binding import BY_ID, reference
from tui.core.errors import Problem, UsageError, nearest
from tui.store.config import broken


def known_bindings() -> set[str]:
    """The ids that can be remapped."""
    from tui.screens.panes import pane_bindings

    return {*BY_ID, *(binding.id for binding in pane_bindings() if binding.id)}


def check_keymap(keymap: Mapping[str, str], known: Iterable[str], path: Path) -> UsageError | None:
    """The error for ids that no binding has, or None."""
    names = set(known)
    problems = [
        Problem(path=str(path), key=f"keys.{name}", message="no binding has this id",
                suggestion=nearest(name, names))
        for name in keymap if name not in names
    ]  # fmt: skip
    return broken(path, problems) if problems else None


def key_page() -> str:
    """`docs/reference/keys.md`: the table of keys, and those that a pane or a screen has of its own."""
    from tui.screens.panes import PANES, pane_bindings
    from tui.widgets.keys import names_of

    names = names_of(pane_bindings())
    lines = ["", "The keys below work in a pane that has the focus, or on their screen."]
    for pane, bindings in PANES.items():
        lines += ["", f"## {pane}", "", "| key | does | id |", "|---|---|---|"]
        lines += [f"| {names.every(b.id or '')} | {b.description} | `{b.id}` |" for b in bindings]
    return reference() + "\n".join(lines) + "\n"
