"""Writing a file so that it is the old one or the new one, never a half.

Keeps true: the new text is on the disk before its name is; a failure leaves the old file and no
litter. Files are 0600.
"""

import os
import tempfile
from pathlib import Path

from tui.core.errors import LogitscopeError
from tui.store.paths import private_folder


def write_text(path: Path, text: str) -> None:
    """Put `text` at `path`, in UTF-8, in place of what was there.

    Raises:
        LogitscopeError: it cannot be written.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Put `data` at `path`, in place of what was there.

    Raises:
        LogitscopeError: it cannot be written.
    """
    private_folder(path.parent)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        scratch = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(path)
        except BaseException:
            scratch.unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise LogitscopeError(
            f"{path} cannot be written.",
            f"{error.strerror or error}.",
            "What was there is unchanged.",
        ) from error
