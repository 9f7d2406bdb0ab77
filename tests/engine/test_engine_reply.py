from pathlib import Path

import pytest

from tests.support.talk import Talk
from tui.core.messages import (
    Cancel,
    ChangeSettings,
    Finished,
    Load,
    Loaded,
    Prefill,
    PromptReady,
    Rates,
    Render,
    SettingsChanged,
    SettingsRefused,
    Steps,
    Turn,
    Warned,
)
from tui.core.model import LoadOptions
from tui.core.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENDLESS = Settings(ignore_eos=True)


def turns(*texts: str) -> tuple[Turn, ...]:
    roles = ("user", "assistant")
    return tuple(Turn(role=roles[n % 2], text=text) for n, text in enumerate(texts))


def says(text: str) -> Settings:
    return Settings(grammar=f'root ::= "{text}"')


async def test_a_reply_has_prompt_progress_steps_and_an_end(talk: Talk):
    told = await talk.reply("hello world", predict=5, settings=ENDLESS)
    kinds = [type(event) for event in told.events]
    assert kinds[:3] == [PromptReady, Prefill, Prefill]
    assert kinds[-2:] == [Steps, Finished]
    total = len(told.prompt.ids) - told.prompt.reused_tokens
    progress = [event for event in told.events if isinstance(event, Prefill)]
    assert (progress[0].done, progress[-1].done) == (0, total)
    assert [step.i for step in told.steps] == [0, 1, 2, 3, 4]
    assert told.finished.reason == "length"
    assert told.finished.timings.gen_tokens == 5
    assert told.finished.timings.prompt_tokens == total
    assert told.finished.timings.sample_s > 0
    # The last token of a reply is not put into the cache.
    assert told.finished.kv_tokens == len(told.prompt.ids) + 4


async def test_the_same_seed_gives_the_same_reply_and_another_does_not(talk: Talk):
    asked = {"user": "roll", "predict": 20, "settings": Settings(top_k=0, top_p=1, min_p=0)}
    first = await talk.reply(**asked, seed=7)
    assert (await talk.reply(**asked, seed=7)).ids == first.ids
    assert (await talk.reply(**asked, seed=8)).ids != first.ids


async def test_the_end_of_generation_token_is_the_last_step(talk: Talk):
    told = await talk.reply("hello", settings=says("hello"))
    assert told.finished.reason == "eog"
    assert (told.steps[-1].id, told.steps[-1].piece, told.steps[-1].text) == (1, b"", "")
    assert told.finished.text == told.text == "hello"


async def test_a_second_turn_reuses_the_first_and_computes_the_same(talk: Talk, tiny: Path):
    first = await talk.reply("hello world", settings=says("red blue"))
    asked = (
        Turn(role="user", text="hello world"),
        Turn(role="assistant", text=first.finished.text, ids=first.ids),
        Turn(role="user", text="the red"),
    )
    again = await talk.reply(turns=asked, settings=ENDLESS, predict=1)
    assert again.prompt.ids[: len(first.prompt.ids) + len(first.ids)] == (
        first.prompt.ids + first.ids
    )
    # All but the token that ended the reply was in the cache.
    assert again.prompt.reused_tokens == len(first.prompt.ids) + len(first.ids) - 1
    await talk.load(tiny, n_batch=32)
    fresh = await talk.reply(turns=asked, settings=ENDLESS, predict=1)
    assert fresh.prompt.reused_tokens == 0
    assert fresh.prompt.ids == again.prompt.ids
    assert fresh.steps[0].entropy_bits == pytest.approx(again.steps[0].entropy_bits, abs=0.02)


async def test_ids_of_a_reply_are_kept_where_its_text_would_be_cut_otherwise(talk: Talk):
    # `h e l l o` letter by letter is not how the tokenizer writes `hello`.
    letters = tuple([(await spelled(talk, letter))[0] for letter in "hello"])
    asked = (*turns("one"), Turn(role="assistant", text="hello", ids=letters), *turns("two"))
    told = await talk.reply(turns=asked, predict=1)
    assert contains(told.prompt.ids, letters)
    edited = (*turns("one"), Turn(role="assistant", text="hell red", ids=letters), *turns("two"))
    told = await talk.reply(turns=edited, predict=1)
    assert contains(told.prompt.ids, letters[:4])
    assert not contains(told.prompt.ids, letters)


async def spelled(talk: Talk, text: str) -> tuple[int, ...]:
    return (await talk.reply(prompt=text, predict=0)).prompt.ids


def contains(ids: tuple[int, ...], part: tuple[int, ...]) -> bool:
    return any(ids[n : n + len(part)] == part for n in range(len(ids)))


async def test_a_last_reply_is_continued(talk: Talk):
    first = await talk.reply("hello", settings=ENDLESS, predict=4)
    asked = (*turns("hello"), Turn(role="assistant", text=first.text, ids=first.ids))
    told = await talk.reply(turns=asked, predict=1)
    assert told.prompt.ids == first.prompt.ids + first.ids


async def test_a_character_appears_with_its_last_byte(talk: Talk):
    told = await talk.reply("hello", settings=says("aéb"))
    pieces = [step.piece for step in told.steps]
    assert pieces == [b"a", b"\xc3", b"\xa9", b"b", b""]
    assert [step.text for step in told.steps] == ["a", "", "é", "b", ""]


async def test_a_stop_text_is_found_over_token_borders_and_never_shown(talk: Talk):
    told = await talk.reply("hello", settings=says("one STOP two"), stop=("STOP",))
    assert told.finished.reason == "stop"
    assert told.finished.text == told.text == "one "
    assert b"".join(step.piece for step in told.steps) == b"one STOP"


async def test_what_only_began_like_a_stop_text_is_shown(talk: Talk):
    told = await talk.reply("hello", settings=says("one STO"), stop=("STOP",))
    assert told.finished.reason == "eog"
    assert told.finished.text == told.text == "one STO"


async def test_a_change_holds_from_the_step_it_names(talk: Talk):
    talk.ask("hello", settings=ENDLESS.changed(temperature=1.0, top_k=0))
    before = await talk.until(lambda event: isinstance(event, Steps))
    talk.send(ChangeSettings(talk._run, ENDLESS.changed(temperature=1.0, top_k=3)))
    between = await talk.until(lambda event: isinstance(event, SettingsChanged))
    change = between[-1]
    after = await talk.until(lambda event: isinstance(event, Steps))
    talk.send(Cancel(talk._run))
    rest = await talk.told()
    steps = [
        step
        for event in (*before, *between, *after)
        if isinstance(event, Steps)
        for step in event.steps
    ] + rest.steps
    assert change.changed == {"top_k": 3}
    assert change.version == 1
    assert 0 < change.i < len(steps)
    for step in steps:
        held = step.i >= change.i
        assert step.settings_version == held
        assert ("top_k" in [stage.sampler for stage in step.stages]) == held


async def test_settings_that_cannot_be_used_are_refused_and_the_reply_goes_on(talk: Talk):
    talk.ask("hello", settings=ENDLESS)
    await talk.until(lambda event: isinstance(event, Steps))
    talk.send(ChangeSettings(talk._run, ENDLESS.changed(grammar="root ::= (")))
    refused = await talk.next(SettingsRefused)
    assert "The grammar is broken at line 1, column 11" in refused.error
    assert refused.settings == ENDLESS
    await talk.next(Steps)
    talk.send(Cancel(talk._run))
    assert (await talk.told()).finished.reason == "cancelled"


async def test_a_reply_is_cancelled_and_keeps_what_was_said(talk: Talk):
    talk.ask("hello", settings=ENDLESS)
    first = (await talk.until(lambda event: isinstance(event, Steps)))[-1]
    talk.send(Cancel(talk._run))
    told = await talk.told()
    assert told.finished.reason == "cancelled"
    text = "".join(step.text for step in first.steps) + told.text
    assert told.finished.text == text
    assert told.finished.timings.gen_tokens == len(first.steps) + len(told.steps)


async def test_a_prompt_is_cancelled_between_batches(talk: Talk):
    talk.ask(prompt="\n" * 4000, settings=ENDLESS, predict=1)
    total = (await talk.next(Prefill)).total
    talk.send(Cancel(talk._run))
    told = await talk.told()
    assert told.finished.reason == "cancelled"
    assert not told.steps
    assert told.finished.kv_tokens < total
    # What is in the cache now is good for the next reply.
    assert (await talk.reply("hello", predict=1, settings=ENDLESS)).finished.reason == "length"


async def test_a_waiting_reply_can_be_cancelled(talk: Talk):
    first = talk.ask("hello", settings=ENDLESS)
    second = talk.ask("hello", settings=ENDLESS)
    talk.send(Cancel(second))
    talk.send(Cancel(first))
    told = await talk.told()
    assert [e.reason for e in told.events if isinstance(e, Finished)] == ["cancelled"] * 2


async def test_loading_again_stops_a_reply_first(talk: Talk, tiny: Path):
    talk.ask("hello", settings=ENDLESS)
    await talk.next(Steps)
    talk.send(Load(LoadOptions(path=str(tiny), n_threads=1, n_batch=32)))
    assert (await talk.told()).finished.reason == "cancelled"
    await talk.next(Loaded)
    assert (await talk.reply("hello", predict=1)).prompt.reused_tokens == 0


async def test_a_bias_outside_the_vocabulary_is_a_warning(talk: Talk):
    told = await talk.reply(
        "hello", settings=ENDLESS.changed(logit_bias=((10**6, 1.0),)), predict=3
    )
    assert told.finished.reason == "length"
    warnings = [event.text for event in told.events if isinstance(event, Warned)]
    assert len(warnings) == 1
    assert "1000000" in warnings[0]
    kinds = [type(event) for event in told.events]
    assert kinds.index(Warned) < kinds.index(Steps)


async def test_a_prompt_that_is_too_long_says_how_long(talk: Talk):
    told = await talk.reply(prompt="\n" * 9000)
    assert (told.finished.reason, told.finished.kind) == ("error", "prompt_too_long")
    assert "8192" in told.finished.error
    assert "9000 tokens" in told.finished.error


async def test_an_empty_prompt_and_a_bad_grammar_are_the_requests_fault(talk: Talk):
    told = await talk.reply(prompt="")
    assert (told.finished.reason, told.finished.kind) == ("error", "usage")
    told = await talk.reply("hello", settings=Settings(grammar="root ::= ("))
    assert (told.finished.reason, told.finished.kind) == ("error", "usage")
    assert "grammar" in told.finished.error


async def test_when_everything_is_banned_the_stages_are_named(talk: Talk):
    everything = tuple((token, float("-inf")) for token in range(talk.loaded.model.n_vocab))
    told = await talk.reply("hello", settings=Settings(logit_bias=everything))
    assert told.finished.reason == "banned"
    assert "logit_bias" in told.finished.error


async def test_a_reply_without_a_record_draws_the_same_tokens(talk: Talk):
    full = await talk.reply("hello", settings=ENDLESS, predict=8)
    bare = await talk.reply("hello", settings=ENDLESS, predict=8, record=False)
    assert bare.ids == full.ids
    assert bare.steps[0].record.ids.size == 0


async def test_render_is_answered_while_a_reply_runs(talk: Talk):
    talk.ask("hello", settings=ENDLESS)
    await talk.until(lambda event: isinstance(event, Steps))
    talk.send(Render(run=999, turns=turns("hello world")))
    rendered = await talk.until(lambda event: isinstance(event, PromptReady) and event.run == 999)
    assert "hello world<|im_end|>" in rendered[-1].text
    await talk.next(Rates)
    talk.send(Cancel(talk._run))
    await talk.told()


async def test_what_cannot_be_sent_is_answered(talk: Talk):
    told = await talk.reply(prompt="\udcff")
    assert (told.finished.reason, told.finished.kind) == ("error", "usage")


async def test_a_reply_that_was_continued_after_its_end_has_no_end_in_the_middle(talk: Talk):
    first = await talk.reply("one", settings=says("hello"))
    second = await talk.reply("one", settings=says("red"))
    assert (first.finished.reason, second.finished.reason) == ("eog", "eog")
    ids = first.ids + second.ids
    asked = (*turns("one"), Turn(role="assistant", text="hellored", ids=ids), *turns("two"))
    told = await talk.reply(turns=asked, predict=1)
    assert contains(told.prompt.ids, first.ids[:-1] + second.ids)


async def test_text_that_was_held_back_comes_with_the_last_step_of_a_cancelled_reply(talk: Talk):
    talk.ask("hello", settings=ENDLESS.changed(grammar='root ::= "S"+'), stop=("S" * 9000,))
    first = (await talk.until(lambda event: isinstance(event, Steps)))[-1]
    talk.send(Cancel(talk._run))
    told = await talk.told()
    assert told.finished.reason == "cancelled"
    steps = (*first.steps, *told.steps)
    assert [step.text for step in steps[:-1]] == [""] * (len(steps) - 1)
    assert steps[-1].text == told.finished.text == "S" * len(steps)


async def test_settings_that_cannot_be_sent_are_refused(talk: Talk):
    talk.ask("hello", settings=ENDLESS)
    await talk.until(lambda event: isinstance(event, Steps))
    talk.send(ChangeSettings(talk._run, ENDLESS.changed(grammar="\udcff")))
    assert (await talk.next(SettingsRefused)).settings == ENDLESS
    talk.send(Cancel(talk._run))
    assert (await talk.told()).finished.reason == "cancelled"
