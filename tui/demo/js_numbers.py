"""Number questions for the JavaScript console: operators, comparisons, Math.

Keeps true: every pair of numbers that an operator meets is listed in the turn's `pairs`, so the
hold-out covers the steps inside a longer expression too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from tui.demo.js_values import Value, operate, show
from tui.demo.turns import Piece, Turn

COMPARISONS: Final = ("<", ">", "<=", ">=", "===", "!==", "==", "!=")


@dataclass(frozen=True)
class Style:
    """How one expression is typed: with or without spaces, which quotes."""

    spaced: bool
    quote: str

    @classmethod
    def pick(cls, rng: Random) -> Style:
        return cls(rng.random() < 0.75, "'" if rng.random() < 0.5 else '"')

    def op(self, sign: str) -> str:
        return f" {sign} " if self.spaced else sign

    @property
    def comma(self) -> str:
        return ", " if self.spaced else ","

    def text(self, value: str) -> str:
        return f"{self.quote}{value}{self.quote}"


Template = Callable[[Random, Style], Turn]


def answer(said: str, value: Value, kind: str, *pairs: tuple[float, float], key: str = "") -> Turn:
    """A turn that prints a value."""
    return Turn(said, (Piece(show(value)),), kind, pairs, key)


def operand(rng: Random) -> int:
    """A number below 100, two digits most of the time."""
    return rng.randint(0, 9) if rng.random() < 0.2 else rng.randint(10, 99)


def add_or_subtract(rng: Random, style: Style) -> Turn:
    a, b = operand(rng), operand(rng)
    # Taking away is the harder one: its answer may be below zero.
    op = "+" if rng.random() < 0.42 else "-"
    return answer(f"{a}{style.op(op)}{b}", operate(op, a, b), "add" if op == "+" else "sub", (a, b))


def times(rng: Random, style: Style) -> Turn:
    a, b = rng.randint(0, 12), rng.randint(0, 12)
    if rng.random() < 0.6:
        a, b = max(a, rng.randint(2, 12)), max(b, rng.randint(2, 12))
    return answer(f"{a}{style.op('*')}{b}", a * b, "times", (a, b))


def times_large(rng: Random, style: Style) -> Turn:
    a, b = rng.randint(11, 99), rng.randint(2, 9)
    if rng.random() < 0.3:
        a, b = b, a
    return answer(f"{a}{style.op('*')}{b}", a * b, "times-large", (a, b))


def divide(rng: Random, style: Style) -> Turn:
    """A product of the table, taken apart again; sometimes by zero."""
    b = rng.randint(1, 12)
    a = b * rng.randint(0, 12)
    if rng.random() < 0.06:
        a, b = rng.randint(0, 99), 0
    return answer(f"{a}{style.op('/')}{b}", operate("/", a, b), "divide", (a, b))


def remainder(rng: Random, style: Style) -> Turn:
    a, b = rng.randint(0, 99), rng.randint(2, 10)
    return answer(f"{a}{style.op('%')}{b}", operate("%", a, b), "remainder", (a, b))


def compare(rng: Random, style: Style) -> Turn:
    a, b = operand(rng), operand(rng)
    pick = rng.random()
    if pick < 0.25:
        b = a
    elif pick < 0.4:
        b = max(0, a + rng.choice((-1, 1, 10, -10)))
    op = rng.choice(COMPARISONS[:6]) if rng.random() < 0.9 else rng.choice(COMPARISONS)
    return answer(f"{a}{style.op(op)}{b}", operate(op, a, b), "compare", (a, b))


def logic(rng: Random, style: Style) -> Turn:
    """true and false; there are few of these, so none is held out."""
    a, b = rng.random() < 0.5, rng.random() < 0.5
    pick = rng.randrange(4)
    if pick == 0:
        return answer(f"!{show(a)}", not a, "logic")
    if pick == 1:
        n = rng.choice((0, 1, 2, 5))
        return answer(f"!!{n}", bool(n), "logic")
    op = rng.choice(("&&", "||"))
    value = (a and b) if op == "&&" else (a or b)
    return answer(f"{show(a)}{style.op(op)}{show(b)}", value, "logic")


def extreme(rng: Random, style: Style) -> Turn:
    """Math.max and Math.min of two or three numbers."""
    numbers = [operand(rng) for _ in range(2 if rng.random() < 0.8 else 3)]
    name = rng.choice(("max", "min"))
    pairs = [(a, b) for i, a in enumerate(numbers) for b in numbers[i + 1 :]]
    value = max(numbers) if name == "max" else min(numbers)
    listed = style.comma.join(map(str, numbers))
    return answer(f"Math.{name}({listed})", value, "math", *pairs)


NUMBERS: Final[tuple[tuple[Template, float], ...]] = (
    (add_or_subtract, 22.0),
    (times, 8.0),
    (times_large, 0.7),
    (divide, 1.0),
    (remainder, 1.0),
    (compare, 10.0),
    (logic, 1.0),
    (extreme, 5.0),
)
