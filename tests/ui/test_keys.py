"""Every action by key, by palette, in help, and remapped."""

from inspect import isawaitable

from desk import desk

from tui.core.binding import KEYS
from tui.screens.panes import pane_bindings


async def test_every_action_is_in_the_command_palette() -> None:
    async with desk() as d:
        titles = {command.title for command in d.app.get_system_commands(d.app.screen)}
        assert {key.text for key in KEYS} <= titles


async def test_every_action_of_the_palette_can_be_done() -> None:
    async with desk() as d:
        await d.talk("go")
        for command in d.app.get_system_commands(d.app.screen):
            if command.title in ("Quit", "Commands", "Help", "Change the theme"):
                continue
            done = command.callback()
            if isawaitable(done):
                await done
            await d.pilot.pause()
        assert d.app.is_running


async def test_help_shows_every_key_and_esc_closes_it() -> None:
    async with desk(size=(120, 36)) as d:
        await d.pilot.press("f1")
        await d.until(lambda: d.app.screen is not d.bench)
        shown = d.app.screen.query_one("#help").query("Static").first().visual.plain
        for key in KEYS:
            assert key.text in shown
        for binding in pane_bindings():
            assert binding.description in shown
        await d.pilot.press("escape")
        await d.until(lambda: d.app.screen is d.bench)


async def test_a_question_mark_is_help_outside_the_prompt_and_text_in_it() -> None:
    async with desk() as d:
        await d.pilot.press("question_mark")
        assert d.bench.prompt.text == "?"
        d.bench.transcript.focus()
        await d.pilot.press("question_mark")
        await d.until(lambda: d.app.screen is not d.bench)


async def test_a_remapped_key_works_and_the_old_one_does_not() -> None:
    async with desk("one two three", keymap={"reply.stop": "f8"}) as d:
        await d.ask("go")
        await d.tokens(1)
        await d.pilot.press("escape")
        assert d.controller.status.replying
        await d.pilot.press("f8")
        await d.until(lambda: not d.controller.status.replying)


async def test_tab_goes_round_the_panes() -> None:
    async with desk() as d:
        seen = []
        for _ in range(5):
            await d.pilot.press("tab")
            seen.append(d.app.focused.id)
        assert seen == ["transcript", "samplers", "inspector", "personas", "prompt"]


async def test_the_ids_of_all_panes_are_unique() -> None:
    ids = [key.id for key in KEYS]
    ids += [binding.id for binding in pane_bindings()]
    assert len(set(ids)) == len(ids)


async def test_every_theme_can_be_drawn() -> None:
    async with desk(size=(80, 24)) as d:
        await d.talk("go")
        for theme in ("logitscope-light", "ansi-dark", "textual-light", "logitscope-dark"):
            d.app.theme = theme
            await d.pilot.pause()
            assert "brown fox" in d.screen()
