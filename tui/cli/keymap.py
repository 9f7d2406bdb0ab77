"""`[keys]` of the configuration against every binding that the workbench has."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from tui.core.binding import BY_ID
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
