"""Token by token: each waits until it is taken."""

import pytest
from desk import Desk, desk

from tui.core.messages import Take
from tui.core.pause import PauseWhen
from tui.core.status import Activity
from tui.screens.pause_when import PauseScreen


def waits(d: Desk) -> bool:
    return d.controller.waiting is not None


async def ask_step_by_step(d: Desk) -> None:
    await d.pilot.press("ctrl+g")
    await d.until(lambda: "Step by step" in d.screen())
    await d.ask("colours?")
    await d.engine.advance(1)
    await d.until(lambda: waits(d) and d.app.focused is d.bench.inspector)
    await d.pilot.pause()


async def take(d: Desk, key: str, text: str) -> None:
    """Press a key, and wait until the reply is `text` and the next token waits."""
    await d.pilot.press(key)
    await d.until(lambda: d.said[-1] == text)
    await d.engine.advance(1)
    await d.until(lambda: waits(d))
    await d.pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_each_token_waits_and_enter_takes_it(size: tuple[int, int]) -> None:
    async with desk("red blue", size=size) as d:
        await ask_step_by_step(d)
        assert d.said[-1] == ""
        assert "Waits: token 1 of 1" in d.screen()
        assert "waiting for a token" in d.lines()[-1]
        assert d.bench.inspector.reading.step.id == d.engine.vocabulary.id(b"red")
        await take(d, "enter", "red")
        assert "Waits: token 2 of 2" in d.screen()
        await take(d, "enter", "red blue")
        await d.pilot.press("enter")
        await d.until(lambda: d.controller.status.activity is Activity.READY)
        await d.until(lambda: d.app.focused is d.bench.prompt)


async def test_another_candidate_is_taken_by_its_line() -> None:
    async with desk("red blue") as d:
        await ask_step_by_step(d)
        record = d.controller.waiting.record
        other = next(n for n in range(9) if record.ids[n] != d.controller.waiting.id)
        await d.pilot.press(str(other + 1))
        await d.until(lambda: any(isinstance(r, Take) for r in d.engine.requests))
        taken = next(r for r in d.engine.requests if isinstance(r, Take))
        assert taken.token == int(record.ids[other])
        await d.until(lambda: d.controller.conversation.path()[-1].steps)
        assert d.controller.conversation.path()[-1].steps[0].by_hand


async def test_a_terminal_that_was_too_small_leaves_the_token_to_be_taken() -> None:
    async with desk("red blue", size=(80, 24)) as d:
        await ask_step_by_step(d)
        await d.pilot.resize_terminal(50, 12)
        await d.until(lambda: "needs 60×16" in d.screen())
        await d.until(lambda: d.app.focused is None)
        await d.pilot.resize_terminal(80, 24)
        await d.until(lambda: d.app.focused is d.bench.inspector)
        await d.until(lambda: "Waits: token 1 of 1" in d.screen())
        await d.pilot.press("2")
        await d.until(lambda: any(isinstance(r, Take) for r in d.engine.requests))
        assert d.bench.prompt.text == ""


async def test_a_token_that_waits_in_another_branch_is_not_taken_unseen() -> None:
    async with desk("red blue", "red green") as d:
        await d.talk("go")
        await d.pilot.press("ctrl+g")
        await d.until(lambda: "Step by step" in d.screen())
        d.bench.transcript.focus()
        await d.pilot.press("r")
        await d.engine.advance(1)
        await d.until(lambda: waits(d))
        assert d.bench.what_if.waiting
        await d.until(lambda: d.app.focused is d.bench.inspector)
        await d.pilot.pause()
        d.bench.transcript.focus()
        await d.until(lambda: d.app.focused is d.bench.transcript)
        await d.pilot.press("left_square_bracket")
        await d.until(lambda: d.said[-1] == "red blue")
        assert not d.bench.what_if.waiting
        assert "Waits: token" not in d.screen()
        await d.pilot.press("right_square_bracket")
        await d.until(lambda: d.said[-1] == "")
        await d.until(lambda: "Waits: token 1 of 1" in d.screen())


async def test_enter_while_the_next_token_is_made_begins_no_branch() -> None:
    async with desk("red blue green") as d:
        await ask_step_by_step(d)
        await d.pilot.press("enter")
        await d.until(lambda: d.said[-1] == "red" and not waits(d))
        await d.pilot.press("enter")
        await d.until(lambda: "No token waits yet" in d.screen())
        shown = d.controller.conversation.path()[-1]
        assert len(d.controller.conversation.siblings(shown.key)) == 1
        await d.engine.advance(1)
        await d.until(lambda: waits(d) and d.said[-1] == "red")


async def test_backspace_takes_the_newest_token_back() -> None:
    async with desk("red blue green") as d:
        await ask_step_by_step(d)
        await take(d, "enter", "red")
        await d.pilot.press("backspace")
        await d.until(lambda: waits(d) and d.said[-1] == "")
        await d.until(lambda: "Waits: token 1 of 1" in d.screen())
        await d.pilot.press("backspace")
        await d.until(lambda: "no token to take back" in d.screen())


async def test_a_control_acts_on_the_token_that_waits_and_the_focus_stays_there() -> None:
    async with desk("red blue") as d:
        await ask_step_by_step(d)
        d.bench.samplers.focus()
        await d.pilot.press("down", "down", "down", "right")
        await d.until(lambda: d.bench.samplers.has_focus)
        assert d.bench.what_if.copy is None
        assert waits(d)


async def test_the_same_key_lets_the_reply_run_on() -> None:
    async with desk("red blue green") as d:
        await ask_step_by_step(d)
        await d.pilot.press("ctrl+g")
        await d.until(lambda: d.said[-1].startswith("red"))
        await d.engine.finish()
        await d.until(lambda: d.said[-1] == "red blue green")
        assert not d.controller.stepping


async def test_esc_stops_a_reply_that_waits() -> None:
    async with desk("red blue") as d:
        await ask_step_by_step(d)
        await d.pilot.press("escape")
        await d.until(lambda: d.controller.status.activity is Activity.READY)
        await d.until(lambda: d.app.focused is d.bench.prompt)


async def ask_pause(d: Desk, *lines: str) -> None:
    d.bench.transcript.focus()
    await d.pilot.press("P")
    await d.until(lambda: isinstance(d.app.screen, PauseScreen))
    for number, line in enumerate(lines):
        if number:
            await d.pilot.press("down")
        await d.pilot.press(*line)
    await d.pilot.press("enter")
    await d.pilot.pause()


async def test_tokens_wait_where_a_condition_holds() -> None:
    async with desk("red blue") as d:
        await ask_pause(d, "0", "2", "3")
        await d.until(lambda: d.app.screen is d.bench)
        assert d.controller.pause == PauseWhen(entropy_bits=0.0, gap=0.02, rank=3)
        assert "entropy is above 0 bits or the top two" in d.bench.status.notice
        d.bench.prompt.focus()
        await d.ask("go")
        await d.engine.advance(1)
        await d.until(lambda: waits(d))
        await d.until(lambda: "Waits: token 1" in d.screen())
        assert "bits, above 0" in d.bench.inspector.waiting
        assert "goes back." in d.screen()


async def test_a_value_that_cannot_be_is_told_and_changes_nothing() -> None:
    async with desk("red") as d:
        await ask_pause(d, "x")
        await d.until(lambda: "a number of bits" in d.screen())
        await d.pilot.press("backspace", "down", "down", "0", "enter")
        await d.until(lambda: "a whole number from 1" in d.screen())
        await d.pilot.press("escape")
        await d.until(lambda: d.app.screen is d.bench)
        assert d.controller.pause == PauseWhen()
