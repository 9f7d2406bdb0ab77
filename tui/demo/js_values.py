"""JavaScript values as Python values, and how a console writes them.

Keeps true: `show` writes what Node's console writes for the values that the corpus uses.
It is not a JavaScript engine: whoever calls it has worked the value out already.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, TypeAlias


class Undefined:
    """The type of `UNDEFINED`; JavaScript's null is Python's None."""


UNDEFINED: Final = Undefined()

Value: TypeAlias = "None | Undefined | bool | int | float | str | Sequence[Value]"


def number(value: int | float) -> str:
    """A number as JavaScript writes it."""
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        if value == int(value):
            return "-0" if value == 0 and math.copysign(1, value) < 0 else str(int(value))
        return repr(value)
    return str(value)


def show(value: Value) -> str:
    """A value as the console prints it: strings quoted, arrays with inner spaces."""
    if value is None:
        return "null"
    if isinstance(value, Undefined):
        return "undefined"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"' if "'" in value and '"' not in value else f"'{value}'"
    if isinstance(value, (int, float)):
        return number(value)
    return f"[ {', '.join(show(item) for item in value)} ]" if value else "[]"


def plain_text(value: Value) -> str:
    """A value turned to text, as `+` with a string does it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return ",".join("" if item is None else plain_text(item) for item in value)
    return show(value)


def type_name(value: Value) -> str:
    """What `typeof` says."""
    if isinstance(value, Undefined):
        return "undefined"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "number"
    return "object"


def slice_bounds(length: int, start: int, stop: int | None) -> tuple[int, int]:
    """The range that `.slice(start, stop)` takes, with JavaScript's rule for negatives."""
    low = max(length + start, 0) if start < 0 else min(start, length)
    if stop is None:
        return low, length
    high = max(length + stop, 0) if stop < 0 else min(stop, length)
    return low, max(low, high)


def operate(op: str, a: float, b: float) -> Value:
    """A binary operator on two numbers."""
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            if b == 0:
                return math.nan if a == 0 else math.copysign(math.inf, a)
            return a // b if a % b == 0 else a / b
        case "%":
            if b == 0:
                return math.nan
            left = math.fmod(a, b)
            return left if left == 0 and a < 0 else int(left)
        case "**":
            return float(a**b) if isinstance(a, float) else int(a**b)
        case "<":
            return a < b
        case ">":
            return a > b
        case "<=":
            return a <= b
        case ">=":
            return a >= b
        case "==" | "===":
            return a == b
        case "!=" | "!==":
            return a != b
        case _:
            raise ValueError(f"no such operator: {op}")
