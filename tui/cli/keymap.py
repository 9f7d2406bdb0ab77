"""`[keys]` of the configuration against every binding that the workbench has."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from tui.core.binding import BY_ID
from tui.core.errors import Problem, UsageError, nearest
from tui.store.config import broken


def known_bindings() -> set[str]:
    """The ids that can be remapped."""
    from tui.widgets.inspector import INSPECTOR_BINDINGS
    from tui.widgets.persona_list import PERSONA_BINDINGS
    from tui.widgets.sampler_panel import SAMPLER_BINDINGS

    panes = (*SAMPLER_BINDINGS, *INSPECTOR_BINDINGS, *PERSONA_BINDINGS)
    return {*BY_ID, *(binding.id for binding in panes if binding.id)}


def check_keymap(keymap: Mapping[str, str], known: Iterable[str], path: Path) -> UsageError | None:
    """The error for ids that no binding has, or None."""
    names = set(known)
    problems = [
        Problem(path=str(path), key=f"keys.{name}", message="no binding has this id",
                suggestion=nearest(name, names))
        for name in keymap if name not in names
    ]  # fmt: skip
    return broken(path, problems) if problems else None
