"""The JavaScript console: variables, errors, and the choice among all kinds of question.

Keeps true: a console remembers what its conversation declared, so a name is either a value or a
ReferenceError, never both. Answers are what Node prints, one line each; what is not JavaScript
at all gets an error that says how small this console is.
"""

from __future__ import annotations

import re
from random import Random
from typing import Final

from tui.demo.js_numbers import NUMBERS, Style, Template, answer, operand
from tui.demo.js_texts import TEXTS, array, written
from tui.demo.js_values import UNDEFINED, Value, operate, show, type_name
from tui.demo.prose import BIGGER
from tui.demo.turns import Turn, plain
from tui.demo.words import NAMES, absent_name, word

NOT_JAVASCRIPT: Final = f"SyntaxError: this tiny demo only reads JavaScript. {BIGGER}"
FORGETS_AFTER: Final = 10

TEMPLATES: Final = NUMBERS + TEXTS
_FUNCTIONS: Final = tuple(function for function, _ in TEMPLATES)
_WEIGHTS: Final = tuple(weight for _, weight in TEMPLATES)


class Console:
    """One conversation with the console."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.values: dict[str, Value] = {}
        self.constant: set[str] = set()
        self.born: dict[str, int] = {}
        self.count = 0
        # Every name declared so far: an old one is neither used nor reported as missing.
        self.ever: set[str] = set()

    def ask(self) -> Turn:
        """The next question with its answer."""
        rng = self.rng
        self.count += 1
        self._forget()
        pick = rng.random()
        if pick < 0.05:
            return self._dress(self._error())
        # Once there is a name to use, questions about it come more often than new names.
        if pick < (0.32 if self.values else 0.14):
            return self._dress(self._variable())
        function: Template = rng.choices(_FUNCTIONS, _WEIGHTS)[0]
        return self._dress(function(rng, Style.pick(rng)))

    def foreign(self, said: str) -> Turn:
        """The answer to something that is not JavaScript."""
        return plain(said, read_prose(said), "foreign")

    def _forget(self) -> None:
        """Leave old names alone: the model should not need to look further back than this."""
        for name in [n for n, born in self.born.items() if self.count - born > FORGETS_AFTER]:
            del self.values[name], self.born[name]
            self.constant.discard(name)

    def _dress(self, turn: Turn) -> Turn:
        """Semicolons and stray spaces, which change nothing."""
        rng, said = self.rng, turn.said
        if turn.reply[0].text.startswith("SyntaxError"):
            return turn
        pick = rng.random()
        if pick < 0.08:
            said += ";"
        elif pick < 0.1:
            said = f" {said}" if rng.random() < 0.5 else f"{said} "
        elif pick < 0.11 and " " in said and "'" not in said and '"' not in said:
            said = said.replace(" ", "  ", 1)
        elif pick < 0.12 and turn.kind in ("add", "sub", "times"):
            said = f"({said})"
        return (
            turn if said == turn.said else Turn(said, turn.reply, turn.kind, turn.pairs, turn.key)
        )

    def _unknown(self) -> str:
        while (name := absent_name(self.rng)) in self.ever:
            pass
        return name

    def _declare(self) -> Turn:
        rng, style = self.rng, Style.pick(self.rng)
        free = [name for name in NAMES if name not in self.ever]
        if not free:
            return self._error()
        name = rng.choice(free[:22]) if rng.random() < 0.6 else rng.choice(free)
        pick = rng.randrange(8)
        value: Value
        if pick < 5:
            value = rng.randint(0, 12) if rng.random() < 0.6 else operand(rng)
            said = str(value)
        elif pick < 7:
            value = word(rng, 5)
            said = style.text(value)
        else:
            value = array(rng, 1, 4)
            said = written(list(value), style)
        keyword = rng.choice(("let", "let", "const", "var"))
        if keyword == "const":
            self.constant.add(name)
        self.values[name] = value
        self.born[name] = self.count
        self.ever.add(name)
        return answer(f"{keyword} {name}{style.op('=')}{said}", UNDEFINED, "declare")

    def _variable(self) -> Turn:
        """Declare a name, or use one; only numbers are calculated with."""
        rng, style = self.rng, Style.pick(self.rng)
        if not self.values or rng.random() < 0.15:
            return self._declare()
        name = rng.choice(list(self.values))
        value = self.values[name]
        if rng.random() < 0.18:
            return answer(name, value, "variable")
        if rng.random() < 0.06:
            return answer(f"typeof {name}", type_name(value), "variable")
        if isinstance(value, str):
            pick = rng.randrange(4)
            if pick == 0:
                key = f"{value} length"
                return answer(f"{name}.length", len(value), "variable", key=key)
            if pick == 1:
                key = f"{value} toUpperCase"
                return answer(f"{name}.toUpperCase()", value.upper(), "variable", key=key)
            tail = word(rng, 4)
            said, key = f"{name}{style.op('+')}{style.text(tail)}", f"{value} + {tail}"
            return answer(said, value + tail, "variable", key=key)
        if not isinstance(value, int):
            assert isinstance(value, list)
            n = rng.randrange(len(value))
            if rng.random() < 0.5:
                key = f"{show(value)} .length"
                return answer(f"{name}.length", len(value), "variable", key=key)
            return answer(f"{name}[{n}]", value[n], "variable", key=f"{show(value)} [{n}]")
        return self._number(name, value, style)

    def _number(self, name: str, value: int, style: Style) -> Turn:
        rng = self.rng
        n = operand(rng) if value > 12 else rng.randint(0, 12)
        pick = rng.randrange(10)
        fixed = name in self.constant
        if pick < 2 and fixed:
            text = "TypeError: Assignment to constant variable."
            return plain(f"{name}{style.op('=')}{n}", text, "error")
        if pick == 0:
            self.values[name] = n
            self.born[name] = self.count
            return answer(f"{name}{style.op('=')}{n}", n, "variable")
        if pick == 1:
            total = value + n
            if not Turn("", (), "", ((value, n),)).held_out and abs(total) < 200:
                self.values[name] = total
            else:
                n, total = 0, value
            return answer(f"{name}{style.op('+=')}{n}", total, "variable")
        if pick == 2:
            others = [v for k, v in self.values.items() if isinstance(v, int) and k != name]
            names = [k for k, v in self.values.items() if isinstance(v, int) and k != name]
            if names:
                said = f"{name}{style.op('+')}{names[0]}"
                return answer(said, value + others[0], "variable", (value, others[0]))
        op = rng.choice("+-*<>") if value <= 12 else rng.choice("+-<>")
        if rng.random() < 0.3:
            return answer(f"{n}{style.op(op)}{name}", operate(op, n, value), "variable", (n, value))
        return answer(f"{name}{style.op(op)}{n}", operate(op, value, n), "variable", (value, n))

    def _error(self) -> Turn:
        rng, style = self.rng, Style.pick(self.rng)
        pick = rng.randrange(20)
        if pick < 11:
            name = self._unknown()
            said = rng.choice(
                (name, name, name, name, f"{name}()", f"{name}.length", f"{name}{style.op('+')}1")
            )
            return plain(said, f"ReferenceError: {name} is not defined", "error", said)
        if pick == 11:
            thing = rng.choice(("null", "undefined"))
            name = rng.choice(("length", "name", "x", "foo", "size", "value", "id"))
            text = f"TypeError: Cannot read properties of {thing} (reading '{name}')"
            return plain(f"{thing}.{name}", text, "error")
        if pick == 12:
            n = rng.randint(0, 99)
            return plain(f"{n}()", f"TypeError: {n} is not a function", "error", str(n))
        a, b = rng.randint(0, 99), rng.randint(0, 99)
        op = rng.choice(("+", "-", "*", "/", "<", "==="))
        shut = rng.choice((")", "]", "}"))
        text = word(rng, 6)
        said, why = rng.choice(
            (
                (f"{a}{style.op(op)}".rstrip(), "Unexpected end of input"),
                (f"({a}{style.op('+')}{b}", "Unexpected end of input"),
                (f"[{a}{style.comma}{b}", "Unexpected end of input"),
                (f"{a}{style.op('+')}{shut}", f"Unexpected token '{shut}'"),
                (f"{a}{style.op('+')}{b}{shut}", f"Unexpected token '{shut}'"),
                (shut, f"Unexpected token '{shut}'"),
                (f"*{style.op('')[:1]}{a}", "Unexpected token '*'"),
                (f"{a} {b}", "Unexpected number"),
                (f"{style.quote}{text}", "Invalid or unexpected token"),
                (f"{a} # {b}", "Invalid or unexpected token"),
                (f"{a}{style.op('=')}{b}", "Invalid left-hand side in assignment"),
                (f"Math.max({a}{style.comma}{b}", "missing ) after argument list"),
                (f"let {a}{style.op('=')}{b}", "Unexpected number"),
                ("let x = ", "Unexpected end of input"),
            )
        )
        return plain(said, f"SyntaxError: {why}", "error")


def read_prose(said: str) -> str:
    """What the console answers to words: a lone word is a name, the rest is not JavaScript."""
    if re.fullmatch(r"[A-Za-z_]+", said):
        return f"ReferenceError: {said} is not defined"
    return NOT_JAVASCRIPT
