"""Numbers as a person writes them, both ways.

Keeps true: what is read is written in plain ASCII digits; what Python alone takes is not.
"""

import math
from typing import Any

from tui.core.errors import Problem
from tui.core.text import one_line


def plain_number(value: float) -> str:
    """A number as a person wrote it: a whole one whole, another with up to nine digits.

    >>> [plain_number(x) for x in (4294967295, 16777216.0, 0.05, float("-inf"))]
    ['4294967295', '16777216', '0.05', '-inf']
    """
    whole = abs(value) < 1e15 and value == int(value)
    return str(int(value)) if whole else f"{value:.9g}"


def read_number(text: str) -> float:
    """A number as a person writes it; blanks around it do not count.

    Python alone also takes `1_000` for 1000, and the digits of other scripts.

    Raises:
        ValueError: it is written in another way.

    >>> [read_number(text) for text in ("0.8", "-1", " 2e3", "-inf")]
    [0.8, -1.0, 2000.0, -inf]
    """
    if "_" in text or not text.isascii():
        raise ValueError(f"{text!r} is not a number")
    return float(text)


def read_whole(text: str) -> int:
    """A whole number in plain digits.

    Raises:
        ValueError: it is something else.
    """
    if "_" in text or not text.isascii():
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def no_number(key: str, value: Any) -> Problem | None:
    """Why `value` is no number that a setting can have; None where it is one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Problem(key=key, message=f"{one_line(repr(value), 60)} is not a number")
    if isinstance(value, int) and abs(value) > 10**300:  # more digits than a float can have
        value = math.inf
    if not math.isfinite(value):
        return Problem(key=key, message=f"{value} is not a finite number")
    return None
