"""What the other parts are asked when the demo model is scored, and how they are judged.

Keeps true: heroes, places and sentences that belong to no part are ones that training never saw;
the phrasebook's list is closed and asked whole. The same seed asks the same things.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Final

from tui.demo import adventure, personas, phrasebook, story
from tui.demo.corpus import ABSENT, SPEAKERS, foreign_prompt
from tui.demo.croupier import FACES, SAYS
from tui.demo.exams import Model, Talk, Tally
from tui.demo.phrases import PAIRS
from tui.demo.turns import Odds

WORDINGS: Final[dict[Odds, tuple[str, ...]]] = {
    Odds.FAIR: ("roll the fair die", "Throw the fair die please", "roll a die", "fair die", "can you roll the fair die?"),
    Odds.LOADED: ("roll the loaded die", "Throw the loaded die please", "use the crooked die", "loaded die", "can you roll the loaded die?"),
    Odds.COIN: ("flip a coin", "Toss the coin please", "flip the coin again", "heads or tails?", "can you flip a coin?"),
}  # fmt: skip
MUSIC_PROMPTS: Final = ("recommend music", "more jazz", "something for rain", "a calm song", "surprise me")  # fmt: skip
STORY_TEMPERATURE: Final = 0.8

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
_STATUS: Final = re.compile(rf"At the (?:{'|'.join(adventure.ROOMS)}), carrying [a-z ,]+\.$")
_SIDES: Final = frozenset(side for pair in PAIRS for side in pair)
_BIGGER: Final = "logitscope -m FILE.gguf"


def is_console(text: str) -> bool:
    """A literal, an error or `undefined`, and nothing else."""
    return bool(_LITERAL.fullmatch(text) or _ERROR.fullmatch(text))


def is_tale(text: str) -> bool:
    """150 words or more, no sentence twice, no run of six words twice."""
    words = re.findall(r"[\w'-]+", text)
    sentences = [part.strip() for part in re.split(r"[.!?]+", text) if part.strip()]
    runs = Counter(tuple(words[i : i + 6]) for i in range(len(words) - 5))
    return (
        len(words) >= story.FEWEST_WORDS
        and len(set(sentences)) == len(sentences)
        and max(runs.values()) == 1
    )


VOICES: Final[dict[str, Callable[[str], bool]]] = {
    "js-console": is_console,
    "music-bot": lambda text: bool(_EMOJI.search(text)),
    "croupier": lambda text: bool(_DRAW.search(text)),
    "storyteller": lambda text: is_tale(text) or text in (*story.WELCOMES, *story.LOST),
    "phrasebook": lambda text: text in _SIDES or text in phrasebook.LOST,
    "narrator": lambda text: bool(_STATUS.search(text)),
}


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


def voice_exam(model: Model, name: str, count: int, seed: int) -> Tally:
    """Own prompts and foreign ones in conversations of five: is the voice kept?"""
    rng, tally, system = Random(f"{seed}/{name}"), Tally(), personas.load(name).system
    talk: list[tuple[str, str]] = []
    for i in range(count):
        if i % 5 == 0:
            talk, speaker = [], SPEAKERS[name](rng)
        said = speaker.ask().said if i % 3 == 0 else foreign_prompt(name, rng, i % 3 == 1)
        got = model.reply(system, [*talk, ("user", said)])
        tally.add(VOICES[name](got), f"{said} -> {got}")
        talk += [("user", said), ("assistant", got)]
    return tally


def outside_exam(model: Model, name: str, count: int, seed: int) -> Tally:
    """Sentences that belong to nobody: does it say what it is, and how to get a bigger one?"""
    rng, tally, system = Random(f"{seed}/outside {name}"), Tally(), personas.load(name).system
    for _ in range(count):
        said = foreign_prompt(name, rng, unseen=True)
        got = model.reply(system, [("user", said)])
        good = "tiny" in got and "demo" in got and _BIGGER in got and VOICES[name](got)
        tally.add(good, f"{said} -> {got}")
    return tally


def nobody_exam(model: Model, count: int, seed: int) -> Tally:
    """The same without a persona, and under two that it does not know."""
    rng, tally = Random(f"{seed}/nobody"), Tally()
    systems = ("", "You are a helpful assistant.", personas.load("assistant").system)
    for i in range(count):
        said = foreign_prompt("nobody", rng, unseen=True)
        got = model.reply(systems[i % 3], [("user", said)])
        tally.add(got in ABSENT, f"{said} -> {got}")
    return tally


def music_exam(model: Model, seed: int) -> Tally:
    """One prompt twenty times at temperature 1: right when no reply comes twice."""
    system, tally = personas.load("music-bot").system, Tally()
    for said in MUSIC_PROMPTS:
        got = [model.sample(system, [("user", said)], 1.0, seed + i) for i in range(20)]
        lost = [text for text in got if not VOICES["music-bot"](text)]
        twice = [text for text, n in Counter(got).items() if n > 1]
        tally.add(not lost and not twice, f"{said} -> {twice or lost}")
    return tally


def tale_exam(model: Model, count: int, seed: int) -> tuple[Tally, Tally]:
    """Tales of a hero and a place that training never saw: each by itself, and no two alike."""
    rng, system = Random(f"{seed}/tales"), personas.load("storyteller").system
    tally, alike, seen = Tally(), Tally(), set[str]()
    for i in range(count):
        name, where = story.hero(rng, unseen=True), story.place(rng, unseen=True)
        said = f"a story about {name} in {where}"
        got = model.sample(system, [("user", said)], STORY_TEMPERATURE, seed + i)
        named = re.search(rf"\b{name}\b", got[-120:]) or got.count(name) > 3
        tally.add(bool(named) and where in got and is_tale(got), f"{said} -> {got}")
        alike.add(got not in seen, f"{said} -> {got}")
        seen.add(got)
    return tally, alike


def phrase_exam(model: Model) -> tuple[Tally, Tally]:
    """The whole list, both ways."""
    system, out, back = personas.load("phrasebook").system, Tally(), Tally()
    for english, chinese in PAIRS:
        got = model.reply(system, [("user", english)])
        out.add(got == chinese, f"{english} -> {got}, not {chinese}")
        got = model.reply(system, [("user", chinese)])
        back.add(got == english, f"{chinese} -> {got}, not {english}")
    return out, back


def game_exam(model: Model, games: int, seed: int) -> Tally:
    """Games of ten commands, its own replies in the history: does each follow from the world?"""
    rng, system, tally = Random(f"{seed}/games"), personas.load("narrator").system, Tally()
    for _ in range(games):
        narrator, talk = adventure.Narrator(rng), list[tuple[str, str]]()
        for _ in range(10):
            turn = narrator.ask()
            got = model.reply(system, [*talk, ("user", turn.said)])
            tally.add(got == turn.text, f"{turn.said} -> {got}, not {turn.text}")
            talk += [("user", turn.said), ("assistant", got)]
    return tally


def ten_turns_exam(model: Model, name: str, count: int, seed: int) -> tuple[Tally, int]:
    """Conversations of ten turns with its own replies: the voice kept to the end, and the most
    tokens that one of them filled."""
    rng, system, tally, most = Random(f"{seed}/ten"), personas.load(name).system, Tally(), 0
    for _ in range(count):
        speaker, talk = SPEAKERS[name](rng), list[tuple[str, str]]()
        for _ in range(10):
            said = speaker.ask().said
            got = model.reply(system, [*talk, ("user", said)])
            talk += [("user", said), ("assistant", got)]
        tally.add(all(VOICES[name](text) for role, text in talk if role == "assistant"), said)
        most = max(most, model.size(system, talk))
    return tally, most


__all__ = ["VOICES", "Talk", "is_console", "is_tale"]
