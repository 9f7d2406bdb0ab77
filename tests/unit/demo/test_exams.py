"""The scores, taken by models whose marks are known beforehand."""

from __future__ import annotations

from collections.abc import Mapping

from tui.demo.croupier import FACES, SAYS
from tui.demo.exams import CONSOLE_EXAM, Talk, console_exam, odds_exam, times_table, voice_exam
from tui.demo.turns import Odds


class Parrot:
    """Says one thing whatever it is asked, and gives every face its true odds."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[str] = []

    def reply(self, system: str, turns: Talk) -> str:
        self.asked.append(turns[-1][1])
        return self.text

    def next_probs(self, system: str, turns: Talk, partial: str) -> Mapping[str, float]:
        odds = next(odds for odds, says in SAYS.items() if says == partial)
        return FACES[odds]


def test_the_console_exam_asks_three_hundred_different_questions() -> None:
    parrot = Parrot("undefined")
    tallies = console_exam(parrot, CONSOLE_EXAM, 11)
    assert sum(tally.asked for tally in tallies.values()) == 300
    assert len(set(parrot.asked)) > 290
    assert tallies["+ and -"].right == 0


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
