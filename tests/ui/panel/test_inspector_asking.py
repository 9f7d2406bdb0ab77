"""The inspector beyond looking at what was: other settings, stages, finding, biases, another road."""

import re

import msgspec
import numpy as np
import pytest
from builder import a_step, sampled
from host import Host, line_with, lines_of
from textual.geometry import Offset
from textual.message import Message

from tui.core.lexicon import Lexicon
from tui.core.model import Vocabulary
from tui.core.settings import Settings
from tui.core.step import ChainState
from tui.core.whatif import Moment
from tui.widgets.inspector import Inspector

WORDS = Vocabulary((b"red", b" red", b"Red", b"blue", b" green", b"\xe2\x96", b"<|end|>", b"\n"))
LEXICON = Lexicon(WORDS.pieces, eog=(6,), silent=(6,))
PALETTE = [0.4, 0.25, 0.15, 0.1, 0.05, 0.03, 0.015, 0.005]
CUTS = Settings(top_k=0, top_p=0.9, min_p=0.0, temperature=1.0)


def a_moment(settings: Settings = CUTS) -> Moment:
    return Moment(sampled(PALETTE, settings), settings, (), LEXICON)


def under_cursor(inspector: Inspector) -> list[str]:
    """The words of the candidate under the cursor."""
    found = [line for line in lines_of(inspector) if line.startswith("›")]
    assert len(found) == 1
    return found[0].split()


def numbers(line: str) -> list[float]:
    return [float(found) for found in re.findall(r"\d+\.\d+", line)]


def said(inspector: Inspector) -> str:
    """Everything, as if no line were broken."""
    return " ".join(line.strip() for line in lines_of(inspector))


def heard(host: Host, kind: type[Message]) -> list[Message]:
    return [message for message in host.heard if isinstance(message, kind)]


async def test_other_settings_are_answered_beside_what_was():
    moment = a_moment()
    inspector = Inspector()
    async with Host(inspector).run_test(size=(80, 24)):
        reading = moment.under(CUTS.changed(top_p=0.3, temperature=2.0))
        inspector.show(reading, WORDS, position=(2, 9))
        lines = lines_of(inspector)
        assert lines[0].split("  ")[1] == "What if 2 of 9"
        assert "if %" in line_with(inspector, "raw %")
        assert "was %" in line_with(inspector, "raw %")
        second = line_with(inspector, "     2 ␠red")
        assert numbers(second)[:2] == [25.00, round(100 * 0.25 / 0.9, 2)]
        assert second.endswith("cut by top-p")


async def test_what_the_same_dice_take_has_a_mark_of_its_own():
    moment = a_moment()
    assert moment.step.id == 0
    other = CUTS.changed(logit_bias=((0, -8.0),))
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)):
        inspector.show(moment.under(other), WORDS)
        taken = moment.under(other).token
        assert line_with(inspector, "◆").split()[3] == str(taken)
        assert line_with(inspector, "●").split()[3] == "0"
        assert "same dice: ‹" in " ".join(lines_of(inspector)[:2])


async def test_an_answer_that_is_not_exact_says_why():
    p = [0.5, 0.2, *[0.3 / 298] * 298]
    moment = Moment(a_step(p, p, n_vocab=4096), Settings())
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)):
        flat = Settings(top_k=0, top_p=1.0, min_p=0.0, temperature=3.0)
        inspector.show(moment.under(flat), None)
        header = " ".join(line.strip() for line in lines_of(inspector)[:5])
        assert "perhaps" in header
        assert "not exact: " in header


async def test_a_removed_one_has_its_reason_in_numbers_where_there_is_room():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)):
        inspector.show(a_moment().recorded(), WORDS)
        assert line_with(inspector, "⏎").endswith("top-p: 90 % held by 4")
    inspector = Inspector()
    async with Host(inspector).run_test(size=(140, 24)):
        inspector.show(a_moment().recorded(), WORDS)
        assert line_with(inspector, "⏎").endswith("cut by top-p: 90 % already held by 4 tokens")


async def test_a_stage_shows_which_candidates_it_took_and_its_curve():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 30)) as pilot:
        inspector.show(a_moment().recorded(), WORDS)
        await pilot.press("right")
        assert line_with(inspector, "› top-p")
        assert "top-p took 4" in said(inspector)
        taken = [line for line in lines_of(inspector) if line.startswith("×")]
        assert len(taken) == 4
        assert all("top-p: 90 % held by 4" in line for line in taken)
        assert any("mass so far, to 90 %" in line for line in lines_of(inspector))
        assert any("4 kept of 8" in line for line in lines_of(inspector))
        await pilot.press("down", "down")
        assert line_with(inspector, "› top-p"), "its candidates can be walked"
        assert len([line for line in lines_of(inspector) if line.startswith("×")]) == 4
        await pilot.press("escape")
        assert "kept of" not in said(inspector)


@pytest.mark.parametrize(
    ("changed", "title"),
    [({"tfs_z": 0.5}, "tail-free: bend so far, to 50 %"), ({"typical_p": 0.5}, "typical: "),
     ({"top_p": 0.5}, "top-p: "), ({"min_p": 0.2}, "min-p: 20 % of the best is 8 %")],
)  # fmt: skip
@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("size", [(38, 20), (60, 30), (120, 40)])
async def test_every_curve_fits_and_parts_what_was_kept(changed, title, ascii_only, size):
    settings = CUTS.changed(top_p=1.0).changed(**changed)
    moment = Moment(sampled(PALETTE, settings), settings)
    inspector = Inspector(ascii_only=ascii_only)
    async with Host(inspector).run_test(size=size) as pilot:
        inspector.show(moment.recorded(), None)
        await pilot.press("right")
        lines = lines_of(inspector)
        at = next(i for i, line in enumerate(lines) if line.strip().startswith(title[:20]))
        kept = moment.step.stages[0].kept
        assert any(f"{kept} kept of 8" in line for line in lines[at:])
        if ascii_only:
            assert all(line.isascii() for line in lines)


async def test_the_pointer_over_a_stage_shows_what_it_took():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 30)) as pilot:
        inspector.show(a_moment().recorded(), WORDS)
        y = next(i for i, line in enumerate(lines_of(inspector)) if line.startswith("  top-p"))
        await pilot.hover(offset=Offset(5, y))
        assert "top-p took 4" in said(inspector)
        await pilot.hover(offset=Offset(5, 0))
        assert "top-p took" not in said(inspector)


async def test_mirostats_state_is_drawn_over_the_reply():
    settings = Settings(mirostat=2, mirostat_tau=3.0)
    step = sampled(PALETTE, settings.changed(mirostat=0, top_k=0, top_p=1.0, min_p=0.0))
    steps = [
        msgspec.structs.replace(step, state=ChainState({"mirostat": i}, 6.0 - 0.1 * i, (0.0, 0.0)))
        for i in range(100)
    ]
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 30)):
        reading = Moment(steps[70], settings).recorded()
        inspector.show(reading, WORDS, position=(71, 100), steps=steps)
        text = said(inspector)
        assert "mirostat 2: μ -1.00 bit, target 3" in text
        spark = line_with(inspector, "▁▁▁").strip()
        assert len(spark) == 58
        assert "▴" in lines_of(inspector)[lines_of(inspector).index(f"  {spark}") + 1]


async def test_finds_by_text_and_by_id():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)) as pilot:
        inspector.show(a_moment().recorded(), WORDS)
        await pilot.press("slash", *"red")
        assert "/red" in said(inspector)
        assert "1 of 3" in said(inspector)
        await pilot.press("enter", "n")
        assert "2 of 3" in said(inspector)
        await pilot.press("N", "N")
        assert "3 of 3" in said(inspector)
        await pilot.press("slash", *"4", "enter")
        assert under_cursor(inspector)[2] == "␠green"
        await pilot.press("slash", *"zebra", "enter")
        assert "No recorded candidate has 'zebra'" in said(inspector)
        await pilot.press("down")
        assert "zebra" not in said(inspector)


async def test_a_candidate_is_encouraged_discouraged_and_banned():
    inspector = Inspector()
    host = Host(inspector)
    async with host.run_test(size=(60, 24)) as pilot:
        moment = a_moment()
        inspector.show(moment.recorded(), WORDS)
        await pilot.press("down", "plus")
        tried = heard(host, Inspector.Tried)[-1].settings
        assert tried.logit_bias == ((1, 1.0),)
        inspector.show(moment.under(tried), WORDS)
        assert "bias +1" in said(inspector)
        await pilot.press("minus")
        assert heard(host, Inspector.Tried)[-1].settings.logit_bias == ()
        await pilot.press("x")
        assert heard(host, Inspector.Tried)[-1].settings.logit_bias == ((1, -np.inf),)


async def test_spelling_variants_are_offered_and_taken_together():
    inspector = Inspector()
    host = Host(inspector)
    async with host.run_test(size=(60, 24)) as pilot:
        # Banned, the rest would add up to 0.9 exactly, and the last digits would decide.
        moment = a_moment(CUTS.changed(top_p=0.85))
        inspector.show(moment.recorded(), WORDS)
        await pilot.press("down")
        assert "also spelt red Red" in said(inspector)
        await pilot.press("v", "x")
        settings = heard(host, Inspector.Tried)[-1].settings
        assert settings.logit_bias_variants == (("red", -np.inf),)
        reading = moment.under(settings)
        assert reading.exact
        assert [p > 0 for p in reading.p_final][:4] == [False, False, False, True]
        inspector.show(reading, WORDS)
        await pilot.press("v")
        moved = heard(host, Inspector.Tried)[-1].settings
        assert moved.logit_bias_variants == ()
        assert moved.logit_bias == ((1, -np.inf),)


async def test_a_piece_of_a_character_has_no_spellings():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)) as pilot:
        inspector.show(a_moment().recorded(), WORDS)
        await pilot.press("slash", "5", "enter")
        assert under_cursor(inspector)[2:4] == ["⟨E2", "96⟩"]
        await pilot.press("v")
        assert "no spellings" in said(inspector)


async def test_a_candidate_that_ends_the_reply_says_so():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)) as pilot:
        inspector.show(a_moment().recorded(), WORDS)
        await pilot.press("slash", *"end|", "enter", "down", "up")
        assert "ends the reply" in said(inspector)


async def test_enter_asks_for_the_other_road_with_any_candidate():
    inspector = Inspector()
    host = Host(inspector)
    async with host.run_test(size=(60, 24)) as pilot:
        inspector.show(a_moment().recorded(), WORDS)
        await pilot.press("end", "enter")
        assert [(m.token, m.leave_grammar) for m in heard(host, Inspector.Forked)] == [(7, False)]


async def test_a_candidate_that_the_grammar_refuses_is_offered_without_it():
    step = a_moment().step
    record = msgspec.structs.replace(step.record, allowed_bytes=bytes([1, 0, 1, 1, 1, 1, 1, 1]))
    moment = Moment(msgspec.structs.replace(step, record=record), CUTS, (), LEXICON)
    inspector = Inspector()
    host = Host(inspector)
    async with host.run_test(size=(60, 24)) as pilot:
        inspector.show(moment.recorded(), WORDS)
        await pilot.press("g")
        assert not heard(host, Inspector.Forked)
        await pilot.press("down", "enter")
        assert not heard(host, Inspector.Forked)
        assert "leaves the grammar" in said(inspector)
        await pilot.press("g")
        assert [(m.token, m.leave_grammar) for m in heard(host, Inspector.Forked)] == [(1, True)]
