"""What the corpus is made of: a turn, and the rule that keeps one turn in ten out of training.

Keeps true: the hold-out depends on the operands alone (crc32, so never on PYTHONHASHSEED), and a
pair that is held out is held out for every operator, operand order counting. It does not
know any persona.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple


class Odds(IntEnum):
    """Which known distribution the piece of a reply is drawn from."""

    NONE = 0
    FAIR = 1
    LOADED = 2
    COIN = 3


class Piece(NamedTuple):
    """A run of reply text; one with odds is exactly one token long. What is `given` was named
    before (a tale's hero, place and thing): there is nothing to choose, so it is learnt in full."""

    text: str
    odds: Odds = Odds.NONE
    given: bool = False


@dataclass(frozen=True)
class Turn:
    """One question and its answer, with what decides whether it is held out."""

    said: str
    reply: tuple[Piece, ...]
    kind: str
    pairs: tuple[tuple[float, float], ...] = field(default=())
    key: str = ""

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.reply)

    @property
    def held_out(self) -> bool:
        return any(pair_held_out(a, b) for a, b in self.pairs) or (
            bool(self.key) and key_held_out(self.key)
        )


def pair_held_out(a: float, b: float) -> bool:
    """True for one ordered pair of operands in ten."""
    return zlib.crc32(f"{a:g},{b:g}".encode()) % 10 == 0


def key_held_out(key: str) -> bool:
    """True for one expression in ten, for expressions that are not about a pair of numbers."""
    return zlib.crc32(f"key {key}".encode()) % 10 == 0


def plain(said: str, reply: str, kind: str, key: str = "") -> Turn:
    """A turn without odds and without operands."""
    return Turn(said, (Piece(reply),), kind, (), key)
