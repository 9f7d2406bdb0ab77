"""What-if in the workbench: a copy of the settings over a past reply, on a scripted engine."""

import pytest
from desk import Desk, desk
from textual.widget import Widget

from tui.core.messages import Generate
from tui.core.persona import Persona
from tui.core.settings import Settings
from tui.core.tint import Mark
from tui.widgets.inspector import Inspector


def marks(d: Desk) -> dict[int, Mark]:
    """What the transcript marks in the last reply."""
    key = d.controller.conversation.path()[-1].key
    return dict(d.bench.transcript._painter.marks.get(key, {}))


async def select(d: Desk, *keys: str) -> None:
    """Put the token cursor on a token of the reply."""
    await d.talk("go")
    await d.pilot.press("tab", *keys)


async def change(d: Desk, **values: object) -> None:
    """Change values in the panel, as a hand does."""
    d.bench.samplers._change(d.bench.samplers.settings.changed(**values))
    await d.pilot.pause()


async def looked_at(d: Desk) -> None:
    sweep = d.bench.what_if._sweep
    await d.until(lambda: sweep.finished and "looked at" not in d.bench.inspector.whole)


async def focus(d: Desk, widget: Widget) -> None:
    widget.focus()
    await d.until(lambda: widget.has_focus)


async def test_with_a_token_selected_the_panel_edits_a_copy() -> None:
    async with desk() as d:
        await select(d, "left", "left")
        live = d.controller.profile.settings
        assert "What if" in d.screen()
        await change(d, top_k=1)
        assert d.controller.profile.settings == live
        assert d.bench.what_if.copy is not None
        assert d.bench.inspector.reading.asked
        assert d.bench.inspector.reading.settings.top_k == 1
        await d.pilot.press("escape")
        assert d.bench.transcript.cursor is None
        assert d.bench.samplers.settings == live
        assert "Samplers" in d.screen()
        await change(d, top_k=7)
        assert d.controller.profile.settings.top_k == 7


async def test_without_a_change_the_panel_shows_what_the_token_was_drawn_with() -> None:
    async with desk() as d:
        await d.talk("go")
        drawn = d.controller.conversation.path()[-1].settings
        await change(d, temperature=1.9)
        await d.pilot.press("tab", "left")
        assert d.bench.samplers.settings == drawn
        assert "as it was drawn" in d.screen()


async def test_the_whole_reply_is_marked_and_said() -> None:
    async with desk("one two three four five six seven eight nine ten") as d:
        await select(d, "left")
        await change(d, top_k=1, temperature=1.0)
        await looked_at(d)
        steps = d.controller.conversation.path()[-1].steps
        cut = {i for i, step in enumerate(steps) if step.rank > 1}
        assert {i for i, mark in marks(d).items() if mark is Mark.FORBIDDEN} == cut
        words = d.bench.inspector.whole
        if cut:
            assert f"parts at token {min(marks(d)) + 1}" in words
            await d.pilot.press("m")
            assert d.bench.transcript.cursor[1] == min(marks(d))
        await d.pilot.press("z")
        assert marks(d) == {}
        assert d.bench.what_if.copy is None
        assert not d.bench.inspector.reading.asked


async def test_remapped_keys_are_told_as_they_are() -> None:
    keymap = {"whatif.parting": "f6", "whatif.take": "f7", "whatif.drop": "f8"}
    async with desk("one two three four five six", keymap=keymap, size=(170, 50)) as d:
        await select(d, "left")
        await change(d, top_k=1, temperature=3.0)
        await looked_at(d)
        assert marks(d)
        assert "(F6)" in d.bench.inspector.whole
        await d.until(lambda: "F7 makes these" in d.screen())
        await d.pilot.press("f8")
        assert d.bench.what_if.copy is None


async def test_one_key_makes_the_copy_the_settings() -> None:
    async with desk() as d:
        await select(d, "left")
        await change(d, top_k=3)
        await d.pilot.press("a")
        assert d.controller.profile.settings.top_k == 3
        assert d.controller.profile.settings.seed == -1
        assert d.bench.what_if.copy is None
        await d.pilot.press("a")
        assert "Nothing was changed yet" in d.lines()[-1]


async def test_the_copy_stays_while_the_cursor_walks_and_the_reply_is_left() -> None:
    async with desk() as d:
        await select(d, "left")
        await change(d, top_k=2)
        await d.pilot.press("left", "left")
        assert d.bench.inspector.reading.settings.top_k == 2
        await d.pilot.press("escape")
        assert not d.bench.inspector.reading.asked
        await d.pilot.press("tab", "left")
        assert d.bench.inspector.reading.settings.top_k == 2


async def test_a_bias_from_the_table_is_tried_before_it_is_taken() -> None:
    async with desk() as d:
        await select(d, "left", "left")
        inspector = d.bench.inspector
        await focus(d, inspector)
        token = inspector.step.id
        while inspector._table.token_id(inspector._cursor) != token:
            await d.pilot.press("down")
        await d.pilot.press("x")
        await d.until(lambda: inspector.reading.asked)
        assert inspector.reading.forbidden
        assert d.controller.profile.settings.logit_bias == ()
        await d.pilot.press("a")
        assert d.controller.profile.settings.logit_bias == ((token, float("-inf")),)


async def test_a_ban_of_every_spelling_is_lifted_by_the_same_key() -> None:
    async with desk() as d:
        await select(d, "left", "left")
        inspector = d.bench.inspector
        await focus(d, inspector)
        while inspector._text() is None:
            await d.pilot.press("down")
        text = inspector._text()
        await d.pilot.press("v", "x")
        banned = ((text, float("-inf")),)
        await d.until(lambda: d.bench.what_if.copy is not None)
        assert d.bench.what_if.copy.logit_bias_variants == banned
        await d.pilot.press("v")
        d.bench.what_if.edit(
            d.bench.what_if.copy.changed(logit_bias=(), logit_bias_variants=banned)
        )
        await d.until(lambda: inspector.reading.settings.logit_bias_variants == banned)
        await d.pilot.press("x")
        await d.until(lambda: d.bench.what_if.copy.logit_bias_variants == ())
        assert d.bench.what_if.copy.logit_bias == ()


async def test_a_bias_without_a_cursor_selects_the_newest_token() -> None:
    async with desk() as d:
        await d.talk("go")
        await focus(d, d.bench.inspector)
        await d.pilot.press("x")
        await d.until(lambda: d.bench.transcript.cursor is not None)
        assert d.bench.what_if.copy.logit_bias


async def test_enter_on_a_candidate_goes_on_with_it_and_the_what_if() -> None:
    async with desk() as d:
        await select(d, "left", "left", "left")
        await change(d, temperature=0.5)
        key, index = d.bench.transcript.cursor
        await focus(d, d.bench.inspector)
        await d.pilot.press("down", "down")
        token = d.bench.inspector._table.token_id(2)
        await d.pilot.press("enter")
        await d.until(lambda: isinstance(d.engine.requests[-1], Generate)
                      and d.engine.requests[-1].resume is not None)  # fmt: skip
        asked = d.engine.requests[-1]
        assert asked.resume.token == token
        assert len(asked.resume.ids) == index
        assert asked.settings.temperature == 0.5
        assert len(d.controller.conversation.siblings(key)) == 2


async def test_narrow_the_answer_stays_in_sight_while_values_change() -> None:
    async with desk(size=(80, 24)) as d:
        await select(d, "left", "left")
        await d.pilot.press("ctrl+t")
        await d.until(lambda: d.bench.samplers.has_focus)
        await change(d, logit_bias=((d.bench.peek.step.id, -20.0),))
        await d.until(lambda: "same dice" in d.screen())
        assert "What if" in d.screen()


async def test_a_reply_that_grows_is_looked_at_to_its_end() -> None:
    async with desk("a b c d e f g h") as d:
        await d.ask("go")
        await d.tokens(3)
        await d.pilot.press("tab", "left")
        await change(d, top_k=1)
        await looked_at(d)
        await d.tokens(3)
        await d.engine.finish()
        await d.until(lambda: d.bench.what_if._sweep.done == 9)


async def test_every_key_of_the_panes_is_in_the_palette() -> None:
    async with desk() as d:
        titles = {command.title for command in d.app.get_system_commands(d.app.screen)}
        for binding in Inspector.BINDINGS:
            assert f"Inspector: {binding.description}" in titles
        assert "Make the what-if the settings" in titles


def test_settings_that_differ_in_the_seed_alone_choose_alike() -> None:
    from tui.core.whatif import alike

    assert alike(Settings(seed=1), Settings(seed=2))
    assert not alike(Settings(seed=1), Settings(seed=1, top_k=1))


async def test_effects_are_counted_in_slices_and_name_a_placebo() -> None:
    async with desk("one two three four five") as d:
        await d.talk("go")
        await d.pilot.press("tab", "u")
        await d.until(lambda: d.app.screen is not d.bench)
        await d.until(lambda: d.app.screen.finished)
        shown = d.app.screen.query_one("#effects-text").visual.plain
        steps = d.controller.conversation.path()[-1].steps
        removed = sum((step.record.cut == 1).any() for step in steps)
        assert f"{removed} of {len(steps)}" in " ".join(shown.split("top-p 0.95")[1].split())
        assert "min-p" in shown
        await d.pilot.press("escape")
        assert d.app.screen is d.bench


@pytest.mark.parametrize("width", [60, 80])
async def test_words_about_a_stage_keep_their_indent_on_every_line(width: int) -> None:
    settings = {"top_p": 0.9, "xtc_probability": 1.0, "xtc_threshold": 0.01}
    persona = Persona(id="p", name="P", sampling=settings)
    async with desk("one two three four", personas=(persona,), persona="p", size=(width, 20)) as d:
        await d.talk("go")
        await d.pilot.press("tab", "u")
        await d.until(lambda: d.app.screen is not d.bench and d.app.screen.finished)
        await d.pilot.pause()
        words = d.app.screen.query_one("#effects-text")
        table = words.visual.plain.partition("mean mass")[2].splitlines()[1:]
        assert max(map(len, table)) <= words.content_size.width
        assert any("  never " in line for line in table)
        assert all(line.startswith("  ") or line.endswith("%") for line in table[:-2] if line)


async def test_effects_without_a_reply_say_so() -> None:
    async with desk() as d:
        await d.pilot.press("tab", "u")
        assert "no reply yet" in d.lines()[-1]
