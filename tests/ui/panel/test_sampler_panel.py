"""The sampler panel by its keys, used as a person uses it."""

import pytest
from host import WIDE, Host, changes, go_to, line_with, lines_of

from tui.core.plan import chain_line, make_plan
from tui.core.samplers import DEFAULT_ORDER
from tui.core.settings import DEFAULTS, PRESETS, Settings, preset
from tui.widgets.sampler_panel import SamplerPanel


@pytest.mark.parametrize(
    ("label", "key", "down", "up", "much"),
    [
        ("temperature", "temperature", 0.75, 0.85, 1.3),
        ("top-k", "top_k", 39, 41, 50),
        ("top-p", "top_p", 0.94, 0.96, 1.0),
        ("min-p", "min_p", 0.04, 0.06, 0.15),
    ],
)
async def test_arrows_change_by_the_step(label, key, down, up, much):
    panel = SamplerPanel()
    host = Host(panel)
    async with host.run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, label)
        for press, value in [("left", down), ("d", getattr(DEFAULTS, key)), ("right", up),
                             ("minus", getattr(DEFAULTS, key)), ("plus", up), ("d", None),
                             ("L", much), ("d", None), ("shift+right", much)]:  # fmt: skip
            await pilot.press(press)
            if value is not None:
                assert getattr(panel.settings, key) == pytest.approx(value)
        assert changes(host)[-1] == panel.settings
        assert len(changes(host)) == 9


async def test_a_value_stops_at_the_end_of_its_range():
    panel = SamplerPanel(Settings(top_p=0.02))
    host = Host(panel)
    async with host.run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "top-p")
        await pilot.press("H", "H", "H")
        assert panel.settings.top_p == 0.0
        assert len(changes(host)) == 1


async def test_the_stretch_below_zero_that_means_off_is_one_press():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "top-n-sigma")
        await pilot.press("right", "right")
        assert panel.settings.top_n_sigma == pytest.approx(0.1)
        await pilot.press("left", "left")
        assert panel.settings.top_n_sigma == -1.0


async def test_typing_a_value():
    panel = SamplerPanel()
    host = Host(panel)
    async with host.run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "temperature")
        await pilot.press("enter")
        assert panel.typed == "0.8"
        assert "0 to 100" in line_with(panel, "temperature")
        await pilot.press(*"1.35", "enter")
        assert panel.typed is None
        assert panel.settings.temperature == 1.35
        assert changes(host) == [panel.settings]


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("seed", "from the next reply on"),
        ("temperature", "the most likely, without a dynamic range"),
    ],
)
async def test_the_help_of_a_row_says_when_its_value_does_not_hold(label, said):
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, label)
        assert said in " ".join(line.strip() for line in lines_of(panel)[-2:])


async def test_a_digit_begins_typing_and_esc_keeps_the_old_value():
    panel = SamplerPanel()
    host = Host(panel)
    async with host.run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "top-k")
        await pilot.press(*"12")
        assert panel.typed == "12"
        await pilot.press("backspace", "escape")
        assert panel.settings.top_k == 40
        assert changes(host) == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1.5", "1.5 is out of range: it goes from 0 to 1"),
        ("-1", "-1 is out of range"),
        ("nan", "nan is not a finite number"),
        ("inf", "inf is not a finite number"),
        ("warm", "'warm' is not a number"),
        ("0_1", "'0_1' is not a number"),
        ("", "type a number"),
    ],
)
async def test_a_wrong_value_is_said_on_its_row_and_loses_nothing(typed, said):
    panel = SamplerPanel()
    host = Host(panel)
    async with host.run_test(size=(80, 34)) as pilot:
        await go_to(pilot, panel, "top-p")
        await pilot.press("enter", "ctrl+u", *typed, "enter")
        assert said in panel.message
        assert panel.typed == typed
        assert said in line_with(panel, "top-p")
        assert panel.settings.top_p == 0.95
        assert changes(host) == []
        await pilot.press("ctrl+u", *"0.5", "enter")
        assert panel.settings.top_p == 0.5
        assert panel.message == ""
        await pilot.press(*"9", "enter", "escape")
        assert panel.message == ""
        assert panel.settings.top_p == 0.5


async def test_a_wrong_value_is_said_whole_below_on_a_narrow_screen():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=(34, 20)) as pilot:
        await go_to(pilot, panel, "top-p")
        await pilot.press(*"7", "enter")
        foot = " ".join(line.strip() for line in lines_of(panel)[-2:])
        assert "7 is out of range: it goes from 0 to 1" in foot


async def test_a_fraction_is_no_whole_number():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "top-k")
        await pilot.press("enter", *"2.5", "enter")
        assert "not a whole number" in panel.message
        assert panel.settings.top_k == 40


async def test_space_switches_a_stage_off_and_keeps_its_value():
    panel = SamplerPanel()
    host = Host(panel)
    async with host.run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "top-p")
        await pilot.press("space")
        assert panel.settings.off == ("top_p",)
        assert panel.settings.top_p == 0.95
        assert "top_p" not in make_plan(changes(host)[-1]).active
        assert line_with(panel, "top-p").split()[-2:] == ["0.95", "off"]
        await pilot.press("space")
        assert panel.settings == DEFAULTS


async def test_neutral_and_default():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "min-p")
        await pilot.press("n")
        assert panel.settings.min_p == 0.0
        await pilot.press("up")
        assert line_with(panel, "min-p").split() == ["min-p", "0.00", "neutral", "panel"]
        await go_to(pilot, panel, "min-p")
        await pilot.press("space", "d")
        assert panel.settings == DEFAULTS


async def test_a_stage_with_several_values_opens():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "penalties")
        await pilot.press("o")
        shown = [row.label for row in panel.rows if row.depth]
        assert shown == ["repeat", "last n", "frequency", "presence"]
        await go_to(pilot, panel, "presence")
        await pilot.press("right", "enter", *"0.5", "enter")
        assert panel.settings.presence_penalty == 0.5
        await pilot.press("o")
        assert panel.current.label == "penalties"
        assert not [row for row in panel.rows if row.depth]


async def test_a_stage_that_acts_through_another_value_is_open():
    panel = SamplerPanel(Settings(dynatemp_range=0.5))
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "dynamic range")
        assert "0.50" in line_with(panel, "dynamic range")


async def test_breakers_are_typed_with_escapes():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "DRY")
        await pilot.press("o")
        await go_to(pilot, panel, "breakers")
        await pilot.press("enter")
        assert panel.typed == '\\n : " *'
        await pilot.press(*"\\n a\\sb \\\\", "enter")
        assert panel.settings.dry_sequence_breakers == ("\n", "a b", "\\")


async def test_order():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "temperature")
        await pilot.press("K", "K")
        assert panel.current.label == "temperature"
        assert panel.settings.samplers == (*DEFAULT_ORDER[:-3], "temperature", "min_p", "xtc")
        await pilot.press("J", "J", "J")
        assert panel.settings == DEFAULTS
        await go_to(pilot, panel, "seed")
        await pilot.press("K")
        assert panel.message
        assert panel.settings == DEFAULTS


async def test_a_stage_that_stands_twice_has_two_rows():
    panel = SamplerPanel(Settings(samplers=("top_k", "temperature", "top_k")))
    async with Host(panel).run_test(size=WIDE) as pilot:
        assert [row.label for row in panel.rows].count("top-k") == 2
        await go_to(pilot, panel, "top-k")
        await pilot.press("J")
        assert panel.settings.samplers == ("temperature", "top_k", "top_k")
        assert panel.current.place == 1


@pytest.mark.parametrize(
    ("label", "key", "said"),
    [
        ("logit bias", "right", "logit bias has no value"),
        ("logit bias", "enter", "--logit-bias"),
        ("seed", "space", "seed cannot be switched off"),
        ("seed", "n", "seed has no neutral value"),
        ("draw", "d", "draw has no default"),
        ("draw", "K", "this row has its place"),
    ],
)
async def test_a_press_that_can_do_nothing_says_so(label, key, said):
    panel = SamplerPanel()
    host = Host(panel)
    async with host.run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, label)
        await pilot.press(key)
        assert said in panel.message
        assert said in "\n".join(lines_of(panel))
        assert panel.settings == DEFAULTS
        assert changes(host) == []
        await pilot.press("down")
        assert panel.message == ""


async def test_choosing_the_preset_in_force_says_nothing():
    panel = SamplerPanel()
    host = Host(panel)
    async with host.run_test(size=WIDE) as pilot:
        await pilot.press("d")
        await pilot.pause()
        assert host.heard == []


async def test_presets():
    panel = SamplerPanel()
    host = Host(panel)
    async with host.run_test(size=WIDE) as pilot:
        assert line_with(panel, "Samplers").endswith("llama.cpp defaults")
        await pilot.press("right")
        assert panel.settings == preset("neutral")
        assert line_with(panel, "Samplers").endswith("neutral")
        await pilot.press("right")
        assert panel.settings == preset("greedy")
        chosen = [m.preset for m in host.heard if isinstance(m, SamplerPanel.PresetChosen)]
        assert chosen == ["neutral", "greedy"]
        await pilot.press("enter")
        assert [row.label for row in panel.rows if row.depth] == [p[0] for p in PRESETS.values()]
        await pilot.press("down", "enter")
        assert panel.settings == DEFAULTS


async def test_a_preset_keeps_the_task_and_edited_settings_can_come_back():
    mine = Settings(temperature=1.3, seed=7, grammar='root ::= "a"', logit_bias=((3, 1.0),))
    panel = SamplerPanel(mine)
    async with Host(panel).run_test(size=WIDE) as pilot:
        assert line_with(panel, "Samplers").endswith("edited")
        await pilot.press("right")
        assert panel.settings.temperature == 0.8
        assert panel.settings.seed == 7
        assert panel.settings.grammar == mine.grammar
        assert panel.settings.logit_bias == mine.logit_bias
        await pilot.press("left")
        assert panel.settings == mine


async def test_the_draw_can_be_chosen():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "draw")
        await pilot.press("right")
        assert make_plan(panel.settings).draw == "adaptive_p"
        assert "target" in [row.label for row in panel.rows]
        await pilot.press("right")
        assert make_plan(panel.settings).draw == "greedy"
        assert "greedy draws nothing" in line_with(panel, "seed")
        await pilot.press("right")
        assert panel.settings == DEFAULTS


async def test_the_chain_can_be_copied():
    panel = SamplerPanel(Settings(seed=42))
    host = Host(panel)
    async with host.run_test(size=WIDE) as pilot:
        await pilot.press("y")
        await pilot.pause()
        assert [m.text for m in host.heard if isinstance(m, SamplerPanel.ChainCopied)] == [
            chain_line(panel.settings)
        ]


async def test_settings_from_outside_leave_the_cursor_and_what_is_typed():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "top-k")
        await pilot.press("9")
        panel.settings = Settings(temperature=1.5, presence_penalty=1.0)
        await pilot.pause()
        assert panel.current.label == "top-k"
        assert panel.typed == "9"
        await pilot.press("enter")
        assert panel.settings == Settings(temperature=1.5, presence_penalty=1.0, top_k=9)


async def test_a_late_answer_to_a_change_does_not_undo_the_next():
    panel = SamplerPanel()
    host = Host(panel)
    async with host.run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "top-k")
        await pilot.press("right", "right", "right")
        for answer in changes(host):
            panel.settings = answer
            assert panel.settings.top_k == 43
        panel.settings = changes(host)[0]
        assert panel.settings.top_k == 41


async def test_leaving_takes_a_good_value_and_keeps_a_bad_one_for_correction():
    panel = SamplerPanel()
    host = Host(panel)
    async with host.run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "top-k")
        await pilot.press("9")
        host.set_focus(None)
        await pilot.pause()
        assert panel.settings.top_k == 9
        panel.focus()
        await go_to(pilot, panel, "top-p")
        await pilot.press("9")
        host.set_focus(None)
        await pilot.pause()
        assert panel.settings.top_p == 0.95
        assert panel.typed == "9"
        assert "9 is out of range" in panel.message


async def test_a_stage_that_the_order_leaves_out_can_join_the_chain():
    panel = SamplerPanel(Settings(samplers=("top_k", "temperature")))
    async with Host(panel).run_test(size=WIDE) as pilot:
        assert line_with(panel, "min-p").split()[-4:] == ["not", "in", "the", "chain"]
        await go_to(pilot, panel, "min-p")
        assert "Space puts it there" in " ".join(lines_of(panel)[-2:])
        await pilot.press("space")
        assert panel.settings.samplers == ("top_k", "min_p", "temperature")
