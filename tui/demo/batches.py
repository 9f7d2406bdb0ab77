"""Training batches: conversations as token ids, with what each token counts.

Keeps true: batch n of a seed is always the same; each row starts where a conversation starts,
as at run time, and holds one conversation only, so no attention mask is needed. Only replies are
learnt: what a person says is given, so its tokens count nothing.
"""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from tui.demo.corpus import Message, conversation, text_of
from tui.demo.croupier import FACES
from tui.demo.turns import Odds
from tui.demo.vocabulary import END, FIRST, NEXT, Vocabulary

PARTS: Final = (
    "js-console", "croupier", "music-bot", "phrasebook", "storyteller", "narrator", "nobody",
)  # fmt: skip


class Bucket(NamedTuple):
    """Rows of one length: their share of the batches, and of each part among them."""

    length: int
    share: float
    mix: tuple[float, ...]


# Short rows teach one question after another, long ones tales and games, the longest that
# nothing is forgotten. The console has by far the most to learn.
BUCKETS: Final = (
    Bucket(192, 0.68, (82.0, 5.0, 3.0, 8.0, 0.0, 0.0, 2.0)),
    Bucket(512, 0.27, (12.0, 3.0, 9.0, 8.0, 42.0, 24.0, 2.0)),
    Bucket(2048, 0.05, (34.0, 5.0, 8.0, 10.0, 28.0, 14.0, 1.0)),
)
# A tale is long and mostly free choice: its tokens count less, or they would drown the sums.
# Only what an earlier word settles, the hero's name above all, counts in full.
WEIGHTS: Final = {"storyteller": 0.2, "narrator": 0.5, "music-bot": 0.5}
# The console's answers have from one token to thirty; a short one is as hard as a long one.
# An answer of nine tokens has weight one, shorter ones more.
PLAIN_ANSWER: Final = 9
# The step that names a draw: its target is a whole distribution, and it has to be exact.
DRAW_WEIGHT: Final = 4.0
FACE_TEXTS: Final = ("1", "2", "3", "4", "5", "6", " heads", " tails")

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Batch(NamedTuple):
    """Ids of (rows, length); of each learnt token: place in the flat ids of what stands before it,
    id, weight, kind of odds and part."""

    ids: Ints
    places: Ints
    targets: Ints
    weights: Floats
    odds: Ints
    parts: Ints


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


def encode(
    message: Message, vocabulary: Vocabulary, first: bool, name: str
) -> list[tuple[int, float, int]]:
    """One message in the chat template: (id, weight, odds) of each token."""
    begin = (FIRST if first else NEXT)[message.role]
    found = [(vocabulary.ids[begin], 0.0, 0)]
    if not message.learnt:
        found += [(i, 0.0, 0) for i in vocabulary.encode(text_of(message))]
        return [*found, (vocabulary.ids[END], 0.0, 0)]
    reply = [(i, piece) for piece in message.pieces for i in vocabulary.encode(piece.text)]
    weight = WEIGHTS.get(name, 1.0)
    if name == "js-console":
        weight = (PLAIN_ANSWER / (len(reply) + 1)) ** 0.5
    for i, piece in reply:
        counts = DRAW_WEIGHT * weight if piece.odds else 1.0 if piece.given else weight
        found.append((i, counts, int(piece.odds)))
    return [*found, (vocabulary.ids[END], weight, 0)]


def row(
    rng: Random, name: str, vocabulary: Vocabulary, length: int
) -> list[tuple[int, float, int]]:
    """The first `length` + 1 tokens of one conversation."""
    found: list[tuple[int, float, int]] = []
    for message in conversation(rng, name):
        found += encode(message, vocabulary, not found, name)
        if len(found) > length:
            break
    return found[: length + 1]


def batch(seed: int, number: int, vocabulary: Vocabulary, tokens: int) -> Batch:
    """Batch `number` of the endless sequence that `seed` names."""
    rng = Random(f"{seed}/{number}")
    length, _, mix = rng.choices(BUCKETS, [bucket.share for bucket in BUCKETS])[0]
    ids, learnt = [], []
    for i in range(tokens // length):
        name = rng.choices(PARTS, mix)[0]
        talk = row(rng, name, vocabulary, length)
        ids.append([token for token, _, _ in talk[:-1]])
        learnt += [
            (i * length + place, token, weight, odds, PARTS.index(name))
            for place, (token, weight, odds) in enumerate(talk[1:])
            if weight
        ]
    places, targets, weights, odds_of, parts = zip(*learnt, strict=True)
    return Batch(
        np.array(ids, dtype=np.int64),
        np.array(places, dtype=np.int64),
        np.array(targets, dtype=np.int64),
        np.array(weights, dtype=np.float32),
        np.array(odds_of, dtype=np.int64),
        np.array(parts, dtype=np.int64),
    )
