"""Lists of numbers from a command line: `0.1,0.2`, `@file`, or `-` for standard input.

Keeps true: whatever is wrong with a list is one error that names the number and its place.
"""

import math
import re
from pathlib import Path

from tui.cli.stream import decoded, read_stdin_bytes
from tui.core.errors import UsageError
from tui.core.number import read_number
from tui.core.text import one_line

LIMIT_BYTES = 64 << 20
LIMIT_COUNT = 1 << 20
_LARGEST = 1e18
"""No logit is larger: beyond this the chain takes it for none (`ABSURD` in `sampling/row.h`)."""


def read_list(text: str, flag: str) -> list[float]:
    """The numbers of `text`, `@file` or `-`; between them stand commas, semicolons or white space.

    Raises:
        UsageError: no numbers, too many, one that is none, NaN or +inf, or a file that cannot be
            read.
    """
    words = [word for word in re.split(r"[,;\s\[\]]+", _text(text, flag)) if word]
    if not words:
        raise UsageError(
            f"{flag} got no numbers.", "The list is empty.", "Write for example 0.5,0.3,0.2."
        )
    if len(words) > LIMIT_COUNT:
        raise UsageError(f"{flag} got too many numbers.", f"At most {LIMIT_COUNT} can be sampled.")
    return [_number(word, place, flag) for place, word in enumerate(words, 1)]


def read_positions(text: str, flag: str, size: int) -> list[int]:
    """Whole numbers from 0 to `size` - 1: places in a list.

    Raises:
        UsageError: something else.
    """
    values = [int(n) if n.is_integer() else -1 for n in read_list(text, flag)] if text else []
    for value in values:
        if not 0 <= value < size:
            raise UsageError(
                f"{flag} cannot hold {value if value >= 0 else text!r}.",
                f"It lists places in the list of numbers: 0 to {size - 1}.",
            )
    return values


def probabilities(values: list[float], flag: str) -> tuple[list[float], str]:
    """The values as probabilities that add up to 1, and a note when they had to be divided.

    Raises:
        UsageError: a negative one, or nothing above 0.
    """
    for place, value in enumerate(values, 1):
        if value < 0:
            raise UsageError(
                f"{flag}: {value:g} is no probability.",
                f"Number {place} of the list is below 0.",
                "Give logits with --logits.",
            )
    total = math.fsum(values)
    if total == 0.0:
        raise UsageError(f"{flag}: every probability is 0.", "Then nothing can be drawn.")
    if abs(total - 1.0) <= 1e-6:
        return values, ""
    return [value / total for value in values], (
        f"The probabilities add up to {total:g}; each was divided by that."
    )


def _text(text: str, flag: str) -> str:
    if text == "-":
        return _decoded(read_stdin_bytes(LIMIT_BYTES + 1), "standard input", flag)
    if not text.startswith("@"):
        return text
    path = Path(text[1:])
    try:
        with path.open("rb") as file:
            return _decoded(file.read(LIMIT_BYTES + 1), str(path), flag)
    except OSError as error:
        raise UsageError(
            f"{flag}: {path} cannot be read.", f"{error.strerror or error}."
        ) from error


def _decoded(data: bytes, name: str, flag: str) -> str:
    return decoded(data, f"{flag}: {name}", LIMIT_BYTES).removeprefix("\ufeff")


def _number(word: str, place: int, flag: str) -> float:
    try:
        value = read_number(word)
    except ValueError:
        raise UsageError(
            f"{flag}: {one_line(word, 40)!r} is not a number.", f"It is number {place} of the list."
        ) from None
    if math.isnan(value) or value > _LARGEST or -math.inf < value < -_LARGEST:
        raise UsageError(
            f"{flag}: {word} cannot be used.",
            f"Number {place} of the list is no number from -1e18 to 1e18.",
            "-inf stands for a candidate that is ruled out.",
        )
    return value
