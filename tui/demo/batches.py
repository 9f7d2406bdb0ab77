"""Training batches: conversations as token ids, with what each token counts.

Keeps true: batch n of a seed is always the same; each row starts where a conversation starts,
as at run time, and holds one conversation only, so no attention mask is needed. Rows come in
several lengths, the tokens of a batch staying equal in number.
"""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from tui.demo.corpus import Message, conversation, text_of
from tui.demo.croupier import FACES
from tui.demo.turns import Odds
from tui.demo.vocabulary import END, START, Vocabulary

# Row length and its share of the batches. Short rows teach first turns, long ones long chats.
LENGTHS: Final = ((128, 0.28), (256, 0.56), (512, 0.08), (1024, 0.06), (2048, 0.02))
# The console has by far the most to learn.
MIX: Final = {"js-console": 82.0, "croupier": 8.0, "music-bot": 6.0, "nobody": 4.0}
PROMPT_WEIGHT: Final = 0.1
FACE_TEXTS: Final = ("1", "2", "3", "4", "5", "6", " heads", " tails")

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Batch(NamedTuple):
    """Ids of shape (rows, length + 1); weights and odds of (rows, length), for the targets."""

    ids: Ints
    weights: Floats
    odds: Ints


def face_ids(vocabulary: Vocabulary) -> list[int]:
    """The tokens that can name a draw; each is one step, or the corpus is wrong."""
    ids = [vocabulary.encode(text) for text in FACE_TEXTS]
    if any(len(each) != 1 for each in ids):
        raise ValueError("a face is not one token")
    return [each[0] for each in ids]


def odds_table() -> Floats:
    """For each kind of odds, the probability of each face token."""
    table = np.zeros((len(Odds), len(FACE_TEXTS)), dtype=np.float32)
    for odds, faces in FACES.items():
        for i, text in enumerate(FACE_TEXTS):
            table[odds, i] = faces.get(text, 0.0)
    return table


def encode(message: Message, vocabulary: Vocabulary) -> list[tuple[int, float, int]]:
    """One message in the chat template: (id, weight, odds) of each token."""
    full = 1.0 if message.learnt else PROMPT_WEIGHT
    start, end = vocabulary.ids[START], vocabulary.ids[END]
    newline = vocabulary.encode("\n")[0]
    found = [(start, PROMPT_WEIGHT, 0)]
    if not message.learnt:
        ids = vocabulary.encode(f"{message.role}\n{text_of(message)}")
        found += [(i, PROMPT_WEIGHT, 0) for i in ids]
    else:
        found += [(i, PROMPT_WEIGHT, 0) for i in vocabulary.encode(f"{message.role}\n")]
        for piece in message.pieces:
            odds = int(piece.odds)
            found += [(i, full, odds) for i in vocabulary.encode(piece.text)]
    return [*found, (end, full, 0), (newline, PROMPT_WEIGHT, 0)]


def row(rng: Random, vocabulary: Vocabulary, length: int) -> list[tuple[int, float, int]]:
    """The first `length` + 1 tokens of one conversation."""
    found: list[tuple[int, float, int]] = []
    name = rng.choices(list(MIX), list(MIX.values()))[0]
    for message in conversation(rng, name):
        found += encode(message, vocabulary)
        if len(found) > length:
            break
    return found[: length + 1]


def batch(seed: int, number: int, vocabulary: Vocabulary, tokens: int) -> Batch:
    """Batch `number` of the endless sequence that `seed` names."""
    rng = Random(f"{seed}/{number}")
    length = rng.choices([n for n, _ in LENGTHS], [w for _, w in LENGTHS])[0]
    rows = [row(rng, vocabulary, length) for _ in range(tokens // length)]
    ids = np.array([[t[0] for t in r] for r in rows], dtype=np.int64)
    weights = np.array([[t[1] for t in r[1:]] for r in rows], dtype=np.float32)
    odds = np.array([[t[2] for t in r[1:]] for r in rows], dtype=np.int64)
    return Batch(ids, weights, odds)
