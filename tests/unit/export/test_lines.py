"""A trace as JSON Lines, and back."""

import base64
import json
import random
from typing import Any

import msgspec
import numpy as np
import pytest

from tests.support.replies import HOSTILE, made, with_step
from tui.core import trace
from tui.core.errors import UsageError
from tui.core.export.lines import json_lines
from tui.core.export.read import LINE_LIMIT_BYTES, Opened, read_trace
from tui.core.export.reply import ReplyTrace, shown_again
from tui.core.lexicon import Lexicon
from tui.core.messages import PromptReady, SettingsChanged
from tui.core.replay import replay
from tui.core.settings import Settings

REPLY = made(b"red", b" blue", b" green")


def lines(reply: ReplyTrace = REPLY) -> list[bytes]:
    return [line.encode() for line in json_lines(reply)]


def opened(*changed: bytes) -> Opened:
    return read_trace(changed or lines(), "x.jsonl")


def refused(*given: bytes) -> str:
    with pytest.raises(UsageError) as caught:
        read_trace(given, "x.jsonl")
    return str(caught.value)


def altered(number: int, **values: Any) -> list[bytes]:
    """The lines with other values on one of them; a dotted name goes into a table."""
    found = lines()
    line = json.loads(found[number])
    for name, value in values.items():
        *tables, key = name.split("__")
        at = line
        for table in tables:
            at = at[table]
        at[key] = value
    found[number] = json.dumps(line).encode() + b"\n"
    return found


def told(reply: ReplyTrace) -> dict[str, Any]:
    """Everything of a reply but what a file has no use for."""
    return {name: getattr(reply, name) for name in reply.__struct_fields__
            if name not in ("model", "vocabulary")}  # fmt: skip


@pytest.mark.parametrize("reply", [REPLY, made(*HOSTILE), made()], ids=["words", "hostile", "end"])
def test_what_was_written_is_read_back_whole(reply: ReplyTrace) -> None:
    again = opened(*lines(reply))
    assert again.notes == ()
    assert told(again.reply) == told(reply)
    assert again.reply.model.name == reply.model.name
    assert again.reply.model.eog == reply.model.eog
    named = {token for step in reply.steps for token in [*step.record.ids.tolist(), step.id]}
    for token in {*named, *reply.prompt}:
        assert again.reply.vocabulary.pieces[token] == reply.vocabulary.pieces[token]


def test_all_that_a_step_knows_comes_back() -> None:
    n = REPLY.steps[1].record.ids.size
    record = msgspec.structs.replace(
        REPLY.steps[1].record, allowed_bytes=bytes([1, 0] * n)[:n],
    )  # fmt: skip
    reply = with_step(REPLY, 1, record=record, by_hand=True, resampled=True,
                      uniforms={"dist": 0.25, "xtc": 0.5}, settings_version=3)  # fmt: skip
    reply = msgspec.structs.replace(
        reply, begun=(0, 2), reason="cancelled",
        changes=(SettingsChanged(0, 1, {"temperature": 1.5, "logit_bias": [[3, False]]}, 1),),
    )  # fmt: skip
    again = opened(*lines(reply)).reply
    assert told(again) == told(reply)
    assert again.settings_at(0).temperature == 0.8
    assert again.settings_at(1).logit_bias == ((3, -float("inf")),)


def test_the_plain_trace_stands_in_it_unchanged() -> None:
    found = [json.loads(line) for line in lines()]
    prompt = PromptReady(run=0, ids=REPLY.prompt, text="", reused_tokens=0, notes=())
    start = json.loads(
        json.dumps(trace.start_line(REPLY.model, REPLY.settings, REPLY.seed, prompt))
    )
    assert {key: found[0][key] for key in start} == start
    for line, step in zip(found[1:-1], REPLY.steps, strict=True):
        plain = json.loads(json.dumps(trace.step_line(step, REPLY.vocabulary, 10)))
        assert {key: line[key] for key in plain} == plain
    assert set(found[-1]) == {"type", "reason", "text", "timings"}


def test_arrays_are_base64_of_little_endian_numbers() -> None:
    record = json.loads(lines()[1])["record"]
    logits = np.frombuffer(base64.b64decode(record["logits"]), "<f4")
    assert logits.tolist() == REPLY.steps[0].record.logits.tolist()


def test_what_if_needs_no_model() -> None:
    again = opened().reply
    hot = Settings(temperature=3.0, top_k=0, top_p=1.0, min_p=0.0)
    for i, step in enumerate(REPLY.steps):
        asked = replay(step, hot, REPLY.history(i))
        answer = replay(again.steps[i], hot, again.history(i))
        assert (answer.token, answer.exact) == (asked.token, asked.exact)
        assert np.array_equal(answer.p_final, asked.p_final)


def test_a_bias_by_text_is_in_doubt_where_not_every_token_is_named() -> None:
    by_text = Settings(logit_bias_variants=(("red", 2.0),))
    named = opened().reply.vocabulary
    assert "names some" in Lexicon(named.pieces, whole=named.whole).resolve(by_text).doubt
    assert Lexicon(REPLY.vocabulary.pieces).resolve(by_text).doubt == ""


def test_the_conversation_stands_as_it_was() -> None:
    shown = shown_again(opened().reply, "a note").path()
    assert [(m.role, m.text) for m in shown[:-1]] == [("user", REPLY.turns[1].text)]
    assert shown[-1].steps == list(REPLY.steps)
    assert (shown[-1].seed, shown[-1].note, shown[-1].text) == (7, "a note", REPLY.text)


# --- a plain trace --------------------------------------------------------------------------------


def plain(top: int) -> list[bytes]:
    prompt = PromptReady(run=0, ids=REPLY.prompt, text="", reused_tokens=0, notes=())
    found = [trace.start_line(REPLY.model, REPLY.settings, REPLY.seed, prompt)]
    found += [trace.step_line(step, REPLY.vocabulary, top) for step in REPLY.steps]
    return [json.dumps(line).encode() + b"\n" for line in found]


def test_a_plain_trace_opens_with_what_it_has_and_says_what_it_lacks() -> None:
    again = opened(*plain(3), b'{"type":"end","reason":"eog","text":"red blue green"}\n')
    assert "4 of 4 tokens have no whole record" in again.notes[0]
    for step, was in zip(again.reply.steps, REPLY.steps, strict=True):
        n = step.record.ids.size
        assert 3 <= n <= 4
        assert set(step.record.ids[:3]) == set(was.record.ids[:3])
        assert step.record.p_raw[:3] == pytest.approx(was.record.p_raw[:3], rel=1e-5)
        assert [s.sampler for s in step.stages] == [s.sampler for s in was.stages]
        assert step.record.p_final[:3].tolist() == was.record.p_final[:3].tolist()


def test_what_if_on_a_plain_trace_is_marked_as_not_exact() -> None:
    reply = opened(*plain(3)).reply
    for sampling in ({"temperature": 3.0}, {"top_n_sigma": 1.0}, {"typical_p": 0.5}):
        settings = Settings(top_k=0, top_p=1.0, min_p=0.0, **sampling)
        answers = [replay(step, settings, ()) for step in reply.steps]
        assert not all(answer.exact for answer in answers), sampling


def test_a_plain_trace_that_was_opened_is_written_as_one() -> None:
    once = opened(*plain(3)).reply
    again = opened(*lines(once))
    assert again.reply.steps[0].record.ids.tolist() == once.steps[0].record.ids.tolist()
    assert again.notes


def test_the_exact_bytes_hold_where_a_list_had_only_text() -> None:
    half = made(b"a", b"\xf0\x9f", b"\x8e\xb5")
    found = [json.loads(line) for line in lines(half)]
    for line in found:
        line.pop("record", None)
    again = opened(*(json.dumps(line).encode() + b"\n" for line in found)).reply
    assert again.vocabulary.pieces[half.steps[1].id] == b"\xf0\x9f"


def test_a_token_that_no_line_names_is_shown_by_its_id() -> None:
    vocabulary = opened(*plain(3)).reply.vocabulary
    assert len(vocabulary.pieces) == REPLY.model.n_vocab
    unnamed = vocabulary.pieces.index(b"")
    assert vocabulary.visible(unnamed) == f"⟨{unnamed}⟩"


# --- damaged and hostile files --------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 40, 2000])
def test_a_file_that_was_cut_off_gives_what_there_is(cut: int) -> None:
    found = lines()[:-1]
    again = opened(*found[:-1], found[-1][:cut])
    assert [step.i for step in again.reply.steps] == [0, 1, 2]
    assert again.notes == (
        "The last line of the file is cut off.",
        "The file ends before the reply does: 3 tokens are there.",
    )
    assert again.reply.text == "red blue green"
    assert shown_again(again.reply).path()[-1].reason == "error"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "It is empty"),
        ([b"\n", b" \n"], "It is empty"),
        ([b"\x7fELF\x00\n"], "Line 1: it is not JSON"),
        ([b"[1, 2]\n"], "Line 1: expected `object`"),
        ([b'{"a": 1}\n'], "missing required field `type`"),
        ([b'{"type":"step"}\n'], "begins with its start line"),
        ([b'{"type":"end","reason":"error","text":"","error":"No model."}\n'], "No model."),
        ([*lines()[:2], b"{broken\n", *lines()[2:]], "Line 3: it is not JSON"),
        ([*lines(), lines()[1]], "more after the line that ends"),
        ([*lines()[:2], lines()[0]], "a second reply begins here"),
        ([lines()[0], lines()[2]], "step 1 stands where step 0 belongs"),
        ([b"[" * 100_000 + b"\n"], "Line 1: "),
        ([b'{"type":"start","seed":NaN}\n'], "Line 1: it is not JSON"),
        ([lines()[0], b'{"type":"step","text":"\\ud800"}\n'], "Line 2: "),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_is_one_error_with_its_number(found: list[bytes], said: str) -> None:
    told = refused(*found)
    assert told.startswith("x.jsonl cannot be opened as a trace.\n")
    assert said in told
    assert len(told.splitlines()) == 3


FOUR = base64.b64encode(b"\x00\x00\xc0\x7f").decode()


@pytest.mark.parametrize(
    ("number", "values", "said"),
    [
        (0, {"model__n_vocab": 10**12}, "model.n_vocab"),
        (0, {"version": 99}, "newer than this program"),
        (0, {"settings": {"top_k": "x"}}, "settings: top_k"),
        (0, {"settings": []}, "expected `object`"),
        (0, {"seed": -1}, "seed"),
        (0, {"prompt__ids": "AAA="}, "not whole"),
        (0, {"prompt__pieces": {"-1": ""}}, "no token id"),
        (1, {"id": 10**7}, "id"),
        (1, {"p_raw": 7.0}, "p_raw"),
        (1, {"p_raw": "1"}, "expected `float`"),
        (1, {"u": -0.5}, "`$.u`"),
        (1, {"record__logits": FOUR}, "logits has 4 bytes"),
        (1, {"record__ids": FOUR}, "outside the vocabulary"),
        (1, {"record__ids": "AAAAAAAAAAA=", "record__logits": "AAAAAAAAAAA=",
             "record__p_final": "AAAAAAAAAAA=", "record__cut": "AAA="}, "twice"),
        (1, {"record__ids": "AAAAAA==", "record__logits": FOUR, "record__p_final": "AAAAAA==",
             "record__cut": "AA=="}, "not a number"),
        (1, {"record__ids": "%%%"}, "base64"),
        (1, {"record__cut": ""}, "cut has 0 bytes"),
        (1, {"record__allowed": "AA=="}, "allowed has 1 bytes"),
        (1, {"record__stages": []}, "0 stages in the record"),
        (1, {"record__log_sum_exp": 1e300}, "log_sum_exp"),
        (1, {"record__pieces": {"9999999": ""}}, "outside the vocabulary"),
        (1, {"state": None}, "no state"),
        (1, {"state__draws": {"dist": -1}}, "draws"),
        (1, {"uniforms": {"dist": 9.0}}, "uniforms"),
        (-1, {"reason": "because"}, "no reply ends with"),
        (-1, {"timings": {"gen_s": -1.0}}, "timing gen_s"),
        (-1, {"timings": {"gen_tokens": "many"}}, "expected `int`"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_told_with_its_line(
    number: int, values: dict[str, Any], said: str
) -> None:
    found = altered(number, **values)
    told = refused(*found)
    assert f"Line {number + 1 if number >= 0 else len(found)}: " in told
    assert said in told


def test_bytes_changed_at_random_are_a_reply_or_one_error() -> None:
    whole, dice, refusals = b"".join(lines()), random.Random(5), 0
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 4)):
            at = dice.randrange(len(data))
            data[at : at + dice.choice((1, 1, 300))] = dice.randbytes(1)
        try:
            read_trace(bytes(data).splitlines(keepends=True), "x.jsonl")
        except UsageError:
            refusals += 1
    assert 0 < refusals < 150


def test_a_plain_candidate_that_cannot_be_is_refused() -> None:
    top = [{"id": 1, "text": "a", "logit": 1.0, "p_raw": 0.5, "p_final": 0.5, "cut_by": "nobody"}]
    line = {key: value for key, value in json.loads(lines()[1]).items() if key != "record"}
    assert "did not run" in refused(lines()[0], json.dumps({**line, "top": top}).encode() + b"\n")
    top[0]["cut_by"] = None
    assert "twice" in refused(lines()[0], json.dumps({**line, "top": top * 2}).encode() + b"\n")


def test_a_line_without_end_is_not_read_into_memory_for_nothing() -> None:
    assert "longer than 64 MiB" in refused(lines()[0], b" " * (LINE_LIMIT_BYTES + 1))


def test_kinds_and_keys_of_a_later_version_are_left_out() -> None:
    later = altered(1, mood="blue")
    again = opened(*later[:2], b'{"type":"weather","sun":1}\n', *later[2:])
    assert again.reply.steps == REPLY.steps
    assert again.notes == ("1 lines of an unknown kind are left out.",)


def test_a_token_costs_what_the_documentation_says() -> None:
    # 256 candidates: 13 bytes each, in base64; what is told in words besides stays small.
    step = lines()[2]
    n = REPLY.steps[1].record.ids.size
    assert len(step) < n * 13 * 4 / 3 + 2500
