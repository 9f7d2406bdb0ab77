"""Standard streams, which a caller may have closed, and bytes that should be text.

Keeps true: a closed stream (`<&-`, `>&-`) is no terminal and nothing to read, never a crash; what
is said to the person never lands in the reply.
"""

import os
import sys
from typing import IO, Any

from tui.core.errors import UsageError


def is_terminal(stream: IO[Any] | None) -> bool:
    """Whether `stream` is a terminal; Python makes a closed one None."""
    return stream is not None and stream.isatty()


def same_target(one: IO[Any] | None, other: IO[Any] | None) -> bool:
    """Whether two streams lead to one file or pipe, as after `2>&1`."""
    try:
        return (
            one is not None
            and other is not None
            and os.path.sameopenfile(one.fileno(), other.fileno())
        )
    except (OSError, ValueError):  # one that is no file
        return False


def tell(text: str) -> None:
    """A line on standard error, where there is one."""
    if sys.stderr is not None:
        print(text, file=sys.stderr)


def read_stdin_bytes(limit: int) -> bytes:
    """At most `limit` bytes of standard input; none where it is closed.

    A person who is to type them is told so.
    """
    if is_terminal(sys.stdin):
        tell("Reading standard input: type the text, then Ctrl+D on a line of its own.")
    return b"" if sys.stdin is None else sys.stdin.buffer.read(limit)


def decoded(data: bytes, what: str, limit: int) -> str:
    """`data` as UTF-8 text; `what` names it in an error.

    Raises:
        UsageError: more than `limit` bytes (ask for one more when reading), or not UTF-8.
    """
    if len(data) > limit:
        raise UsageError(f"{what} is too long.", f"The limit is {limit >> 20} MiB.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{what} is not UTF-8 text.",
            f"Byte {error.start} is 0x{data[error.start]:02x}.",
            "Convert it to UTF-8 first.",
        ) from error
