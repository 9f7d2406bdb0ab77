"""Whole numbers between two bounds, as GBNF.

Keeps true: the same numbers as llama.cpp's grammar lets through, `build_min_max_int`. Where there
are two bounds that is what they say; where there is one, numbers have at most 16 digits, and a 0 or
a 1 within the bound makes it inexact (`is_exact`): 105 lets 15 through, 110 leaves 1000 to 1099 out.
"""

from typing import Final

_DIGITS: Final = 16
"""Of a number that has a bound on one side only, at most."""


def integers(least: int | None, most: int | None) -> str:
    """GBNF for the whole numbers from `least` to `most`, one of which may be missing.

    Raises:
        ValueError: there are none, or a lone bound has too many digits.

    >>> integers(3, 12)
    '[3-9] | "1" ([0-2])'
    """
    if least is not None and most is not None:
        if least > most:
            raise ValueError(f"{least} to {most} holds no number")
        if most < 0:
            return f'"-" ({_between(-most, -least)})'
        if least < 0:
            return f'"-" ({_between(0, -least)}) | {_between(0, most)}'
        return _between(least, most)
    if least is not None:
        if least < 0:
            return f'"-" ({_between(0, -least)}) | {_at_least(0, _DIGITS, first=True)}'
        return _at_least(least, _DIGITS, first=True)
    assert most is not None, "one of them is there"
    if most < 0:
        return f'"-" ({_at_least(-most, _DIGITS, first=False)})'
    return f'"-" [1-9] {_digits(0, _DIGITS - 1)} | {_between(0, most)}'


def is_exact(least: int | None, most: int | None) -> bool:
    """Whether the grammar lets the numbers between through and no others, up to 16 digits.

    >>> is_exact(105, None), is_exact(110, None), is_exact(105, 200), is_exact(None, -5)
    (False, False, True, False)
    """
    if least is not None and most is not None:
        return True
    bound = least if least is not None else -(most or 0)
    digits = str(bound)
    if bound <= 0:
        return True
    if most is not None and (digits[0] != "1" or len(digits) == 1):
        return False  # zeros may stand before it
    return not {"0", "1"} & set(digits[1:-1])


def _between(least: int, most: int) -> str:
    """Natural numbers."""
    parts, low, high = [], str(least), str(most)
    while len(low) < len(high):
        parts.append(_same_length(low, "9" * len(low)))
        low = "1" + "0" * len(low)
    return " | ".join([*parts, _same_length(low, high)])


def _same_length(low: str, high: str) -> str:
    """Digits from `low` to `high`, which are as many."""
    first, last, rest = int(low[0]), int(high[0]), len(low) - 1
    if not rest:
        return _digit(first, last)
    if first == last:
        return f"{_digit(first, last)} ({_same_length(low[1:], high[1:])})"
    parts = []
    if low[1:] != "0" * rest:
        parts.append(f"{_digit(first, first)} ({_same_length(low[1:], '9' * rest)})")
        first += 1
    if high[1:] != "9" * rest:
        parts.append(f"{_digit(last, last)} ({_same_length('0' * rest, high[1:])})")
        last -= 1
    if first <= last:
        parts.append(f"{_digit(first, last)} {_digits(rest, rest)}")
    return " | ".join(parts)


def _at_least(least: int, digits: int, *, first: bool) -> str:
    """Natural numbers from `least` on, of at most `digits` digits; `first`: with no leading 0."""
    more = max(digits - 1, 1)
    if least == 0:
        return f'"0" | [1-9] {_digits(0, more)}' if first else _digits(1, digits)
    text = str(least)
    lead, rest = int(text[0]), text[1:]
    parts = []
    if lead > (1 if first or rest else 0):
        parts.append(f"{_digit(1 if first else 0, lead - 1)} {_digits(len(text), more)}")
    if not rest:
        return " | ".join([*parts, f"{_digit(lead, 9)} {_digits(0, more)}"])
    parts.append(f"{_digit(lead, lead)} ({_at_least(int(rest), more, first=False)})")
    if lead < 9:
        parts.append(f"{_digit(lead + 1, 9)} {_digits(len(rest), more)}")
    return " | ".join(parts)


def _digit(first: int, last: int) -> str:
    return f'"{first}"' if first == last else f"[{first}-{last}]"


def _digits(least: int, most: int) -> str:
    if least > most:
        raise ValueError("the bound is too large for a grammar without the other one")
    return f"[0-9]{{{least},{most}}}"
