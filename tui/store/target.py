"""A file that a person names to be written: looked at before there is anything to write.

Keeps true: no folder is made and nothing but a regular file is replaced; the file is the old one or
the new one, never a half, and readable by its owner alone.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import UsageError
from tui.store.atomic import write_bytes, write_text
from tui.store.paths import typed_path


@dataclass(frozen=True)
class Target:
    """Where something will be written."""

    path: Path
    """Absolute, links followed."""

    @property
    def exists(self) -> bool:
        """Whether there is a file to be replaced."""
        return self.path.exists()

    def write(self, text: str) -> None:
        """Put `text` there.

        Raises:
            LogitscopeError: it cannot be written.
        """
        write_text(self.path, text)

    def write_bytes(self, data: bytes) -> None:
        """Put `data` there.

        Raises:
            LogitscopeError: it cannot be written.
        """
        write_bytes(self.path, data)


def find_target(name: str) -> Target:
    """The file that `name` means.

    Raises:
        UsageError: nothing can be written there.
    """
    try:
        path = typed_path(name).resolve()
        why = _trouble(path)
    except (OSError, RuntimeError, ValueError) as error:
        why = f"{getattr(error, 'strerror', None) or error}."
    if why:
        raise UsageError(
            f"{name} cannot be written.", why, "Name a file in a folder that is there."
        )
    return Target(path)


def _trouble(path: Path) -> str:
    """Why `path` cannot be written; empty when it seems that it can."""
    if path.is_dir():
        return "It is a folder."
    if path.exists():
        if not path.is_file():
            return "It is not a regular file."
        if not os.access(path, os.W_OK):
            return "The file is read-only."
    folder = path.parent
    if not folder.exists():
        return f"There is no folder {folder}."
    if not folder.is_dir():
        return f"{folder} is not a folder."
    try:
        # What is asked of the system can be wrong: for the superuser, on a network drive.
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return f"The folder {folder} cannot be written to: {error.strerror or error}."
