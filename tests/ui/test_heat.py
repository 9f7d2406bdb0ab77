"""Heat maps, sparklines, the persona's text, and texts that are scored."""

import pytest
from desk import CONSOLE, desk

from tui.core.model import LoadOptions
from tui.core.persona import Persona
from tui.engine.base import Capabilities
from tui.engine.scripted import Reply, ScriptedEngine

LONG = " ".join(f"word{n}" for n in range(300))


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
        await d.until(lambda: "token 1 of 3" in d.screen())
        assert d.controller.scores.by_key.keys() == {question}
        token = d.controller.scores.by_key[question].of(question)[2]
        await d.pilot.press("right", "right")
        await d.until(lambda: "token 3 of 3" in d.screen())
        assert f"rank {token.rank}" in d.screen()
        assert f"entropy {token.entropy_bits:.2f} bit" in d.screen()
        assert "which two colours?" in d.screen()
        await d.pilot.press("ctrl+o")
        await d.until(lambda: d.bench.inspector.has_focus)
        inspector = d.bench.inspector
        lines = [inspector.render_line(y).text for y in range(inspector.size.height)]
        told = " ".join(" ".join(lines).split())
        assert "is a candidate; nothing was drawn here" in told
        assert "left to the draw" not in told
        await d.pilot.press("enter")
        await d.until(lambda: "there is no other road" in d.lines()[-1])
        await d.pilot.press("x")
        await d.until(lambda: "there is nothing to try" in d.lines()[-1])
        d.bench.transcript.focus()
        await d.pilot.press("right")
        await d.until(lambda: "token 1 of 4" in d.screen())


async def test_the_whole_prompt_is_scored_the_persona_s_text_too() -> None:
    sage = Persona(
        id="sage", name="Sage", system="Be brief and kind.", greetings=("Welcome here.",)
    )
    async with desk("red green blue", personas=(sage,), persona="sage") as d:
        await d.talk("go")
        d.bench.transcript.focus()
        await d.pilot.press("p")
        await d.until(lambda: "not measured" in d.screen())
        await d.pilot.press("S")
        await d.until(lambda: "token 1 of 4" in d.screen())
        await d.pilot.press("right", "right", "right")
        await d.until(lambda: "token 4 of 4" in d.screen())
        await d.pilot.press("right")
        await d.until(lambda: "token 1 of 2" in d.screen())
        assert "Be brief and kind." in d.screen()


async def test_scores_of_another_model_are_not_shown() -> None:
    async with desk("red green blue") as d:
        await d.talk("which two colours?")
        d.bench.transcript.focus()
        await d.pilot.press("left", "up", "s")
        await d.until(lambda: "token 1 of 3" in d.screen())
        await d.until(lambda: "Scored " in d.lines()[-1])
        d.controller.load(LoadOptions(path="other.gguf"))
        await d.until(lambda: "not measured" in d.screen())
        assert "which two colours?" in d.screen()


async def test_a_walk_through_a_long_reply_shows_each_token() -> None:
    async with desk(" ".join(f"w{n}" for n in range(400)), size=(80, 24)) as d:
        await d.talk("go")
        transcript = d.bench.transcript
        transcript.focus()
        await d.pilot.press("left")
        key = d.controller.conversation.leaf
        for begin in (400, 100):
            transcript.highlight(key, begin)
            seen = []
            for _ in range(100):
                transcript.action_token(-1)
                seen.append(transcript.cursor[1])
            assert seen == list(range(begin - 1, begin - 101, -1))
        await d.until(lambda: "Token 1 of 401" in d.screen())
        assert any("w0 w1 w2" in line for line in d.lines())


async def test_each_piece_of_a_character_is_a_place_with_its_bytes() -> None:
    pieces = (b"so", b" \xf0\x9f", b"\x8e", b"\xb5", " 東京".encode(), b"\x1b[2J", b"\xff")
    async with desk(Reply(pieces), size=(80, 24)) as d:
        await d.talk("go")
        d.bench.transcript.focus()
        shown = {}
        await d.pilot.press("left")
        for n in range(7, 0, -1):
            await d.pilot.press("left")
            await d.until(lambda n=n: f"Token {n} of 8" in d.screen())
            shown[n] = next(line for line in d.lines() if "Token" in line)
        assert "‹␠⟨F0 9F⟩›" in shown[2]
        assert "‹⟨8E⟩›" in shown[3]
        assert "‹⟨B5⟩›" in shown[4]
        assert "‹␠東京›" in shown[5]
        assert "‹␛[2J›" in shown[6]
        assert "‹⟨FF⟩›" in shown[7]
        assert "so 🎵 東京␛[2J" in d.screen()


async def test_an_engine_that_cannot_score_says_so() -> None:
    engine = ScriptedEngine(["red"], capabilities=Capabilities(can_score=False))
    async with desk(engine=engine) as d:
        d.bench.transcript.focus()
        await d.pilot.press("s")
        await d.until(lambda: "cannot score" in d.lines()[-1])
