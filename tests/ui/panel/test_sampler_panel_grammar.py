"""The grammar's row of the sampler panel: typed, pasted, switched, taken away."""

import pytest
from host import WIDE, Host, go_to, line_with
from textual import events

from tui.core.settings import Settings
from tui.widgets.sampler_panel import SamplerPanel


async def type_on(pilot, text):
    await pilot.press("enter", "ctrl+u", *["space" if c == " " else c for c in text], "enter")


async def test_a_grammar_is_typed_switched_off_and_lifted():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "grammar")
        await pilot.press("space")
        assert panel.message == "no grammar is set"
        await type_on(pilot, 'root ::= "yes"')
        assert panel.settings.in_force == ('root ::= "yes"', "")
        assert line_with(panel, "grammar").rstrip().endswith("GBNF")
        await pilot.press("space")
        assert panel.settings.in_force == ("", "")
        assert panel.settings.grammar
        assert line_with(panel, "grammar").rstrip().endswith("off")
        await pilot.press("space")
        assert panel.settings.in_force == ('root ::= "yes"', "")
        await type_on(pilot, '{"type": "null"}')
        assert panel.settings.in_force == ("", '{"type": "null"}')
        await pilot.press("n")
        assert panel.settings == Settings()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("{", "the schema is no JSON"),
        ("yes or no", "a grammar begins with root ::="),
    ],
)
async def test_what_is_no_grammar_is_told_and_the_old_one_kept(typed, told):
    panel = SamplerPanel(Settings(grammar='root ::= "a"'))
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "grammar")
        await type_on(pilot, typed)
        assert panel.message.startswith(told)
        assert panel.settings.grammar == 'root ::= "a"'


async def test_a_grammar_that_no_line_holds_is_kept_until_another_is_typed():
    long = "root ::= " + " | ".join(f'"{n}"' for n in range(99))
    panel = SamplerPanel(Settings(grammar=long))
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "grammar")
        await pilot.press("enter")
        assert "too long for a line" in panel.message
        await pilot.press("enter")
        assert panel.settings.grammar == long
        await pilot.press("enter", "down")
        assert panel.settings.grammar == long


async def test_a_preset_leaves_a_grammar_off_that_is_off():
    panel = SamplerPanel(Settings(grammar='root ::= "a"', off=("grammar", "top_k")))
    async with Host(panel).run_test(size=WIDE):
        panel.choose_preset("neutral")
        assert panel.settings.off == ("grammar",)
        assert panel.settings.grammar


async def test_a_pasted_grammar_keeps_its_lines_and_all_of_its_length():
    lines = ["# colours", *(f'part{n} ::= "{n}"' for n in range(40)), "root ::= part1"]
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "grammar")
        await pilot.press("enter")
        panel.post_message(events.Paste("\r".join(lines)))
        await pilot.pause()
        assert panel.settings.grammar.split("\n") == lines
        await pilot.press("enter")
        panel.post_message(events.Paste('root ::= "a"'))
        await pilot.press("enter")
        assert panel.settings.grammar == 'root ::= "a"'


async def test_a_pasted_text_that_is_no_grammar_is_told_and_the_old_one_kept():
    panel = SamplerPanel(Settings(grammar='root ::= "a"'))
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "grammar")
        await pilot.press("enter")
        panel.post_message(events.Paste("some words\nof a letter"))
        await pilot.pause()
        assert panel.message.startswith("a grammar begins with root ::=")
        assert panel.settings.grammar == 'root ::= "a"'


async def test_what_was_refused_is_what_typing_begins_with():
    old = Settings(grammar='root ::= "a"')
    panel = SamplerPanel(old)
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "grammar")
        await type_on(pilot, 'root ::= ("b"')
        panel.settings = old
        panel.give_back('root ::= ("b"', "Not changed. The grammar is broken.")
        assert panel.message == "Not changed. The grammar is broken."
        await pilot.press("enter", "end", ")", "enter")
        assert panel.settings.grammar == 'root ::= ("b")'
        panel.settings = old
        await pilot.press("enter", "end", "space", "enter")
        assert panel.settings.grammar == old.grammar


async def test_a_schema_nested_too_deeply_is_told_when_it_is_pasted():
    panel = SamplerPanel(Settings(grammar='root ::= "a"'))
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "grammar")
        await pilot.press("enter")
        panel.post_message(events.Paste('{"a":' * 20_000 + "1" + "}" * 20_000))
        await pilot.pause()
        assert panel.message == "the schema is nested too deeply"
        assert panel.settings.grammar == 'root ::= "a"'


async def test_what_the_line_does_not_hold_is_never_cut_off_and_taken():
    old = Settings(grammar='root ::= "a"')
    panel = SamplerPanel(old)
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "grammar")
        long = 'root ::= "' + "b" * 120 + '"'
        await type_on(pilot, long)
        assert "the line is full" in panel.message
        assert panel.settings == old
        await pilot.press("backspace", '"', "enter")
        assert panel.settings.grammar == long[:119] + '"'
