"""Heat maps, sparklines, the persona's text, and texts that are scored."""

from collections.abc import Sequence

import numpy as np
import pytest
from desk import CONSOLE, Desk, desk

from tui.core.messages import Finished, PromptReady, Score, Scored, Timings
from tui.core.score import TEMPLATE, ScoredToken

LONG = " ".join(f"word{n}" for n in range(300))


async def score(d: Desk, words: Sequence[tuple[str, int]], *, end: bool = True) -> None:
    """Answer the last `Score` with these (text, turn), each word less likely than the one before."""
    run = next(r.run for r in reversed(d.engine.requests) if isinstance(r, Score))
    tokens = tuple(
        ScoredToken(
            id=n + 1, piece=text.encode(), text=text, control=False, turn=turn,
            p_raw=0.5**n, rank=n + 1, entropy_bits=0.5 * n, log_sum_exp=0.0,
            top_id_bytes=np.array([1, 2], np.int32).tobytes(),
            top_p_bytes=np.array([0.6, 0.3], np.float32).tobytes(),
        )
        for n, (text, turn) in enumerate(words)
    )  # fmt: skip
    ids = tuple(range(len(words)))
    await d.engine.tell(PromptReady(run=run, ids=ids, text="", reused_tokens=0, notes=()))
    await d.engine.tell(Scored(run=run, start=0, tokens=tokens))
    if end:
        await d.engine.tell(Finished(run=run, reason="done", text="", timings=Timings()))
    await d.pilot.pause()


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36)])
async def test_the_legend_names_every_tint_with_numbers_and_unit(size: tuple[int, int]) -> None:
    async with desk("red green blue", size=size) as d:
        await d.talk("go")
        d.bench.transcript.focus()
        for words in ("probability %  ≥90", "surprise bit  <0.5", "entropy bit  <0.25",
                      "rank  1  2  ≤5", "no tint", "probability %  ≥90"):  # fmt: skip
            await d.until(lambda words=words: words in d.screen())
            await d.pilot.press("t")


async def test_narrow_the_legend_is_there_while_the_conversation_has_the_focus() -> None:
    async with desk("red green blue", size=(80, 24)) as d:
        await d.talk("go")
        assert "probability %" not in d.screen()
        await d.pilot.press("tab")
        await d.until(lambda: "probability %" in d.screen())
        await d.pilot.press("escape")
        await d.until(lambda: "probability %" not in d.screen())


async def test_the_place_of_the_cursor_is_told_following_or_not() -> None:
    async with desk("red green blue") as d:
        await d.talk("go")
        await d.until(lambda: "newest of 4" in d.screen())
        d.bench.transcript.focus()
        await d.pilot.press("left", "left")
        await d.until(lambda: "token 3 of 4" in d.screen())
        await d.pilot.press("end")
        await d.until(lambda: "newest of 4" in d.screen())


async def test_sparklines_show_the_whole_reply_and_go_again() -> None:
    async with desk(LONG) as d:
        await d.talk("go")
        d.bench.transcript.focus()
        await d.pilot.press("g")
        await d.until(lambda: "newest of 301, 8 a cell" in d.screen())
        lines = {word: line for line in d.lines() for word in ("entropy ", "rank ")
                 if line.strip().startswith(word)}  # fmt: skip
        assert all(any(block in line for block in "▁▂▃▄▅▆▇█") for line in lines.values())
        steps = d.controller.conversation.path()[-1].steps
        assert f"max {max(step.rank for step in steps)}" in lines["rank "]
        await d.pilot.press("g")
        await d.until(lambda: "a cell" not in d.screen())


async def test_one_sparkline_where_it_is_tight_follows_the_tint() -> None:
    async with desk("red green blue", size=(80, 24)) as d:
        await d.talk("go")
        d.bench.transcript.focus()
        await d.pilot.press("g", "t", "t")
        await d.until(lambda: any("entropy  " in line and "max" in line for line in d.lines()))
        await d.pilot.press("t")
        await d.until(lambda: any("rank  " in line and "max" in line for line in d.lines()))


async def test_sparklines_in_ascii_are_ascii() -> None:
    async with desk("red green blue", ascii_only=True) as d:
        await d.talk("go")
        d.bench.transcript.focus()
        await d.pilot.press("g")
        await d.until(lambda: "1 a cell" in d.screen())
        assert d.screen().isascii()


async def test_the_persona_s_text_opens_and_folds() -> None:
    async with desk("red", size=(80, 24)) as d:
        assert "Compute." not in d.screen()
        assert "p shows it" in d.screen()
        d.bench.transcript.focus()
        await d.pilot.press("p")
        await d.until(lambda: "Compute." in d.screen())
        await d.pilot.press("y")
        assert d.app.clipboard == CONSOLE.system
        await d.pilot.press("p")
        await d.until(lambda: "Compute." not in d.screen())
        assert d.bench.transcript.here is None


async def test_up_goes_to_a_question_and_e_edits_it() -> None:
    async with desk("red green blue") as d:
        await d.talk("colours?")
        d.bench.transcript.focus()
        await d.pilot.press("left", "up")
        question = d.controller.conversation.path()[-2]
        assert d.bench.transcript.here == question.key
        assert d.bench.transcript.cursor is None
        await d.until(lambda: "not measured" in d.screen())
        await d.pilot.press("e")
        assert d.bench.prompt.text == "colours?"


async def test_s_scores_the_question_and_its_words_are_walked() -> None:
    async with desk("red green blue") as d:
        await d.talk("which two colours?")
        d.bench.transcript.focus()
        await d.pilot.press("left", "up", "s")
        question = d.controller.conversation.path()[-2].key
        assert d.controller.scores.by_key.keys() == {question}
        turn = d.controller.scores.by_key[question].owners.index(question)
        await score(d, [("<s>", TEMPLATE), ("which", turn), (" two", turn), (" colours?", turn)])
        await d.until(lambda: "token 1 of 3" in d.screen())
        await d.pilot.press("right", "right")
        await d.until(lambda: "token 3 of 3" in d.screen())
        assert "rank 4" in d.screen()
        assert "which two colours?" in d.screen()
        await d.pilot.press("right")
        await d.until(lambda: "token 1 of 4" in d.screen())


async def test_the_persona_s_words_are_tinted_once_they_are_scored() -> None:
    async with desk("red green blue") as d:
        await d.talk("go")
        d.bench.transcript.focus()
        await d.pilot.press("S", "p")
        await score(d, [("Comp", 0), ("ute.", 0)])
        await d.until(lambda: "token 1 of 2" in d.screen())
        await d.pilot.press("right")
        await d.until(lambda: "token 2 of 2" in d.screen())
        assert "Compute." in d.screen()


async def test_what_is_not_scored_yet_is_shown_all_the_same() -> None:
    async with desk("red green blue") as d:
        await d.talk("which two colours?")
        d.bench.transcript.focus()
        await d.pilot.press("S")
        scoring = next(iter(d.controller.scores.by_key.values()))
        turn = scoring.owners.index(d.controller.conversation.path()[-2].key)
        await score(d, [("which", turn)], end=False)
        await d.until(lambda: "which two colours?" in d.screen())
        await d.pilot.press("left", "up")
        await d.until(lambda: "token 1 of 1" in d.screen())
