"""What the console is asked when the demo model is scored, and how its answers are judged.

Keeps true: console prompts come from operand pairs and expressions that training never saw;
the same seed asks the same questions. It does not know how a model is run: it asks through the
`Model` protocol, which a test can answer too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, Protocol

from tui.demo import personas
from tui.demo.js_console import Console
from tui.demo.js_numbers import (
    Style,
    Template,
    add_or_subtract,
    answer,
    compare,
    divide,
    extreme,
    remainder,
    times,
    times_large,
)
from tui.demo.js_texts import (
    array_each,
    array_method,
    array_search,
    text_join,
    text_method,
    text_search,
    type_of,
)
from tui.demo.turns import Turn, pair_held_out
from tui.demo.words import absent_name

Talk = Sequence[tuple[str, str]]
"""Messages as (role, text)."""


class Model(Protocol):
    """Anything that can be scored."""

    def reply(self, system: str, turns: Talk) -> str:
        """The greedy reply."""
        ...

    def sample(self, system: str, turns: Talk, temperature: float, seed: int) -> str:
        """A reply drawn at a temperature, nothing cut off."""
        ...

    def size(self, system: str, turns: Talk) -> int:
        """Tokens that the conversation fills."""
        ...

    def next_probs(self, system: str, turns: Talk, partial: str) -> Mapping[str, float]:
        """The raw softmax after the first words of a reply, by token text."""
        ...


def _missing(rng: Random, _style: Style) -> Turn:
    name = absent_name(rng)
    turn = answer(name, 0, "error", key=name)
    return Turn(name, (turn.reply[0]._replace(text=f"ReferenceError: {name} is not defined"),),
                "error", (), name)  # fmt: skip


def _quotient(rng: Random, style: Style) -> Turn:
    return (divide if rng.random() < 0.5 else remainder)(rng, style)


# Name, template, how many of the 500; variables are the rest.
CONSOLE_EXAM: Final[tuple[tuple[str, Template, int], ...]] = (
    ("+ and -", add_or_subtract, 138),
    ("* to 12", times, 22),
    ("comparisons", compare, 60),
    ("Math.max, Math.min", extreme, 35),
    ("string methods", text_method, 60),
    ("string search", text_search, 25),
    ("concatenation", text_join, 25),
    ("array methods", array_method, 40),
    ("array search", array_search, 10),
    ("map, filter", array_each, 10),
    ("typeof", type_of, 20),
    ("undefined names", _missing, 10),
)
VARIABLES: Final = 45
EXTRA_EXAM: Final[tuple[tuple[str, Template, int], ...]] = (
    ("* two digits by one", times_large, 40),
    ("/ and %", _quotient, 30),
)


@dataclass
class Tally:
    """Right answers out of all, with some of the wrong ones."""

    right: int = 0
    asked: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, good: bool, note: str) -> None:
        self.asked += 1
        self.right += good
        if not good:
            self.wrong.append(note)

    @property
    def share(self) -> float:
        return self.right / self.asked if self.asked else 0.0


def held_out_turns(template: Template, count: int, rng: Random) -> list[Turn]:
    """Different questions that training never saw, spaced and unspaced."""
    found: dict[str, Turn] = {}
    tries = 0
    while len(found) < count and tries < 200_000:
        tries += 1
        turn = template(rng, Style.pick(rng))
        if turn.held_out:
            found.setdefault(turn.said, turn)
    return list(found.values())


def console_exam(
    model: Model, exam: Sequence[tuple[str, Template, int]], seed: int
) -> dict[str, Tally]:
    """Exact answers, one question to a conversation."""
    system = personas.load("js-console").system
    tallies: dict[str, Tally] = defaultdict(Tally)
    for name, template, count in exam:
        for turn in held_out_turns(template, count, Random(f"{seed}/{name}")):
            got = model.reply(system, [("user", turn.said)])
            tallies[name].add(got == turn.text, f"{turn.said} -> {got}, not {turn.text}")
    return dict(tallies)


def variable_exam(model: Model, count: int, seed: int) -> Tally:
    """Questions about a name that an earlier turn declared; the operands are held out."""
    system, rng, tally = personas.load("js-console").system, Random(f"{seed}/names"), Tally()
    while tally.asked < count:
        console, talk = Console(rng), list[tuple[str, str]]()
        while len(talk) < 24:
            turn = console.ask()
            if not turn.held_out:
                talk += [("user", turn.said), ("assistant", turn.text)]
            elif turn.kind == "variable":
                got = model.reply(system, [*talk, ("user", turn.said)])
                tally.add(got == turn.text, f"{turn.said} -> {got}, not {turn.text}")
                break
    return tally


def long_exam(model: Model, seed: int, count: int) -> Tally:
    """The tenth and the last question of long conversations with the console."""
    system, rng, tally = personas.load("js-console").system, Random(f"{seed}/long"), Tally()
    for _ in range(count):
        console, talk = Console(rng), list[tuple[str, str]]()
        for i in range(30):
            turn = console.ask()
            if i in (9, 29):
                got = model.reply(system, [*talk, ("user", turn.said)])
                tally.add(got == turn.text, f"{turn.said} -> {got}, not {turn.text}")
            talk += [("user", turn.said), ("assistant", turn.text)]
    return tally


def times_table(model: Model) -> tuple[Tally, Tally]:
    """All of 0 to 12 by 0 to 12: pairs that training saw, and pairs that it did not."""
    system, seen, unseen = personas.load("js-console").system, Tally(), Tally()
    for a in range(13):
        for b in range(13):
            got = model.reply(system, [("user", f"{a} * {b}")])
            tally = unseen if pair_held_out(a, b) else seen
            tally.add(got == str(a * b), f"{a} * {b} -> {got}")
    return seen, unseen
