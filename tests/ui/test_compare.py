"""Settings side by side."""

import pytest
from desk import Desk, desk

from tui.core.messages import Compare
from tui.engine.script import reply
from tui.screens.compare import CompareScreen
from tui.widgets.lane import Lane


async def open_lanes(d: Desk) -> None:
    await d.talk("colours?")
    d.bench.transcript.focus()
    await d.pilot.press("v")
    await d.until(lambda: isinstance(d.app.screen, CompareScreen))
    await d.until(lambda: len(d.app.screen.query(Lane)) >= 2)
    await d.pilot.pause()


def asked(d: Desk) -> Compare:
    found = [request for request in d.engine.requests if isinstance(request, Compare)]
    return found[-1]


async def type_line(d: Desk, line: str) -> None:
    await d.pilot.press("e")
    await d.pilot.press(*("space" if char == " " else char for char in line), "enter")
    await d.pilot.pause()


async def test_lanes_answer_the_same_question_with_the_same_dice_and_say_where_they_part() -> None:
    async with desk("red", "red blue green", "red blue grey") as d:
        await open_lanes(d)
        await d.pilot.press("g")
        await d.until(lambda: "parts from A at token 3" in d.screen())
        one, two = asked(d).lanes
        assert (one.seed, one.settings.temperature) == (two.seed, 0.2)
        assert two.settings.temperature == 1.0
        assert "red blue green" in d.screen()
        assert "red blue≠grey" in d.screen()
        assert d.said[-1] == "red"


async def test_a_lane_is_kept_as_a_branch() -> None:
    async with desk("red", "red blue", "red grey") as d:
        await open_lanes(d)
        await d.pilot.press("k")
        await d.until(lambda: "no reply in this lane yet" in d.screen())
        await d.pilot.press("g", "tab", "k")
        await d.until(lambda: "kept as a branch" in d.screen())
        await d.pilot.press("escape")
        await d.until(lambda: d.app.screen is d.bench)
        assert d.said[-1] == "red grey"
        await d.until(lambda: "red grey" in d.screen() and "‹2/2›" in d.screen())


async def test_what_was_compared_is_there_again_until_another_question_is_shown() -> None:
    async with desk("red", "red blue green", "red blue grey", "one") as d:
        await open_lanes(d)
        await d.pilot.press("g")
        await d.until(lambda: "parts from A at token 3" in d.screen())
        await d.pilot.press("escape")
        await d.until(lambda: d.app.screen is d.bench)
        await d.pilot.press("v")
        await d.until(lambda: "parts from A at token 3" in d.screen())
        await d.pilot.press("k")
        await d.until(lambda: "kept as a branch" in d.screen())
        await d.pilot.press("escape")
        await d.until(lambda: d.app.screen is d.bench)
        d.controller.new_conversation()
        d.bench.prompt.focus()
        await d.until(lambda: d.app.focused is d.bench.prompt)
        await d.talk("else")
        d.bench.transcript.focus()
        await d.until(lambda: d.app.focused is d.bench.transcript)
        await d.pilot.press("v")
        await d.until(lambda: d.app.screen is not d.bench)
        await d.until(lambda: "every lane answers" in d.screen())
        assert "parts from A" not in d.screen()


async def test_settings_are_typed_for_a_lane_and_a_problem_keeps_the_line_open() -> None:
    async with desk("red") as d:
        await open_lanes(d)
        await d.pilot.press("tab")
        await type_line(d, "p")
        await d.until(lambda: "no value" in d.screen())
        await d.pilot.press("escape")
        await d.pilot.press("p", "p")
        await type_line(d, ", top-k 7")
        await d.until(lambda: "top-k 7" in d.screen())
        await d.pilot.press("g")
        await d.until(lambda: d.controller.lanes.lanes)
        assert asked(d).lanes[1].settings.top_k == 7
        assert asked(d).lanes[0].settings == asked(d).lanes[1].settings.changed(top_k=40)


async def test_lanes_come_and_go_as_far_as_there_is_room() -> None:
    async with desk("red", size=(80, 24)) as d:
        await open_lanes(d)
        await d.pilot.press("a")
        await d.until(lambda: len(d.app.screen.query(Lane)) == 3)
        await d.pilot.press("a")
        await d.until(lambda: "room for 3 lanes" in d.screen())
        await d.pilot.press("x", "x", "x")
        await d.until(lambda: "The last lane stays." in d.screen())
        assert len(d.app.screen.query(Lane)) == 1
        assert all(len(line) <= 80 for line in d.lines())


@pytest.mark.parametrize("size", [(60, 16), (120, 36), (200, 60)])
async def test_every_size_shows_the_lanes(size: tuple[int, int]) -> None:
    async with desk("red", size=size) as d:
        await open_lanes(d)
        await d.pilot.press("g")
        await d.until(lambda: d.controller.lanes.lanes and "the same as A" in d.screen())


async def test_without_a_question_there_is_nothing_to_compare() -> None:
    async with desk("red") as d:
        d.bench.transcript.focus()
        await d.pilot.press("v")
        await d.until(lambda: isinstance(d.app.screen, CompareScreen))
        await d.pilot.press("g")
        await d.until(lambda: "no question yet" in d.screen())


async def test_lanes_that_an_error_cut_are_not_told_to_be_the_same() -> None:
    cut = reply("red", reason="error", error="Cut short.")
    async with desk("red", cut, cut) as d:
        await open_lanes(d)
        await d.pilot.press("g")
        await d.until(lambda: "as A so far" in d.screen())
        assert "the same as A" not in d.screen()
