"""The scores, taken by models whose marks are known beforehand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

from tui.demo import adventure, story
from tui.demo.croupier import FACES, SAYS
from tui.demo.exams import (
    CONSOLE_EXAM,
    VARIABLES,
    Talk,
    console_exam,
    times_table,
    variable_exam,
)
from tui.demo.exams_parts import (
    VOICES,
    game_exam,
    is_tale,
    music_exam,
    odds_exam,
    outside_exam,
    phrase_exam,
    tale_exam,
    voice_exam,
)
from tui.demo.phrases import PAIRS
from tui.demo.turns import Odds, Piece


class Parrot:
    """Says one thing whatever it is asked, and gives every face its true odds."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[str] = []

    def reply(self, system: str, turns: Talk) -> str:
        self.asked.append(turns[-1][1])
        return self.text

    def sample(self, system: str, turns: Talk, temperature: float, seed: int) -> str:
        return self.reply(system, turns)

    def size(self, system: str, turns: Talk) -> int:
        return len(turns)

    def next_probs(self, system: str, turns: Talk, partial: str) -> Mapping[str, float]:
        odds = next(odds for odds, says in SAYS.items() if says == partial)
        return FACES[odds]


def told(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


class Listed(Parrot):
    """Knows the phrasebook, tells tales with a hero and a place, and plays the game from memory."""

    def reply(self, system: str, turns: Talk) -> str:
        said = turns[-1][1]
        known = {**dict(PAIRS), **{chinese: english for english, chinese in PAIRS}}
        if said in known:
            return known[said]
        return self.text

    def sample(self, system: str, turns: Talk, temperature: float, seed: int) -> str:
        found = re.fullmatch(r"a story about (\w+) in (.*)", turns[-1][1])
        assert found
        return told(story.tale(Random(seed), found[1], found[2]))


def test_the_console_exam_asks_five_hundred_different_questions() -> None:
    parrot = Parrot("undefined")
    tallies = console_exam(parrot, CONSOLE_EXAM, 11)
    tallies["variables"] = variable_exam(parrot, VARIABLES, 11)
    assert sum(tally.asked for tally in tallies.values()) == 500
    assert len(set(parrot.asked)) > 480
    assert tallies["+ and -"].right == 0


def test_a_variable_is_asked_for_after_it_was_declared() -> None:
    class Reader(Parrot):
        def reply(self, system: str, turns: Talk) -> str:
            names = set(re.findall(r"\b[a-zA-Z]+\b", turns[-1][1])) - {"length", "toUpperCase"}
            earlier = " ".join(text for _, text in turns[:-1])
            assert any(re.search(rf"(let|const|var) {name}\b", earlier) for name in names)
            return ""

    assert variable_exam(Reader(""), 20, 3).asked == 20


def test_the_same_seed_asks_the_same_questions() -> None:
    first, second = Parrot("1"), Parrot("1")
    console_exam(first, CONSOLE_EXAM, 3)
    console_exam(second, CONSOLE_EXAM, 3)
    assert first.asked == second.asked


def test_the_times_table_is_split_in_two() -> None:
    seen, unseen = times_table(Parrot("0"))
    assert seen.asked + unseen.asked == 169
    assert seen.right + unseen.right == 25


def test_voices_are_judged_by_their_own_rule() -> None:
    marks = {
        (name, text): voice_exam(Parrot(text), name, 9, 1).right
        for name in ("js-console", "music-bot", "croupier")
        for text in ("undefined", "Try jazz \U0001f3b7", "The coin shows heads.")
    }
    assert marks["js-console", "undefined"] == 9
    assert marks["music-bot", "Try jazz \U0001f3b7"] == 9
    assert marks["croupier", "The coin shows heads."] == 9
    assert sum(marks.values()) == 27


def test_odds_are_asked_three_draws_deep() -> None:
    rows = odds_exam(Parrot(""), 1)[Odds.LOADED]
    assert len(rows) == 15
    assert all(row["6"] == 0.5 for row in rows)


def test_the_phrasebook_is_asked_whole_and_both_ways() -> None:
    assert len(PAIRS) >= 200
    out, back = phrase_exam(Listed(""))
    assert out.right == out.asked == back.right == back.asked == len(PAIRS)
    assert phrase_exam(Parrot("hello"))[1].right == 1


def test_a_tale_is_judged_by_its_words_and_by_what_was_asked() -> None:
    right, alike = tale_exam(Listed(""), 4, 1)
    assert (right.right, alike.right) == (4, 4)
    tale = told(story.tale(Random(1), "Mira", "the old mill"))
    right, alike = tale_exam(Parrot(tale), 3, 1)
    assert (right.right, alike.right) == (0, 1)
    assert is_tale(tale)
    assert not is_tale(tale + " " + tale)
    assert not is_tale("Once there was a fox.")


def test_a_game_is_judged_by_its_world() -> None:
    tally = game_exam(Parrot(adventure.World().look()), 2, 5)
    assert tally.asked == 20
    assert tally.right < 20


def test_music_that_repeats_itself_fails() -> None:
    assert music_exam(Parrot("Try jazz \U0001f3b7"), 1).right == 0


def test_outside_of_its_world_every_part_says_how_to_get_a_bigger_model() -> None:
    told = "SyntaxError: a tiny demo. For a bigger model run logitscope -m FILE.gguf"
    assert outside_exam(Parrot(told), "js-console", 5, 1).right == 5
    assert outside_exam(Parrot("SyntaxError: no"), "js-console", 5, 1).right == 0
    assert set(VOICES) == {
        "js-console", "music-bot", "croupier", "storyteller", "phrasebook", "narrator"
    }  # fmt: skip
