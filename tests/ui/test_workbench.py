"""The workbench as a person uses it, on a scripted engine."""

import pytest
from desk import desk

from tui.core.messages import ChangeSettings, Generate, LoadFailed, Timings, Warned
from tui.core.persona import Persona
from tui.core.status import Activity, Status
from tui.engine.scripted import Reply, ScriptedEngine
from tui.widgets.status_line import rates

SIZES = [(60, 16), (80, 24), (120, 36), (200, 60)]


@pytest.mark.parametrize("size", SIZES)
async def test_the_first_screen_greets_with_two_things_to_try(size: tuple[int, int]) -> None:
    async with desk(size=size) as d:
        screen = d.screen()
        assert "Ready. Try 1 + 1 or 'a'.length." in screen
        assert "Console · Scripted" in screen
        assert "ready" in d.lines()[-1]


@pytest.mark.parametrize("size", SIZES)
async def test_a_question_gets_its_reply_at_every_size(size: tuple[int, int]) -> None:
    async with desk("red blue", size=size) as d:
        await d.talk("colours?")
        screen = d.screen()
        assert "colours?" in screen
        assert "red blue" in screen
        assert "t/s" in d.lines()[-1]


@pytest.mark.parametrize("size", SIZES)
async def test_no_line_is_wider_or_higher_than_the_terminal(size: tuple[int, int]) -> None:
    async with desk("word " * 200, size=size) as d:
        await d.talk("go")
        assert len(d.lines()) == size[1]
        assert all(len(line) <= size[0] for line in d.lines())


async def test_wide_everything_is_in_sight() -> None:
    async with desk() as d:
        await d.talk("go")
        screen = d.screen()
        for word in ("Samplers", "temperature", "Token 8 of 8", "Personas", "Croupier"):
            assert word in screen


@pytest.mark.parametrize(
    ("key", "word"), [("ctrl+t", "temperature"), ("ctrl+o", "Nothing to look at"),
                      ("ctrl+l", "Croupier")]
)  # fmt: skip
async def test_narrow_one_key_opens_a_drawer_and_the_same_key_closes_it(
    key: str, word: str
) -> None:
    async with desk(size=(80, 24)) as d:
        assert word not in d.screen()
        await d.pilot.press(key)
        await d.until(lambda: word in d.screen())
        await d.pilot.press(key)
        await d.until(lambda: word not in d.screen())
        assert d.app.focused is d.bench.prompt


async def test_narrow_the_token_cursor_brings_the_inspector_under_the_conversation() -> None:
    async with desk("red blue", size=(80, 24)) as d:
        await d.talk("go")
        assert "rank" not in d.screen()
        await d.pilot.press("tab", "left")
        await d.until(lambda: "Token 3 of 3" in d.screen())
        await d.pilot.press("escape")
        await d.until(lambda: "Token" not in d.screen())


async def test_below_the_least_size_one_line_says_so_and_it_comes_back() -> None:
    async with desk(size=(80, 24)) as d:
        await d.talk("go")
        await d.pilot.resize_terminal(50, 12)
        await d.until(lambda: "needs 60×16, has 50×12" in d.screen())
        assert [line.strip() for line in d.lines() if line.strip()] == ["needs 60×16, has 50×12"]
        await d.pilot.resize_terminal(80, 24)
        await d.until(lambda: "brown fox" in d.screen())


@pytest.mark.parametrize("pane", ["prompt", "transcript", "samplers", "inspector", "personas"])
@pytest.mark.parametrize("small", [(50, 12), (80, 24)])
async def test_the_focus_survives_a_smaller_terminal(pane: str, small: tuple[int, int]) -> None:
    async with desk(size=(120, 36)) as d:
        d.bench.query_one(f"#{pane}").focus()
        await d.until(lambda: d.app.focused.id == pane)
        for size in (small, (80, 24), (120, 36)):
            await d.pilot.resize_terminal(*size)
            await d.until(lambda size=size: d.app.size == size)
            await d.pilot.pause()
            await d.until(lambda size=size: d.app.focused or size == (50, 12))
            if size != (50, 12):
                assert d.app.focused.id == pane
                assert d.app.focused.region.area > 0


async def test_typing_while_a_reply_streams() -> None:
    async with desk("one two three four", "five") as d:
        await d.ask("go")
        await d.tokens(2)
        await d.pilot.press(*"next")
        await d.tokens(1)
        assert d.bench.prompt.text == "next"
        await d.until(lambda: "one two three" in d.screen())
        await d.pilot.press("enter")
        await d.until(lambda: "1 waiting" in d.lines()[-1])
        await d.engine.finish()
        await d.until(lambda: "next" in d.said)
        await d.engine.finish()
        await d.until(lambda: d.said[-1] == "five")


async def test_temperature_moved_in_a_reply_holds_from_the_next_token_on() -> None:
    async with desk("one two three four") as d:
        await d.ask("go")
        await d.tokens(2)
        d.bench.samplers.focus()
        rows = [row.label for row in d.bench.samplers.rows]
        await d.pilot.press("home", *["down"] * rows.index("temperature"), "right", "right")
        await d.until(lambda: any(isinstance(r, ChangeSettings) for r in d.engine.requests))
        await d.engine.finish()
        last = d.controller.conversation.path()[-1]
        await d.until(lambda: last.reason)
        assert [step.settings_version > 0 for step in last.steps] == [
            False,
            False,
            True,
            True,
            True,
        ]
        assert last.settings_at(1).temperature == 0.2
        assert last.settings_at(4).temperature == pytest.approx(0.3)
        await d.until(lambda: "from token 3: temperature" in d.screen())


async def test_esc_stops_the_reply_and_keeps_what_was_said() -> None:
    async with desk("one two three four") as d:
        await d.ask("go")
        await d.tokens(2)
        await d.pilot.press("escape")
        await d.until(lambda: d.controller.status.activity is Activity.READY)
        await d.until(lambda: "Stopped." in d.screen())
        assert d.said[-1] == "one two"


async def test_ctrl_c_stops_and_twice_quits() -> None:
    async with desk("one two three four") as d:
        await d.ask("go")
        await d.tokens(1)
        await d.pilot.press("ctrl+c")
        await d.until(lambda: d.controller.status.activity is Activity.READY)
        await d.until(lambda: "Stopped." in d.screen())
        await d.until(lambda: "Ctrl+C again quits." in d.lines()[-1])
        assert d.app.is_running
        await d.pilot.press("ctrl+c")
        await d.until(lambda: not d.app.is_running)
        assert d.app.return_code == 0


async def test_a_dead_engine_is_shown_with_its_last_words_and_starts_again_on_a_key() -> None:
    async with desk("one two three", " more") as d:
        await d.ask("go")
        await d.tokens(2)
        await d.engine.die("signal 6 (SIGABRT)", log=("GGML_ASSERT(rows) failed",))
        await d.until(lambda: "engine died" in d.lines()[-1])
        words = ("one two", "SIGABRT", "GGML_ASSERT(rows) failed", "Ctrl+R starts it again")
        await d.until(lambda: all(word in d.screen() for word in words))
        await d.pilot.press("ctrl+r")
        await d.until(lambda: d.controller.status.activity is Activity.READY)
        await d.until(lambda: "GGML_ASSERT" not in d.screen())
        d.bench.transcript.focus()
        await d.pilot.press("c")
        await d.until(lambda: len([r for r in d.engine.requests if isinstance(r, Generate)]) == 2)
        await d.engine.finish()
        await d.until(lambda: d.said[-1] == "one two more")


async def test_a_model_that_cannot_be_loaded_is_explained() -> None:
    failure = LoadFailed("x.gguf is damaged.", "It ends too early.", "Download it again.")
    async with desk(engine=ScriptedEngine(failure=failure), ready=Activity.FAILED) as d:
        await d.until(lambda: "It ends too early." in d.screen())
        assert "no model, Ctrl+R tries again: x.gguf is damaged." in d.lines()[-1]


async def test_a_notice_that_is_longer_than_the_line_is_shown_to_its_end() -> None:
    async with desk(size=(80, 24)) as d:
        d.bench.transcript.focus()
        await d.pilot.press("a")
        await d.until(lambda: d.lines()[-1] == " samplers.")
        assert d.lines()[-2].endswith("select a token and change a value in the")
        await d.pilot.press("y")
        await d.until(lambda: "clipboard" in d.lines()[-1])
        assert "Nothing was changed" not in d.screen()


def test_rates_that_find_no_room_are_left_out_whole() -> None:
    timings = Timings(prompt_tps=1200.0, gen_tps=34.0, sample_tps=4100.0)
    assert rates(Status(timings=timings), 40) == "   prompt 1,200 t/s   reply 34 t/s"
    assert rates(Status(timings=timings), 10) == ""


async def test_choosing_a_persona_brings_its_greeting_and_its_settings() -> None:
    async with desk() as d:
        await d.pilot.press("ctrl+l")
        await d.until(lambda: d.app.focused is d.bench.personas)
        await d.pilot.press("end", "enter")
        await d.until(lambda: "Place your bets." in d.screen())
        assert d.bench.samplers.settings.temperature == 1.0
        await d.until(lambda: "Croupier" in d.lines()[0])


async def test_a_preset_is_named_as_the_source() -> None:
    async with desk() as d:
        d.bench.samplers.choose_preset("greedy")
        await d.until(lambda: d.controller.profile.settings.temperature == 0.0)
        assert d.controller.profile.sources["temperature"] == "preset greedy"


async def test_a_new_conversation_keeps_the_old_one_as_a_branch() -> None:
    async with desk("red") as d:
        await d.talk("go")
        await d.pilot.press("ctrl+n")
        await d.until(lambda: len(d.said) == 1)
        d.bench.transcript.focus()
        await d.pilot.press("left_square_bracket")
        await d.until(lambda: d.said[-1] == "red")


async def test_regenerate_and_walk_the_branches() -> None:
    async with desk("first", "second") as d:
        await d.talk("go")
        d.bench.transcript.focus()
        await d.pilot.press("r")
        await d.engine.finish()
        await d.until(lambda: "Model  ‹2/2›" in d.screen())
        assert d.said[-1] == "second"
        await d.pilot.press("left_square_bracket")
        await d.until(lambda: "first" in d.screen())


async def test_an_edited_question_is_asked_again_and_esc_leaves_it() -> None:
    async with desk("first", "second") as d:
        await d.talk("go")
        d.bench.transcript.focus()
        await d.pilot.press("e")
        await d.until(lambda: d.bench.prompt.text == "go")
        await d.pilot.press("escape")
        assert d.bench.prompt.text == ""
        assert d.said[1:] == ["go", "first"]
        d.bench.transcript.focus()
        await d.pilot.press("e")
        await d.until(lambda: d.bench.prompt.has_focus)
        await d.pilot.press(*"!!", "enter")
        await d.engine.finish()
        await d.until(lambda: d.said[1:] == ["go!!", "second"])


async def test_hostile_text_of_a_model_never_reaches_the_screen_raw() -> None:
    hostile = "\x1b]52;c;aGk=\x07 \x9b31m [red]x[/red] [@click=app.quit]y[/] \u202eevil"
    async with desk(hostile) as d:
        await d.talk("go")
        screen = d.screen()
        assert "[red]x[/red]" in screen
        assert "[@click=app.quit]y[/]" in screen
        barred = {*map(chr, range(32)), *map(chr, range(0x7F, 0xA0)), "\u202e"} - {"\n"}
        assert not barred & set(screen)


async def test_a_streaming_reply_survives_every_resize() -> None:
    async with desk("word " * 60) as d:
        await d.ask("go")
        for width, height in ((80, 24), (60, 16), (40, 10), (200, 60), (120, 36)):
            await d.tokens(8)
            await d.pilot.resize_terminal(width, height)
            await d.pilot.pause()
        await d.engine.finish()
        await d.until(lambda: d.controller.status.activity is Activity.READY)
        assert d.said[-1].split() == ["word"] * 60
        await d.until(d.caught_up)


async def test_without_colour_a_surprise_is_underlined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with desk("word " * 40) as d:
        await d.talk("go")
        steps = d.controller.conversation.path()[-1].steps
        assert any(step.p_raw < 0.1 for step in steps)
        styles = [
            segment.style
            for y in range(d.bench.transcript.size.height)
            for segment in d.bench.transcript.render_line(y)
            if "word" in segment.text and segment.style
        ]
        assert any(style.underline for style in styles)
        assert any(not style.underline for style in styles)


async def test_ascii_mode_draws_hostile_and_foreign_text_with_ascii_alone() -> None:
    evil = Persona(id="evil", name="Ev\x1b]l\x9b π" + "x" * 50, system="",
                   greetings=("Hello\x1b[31m\x07 café",), sampling={})  # fmt: skip
    failed = Reply((), reason="error", error="Too long… → é.")
    for size in ((60, 18), (120, 36)):
        async with desk(failed, size=size, ascii_only=True, personas=(evil,), persona="evil") as d:
            assert "Hello^[[31m^G caf?" in d.screen()
            assert d.screen().isascii()
            await d.ask("sm\u0177rg")
            await d.engine.advance(1)
            await d.until(lambda: "Too long... -> ?." in d.screen())
            d.bench.prompt.put("")
            d.bench.status.notice = "nö…"
            await d.until(lambda: "n?..." in d.lines()[-1])
            assert d.screen().isascii()


async def test_ascii_mode_draws_with_ascii_alone() -> None:
    async with desk("plain words", size=(80, 24), ascii_only=True) as d:
        await d.talk("go")
        await d.pilot.press("ctrl+t")
        await d.until(lambda: "temperature" in d.screen())
        assert d.screen().isascii()
        await d.pilot.press("ctrl+o")
        await d.until(lambda: "stage" in d.screen() or "raw" in d.screen())
        assert d.screen().isascii()


async def test_warnings_stand_beside_the_first_reply_that_they_are_of() -> None:
    async with desk("one two", "three four", size=(100, 40)) as d:
        await d.ask("hello")
        await d.tokens(1)
        await d.engine.tell(Warned("no token of its own: 'yes'"))
        await d.engine.tell(Warned("no token of its own: 'no'"))
        await d.engine.finish()
        await d.until(d.caught_up)
        await d.until(lambda: "own: 'yes'" in d.screen() and "own: 'no'" in d.screen())
        await d.ask("again")
        await d.tokens(1)
        await d.engine.tell(Warned("no token of its own: 'yes'"))
        await d.engine.finish()
        await d.until(d.caught_up)
        beside = [m.note for m in d.controller.conversation.path() if m.steps]
        assert beside == ["no token of its own: 'yes'\nno token of its own: 'no'", ""]
