"""The other road: a reply goes on from the middle of an earlier one, with the chain as it was there."""

from pathlib import Path

import msgspec
import pytest

from tests.support.talk import Talk, Told
from tui.core.conversation import Message
from tui.core.messages import (
    ChangePause,
    ChangeSettings,
    Fault,
    SettingsChanged,
    Steps,
    Take,
    Waiting,
)
from tui.core.pause import PauseWhen
from tui.core.resume import Resume
from tui.core.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDE = Settings(top_k=0, top_p=1.0, min_p=0.0, temperature=1.2, ignore_eos=True)
GRAMMAR = "root ::= [a-z ]+"
CASES = {
    "defaults": Settings(ignore_eos=True),
    "greedy": WIDE.changed(temperature=0.0),
    "penalties": WIDE.changed(repeat_penalty=1.5, frequency_penalty=0.8, repeat_last_n=8),
    "dry": WIDE.changed(dry_multiplier=2.0, dry_allowed_length=1, dry_base=2.0),
    "xtc": WIDE.changed(xtc_probability=0.5, xtc_threshold=0.05),
    "two xtc": WIDE.changed(
        xtc_probability=0.6, xtc_threshold=0.05, samplers=("xtc", "temperature", "xtc")
    ),
    "mirostat 1": WIDE.changed(mirostat=1, mirostat_tau=3.0),
    "mirostat 2": WIDE.changed(mirostat=2, mirostat_tau=3.0),
    "adaptive-p": WIDE.changed(samplers=("adaptive_p",), adaptive_target=0.2),
    "grammar": WIDE.changed(grammar=GRAMMAR),
}


def message_of(told: Told, settings: Settings, seed: int = 1) -> Message:
    """The reply as a conversation would hold it."""
    message = Message(0, None, "assistant", "", begun=[0], settings=settings.changed(seed=seed))
    message.prompt = told.prompt.ids
    message.changes = [event for event in told.events if isinstance(event, SettingsChanged)]
    message.extend(told.steps)
    return message


async def fork(talk: Talk, message: Message, i: int, **values: object) -> Told:
    """Go on from step `i`: with its own token unless `values` name another."""
    step = message.steps[i]
    resume = {"token": step.id, "drawn": True, **{k: v for k, v in values.items() if k in _ROAD}}
    settings = values.get("settings", message.settings_at(i))
    tail = Message(0, None, "assistant", "")
    tail.extend(message.steps[:i])
    return await talk.reply(
        turns=(tail.turn,), settings=settings, seed=message.settings_at(i).seed,
        predict=values.get("predict", len(message.steps) - i),
        resume=msgspec.structs.replace(message.resume(i), **resume),
    )  # fmt: skip


_ROAD = Resume.__struct_fields__


@pytest.mark.parametrize("name", CASES)
async def test_the_token_that_was_drawn_brings_the_same_continuation(talk: Talk, name: str):
    told = await talk.reply("hello world the red blue", settings=CASES[name], predict=24)
    message = message_of(told, CASES[name])
    for i in (11, 0, 23):
        again = await fork(talk, message, i)
        assert again.ids == told.ids[i:]
        assert not any(step.by_hand for step in again.steps)
        for old, new in zip(told.steps[i:], again.steps, strict=True):
            assert (new.p_raw, new.p_final, new.u) == (old.p_raw, old.p_final, old.u)
            assert new.state == old.state


async def test_only_the_token_before_is_evaluated(talk: Talk):
    told = await talk.reply("hello world", settings=WIDE, predict=24)
    again = await fork(talk, message_of(told, WIDE), 10)
    assert len(again.prompt.ids) - again.prompt.reused_tokens == 1


async def test_settings_that_changed_on_the_way_hold_where_they_held(talk: Talk):
    one = WIDE.changed(mirostat=2, mirostat_tau=3.0)
    for other in (WIDE.changed(grammar=GRAMMAR, xtc_probability=0.4, xtc_threshold=0.05), one):
        first = WIDE if other is one else one
        run = talk.ask("hello world", settings=first, predict=40, pause=PauseWhen(every=True))
        begun = await talk.until(lambda event: isinstance(event, Waiting))
        for i in range(5):
            talk.send(Take(run=run, i=i))
            begun += await talk.until(lambda event: isinstance(event, Waiting))
        talk.send(ChangeSettings(run, other))
        talk.send(ChangePause(run, PauseWhen()))
        rest = await talk.told()
        events = [*begun, *rest.events]
        steps = [s for event in events if isinstance(event, Steps) for s in event.steps]
        told = Told(events, rest.finished, steps)
        message = message_of(told, first)
        assert message.changes[0].i == 5
        i = 13
        again = await fork(talk, message, i, predict=24)
        assert again.ids == told.ids[i : i + 24] != ()


async def test_another_token_is_taken_by_hand_also_one_that_was_removed(talk: Talk):
    settings = Settings(ignore_eos=True, top_k=2)
    told = await talk.reply("hello world", settings=settings, predict=8)
    message = message_of(told, settings)
    removed = int(told.steps[3].record.ids[-1])
    again = await fork(talk, message, 3, token=removed, drawn=False)
    assert again.ids[0] == removed
    assert (again.steps[0].by_hand, again.steps[0].p_final) == (True, 0.0)
    assert again.steps[0].u == told.steps[3].u
    assert again.steps[1].state.draws == told.steps[4].state.draws


async def test_what_if_settings_draw_with_the_same_dice(talk: Talk):
    told = await talk.reply("hello world", settings=WIDE, predict=12)
    other = await fork(
        talk, message_of(told, WIDE), 4, settings=WIDE.changed(temperature=0.0), token=-1
    )
    assert [step.rank for step in other.steps] == [1] * 8
    assert not any(step.by_hand for step in other.steps)


async def test_a_token_that_ends_generation_ends_the_branch(talk: Talk):
    told = await talk.reply("hello world", settings=WIDE, predict=8)
    again = await fork(talk, message_of(told, WIDE), 4, token=1, drawn=False)
    assert (again.ids, again.finished.reason) == ((1,), "eog")


async def test_a_grammar_is_left_only_by_its_own_word(talk: Talk):
    settings = WIDE.changed(grammar="root ::= [a-e]+")
    told = await talk.reply("hello world", settings=settings, predict=12)
    message = message_of(told, settings)
    z = next(n for n, piece in enumerate(talk.loaded.pieces) if piece == b"z")
    refused = await fork(talk, message, 6, token=z, drawn=False)
    assert (refused.finished.reason, refused.finished.kind, refused.ids) == ("error", "grammar", ())
    left = await fork(talk, message, 6, token=z, drawn=False, leave_grammar=True)
    assert left.ids[0] == z
    assert [event.problem.key for event in left.events if isinstance(event, Fault)] == ["grammar"]
    assert not left.steps[-1].record.allowed.size
    # A fork of that branch behind the place reads the grammar again, and leaves it again.
    branch = message_of(left, settings)
    branch.prompt = told.prompt.ids
    branch.steps = [*told.steps[:6], *left.steps]
    assert (await fork(talk, branch, 9)).ids == left.ids[3:]


async def test_a_character_of_several_tokens_is_whole_on_the_other_road(talk: Talk):
    pieces = talk.loaded.pieces
    tokens = [pieces.index(bytes([byte])) for byte in "é".encode()]
    settings = WIDE.changed(logit_bias=tuple((token, 60.0) for token in tokens))
    told = await talk.reply("hello", settings=settings, predict=1)
    message = message_of(told, settings)
    first = await fork(talk, message, 0, token=tokens[0], drawn=False, predict=1)
    message.steps = list(first.steps)
    message.text = ""
    # The character is still open where the reply was cut; the fork behind it completes it.
    message.steps.append(msgspec.structs.replace(first.steps[0], i=1))
    second = await fork(talk, message, 1, token=tokens[1], drawn=False, predict=1)
    assert second.finished.text == "é"


async def test_where_the_state_is_not_known_fresh_dice_are_told(talk: Talk):
    told = await talk.reply("hello world", settings=WIDE, predict=8)
    message = message_of(told, WIDE)
    old = message.steps[4]
    bare = msgspec.structs.replace(old, state=msgspec.structs.replace(old.state, draws={}))
    message.steps[4] = bare
    again = await fork(talk, message, 4)
    assert again.ids[0] == told.ids[4]
    assert any("dice begin again" in note for note in again.prompt.notes)


async def test_a_full_context_and_a_text_of_another_model_are_told(talk: Talk, tiny: Path):
    await talk.load(tiny, n_ctx=256, n_batch=32)
    told = await talk.reply("hello world", settings=WIDE, predict=-1)
    assert told.finished.reason == "context"
    message = message_of(told, WIDE)
    last = await fork(talk, message, len(message.steps) - 1, token=5, drawn=False, predict=-1)
    assert (last.ids, last.finished.reason) == ((5,), "context")
    message.prompt = (*message.prompt, 5)  # one more than there is room for
    none = await fork(talk, message, len(message.steps) - 1, predict=-1)
    assert (none.ids, none.finished.kind) == ((), "prompt_too_long")
    message.prompt = (10**6,)
    foreign = await fork(talk, message, 1)
    assert (foreign.finished.reason, foreign.finished.kind) == ("error", "usage")
