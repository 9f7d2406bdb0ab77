"""The inspector, on steps whose every number is known."""

import re

import msgspec
import numpy as np
import pytest
from builder import DIGITS, STAGES, a_step, answer, sampled
from host import Host, line_with, lines_of

from tui.core.model import Vocabulary
from tui.core.settings import Settings
from tui.core.step import KEPT, StageTrace, Step
from tui.core.whatif import Moment
from tui.widgets.candidate_line import percent
from tui.widgets.candidate_table import CandidateTable
from tui.widgets.inspector import INSPECTOR_BINDINGS, Inspector

SIZES = [(30, 14), (38, 20), (60, 24), (120, 40), (38, 6)]


def show(inspector: Inspector, step: Step | None, vocabulary: Vocabulary | None = DIGITS) -> None:
    reading = None if step is None else Moment(step).recorded()
    inspector.show(reading, vocabulary, position=(2, 9))


def under_cursor(inspector: Inspector) -> list[str]:
    """The words of the candidate under the cursor."""
    found = [line for line in lines_of(inspector) if line.startswith("›")]
    assert len(found) == 1
    return found[0].split()


def numbers(line: str) -> list[float]:
    return [float(found) for found in re.findall(r"\d+\.\d+", line)]


async def test_the_header_says_where_and_how_sure():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(80, 24)):
        show(inspector, answer(entropy_bits=0.7345))
        assert lines_of(inspector)[0].split("  ")[1:] == [
            "Token 2 of 9", "‹2›", "rank 1", "entropy 0.73 bit exact", "u 0.417"
        ]  # fmt: skip


async def test_the_header_says_what_was_unusual():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(120, 24)):
        step = answer(u=None)
        show(inspector, step)
        assert "no draw" in lines_of(inspector)[0]
        changed = Step(**{f: getattr(step, f) for f in step.__struct_fields__}
                       | {"by_hand": True, "resampled": True})  # fmt: skip
        show(inspector, changed)
        assert "taken by hand" in lines_of(inspector)[0]
        assert "drawn again for the grammar" in lines_of(inspector)[0]


@pytest.mark.parametrize("size", SIZES)
async def test_lines_fit_and_numbers_are_the_steps(size):
    inspector = Inspector()
    async with Host(inspector).run_test(size=size):
        step = answer()
        show(inspector, step)
        lines = lines_of(inspector)
        first = next(i for i, line in enumerate(lines) if line.startswith("●"))
        raw, final = step.record.p_raw, step.record.p_final
        assert numbers(lines[first])[:2] == [
            round(100 * raw[0], 2),
            round(100 * float(final[0]), 2),
        ]
        assert numbers(lines[first + 1])[:2] == [6.20, 3.40]


async def test_a_removed_candidate_keeps_its_place_and_says_what_removed_it():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(38, 20)):
        show(inspector, answer())
        lines = lines_of(inspector)
        third = lines[lines.index(line_with(inspector, "● 2".replace(" ", " "))) + 2]
        assert third.split()[0] == "3"
        assert numbers(third) == [0.66]
        assert third.endswith("cut by top-p")


async def test_others_hold_the_rest_of_the_mass():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 16)):
        step = answer()
        show(inspector, step)
        lines = lines_of(inspector)
        at = next(i for i, line in enumerate(lines) if "others" in line)
        first = next(i for i, line in enumerate(lines) if line.startswith("●"))
        seen = float(step.record.p_raw[: at - first].sum())
        assert numbers(lines[at]) == [round(100 * (1 - seen), 2), 0.0]
        assert f"{1024 - (at - first)} others" in lines[at]


async def test_the_chosen_is_told_by_its_id():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)):
        show(inspector, a_step([0.5, 0.3, 0.2], [0.5, 0.3, 0.2], chosen=2, ids=[40, 41, 42]))
        marked = [line for line in lines_of(inspector) if line.startswith("●")]
        assert len(marked) == 1
        assert marked[0].split()[:4] == ["●", "3", "J", "42"]


async def test_a_chosen_one_far_down_is_in_sight():
    p = [0.5, *[0.5 / 299] * 299]
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 20)) as pilot:
        show(inspector, a_step(p, p, chosen=120, n_vocab=300))
        assert line_with(inspector, "●").split()[1] == "121"
        for i in range(12):
            await pilot.press("down")
            assert under_cursor(inspector)[1] == str(i + 2)
            assert line_with(inspector, "●").split()[1] == "121"


async def test_scrolls_through_every_recorded_candidate():
    p = np.full(300, 1 / 300)
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 20)) as pilot:
        show(inspector, a_step(p, p, n_vocab=32000))
        await pilot.press("end")
        assert under_cursor(inspector)[1] == "⟨299⟩"
        await pilot.press("pageup", "home")
        assert "●" in line_with(inspector, " 0 ")
        seen = set()
        for _ in range(40):
            seen |= {int(n) for line in lines_of(inspector) for n in re.findall("⟨(.+?)⟩", line)}
            await pilot.press("pagedown")
        assert seen >= set(range(95, 300))


async def test_orders_by_final():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)) as pilot:
        show(inspector, a_step([0.5, 0.3, 0.2], [0.0, 0.2, 0.8], chosen=2, ids=[40, 41, 42],
                               cut=[0, KEPT, KEPT], stages=[StageTrace("xtc", 2, 0.5, 1.0, True)]))  # fmt: skip
        assert "↓raw %" in line_with(inspector, "token")
        await pilot.press("s")
        assert "raw %" in line_with(inspector, "token")
        assert "↓raw %" not in line_with(inspector, "token")
        ids = [
            n for line in lines_of(inspector)[2:5] for n in line.split() if n in ("40", "41", "42")
        ]
        assert ids == ["42", "41", "40"]
        assert line_with(inspector, "cut by XTC").split()[2] == "40"


async def test_a_line_for_each_stage():
    settings = Settings(top_k=40, top_p=0.9, min_p=0.05, temperature=0.8)
    step = sampled([0.5, 0.3, 0.15, 0.04, 0.01], settings)
    inspector = Inspector()
    async with Host(inspector).run_test(size=(80, 24)):
        inspector.show(Moment(step, settings).recorded(), DIGITS)
        rows = [" ".join(line.split()) for line in lines_of(inspector)]
        assert "stage left mass% entropy bit this %" in rows
        assert "model 5 100.0 1.68 50.00" in rows
        assert "top-k 5 → 5 100.0 1.68 → 1.68 50.00" in rows
        assert "top-p 5 → 3 95.0 1.68 → 1.43 52.63" in rows
        assert "min-p 3 → 3 95.0 1.43 → 1.43 52.63" in rows
        weights = np.array([0.5, 0.3, 0.15]) ** (1 / 0.8)
        p = weights / weights.sum()
        bits = float(-(p * np.log2(p)).sum())
        assert f"temperature 3 → 3 95.0 1.43 → {bits:.2f} {100 * p[0]:.2f}" in rows
        assert f"dist u 0.417 {100 * p[0]:.2f}" in rows


async def test_a_stage_that_did_nothing_is_dim():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)):
        show(inspector, answer())
        strips = [inspector.render_line(y) for y in range(24)]
        styles = {
            strip.text.split()[0]: [segment.style.color for segment in strip][1]
            for strip in strips
            if strip.text.strip()
        }
        assert styles["typical"] == styles["min-p"] != styles["top-k"] == styles["top-p"]


async def test_low_places_keep_the_survivors_in_a_line():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(80, 12)):
        show(inspector, answer())
        assert "1024 → top-k 40 → typical 40 → top-p 2" in lines_of(inspector)[-1]


async def test_a_long_chain_keeps_its_stages_in_a_narrow_terminal():
    inspector = Inspector()
    names = ["logit_bias", "penalties", "dry", "top_k", "top_p", "min_p", "xtc", "temperature"]
    stages = [StageTrace(name, 40 - n, 0.9, 0.7, True) for n, name in enumerate(names)]
    async with Host(inspector).run_test(size=(46, 19)):
        show(inspector, answer(stages=stages, cut=[KEPT, KEPT] + [4] * 38))
        for label in ("logit bias", "DRY", "XTC", "temperat", "dist"):
            assert line_with(inspector, f"  {label}")
        assert len([line for line in lines_of(inspector) if "top-p" in line]) >= 2


async def test_a_candidate_that_the_grammar_refuses_is_marked():
    inspector = Inspector()
    step = answer()
    record = msgspec.structs.replace(step.record, allowed_bytes=bytes([1, 0, *[1] * 38]))
    async with Host(inspector).run_test(size=(60, 24)) as pilot:
        show(inspector, msgspec.structs.replace(step, record=record))
        assert "cut by grammar" in line_with(inspector, "6.20")
        await pilot.press("down")
        assert "the draw" not in "\n".join(lines_of(inspector))


async def test_wide_vocabularies_fit():
    inspector = Inspector()
    stages = (StageTrace("top_n_sigma", 151936, 1.0, 11.25, False), *STAGES)
    for size in [(30, 30), (38, 30)]:
        inspector = Inspector()
        async with Host(inspector).run_test(size=size):
            show(inspector, answer(n_vocab=151936, stages=stages, cut=[KEPT, KEPT] + [3] * 38))
            assert "151936" in line_with(inspector, "model")
            assert line_with(inspector, "cut by").endswith("cut by top-p")


async def test_compact_is_four_lines_with_the_chosen_among_them():
    p = [0.5, 0.2, 0.1, 0.1, 0.05, 0.05]
    inspector = Inspector()
    async with Host(inspector).run_test(size=(80, 4)) as pilot:
        inspector.compact = True
        await pilot.pause()
        show(inspector, a_step(p, p, chosen=4))
        lines = lines_of(inspector)
        assert lines[0].strip().startswith("Token 2 of 9")
        assert "50.00 % raw" in lines[1]
        assert "50.00 % final" in lines[1]
        assert lines[3].startswith("●")
        assert "rank 5" in lines[0]


async def test_the_empty_place_says_what_could_be_there():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(38, 12)):
        text = " ".join(line.strip() for line in lines_of(inspector))
        assert "Send a message" in text
        assert "← and → in the conversation" in text
        show(inspector, answer())
        assert "Send a message" not in " ".join(lines_of(inspector))
        show(inspector, None)
        assert "Nothing to look at yet" in lines_of(inspector)[0]


async def test_the_same_step_shown_again_keeps_the_cursor():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)) as pilot:
        step = answer()
        show(inspector, step)
        await pilot.press("down", "down")
        show(inspector, step)
        assert under_cursor(inspector)[2] == "3"
        show(inspector, answer())
        assert not [line for line in lines_of(inspector) if line.startswith("›")]


HOSTILE = Vocabulary((
    b"\x1b]52;c;ZXZpbA==\x07", b"[/foo][red]", "日本語テキスト".encode(), "👩‍👩‍👧".encode(),
    "\u202eevil".encode(), b"\xe2\x96", b"\n\t ", b"\x9b31m", b"x" * 500,
))  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ascii_only", [False, True])
async def test_hostile_tokens_are_visible_and_harmless(size, ascii_only):
    p = [0.2, *[0.1] * 8]
    inspector = Inspector(ascii_only=ascii_only)
    async with Host(inspector).run_test(size=size) as pilot:
        for chosen in range(9):
            show(inspector, a_step(p, p, chosen=chosen), HOSTILE)
            text = "\n".join(lines_of(inspector))
            assert not any(bad in text for bad in ("\x1b", "\x07", "\x9b", "\u202e", "\t"))
            assert text.isascii() or not ascii_only
        if size == (120, 40):
            await pilot.press("down")
            assert "[/foo][red]" in text
            assert "⟨E2 96⟩" in text or "<E2 96>" in text


async def test_hostile_stage_names_are_harmless():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)):
        stage = StageTrace("custom:\x1b[31m[/x]\u202e日本", 1, 0.5, 0.0, True)
        show(inspector, a_step([0.5, 0.5], [1.0, 0.0], cut=[KEPT, 0], stages=[stage]))
        text = "\n".join(lines_of(inspector))
        assert "␛[31" in text
        assert "␛[31m[/x]" in text
        assert "\x1b" not in text


async def test_without_a_vocabulary_ids_and_the_steps_own_bytes_are_shown():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)):
        show(inspector, answer(piece=b" two"), None)
        assert "‹␠two›" in lines_of(inspector)[0]
        assert "⟨17⟩" in "".join(lines_of(inspector))


async def test_an_empty_record_is_no_fault():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)) as pilot:
        step = answer()
        empty = Step(**{f: getattr(step, f) for f in step.__struct_fields__}
                     | {"record": type(step.record)(b"", b"", b"", b"", 0.0, 0, 0, 0.0, 0.0, 0.0)})  # fmt: skip
        show(inspector, empty)
        await pilot.press("down", "end", "s", "pageup")
        assert "were not recorded" in "".join(lines_of(inspector))
        assert "rank 1" in lines_of(inspector)[0]


async def test_the_detail_of_the_current_candidate_is_said_in_full():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)) as pilot:
        show(inspector, answer())
        await pilot.press("down", "down")
        assert any(line.strip().startswith("3 id 19 cut by top-p") for line in lines_of(inspector))


async def test_the_detail_gives_the_reason_in_numbers():
    settings = Settings(top_k=0, top_p=1.0, min_p=0.05, temperature=1.0)
    step = sampled([0.31, 0.3, 0.2, 0.1, 0.08, 0.008, 0.002], settings)
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)) as pilot:
        inspector.show(Moment(step, settings).recorded(), DIGITS)
        await pilot.press(*["down"] * 5)
        assert "% id 5 cut by min-p: 0.8 % < 5 % × 31 %" in "\n".join(lines_of(inspector))
        await pilot.press("up")
        assert "$ id 4 was left to the draw" in "\n".join(lines_of(inspector))


async def test_where_it_is_tight_the_reason_stands_alone():
    settings = Settings(top_k=0, top_p=1.0, min_p=0.05, temperature=1.0)
    step = sampled([0.31, 0.3, 0.2, 0.1, 0.08, 0.008, 0.002], settings)
    inspector = Inspector()
    async with Host(inspector).run_test(size=(38, 14)) as pilot:
        inspector.show(Moment(step, settings).recorded(), DIGITS)
        await pilot.press(*["down"] * 5)
        assert "  cut by min-p: 0.8 % < 5 % × 31 %" in lines_of(inspector)


async def test_a_reason_that_cannot_be_told_in_numbers_names_the_stage():
    inspector = Inspector()
    async with Host(inspector).run_test(size=(60, 24)) as pilot:
        settings = Settings(top_k=0, top_p=1.0, min_p=0.05, temperature=1.0)
        step = sampled([0.31, 0.3, 0.2, 0.1, 0.08, 0.008, 0.002], settings)
        inspector.show(Moment(step, Settings(top_k=3)).recorded(), DIGITS)
        await pilot.press(*["down"] * 5)
        assert "% id 5 cut by min-p" in "\n".join(lines_of(inspector))
        assert "× 31 %" not in "\n".join(lines_of(inspector))


async def test_without_colour_marks_remain(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    inspector = Inspector()
    host = Host(inspector)
    async with host.run_test(size=(38, 20)):
        show(inspector, answer())
        assert host.no_color
        assert line_with(inspector, "90.00").startswith("●")
        assert "█" in line_with(inspector, "90.00")


async def test_drawing_costs_only_what_is_in_sight():
    p = np.full(4096, 1 / 4096)
    inspector = Inspector()
    made = []

    class Counting(CandidateTable):
        def token(self, line: int, *, ascii_only: bool) -> str:
            made.append(line)
            return super().token(line, ascii_only=ascii_only)

    async with Host(inspector).run_test(size=(60, 24)):
        show(inspector, a_step(p, p, n_vocab=4096))
        inspector._table = Counting(inspector.reading, DIGITS)
        lines_of(inspector)
        assert len(made) <= 24


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100.00"), (0.7333, "73.33"), (1e-9, "<0.01"), (0.0, "0.00")]
)
def test_percent(share, text):
    assert percent(share) == text


def test_keys_have_ids():
    assert all(binding.id and binding.id.startswith("inspector.") for binding in INSPECTOR_BINDINGS)
