"""The phrasebook: a closed list, read both ways.

Keeps true: an English phrase gets its Chinese one and the other way round, whatever capitals, end
marks or short wrapping it is typed with; the phrase decides the direction.
"""

from __future__ import annotations

from random import Random
from typing import Final

from tui.demo.phrases import PAIRS
from tui.demo.prose import BIGGER
from tui.demo.turns import Turn, plain

_WRAPS: Final = (
    "how do you say {}?", "{} in Chinese", "translate: {}", "what is {} in Chinese?", "and {}?",
)  # fmt: skip
_WRAPS_BACK: Final = (
    "{}是什么意思\uff1f",
    "translate: {}",
    "{} in English",
    "{}用英语怎么说\uff1f",
)
LOST: Final = (
    f"This is a tiny demo phrasebook (小词典) without that phrase. {BIGGER}",
    f"对不起 I am a tiny demo and only know my list. {BIGGER}",
)


_MARKS: Final = " .?!。\uff1f\uff01"
_LISTED: Final = frozenset(side.lower() for pair in PAIRS for side in pair)


def in_list(said: str) -> bool:
    """True for a phrase of either side, however it is typed."""
    return said.strip(_MARKS).lower() in _LISTED


def typed_english(rng: Random, phrase: str) -> str:
    """The phrase as people type it."""
    pick = rng.random()
    if pick < 0.12:
        return rng.choice(_WRAPS).format(phrase)
    if pick < 0.4:
        phrase = phrase[0].upper() + phrase[1:]
    return phrase + rng.choice(("", "", "", "", ".", "?", "!"))


def typed_chinese(rng: Random, phrase: str) -> str:
    """The Chinese phrase as people type it."""
    if rng.random() < 0.12:
        return rng.choice(_WRAPS_BACK).format(phrase)
    return phrase + rng.choice(("", "", "", "", "。", "?", "\uff1f", "\uff01"))


class Phrasebook:
    """One conversation with the phrasebook."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def ask(self) -> Turn:
        """The next phrase, from either side."""
        rng = self.rng
        english, chinese = rng.choice(PAIRS)
        if rng.random() < 0.5:
            return plain(typed_english(rng, english), chinese, "to-chinese")
        return plain(typed_chinese(rng, chinese), english, "to-english")

    def foreign(self, said: str) -> Turn:
        """Anything that is not in the list."""
        return plain(said, self.rng.choice(LOST), "foreign")
