"""The transcript: following, the token cursor, the mouse."""

from desk import desk

from tui.core.tint import Mark

LONG = " ".join(f"word{n}" for n in range(300))


async def test_the_view_follows_the_end_until_the_reader_leaves_it() -> None:
    async with desk(LONG, size=(80, 24)) as d:
        transcript = d.bench.transcript
        await d.ask("go")
        await d.tokens(200)
        await d.until(lambda: "word199" in d.screen())
        transcript.focus()
        await d.pilot.press("pageup", "pageup")
        top = transcript.scroll_offset.y
        await d.tokens(60)
        await d.until(lambda: "new  End" in d.screen())
        assert transcript.scroll_offset.y == top
        await d.pilot.press("end")
        await d.until(lambda: "word259" in d.screen())
        await d.tokens(30)
        await d.until(lambda: "word289" in d.screen())


async def test_the_cursor_walks_tokens_and_the_inspector_follows() -> None:
    async with desk("red green blue") as d:
        await d.talk("go")
        transcript = d.bench.transcript
        transcript.focus()
        await d.pilot.press("left")
        await d.until(lambda: "Token 4 of 4" in d.screen())
        await d.pilot.press("left", "left")
        await d.until(lambda: "Token 2 of 4" in d.screen())
        assert transcript.cursor == (d.controller.conversation.leaf, 1)
        await d.pilot.press("right")
        await d.until(lambda: "Token 3 of 4" in d.screen())


async def test_the_cursor_walks_on_into_the_reply_before() -> None:
    async with desk("one", "two") as d:
        await d.talk("go")
        first = d.controller.conversation.leaf
        await d.talk("on")
        d.bench.transcript.focus()
        await d.pilot.press("left", "left", "left")
        assert d.bench.transcript.cursor == (first, 1)


async def test_up_and_down_move_by_line() -> None:
    async with desk(LONG, size=(80, 24)) as d:
        await d.talk("go")
        d.bench.transcript.focus()
        await d.pilot.press("left", "left", "up")
        _, token = d.bench.transcript.cursor
        assert token < 299
        await d.pilot.press("down")
        assert d.bench.transcript.cursor[1] > token


async def test_the_cursor_stays_on_its_token_while_a_reply_streams() -> None:
    async with desk(LONG, size=(80, 24)) as d:
        await d.ask("go")
        await d.tokens(100)
        d.bench.transcript.focus()
        await d.pilot.press("left", "up", "up")
        here = d.bench.transcript.cursor
        await d.tokens(100)
        assert d.bench.transcript.cursor == here
        await d.pilot.resize_terminal(100, 30)
        await d.pilot.pause()
        assert d.bench.transcript.cursor == here


async def test_a_click_puts_the_cursor_on_a_token() -> None:
    async with desk("red green blue") as d:
        await d.talk("go")
        lines = d.lines()
        y = next(n for n, line in enumerate(lines) if "red green blue" in line)
        x = lines[y].index("green")
        await d.pilot.click(offset=(x + 1, y))
        await d.until(lambda: d.bench.transcript.cursor is not None)
        assert d.bench.transcript.cursor[1] == 1


async def test_enter_on_a_token_goes_to_its_candidates() -> None:
    async with desk("red green blue", size=(80, 24)) as d:
        await d.talk("go")
        d.bench.transcript.focus()
        await d.pilot.press("left", "enter")
        await d.until(lambda: d.app.focused is d.bench.inspector)
        await d.until(lambda: "Token 4 of 4" in d.screen())


async def test_the_inspector_tells_the_settings_of_the_step_not_of_now() -> None:
    async with desk("red green blue") as d:
        await d.talk("go")
        d.controller.change_settings(d.controller.profile.settings.changed(temperature=1.9))
        d.bench.transcript.focus()
        await d.pilot.press("left", "left")
        await d.until(lambda: d.bench.inspector.step is not None)
        assert d.controller.conversation.path()[-1].settings_at(1).temperature == 0.2


async def test_copying_sends_the_message_to_the_clipboard() -> None:
    async with desk("red green blue") as d:
        await d.talk("go")
        d.bench.transcript.focus()
        await d.pilot.press("y")
        assert d.app.clipboard == "red green blue"


async def test_drawing_a_token_does_not_wrap_what_was_said_before() -> None:
    async with desk(LONG, size=(80, 24)) as d:
        await d.talk("go")
        before = [block.rows for block in d.bench.transcript._sheet.blocks]
        await d.ask("on")
        await d.tokens(50)
        after = [block.rows for block in d.bench.transcript._sheet.blocks]
        assert all(old is new for old, new in zip(before, after, strict=False))


async def test_text_selected_with_the_mouse_is_copied_and_moves_no_cursor() -> None:
    async with desk("red green blue") as d:
        await d.talk("go")
        lines = d.lines()
        y = next(n for n, line in enumerate(lines) if "red green blue" in line)
        x = lines[y].index("green")
        await d.pilot.mouse_down(offset=(x, y))
        await d.pilot.hover(offset=(x + 3, y))
        await d.pilot.mouse_up(offset=(x + 4, y))
        await d.pilot.pause()
        assert d.bench.transcript.cursor is None
        await d.pilot.press("ctrl+c")
        assert d.app.clipboard == "green"
        assert d.app.is_running


async def test_jumps_go_to_surprises_and_say_when_there_is_no_other() -> None:
    async with desk(LONG) as d:
        await d.talk("go")
        transcript = d.bench.transcript
        steps = d.controller.conversation.path()[-1].steps
        surprises = [n for n, step in enumerate(steps) if step.p_raw < 0.1]
        transcript.focus()
        await d.pilot.press("N")
        assert transcript.cursor[1] == surprises[-1]
        await d.pilot.press("n")
        await d.until(lambda: "No surprising token (under 10%) after this." in d.lines()[-1])
        await d.pilot.press("N")
        assert transcript.cursor[1] == surprises[-2]


async def test_a_key_goes_through_the_tints() -> None:
    async with desk("red green blue") as d:
        await d.talk("go")
        d.bench.transcript.focus()
        seen = []
        for _ in range(5):
            await d.pilot.press("t")
            seen.append(str(d.bench.transcript.tint))
        assert seen == ["surprise", "entropy", "rank", "none", "probability"]


async def test_marks_are_drawn_over_the_text_and_go_again() -> None:
    async with desk("red green blue") as d:
        await d.talk("go")
        key = d.controller.conversation.leaf
        d.bench.transcript.mark(key, {1: Mark.FORBIDDEN})
        await d.until(lambda: "red×green blue" in d.screen())
        d.bench.transcript.mark(key, None)
        await d.until(lambda: "red green blue" in d.screen())
