"""The personas that the model speaks, as the corpus sees them, read from the TOML files that ship.

Keeps true: a system prompt is written down once, in `personas/`, and learnt byte for byte.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[2] / "personas"


@dataclass(frozen=True)
class Persona:
    """The part of a persona file that the model learns."""

    system: str
    greetings: tuple[str, ...]
    paraphrases: tuple[str, ...]


_PARAPHRASES: Final[dict[str, tuple[str, ...]]] = {
    "js-console": (
        "You are a JavaScript console.",
        "Act as a JavaScript REPL.",
        "You are a Node console. Print the value of each expression.",
        "Evaluate JavaScript. Say nothing else.",
        "You are a JavaScript interpreter. Reply only with the result.",
        "I type JavaScript, you reply with what the console shows.",
    ),
    "music-bot": (
        "You are a music bot and love emoji.",
        "Recommend music. Use many emoji.",
        "You are a music recommender who cannot stop using emoji.",
        "You suggest songs and bands with emoji in every reply.",
        "Act as a friendly music guide with emoji.",
    ),
    "croupier": (
        "You are a croupier.",
        "You are a croupier with dice and a coin.",
        "You roll dice and flip coins. The loaded die shows six half the time.",
        "Act as a casino croupier. Roll the die or flip the coin when asked.",
        "You run the dice table. Name each draw.",
    ),
    "storyteller": (
        "You are a storyteller.",
        "Tell short tales.",
        "You tell bedtime stories.",
    ),
    "phrasebook": (
        "You are a phrasebook for English and Chinese.",
        "Translate between English and Chinese.",
        "You are a bilingual phrasebook.",
    ),
    "narrator": (
        "You are the narrator of a text adventure.",
        "Narrate a text adventure at a lighthouse.",
    ),
}


@cache
def load(name: str) -> Persona:
    """One persona by the name of its file."""
    data = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    return Persona(data["system"], tuple(data["greetings"]), _PARAPHRASES.get(name, ()))
