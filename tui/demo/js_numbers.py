"""Number questions for the JavaScript console: operators, comparisons, Math.

Keeps true: every pair of numbers that an operator meets is listed in the turn's `pairs`, so the
hold-out covers the steps inside a longer expression too.
"""

from __future__ import annotations

import math
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
        return cls(rng.random() < 0.7, "'" if rng.random() < 0.5 else '"')

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
    op = rng.choice("+-")
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
    b = rng.randint(1, 12)
    a = b * rng.randint(0, 12)
    pick = rng.random()
    if pick < 0.06:
        a, b = rng.randint(0, 99), 0
    elif pick < 0.3:
        b = rng.choice((2, 4, 5, 10))
        a = rng.randint(1, 40)
    return answer(f"{a}{style.op('/')}{b}", operate("/", a, b), "divide", (a, b))


def remainder(rng: Random, style: Style) -> Turn:
    a, b = rng.randint(0, 99), rng.randint(2, 10)
    return answer(f"{a}{style.op('%')}{b}", operate("%", a, b), "remainder", (a, b))


def power(rng: Random, style: Style) -> Turn:
    a, b = (2, rng.randint(0, 10)) if rng.random() < 0.5 else (rng.randint(0, 12), 2)
    if rng.random() < 0.15:
        a, b = 10, rng.randint(0, 6)
    said = f"Math.pow({a}{style.comma}{b})" if rng.random() < 0.4 else f"{a}{style.op('**')}{b}"
    return answer(said, a**b, "power", (a, b))


def signed(rng: Random, style: Style) -> Turn:
    a, b = rng.randint(1, 50), rng.randint(1, 50)
    op = rng.choice("+-*") if max(a, b) < 13 else rng.choice("+-")
    if rng.random() < 0.6:
        return answer(f"-{a}{style.op(op)}{b}", operate(op, -a, b), "signed", (a, b), (-a, b))
    right = f"-{b}" if style.spaced else f"(-{b})"
    return answer(f"{a}{style.op(op)}{right}", operate(op, a, -b), "signed", (a, b), (a, -b))


def three(rng: Random, style: Style) -> Turn:
    """Two operators: precedence and brackets."""
    a, b, c = (rng.randint(1, 12) for _ in range(3))
    first, second = rng.choice("+-*"), rng.choice("+-*")
    if rng.random() < 0.35:
        a, b, c = (rng.randint(1, 30) for _ in range(3))
        first, second = rng.choice("+-"), rng.choice("+-")
    shape = rng.randrange(3)
    if shape == 1 or (shape == 0 and (second != "*" or first == "*")):
        left = operate(first, a, b)
        assert isinstance(left, int)
        whole = f"{a}{style.op(first)}{b}"
        whole = f"({whole})" if shape == 1 else whole
        value = operate(second, left, c)
        said, steps = f"{whole}{style.op(second)}{c}", ((a, b), (left, c))
    else:
        right = operate(second, b, c)
        assert isinstance(right, int)
        whole = f"{b}{style.op(second)}{c}"
        whole = f"({whole})" if shape == 2 else whole
        value = operate(first, a, right)
        said, steps = f"{a}{style.op(first)}{whole}", ((b, c), (a, right))
    return answer(said, value, "three", (a, b), (b, c), *steps)


def compare(rng: Random, style: Style) -> Turn:
    a, b = operand(rng), operand(rng)
    pick = rng.random()
    if pick < 0.25:
        b = a
    elif pick < 0.4:
        b = max(0, a + rng.choice((-1, 1, 10, -10)))
    op = rng.choice(COMPARISONS[:6]) if rng.random() < 0.9 else rng.choice(COMPARISONS)
    return answer(f"{a}{style.op(op)}{b}", operate(op, a, b), "compare", (a, b))


def compare_mixed(rng: Random, style: Style) -> Turn:
    """A number against a string: equal with two signs, not with three."""
    a = rng.randint(0, 20)
    b = a if rng.random() < 0.6 else rng.randint(0, 20)
    op = rng.choice(("==", "===", "!=", "!=="))
    same = a == b if len(op) == 2 else False
    said = f"{a}{style.op(op)}{style.text(str(b))}"
    return answer(said, same if op[0] == "=" else not same, "compare", (a, b))


def logic(rng: Random, style: Style) -> Turn:
    a, b = rng.random() < 0.5, rng.random() < 0.5
    pick = rng.randrange(5)
    if pick == 0:
        return answer(f"!{show(a)}", not a, "logic")
    if pick == 1:
        n = rng.choice((0, 1, 2, 5))
        return answer(f"!!{n}", bool(n), "logic")
    if pick < 4:
        op = rng.choice(("&&", "||"))
        value = (a and b) if op == "&&" else (a or b)
        return answer(f"{show(a)}{style.op(op)}{show(b)}", value, "logic")
    x, y = operand(rng), operand(rng)
    op = rng.choice(("<", ">"))
    yes, no = rng.randint(0, 9), rng.randint(0, 9)
    said = f"{x}{style.op(op)}{y}{style.op('?')}{yes}{style.op(':')}{no}"
    return answer(said, yes if operate(op, x, y) else no, "logic", (x, y))


def extreme(rng: Random, style: Style) -> Turn:
    """Math.max and Math.min of two or three numbers."""
    numbers = [operand(rng) for _ in range(2 if rng.random() < 0.7 else 3)]
    name = rng.choice(("max", "min"))
    pairs = [(a, b) for i, a in enumerate(numbers) for b in numbers[i + 1 :]]
    value = max(numbers) if name == "max" else min(numbers)
    listed = style.comma.join(map(str, numbers))
    if rng.random() < 0.06:
        listed = f"...[{listed}]"
    return answer(f"Math.{name}({listed})", value, "math", *pairs)


def rounding(rng: Random, _style: Style) -> Turn:
    whole, tenth = rng.randint(0, 30), rng.randint(0, 9)
    pick = rng.randrange(6)
    if pick == 0:
        return answer(f"Math.abs(-{whole})", whole, "math", key=f"abs {whole}")
    if pick == 1:
        root = rng.randint(0, 12)
        return answer(f"Math.sqrt({root * root})", root, "math", key=f"sqrt {root}")
    key = f"{whole}.{tenth}"
    value = whole + tenth / 10
    name = rng.choice(("floor", "ceil", "round", "trunc"))
    result = {
        "floor": math.floor(value),
        "trunc": whole,
        "ceil": math.ceil(value),
        "round": math.floor(value + 0.5),
    }[name]
    return answer(f"Math.{name}({whole}.{tenth})", result, "math", key=key)


def convert(rng: Random, style: Style) -> Turn:
    n = rng.randint(0, 99)
    key = f"convert {n}"
    pick = rng.randrange(6)
    if pick == 0:
        return answer(f"String({n})", str(n), "convert", key=key)
    if pick == 1:
        return answer(f"({n}).toString()", str(n), "convert", key=key)
    if pick == 2:
        return answer(f"Boolean({n if n % 3 else 0})", bool(n % 3), "convert")
    if pick == 3:
        return answer(f"Number({style.text(str(n))})", n, "convert", key=key)
    if pick == 4:
        return answer(f"isNaN({n})", False, "convert", key=key)
    return answer(f"parseInt({style.text(str(n))})", n, "convert", key=key)


NUMBERS: Final[tuple[tuple[Template, float], ...]] = (
    (add_or_subtract, 30.0),
    (times, 9.0),
    (times_large, 3.0),
    (divide, 2.0),
    (remainder, 2.0),
    (power, 1.0),
    (signed, 2.0),
    (three, 5.0),
    (compare, 6.0),
    (compare_mixed, 0.5),
    (logic, 1.5),
    (extreme, 4.0),
    (rounding, 1.5),
    (convert, 1.2),
)
