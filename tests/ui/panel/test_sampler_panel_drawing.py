"""What the sampler panel shows."""

import pytest
from host import NARROW, WIDE, Host, changes, go_to, line_with, lines_of

from tui.core.errors import Problem
from tui.core.own_sampler import OwnSampler, Parameter
from tui.core.plan import chain_line, make_plan
from tui.core.samplers import DEFAULT_ORDER, PARAMS, STAGES
from tui.core.settings import DEFAULTS, Settings
from tui.widgets.sampler_keys import SAMPLER_BINDINGS
from tui.widgets.sampler_panel import SamplerPanel
from tui.widgets.sampler_row import SamplerRows
from tui.widgets.sampler_table import SamplerTable


@pytest.mark.parametrize("size", [NARROW, (38, 20), (60, 34), (200, 60)])
async def test_rows_stand_in_chain_order_and_fit(size):
    panel = SamplerPanel()
    async with Host(panel).run_test(size=size):
        labels = [row.label for row in panel.rows]
        assert labels[1] == "logit bias"
        assert labels[2 : 2 + len(DEFAULT_ORDER)] == [STAGES[n].label for n in DEFAULT_ORDER]
        assert labels[-5:] == ["draw", "grammar", "mirostat", "seed", "min keep"]
        lines_of(panel)


async def test_every_row_can_be_reached_on_the_smallest_screen():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=NARROW) as pilot:
        for row in panel.rows:
            assert panel.current == row
            assert row.label.split()[0] in line_with(panel, "›")
            await pilot.press("down")


async def test_values_end_in_one_column_with_their_own_decimals():
    panel = SamplerPanel(Settings(temperature=0.7, top_k=7, seed=3))
    async with Host(panel).run_test(size=WIDE):
        ends = {line_with(panel, label).index(value) + len(value)
                for label, value in [("temperature", "0.70"), ("top-k", " 7"), ("top-p", "0.95"),
                                     ("seed", " 3"), ("DRY", "0.00")]}  # fmt: skip
        assert len(ends) == 1


async def test_neutral_rows_say_so_and_active_ones_have_a_slider():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE):
        plan = make_plan(DEFAULTS)
        for planned in plan.stages:
            line = line_with(panel, STAGES[planned.name].label)
            assert line.endswith(planned.reason) if planned.reason else "●" in line


async def test_what_mirostat_replaces_says_why():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        await go_to(pilot, panel, "mirostat")
        await pilot.press("space")
        assert panel.settings.mirostat == 2
        for label in ("penalties", "top-k", "min-p", "XTC"):
            assert "mirostat replaces the chain" in line_with(panel, label)
        assert "●" in line_with(panel, "temperature")
        assert "target entropy" in [row.label for row in panel.rows]
        await pilot.press("left", "space", "space")
        assert panel.settings.mirostat == 1


async def test_sources_are_shown_and_a_hand_is_one():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        panel.sources = {"top_k": "persona", "seed": "flags"}
        await pilot.pause()
        assert line_with(panel, "top-k").endswith("persona")
        assert line_with(panel, "seed").endswith("flags")
        await go_to(pilot, panel, "top-k")
        assert "from persona" in " ".join(lines_of(panel)[-2:])
        await pilot.press("right")
        assert line_with(panel, "top-k").endswith("panel")


async def test_the_heading_says_where_unedited_settings_come_from():
    panel = SamplerPanel(Settings(temperature=0.2, top_k=3, seed=9))
    async with Host(panel).run_test(size=WIDE) as pilot:
        panel.sources = {"temperature": "persona croupier", "top_k": "persona croupier"}
        await pilot.pause()
        assert line_with(panel, "Samplers").endswith("persona croupier")
        panel.sources = {"temperature": "persona croupier", "top_k": "flags"}
        await pilot.pause()
        assert line_with(panel, "Samplers").endswith("flags + persona croupier")
        await go_to(pilot, panel, "min-p")
        await pilot.press("right")
        assert line_with(panel, "Samplers").endswith("edited")


async def test_without_focus_the_foot_is_the_chain():
    panel = SamplerPanel()
    host = Host(panel)
    async with host.run_test(size=(100, 34)) as pilot:
        host.set_focus(None)
        await pilot.pause()
        assert lines_of(panel)[-2].strip() == chain_line(DEFAULTS)
        assert "›" not in "".join(lines_of(panel))


HOSTILE = "custom:\x1b]52;c;eA==\x07[/foo]\u202e日本語👩‍👩‍👧"


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_hostile_names_and_sources_are_harmless(size):
    panel = SamplerPanel(Settings(samplers=(HOSTILE, "top_k")))
    async with Host(panel).run_test(size=size) as pilot:
        panel.sources = {"top_k": "\x1b[31m[/bold]\u202e日本"}
        await pilot.press("down", "down")
        text = "\n".join(lines_of(panel))
        assert panel.current.stage == HOSTILE
        assert not any(bad in text for bad in ("\x1b", "\x07", "\u202e"))
        await pilot.press("right", "space", "n", "d", "enter", "o", "J")
        assert panel.settings.samplers == ("top_k", HOSTILE)


async def test_ascii_only_draws_ascii():
    panel = SamplerPanel(Settings(mirostat=1, presence_penalty=1.0), ascii_only=True)
    host = Host(panel)
    async with host.run_test(size=NARROW) as pilot:
        for _ in panel.rows:
            await pilot.press("down")
            assert "\n".join(lines_of(panel)).isascii()
        host.set_focus(None)
        await pilot.pause()
        assert "\n".join(lines_of(panel)).isascii()


async def test_without_colour_every_state_has_a_word_or_a_sign(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    panel = SamplerPanel(Settings(off=("top_p",)))
    host = Host(panel)
    async with host.run_test(size=WIDE) as pilot:
        assert host.no_color
        await go_to(pilot, panel, "top-k")
        assert line_with(panel, "top-k").startswith("›")
        assert line_with(panel, "top-p").endswith("off")
        assert line_with(panel, "typical").endswith("neutral")


def test_keys_survive_ssh_and_have_ids():
    lost = {"ctrl+b", "ctrl+a", "ctrl+s", "ctrl+q", "ctrl+z", "ctrl+i", "ctrl+m", "ctrl+tab"}
    for binding in SAMPLER_BINDINGS:
        keys = binding.key.split(",")
        assert binding.id and binding.id.startswith("sampler.")
        assert any(key not in lost and "shift+" not in key for key in keys)


def test_every_parameter_has_a_row_somewhere():
    opened = dict.fromkeys([*STAGES, "draw"], True)
    everything = Settings(samplers=(*DEFAULT_ORDER, "adaptive_p"))
    rows = SamplerRows(SamplerTable(), everything, opened).make()
    assert {row.key for row in rows} >= set(PARAMS)


TOP_A = OwnSampler(
    "top-a",
    lambda ids, logits, values: logits,
    parameters=[Parameter("amount", maximum=2.0, step=0.1, help="how much"),
                Parameter("most", neutral=0, maximum=9, step=1)],
    label="top-a",
)  # fmt: skip


async def test_a_sampler_of_ones_own_has_a_row_like_any_other():
    panel = SamplerPanel()
    host = Host(panel)
    async with host.run_test(size=WIDE) as pilot:
        panel.own = {"top-a": TOP_A}
        await pilot.pause()
        await go_to(pilot, panel, "top-a")
        assert "not in the chain" in line_with(panel, "top-a")
        await pilot.press("space")
        assert panel.settings.samplers[-2:] == ("custom:top-a", "temperature")
        assert line_with(panel, "top-a").split()[-1] != "chain"
        await pilot.press("right", "right", "right")
        assert panel.settings.custom == {"top-a": {"amount": 0.3}}
        assert "●" in line_with(panel, "top-a")
        await pilot.press(*"3", "enter")
        assert "3 is out of range: it goes from 0 to 2" in panel.message
        await pilot.press("escape", "2", "backspace", *"nan", "enter")
        assert "nan is not a finite number" in panel.message
        await pilot.press("escape", "o", "down", "down", "right")
        assert panel.settings.custom == {"top-a": {"amount": 0.3, "most": 1}}
        await pilot.press("up", "n")
        assert panel.settings.custom["top-a"]["amount"] == 0.0
        assert changes(host)[-1] == panel.settings


@pytest.mark.parametrize(("size", "told"), [(NARROW, " top_a.py:3"), (WIDE, " top_a.py:3: NaN")])
async def test_a_fault_in_a_sampler_is_said_on_its_row_the_files_name_and_line_first(size, told):
    panel = SamplerPanel(Settings(samplers=("custom:top-a", "top_k")))
    path = "/home/somebody/.config/logitscope/samplers/top_a.py"
    async with Host(panel).run_test(size=size) as pilot:
        panel.own = {"top-a": TOP_A}
        fault = Problem(key="custom:top-a", message="NaN", path=path, line=3)
        panel.faults = {"custom:top-a": fault}
        await pilot.pause()
        assert told in line_with(panel, "top-a")
        assert "●" in line_with(panel, "top-k")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_banned_end_tokens_are_told_apart_from_biases(size):
    panel = SamplerPanel(Settings(ignore_eos=True, logit_bias=((5, 1.0),)))
    async with Host(panel).run_test(size=size):
        assert "end off" in line_with(panel, "logit bias")
        assert "1 set" in line_with(panel, "logit bias")
    panel = SamplerPanel(Settings(ignore_eos=True))
    async with Host(panel).run_test(size=size):
        assert " set" not in line_with(panel, "logit bias")
