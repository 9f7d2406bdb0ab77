"""The corpus is the same everywhere, and never shows what is held out."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from random import Random

from tui.demo.adventure import ROOMS, World
from tui.demo.batches import encode
from tui.demo.corpus import Message, sample, text_of
from tui.demo.croupier import FACES
from tui.demo.exams_parts import VOICES, is_tale
from tui.demo.personas import FOLDER, load
from tui.demo.phrases import PAIRS
from tui.demo.story import BEATS, FEWEST_WORDS, MOST_WORDS, hero, place, tale
from tui.demo.turns import Odds, Piece, key_held_out, pair_held_out
from tui.demo.vocabulary import END, NEXT, SIZE, START, build

_PAIR = re.compile(r"(\d+)\s*(?:\+|-|\*|<=?|>=?|[=!]==?)\s*(\d+)")
_DIGEST = (
    "import hashlib; from tui.demo.corpus import sample; "
    "print(hashlib.sha256(repr(sample(4, 40)).encode()).hexdigest())"
)


def _digest() -> str:
    return hashlib.sha256(repr(sample(4, 40)).encode()).hexdigest()


def test_same_seed_same_bytes_whatever_the_hash_seed() -> None:
    for hash_seed in ("0", "77"):
        run = subprocess.run(
            [sys.executable, "-c", _DIGEST],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == _digest()


def test_another_seed_gives_another_corpus() -> None:
    assert sample(4, 5) != sample(5, 5)


def test_one_pair_in_ten_is_held_out() -> None:
    pairs = [(a, b) for a in range(100) for b in range(100)]
    share = sum(pair_held_out(a, b) for a, b in pairs) / len(pairs)
    assert 0.09 < share < 0.11
    assert pair_held_out(12, 7) == pair_held_out(12.0, 7.0)


def test_held_out_pairs_never_appear() -> None:
    met = 0
    for talk in sample(6, 500, 30):
        for message in talk:
            # Without brackets; a bracket left open is a syntax error and shows no result.
            found = _PAIR.fullmatch(text_of(message).strip(" ;"))
            # What is said to another persona counts too: nothing in training may show the pair.
            if message.role == "user" and found:
                met += 1
                assert not pair_held_out(int(found[1]), int(found[2])), text_of(message)
    assert met > 1000


def test_keys_are_held_out_too() -> None:
    share = sum(key_held_out(f"word{i} length") for i in range(5000)) / 5000
    assert 0.08 < share < 0.12


def test_faces_follow_their_odds() -> None:
    seen: dict[Odds, list[str]] = {odds: [] for odds in FACES}
    for talk in sample(9, 1500, 20):
        for message in talk:
            for piece in message.pieces:
                if piece.odds:
                    seen[piece.odds].append(piece.text)
    for odds, faces in FACES.items():
        assert len(seen[odds]) > 200
        for face, truth in faces.items():
            assert abs(seen[odds].count(face) / len(seen[odds]) - truth) < 0.08


def test_vocabulary_holds_every_byte_and_single_digits() -> None:
    vocabulary = build()
    assert len(vocabulary.tokens) == len(set(vocabulary.tokens)) == SIZE
    assert {START, END, *NEXT.values()} <= set(vocabulary.tokens)
    for text in ("34+25", "naïve 日本 \u2764\ufe0f\t\n", "'strawberry'", "\x00\x7f"):
        assert vocabulary.decode(vocabulary.encode(text)) == text
    assert len(vocabulary.encode("1234")) == 4
    for face in (" heads", " tails", "6"):
        assert len(vocabulary.encode(face)) == 1
    # A control token that somebody types is only text.
    assert vocabulary.ids[END] not in vocabulary.encode(END)


def test_every_reply_keeps_its_voice() -> None:
    for name in ("music-bot", "croupier", "narrator", "storyteller"):
        for talk in sample(2, 300, 20):
            if text_of(talk[0]) == load(name).system:
                for message in talk:
                    assert not message.learnt or VOICES[name](text_of(message)), text_of(message)


def test_a_tale_has_its_words_its_hero_and_its_place_and_repeats_nothing() -> None:
    rng = Random(4)
    for _ in range(300):
        name, where = hero(rng), place(rng)
        pieces = tale(rng, name, where)
        text = "".join(piece.text for piece in pieces)
        assert is_tale(text), text
        assert len(text.split()) <= MOST_WORDS
        assert text.count(name) >= 4
        assert where in text
        given = {piece.text.strip() for piece in pieces if piece.given}
        assert {name, where} <= given
        assert all(piece.given for piece in pieces if name in piece.text or where in piece.text)


def test_no_tale_can_be_too_short_or_too_long_whichever_sentences_are_drawn() -> None:
    words = {"p": "the old mill", "a": "a silver bell", "b": "a red fox", "o": "a b"}
    slots = {**dict.fromkeys("htnmw", "x"), **words}
    lengths = [
        [len(part.format(**slots).split()) for part in half] for beat in BEATS for half in beat
    ]
    assert sum(map(min, lengths)) >= FEWEST_WORDS
    # A hindrance has two words to four.
    assert sum(map(max, lengths)) + 2 <= MOST_WORDS


def test_what_a_tale_has_to_repeat_is_learnt_in_full() -> None:
    vocabulary = build()
    told = Message("assistant", (Piece("Then "), Piece(" Mira", given=True)), learnt=True)
    found = encode(told, vocabulary, first=False, name="storyteller")
    weights = {token: weight for token, weight, _ in found}
    assert weights[vocabulary.encode(" Mira")[0]] == 1.0
    assert weights[vocabulary.encode("Then")[0]] < 0.5


def test_heroes_and_places_of_the_exam_are_not_in_training() -> None:
    rng = Random(5)
    told = " ".join(text_of(m) for talk in sample(5, 400, 12) for m in talk)
    for _ in range(40):
        assert f" {hero(rng, unseen=True)} " not in told
        assert f" {place(rng, unseen=True)} " not in told


def test_a_phrase_stands_once_on_each_side() -> None:
    assert len(PAIRS) >= 200
    for side in (0, 1):
        assert len({pair[side] for pair in PAIRS}) == len(PAIRS)


def test_the_game_can_be_won_and_a_door_needs_its_key() -> None:
    world = World()
    assert "locked" in [world.go("north"), world.go("north"), world.go("north")][-1]
    world.go("west")
    world.take("key")
    for way in ("east", "north", "east"):
        world.go(way)
    assert "dry match" in world.examine("match")
    world.take("match")
    world.go("west")
    world.go("up")
    assert "You have won!" in world.light()
    assert world.status() == "At the tower, carrying a key, a match."
    assert all(back in ROOMS for room in ROOMS.values() for back in room.exits.values())


def test_the_page_lists_every_phrase() -> None:
    page = " ".join((FOLDER.parent / "docs/demo-model.md").read_text(encoding="utf-8").split())
    listed = set(page.partition("## The phrasebook's list ")[2].split(" · "))
    assert listed == {f"{english} {chinese}" for english, chinese in PAIRS}
