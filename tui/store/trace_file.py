"""Opening a trace file: a regular file, read line by line, of a bounded size."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tui.core.errors import UsageError
from tui.core.export.read import LIMIT_BYTES, LINE_LIMIT_BYTES, Opened, read_trace


def open_trace(path: Path) -> Opened:
    """The reply in the file.

    Raises:
        UsageError: it cannot be read, or is no trace.
    """
    try:
        if not path.is_file():
            why = "It is not a regular file." if path.exists() else "There is no such file."
            raise UsageError(f"{path} cannot be opened.", why)
        size = path.stat().st_size
        if size > LIMIT_BYTES:
            raise UsageError(
                f"{path} cannot be opened.",
                f"It has {size >> 20} MiB; a trace has at most {LIMIT_BYTES >> 20}.",
            )
        with path.open("rb") as file:
            return read_trace(_lines(file), path.name)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise UsageError(f"{path} cannot be opened.", f"{said}.") from error


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Each line; of one that is too long no more than tells that it is."""
    while line := file.readline(LINE_LIMIT_BYTES + 1):
        yield line
