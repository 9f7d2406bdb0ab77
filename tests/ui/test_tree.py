"""The tree of branches."""

import pytest
from desk import Desk, desk

from tui.screens.tree import TreeScreen


async def two_roads(d: Desk) -> None:
    await d.talk("colours?")
    d.bench.transcript.focus()
    await d.pilot.press("r")
    await d.until(lambda: d.controller.status.replying)
    await d.engine.finish()
    await d.until(lambda: not d.controller.status.replying)


async def open_tree(d: Desk) -> TreeScreen:
    d.bench.transcript.focus()
    await d.pilot.press("b")
    await d.until(lambda: isinstance(d.app.screen, TreeScreen))
    await d.pilot.pause()
    screen = d.app.screen
    assert isinstance(screen, TreeScreen)
    return screen


def rows(d: Desk) -> list[str]:
    return [line.strip() for line in d.lines() if "Model " in line or "You " in line]


async def test_every_branch_is_a_row_and_says_where_it_parts_and_how_likely() -> None:
    async with desk("red blue", "red green", size=(120, 36)) as d:
        await two_roads(d)
        await open_tree(d)
        shown = rows(d)
        assert [row.split("  ")[1].strip() for row in shown[2:]] == ["red blue", "red green"]
        first, second = (m for m in d.controller.conversation if m.steps)
        step = second.steps[1]
        told = f"token 2 ‹␠green› raw {100 * step.p_raw:.2f} % final {100 * step.p_final:.2f} %"
        assert told in shown[3]
        assert shown[3].startswith("●")
        assert "token 2 ‹␠blue› raw" in shown[2], "the first branch says too where it parts"
        assert not shown[2].startswith("●")
        assert "Branch 2 of 2. Parts from another at" in d.screen()
        assert first.steps[0].id == second.steps[0].id


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 60)])
async def test_it_fits_every_size(size: tuple[int, int]) -> None:
    async with desk("word " * 40, size=size) as d:
        await two_roads(d)
        await open_tree(d)
        assert len(rows(d)) == 4
        assert all(len(line) <= size[0] for line in d.lines())


async def test_enter_goes_to_a_branch() -> None:
    async with desk("red blue", "red green") as d:
        await two_roads(d)
        await open_tree(d)
        await d.pilot.press("left_square_bracket", "enter")
        await d.until(lambda: d.app.screen is d.bench)
        assert d.said[-1] == "red blue"
        await d.until(lambda: "red blue" in d.screen())


async def test_a_branch_is_removed_and_brought_back() -> None:
    async with desk("red blue", "red green") as d:
        await two_roads(d)
        await open_tree(d)
        await d.pilot.press("x")
        await d.until(lambda: len(rows(d)) == 3)
        assert "removed" in d.screen()
        assert d.said[-1] == "red blue"
        await d.pilot.press("u")
        await d.until(lambda: len(rows(d)) == 4)
        assert d.said[-1] == "red green"
        await d.until(lambda: "is back" in d.screen())
        assert "removed" not in d.screen()


async def test_the_context_gauge_is_of_the_branch_that_is_shown() -> None:
    async with desk("red blue", "red blue green one two") as d:
        await two_roads(d)
        longer = d.controller.status.used_tokens
        await open_tree(d)
        await d.pilot.press("left_square_bracket", "enter")
        await d.until(lambda: d.app.screen is d.bench)
        assert 0 < d.controller.status.used_tokens < longer
        d.controller.remove(d.controller.conversation.path()[0].key)
        await d.until(lambda: f"{d.controller.status.used_tokens} / " in d.screen())
        assert d.controller.status.used_tokens == 0


async def test_a_branch_that_is_being_made_grows_and_can_be_removed() -> None:
    async with desk("red blue green") as d:
        await d.ask("go")
        await d.engine.advance(1)
        await open_tree(d)
        assert "red" in rows(d)[-1]
        await d.engine.advance(1)
        await d.until(lambda: "red blue" in rows(d)[-1])
        await d.pilot.press("x")
        await d.until(lambda: len(rows(d)) == 2)
        assert d.said[-1] == "go"
        assert not d.controller.status.replying


async def test_after_the_branch_that_is_being_made_its_question_is_next() -> None:
    async with desk("red", "blue green") as d:
        await d.talk("first")
        d.controller.new_conversation()
        await d.ask("go")
        await d.engine.advance(1)
        await open_tree(d)
        await d.pilot.press("x")
        await d.until(lambda: not d.controller.status.replying)
        await d.until(lambda: len(rows(d)) == 5)
        await d.until(lambda: "removed" in d.screen())
        await d.pilot.press("x")
        await d.until(lambda: len(rows(d)) == 4)
        assert {"first", "red"} < {m.text for m in d.controller.conversation}
        await d.pilot.press("u", "u")
        await d.until(lambda: len(rows(d)) == 6)
        assert d.said[-2:] == ["go", "blue"]


async def test_hostile_text_is_drawn_clean() -> None:
    async with desk("\x1b]0;x\x07[bold]", size=(100, 30)) as d:
        await d.talk("go\x1b[2J")
        await open_tree(d)
        assert "\x1b" not in d.screen()
        assert "[bold]" in d.screen()
