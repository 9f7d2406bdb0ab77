"""Every action by key, by palette, in help, and remapped."""

from inspect import isawaitable

from desk import Desk, desk
from textual.events import Key
from textual.widget import Widget

from tui.core.binding import KEYS
from tui.core.status import Activity
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
        words = " ".join(shown.split())
        for key in KEYS:
            assert key.text in words
        for binding in pane_bindings():
            assert binding.description in words
        await d.pilot.press("escape")
        await d.until(lambda: d.app.screen is d.bench)


async def test_help_breaks_no_line_of_its_table_in_80_columns() -> None:
    async with desk(size=(80, 24)) as d:
        await d.pilot.press("f1")
        await d.until(lambda: d.app.screen is not d.bench)
        text = d.app.screen.query_one("#help").query("Static").first()
        table = text.visual.plain.partition("Every action is")[0].partition("Prompt\n")[2]
        assert max(map(len, table.splitlines())) <= text.content_size.width


async def test_help_is_ascii_where_the_screen_is() -> None:
    async with desk(size=(80, 24), ascii_only=True) as d:
        await d.pilot.press("f1")
        await d.until(lambda: d.app.screen is not d.bench)
        shown = d.app.screen.query_one("#help").query("Static").first().visual.plain
        assert shown.isascii()
        assert "?" not in shown.replace("F1, ?", "")
        assert "  Left " in shown


def arrive_at_once(d: Desk, *keys: tuple[str, str | None]) -> None:
    """Keys in one piece, as over a slow line."""
    for key, character in keys:
        d.app.post_message(Key(key, character))


async def test_what_is_typed_right_after_the_key_of_a_search_is_looked_for() -> None:
    async with desk("one two three four five") as d:
        await d.talk("go")
        await d.pilot.press("tab", "left", "left", "enter")
        await d.until(lambda: d.bench.inspector.has_focus)
        live = d.controller.profile.settings
        arrive_at_once(d, ("slash", "/"), *((c, c) for c in "xaz"), ("enter", None))
        await d.until(lambda: "'xaz'" in d.screen())
        assert d.bench.what_if.copy is None
        assert d.controller.profile.settings == live


async def test_a_digit_right_after_an_arrow_is_for_the_row_that_the_arrow_goes_to() -> None:
    async with desk() as d:
        panel = d.bench.samplers
        d.bench.action_pane("samplers")
        await d.until(lambda: panel.has_focus)
        while panel.current.key != "temperature":
            await d.pilot.press("down")
        before = panel.settings
        arrive_at_once(d, ("up", None), *((c, c) for c in "0.5"), ("enter", None))
        await d.until(lambda: panel.settings != before)
        assert set(before.difference(panel.settings)) == {"xtc_probability"}


async def test_a_key_that_went_to_a_screen_which_closes_holds_up_no_other() -> None:
    async with desk() as d:
        await d.pilot.press("f1")
        await d.until(lambda: d.app.screen is not d.bench)
        arrive_at_once(d, ("escape", None), *((c, c) for c in "hi"))
        await d.until(lambda: d.app.screen is d.bench)
        await d.pilot.press("!")
        await d.until(lambda: d.bench.prompt.text.endswith("!"))


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


REMAPPED = {
    "reply.regenerate": "f2", "message.edit": "f3", "reply.stop": "f4", "prompt.send": "f5",
    "branch.previous": "f6", "token.left": "f7", "persona.library": "f8", "view.persona": "f9",
    "inspector.search": "ctrl+k", "inspector.next": "ctrl+d", "inspector.leave_grammar": "ctrl+e",
    "inspector.fork": "ctrl+f", "inspector.ban": "ctrl+u", "inspector.spellings": "ctrl+w",
    "sampler.less": "ctrl+k", "sampler.type": "ctrl+d", "sampler.neutral": "ctrl+e",
    "tree.show": "ctrl+k", "tree.close": "ctrl+d", "compare.go": "ctrl+k", "compare.keep": "ctrl+d",
}  # fmt: skip


async def talk(d: Desk) -> None:
    """A question and its whole reply."""
    d.controller.submit("go")
    await d.until(lambda: d.controller.status.replying)
    await d.engine.finish()
    await d.until(lambda: d.controller.status.activity is Activity.READY)
    await d.pilot.pause()


def words(pane: Widget) -> str:
    """What a pane says, line ends as blanks."""
    lines = [pane.render_line(y).text for y in range(pane.size.height)]
    return " ".join(" ".join(lines).split())


async def test_sentences_name_the_keys_as_they_were_remapped() -> None:
    async with desk("one two three", keymap=REMAPPED, size=(140, 40)) as d:
        assert "F7 and → in the conversation walk" in words(d.bench.inspector)
        assert "F8 library" in d.screen()
        assert "F9 shows it" in d.screen()
        d.bench.transcript.focus()
        await d.pilot.press("f6")
        await d.until(lambda: "one branch only; F2 or F3 makes another" in d.screen())
        await d.pilot.press("f2")
        await d.until(lambda: "no other reply; F6 and ] walk the greetings" in d.screen())
        await talk(d)
        d.bench.transcript.focus()
        await d.pilot.press("f3")
        await d.until(lambda: "F5 sends it as a new branch, F4 leaves it" in d.screen())
        d.bench.prompt.clear()
        await d.until(lambda: "F4 leaves it as it was" in d.screen())
        await d.pilot.press("f4")
        assert d.bench.prompt.editing is None


async def test_panes_and_screens_name_the_keys_as_they_were_remapped() -> None:
    async with desk("one two three", keymap=REMAPPED, size=(170, 50)) as d:
        await talk(d)
        d.bench.samplers.focus()
        await d.pilot.press("home")
        await d.until(
            lambda: "Ctrl+K and → walk the presets, Ctrl+D lists" in words(d.bench.samplers)
        )
        inspector = d.bench.inspector
        inspector.focus()
        await d.pilot.press("ctrl+d")
        await d.until(lambda: "Ctrl+K finds by text or id" in words(inspector))
        await d.pilot.press("ctrl+e")
        await d.until(lambda: "Ctrl+F goes on with this candidate; Ctrl+E only" in words(inspector))
        for _ in range(5):  # the first may be no text of its own
            await d.pilot.press("down", "ctrl+w")
            if "now act" in words(inspector):
                break
        assert "+, - and Ctrl+U now act" in words(inspector)
        assert "Ctrl+W changes it back" in words(inspector)
        d.bench.action_tree()
        await d.until(lambda: "Ctrl+K shows  [ ] branches" in d.screen())
        assert "Ctrl+D closes" in d.screen()
        await d.pilot.press("ctrl+d")
        await d.until(lambda: d.app.screen is d.bench)
        d.bench.action_compare()
        await d.until(lambda: "Press Ctrl+K and every lane" in d.screen())
        assert "Ctrl+D keep" in d.screen()


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
