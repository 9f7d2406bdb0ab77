"""The prompt, as a person types into it."""

import pytest
from desk import Desk, desk
from textual.events import Key, Paste
from textual.widgets import Input

from tui.core.messages import Generate
from tui.core.status import Activity
from tui.engine.scripted import Reply


def sent(d: Desk) -> int:
    return len([request for request in d.engine.requests if isinstance(request, Generate)])


async def test_enter_sends_and_ctrl_j_begins_a_line() -> None:
    async with desk() as d:
        await d.pilot.press("a", "ctrl+j", "b")
        assert d.bench.prompt.text == "a\nb"
        assert sent(d) == 0
        await d.pilot.press("enter")
        await d.until(lambda: sent(d) == 1)
        assert d.said[1] == "a\nb"
        assert d.bench.prompt.text == ""


async def test_enter_on_nothing_sends_nothing() -> None:
    async with desk() as d:
        await d.pilot.press("space", "enter")
        await d.pilot.pause()
        assert sent(d) == 0
        assert d.bench.prompt.text == " "


async def test_pasted_lines_do_not_send_and_are_cleaned() -> None:
    async with desk() as d:
        d.bench.prompt.post_message(Paste("one\r\ntwo\rthree\n\x1b[31m"))
        await d.until(lambda: d.bench.prompt.text)
        assert d.bench.prompt.text == "one\ntwo\nthree\n␛[31m"
        assert sent(d) == 0


@pytest.mark.parametrize("pane", ["transcript", "samplers", "inspector", "personas"])
async def test_what_is_pasted_in_a_pane_goes_into_the_prompt(pane: str) -> None:
    async with desk() as d:
        d.bench.prompt.put("a ")
        d.bench.query_one(f"#{pane}").focus()
        await d.until(lambda: d.app.focused.id == pane)
        d.app.post_message(Paste("one\r\ntwo"))
        d.app.post_message(Key("g", "g"))
        await d.until(lambda: d.bench.prompt.text == "a one\ntwog")
        assert d.app.focused is d.bench.prompt
        assert sent(d) == 0


async def test_an_empty_inspector_begins_no_search_that_would_take_a_paste() -> None:
    async with desk() as d:
        d.bench.inspector.focus()
        await d.pilot.press("slash")
        d.app.post_message(Paste("lost?"))
        await d.until(lambda: d.bench.prompt.text == "lost?")


async def test_a_paste_goes_where_something_is_being_typed() -> None:
    async with desk("one two three") as d:
        await d.talk("go")
        d.bench.inspector.focus()
        await d.pilot.press("slash")
        d.app.post_message(Paste("xaz\n"))
        await d.until(lambda: "/xaz" in d.screen())
        d.bench.samplers.focus()
        await d.pilot.press("down", *["down"] * 20)
        while not d.bench.samplers.current.key:
            await d.pilot.press("up")
        await d.pilot.press("enter")
        d.app.post_message(Paste("0.5"))
        await d.until(lambda: d.bench.samplers.typed == "0.5")
        await d.pilot.press("escape")
        d.bench.personas.focus()
        await d.pilot.press("slash")
        d.app.post_message(Paste("roup"))
        await d.until(lambda: [p.id for p in d.bench.personas.listed] == ["croupier"])
        assert d.app.focused is d.bench.personas
        assert d.bench.prompt.text == ""


async def test_the_history_is_walked_at_the_borders_and_the_draft_comes_back() -> None:
    async with desk() as d:
        await d.talk("first")
        await d.talk("second")
        await d.pilot.press(*"draft", "up")
        assert d.bench.prompt.text == "second"
        await d.pilot.press("up")
        assert d.bench.prompt.text == "first"
        await d.pilot.press("down", "down")
        assert d.bench.prompt.text == "draft"


async def test_up_in_several_lines_moves_by_line_first() -> None:
    async with desk() as d:
        await d.talk("first")
        await d.pilot.press("a", "ctrl+j", "b", "up")
        assert d.bench.prompt.text == "a\nb"
        await d.pilot.press("up")
        assert d.bench.prompt.text == "first"


async def test_a_slash_asks_for_the_commands_and_is_typed_when_none_is_picked() -> None:
    async with desk() as d:
        await d.pilot.press("/")
        await d.until(lambda: d.app.screen is not d.bench)
        await d.until(lambda: d.app.screen.query(Input))
        await d.pilot.press("escape")
        await d.until(lambda: d.bench.prompt.text == "/")
        await d.pilot.press("/")
        assert d.bench.prompt.text == "//"


async def test_the_prompt_grows_with_its_lines_up_to_a_limit() -> None:
    async with desk(size=(80, 24)) as d:
        for _ in range(20):
            await d.pilot.press("ctrl+j")
        await d.until(lambda: d.bench.prompt.size.height == 8)
        await d.pilot.press("ctrl+j")
        assert d.bench.prompt.size.height == 8
        assert "ready" in d.lines()[-1]


async def test_a_message_sent_again_from_the_history_leaves_the_draft() -> None:
    async with desk() as d:
        await d.talk("first")
        await d.pilot.press(*"draft", "up", "enter")
        await d.until(lambda: sent(d) == 2)
        assert d.bench.prompt.text == "draft"


async def test_an_edit_begun_in_the_history_costs_no_draft() -> None:
    async with desk() as d:
        await d.talk("first")
        await d.pilot.press(*"draft", "up")
        d.bench.prompt.begin_edit(1, "first")
        await d.pilot.press("escape")
        assert d.bench.prompt.text == "first"
        await d.pilot.press("down")
        assert d.bench.prompt.text == "draft"


async def test_a_question_without_a_reply_comes_back_into_an_empty_prompt_only() -> None:
    failed = Reply((), reason="error", error="It is too long.")
    async with desk(failed, failed) as d:
        await d.ask("long")
        await d.engine.advance(1)
        await d.until(lambda: d.bench.prompt.text == "long")
        await d.pilot.press("enter")
        await d.until(lambda: sent(d) == 2)
        d.bench.prompt.put("typed meanwhile")
        await d.engine.advance(1)
        await d.until(lambda: d.controller.status.activity is Activity.READY)
        await d.until(lambda: "It is too long." in d.screen())
        await d.pilot.pause()
        assert d.bench.prompt.text == "typed meanwhile"
        assert "You  ‹2/2›" in d.screen()
