"""What the demo model is asked when it is scored, and how its answers are judged.

Keeps true: console prompts come from operand pairs and expressions that training never saw;
the same seed asks the same questions. It does not know how a model is run: it asks through the
`Model` protocol, which a test can answer too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, Protocol

from tui.demo import personas, prose
from tui.demo.croupier import FACES, SAYS, Table
from tui.demo.js_console import Console
from tui.demo.js_numbers import (
    Style,
    Template,
    add_or_subtract,
    answer,
    compare,
    extreme,
    three,
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
from tui.demo.music import Booth
from tui.demo.turns import Odds, Turn, pair_held_out
from tui.demo.words import absent_name

Talk = Sequence[tuple[str, str]]
"""Messages as (role, text)."""


class Model(Protocol):
    """Anything that can be scored."""

    def reply(self, system: str, turns: Talk) -> str:
        """The greedy reply."""
        ...

    def next_probs(self, system: str, turns: Talk, partial: str) -> Mapping[str, float]:
        """The raw softmax after the first words of a reply, by token text."""
        ...


def _missing(rng: Random, _style: Style) -> Turn:
    name = absent_name(rng)
    turn = answer(name, 0, "error", key=name)
    return Turn(name, (turn.reply[0]._replace(text=f"ReferenceError: {name} is not defined"),),
                "error", (), name)  # fmt: skip


# Name, template, how many of the 300.
CONSOLE_EXAM: Final[tuple[tuple[str, Template, int], ...]] = (
    ("+ and -", add_or_subtract, 90),
    ("* to 12", times, 17),
    ("three operands", three, 13),
    ("comparisons", compare, 30),
    ("Math.max, Math.min", extreme, 25),
    ("string methods", text_method, 40),
    ("string search", text_search, 15),
    ("concatenation", text_join, 15),
    ("array methods", array_method, 25),
    ("array search", array_search, 5),
    ("map, filter", array_each, 5),
    ("typeof", type_of, 10),
    ("undefined names", _missing, 10),
)
EXTRA_EXAM: Final[tuple[tuple[str, Template, int], ...]] = (
    ("* two digits by one", times_large, 40),
)

WORDINGS: Final[dict[Odds, tuple[str, ...]]] = {
    Odds.FAIR: ("roll the fair die", "Throw the fair die please", "roll a die", "fair die", "can you roll the fair die?"),
    Odds.LOADED: ("roll the loaded die", "Throw the loaded die please", "use the crooked die", "loaded die", "can you roll the loaded die?"),
    Odds.COIN: ("flip a coin", "Toss the coin please", "flip the coin again", "heads or tails?", "can you flip a coin?"),
}  # fmt: skip


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


def odds_exam(model: Model, seed: int) -> dict[Odds, list[dict[str, float]]]:
    """The raw probabilities of the faces, for each wording as 1st, 2nd and 3rd draw."""
    system, rng = personas.load("croupier").system, Random(f"{seed}/odds")
    found: dict[Odds, list[dict[str, float]]] = {}
    for odds, wordings in WORDINGS.items():
        rows = []
        for said in wordings:
            talk: list[tuple[str, str]] = []
            for _ in range(3):
                now = [*talk, ("user", said)]
                probs = model.next_probs(system, now, SAYS[odds])
                rows.append({face: probs.get(face, 0.0) for face in FACES[odds]})
                face = rng.choice(list(FACES[odds]))
                talk = [*now, ("assistant", f"{SAYS[odds]}{face}.")]
                rows[-1]["says"] = float(model.reply(system, now).find(SAYS[odds]) >= 0)
        found[odds] = rows
    return found


_EMOJI: Final = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
_ERROR: Final = re.compile(r"[A-Z][a-z]+Error: \S.*")
_ATOM: Final = (
    r"(?:-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|-?Infinity|NaN|true|false|null|undefined"
    r"|'[^'\n]*'|\"[^\"\n]*\")"
)
_LITERAL: Final = re.compile(
    rf"{_ATOM}|\[\]|\[ {_ATOM}(?:, {_ATOM})* \]|\{{ \w+: {_ATOM}(?:, \w+: {_ATOM})* \}}"
)
_DRAW: Final = re.compile(r"(?:die shows [1-6]|coin shows (?:heads|tails))\b")


def is_console(text: str) -> bool:
    """A literal, an error or `undefined`, and nothing else."""
    return bool(_LITERAL.fullmatch(text) or _ERROR.fullmatch(text))


VOICES: Final[dict[str, Callable[[str], bool]]] = {
    "js-console": is_console,
    "music-bot": lambda text: bool(_EMOJI.search(text)),
    "croupier": lambda text: bool(_DRAW.search(text)),
}


def voice_exam(model: Model, name: str, count: int, seed: int) -> Tally:
    """Own, foreign and small-talk prompts in conversations of five: is the voice kept?"""
    rng, tally, system = Random(f"{seed}/{name}"), Tally(), personas.load(name).system
    asks: dict[str, Callable[[], Turn]] = {
        "js-console": lambda: Console(rng).ask(),
        "music-bot": lambda: Booth(rng).ask(),
        "croupier": lambda: Table(rng).ask(),
    }
    others = [other for other in asks if other != name]
    talk: list[tuple[str, str]] = []
    for i in range(count):
        if i % 5 == 0:
            talk = []
        said = (asks[name]().said, asks[others[i % 2]]().said, prose.small_talk(rng))[i % 3]
        got = model.reply(system, [*talk, ("user", said)])
        tally.add(VOICES[name](got), f"{said} -> {got}")
        talk += [("user", said), ("assistant", got)]
    return tally
