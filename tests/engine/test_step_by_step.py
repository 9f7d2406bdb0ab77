"""Step by step: a drawn token waits, another may be taken, and what goes back is as it was."""

import pytest

from tests.support.talk import Talk, Told
from tui.core.messages import (
    Cancel,
    ChangePause,
    ChangeSettings,
    Fault,
    Render,
    SettingsChanged,
    StepBack,
    Steps,
    Take,
    TakeRefused,
    Turn,
    Waiting,
)
from tui.core.pause import PauseWhen
from tui.core.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDE = Settings(top_k=0, top_p=1.0, min_p=0.0, temperature=1.2, ignore_eos=True)
EVERY = PauseWhen(every=True)
RICH = WIDE.changed(
    mirostat=0, repeat_penalty=1.4, frequency_penalty=0.5, dry_multiplier=1.0, dry_allowed_length=1,
    xtc_probability=0.5, xtc_threshold=0.02,
)  # fmt: skip
CASES = {
    "rich": RICH,
    "mirostat 2": WIDE.changed(mirostat=2, mirostat_tau=3.0),
    "adaptive-p": WIDE.changed(samplers=("adaptive_p",), adaptive_target=0.2),
    "grammar": WIDE.changed(grammar="root ::= [a-e ]+"),
}


async def waiting(talk: Talk) -> Waiting:
    event = await talk.next(Waiting)
    assert isinstance(event, Waiting)
    return event


async def taken(talk: Talk, run: int, i: int, token: int = -1, **values: object) -> Waiting:
    """Take the token that waits; the next one that does."""
    talk.send(Take(run=run, i=i, token=token, **values))
    return await waiting(talk)


@pytest.mark.parametrize("name", CASES)
async def test_taking_what_is_drawn_makes_the_reply_that_nobody_stepped(talk: Talk, name: str):
    free = await talk.reply("hello world", settings=CASES[name], predict=6)
    run = talk.ask("hello world", settings=CASES[name], predict=6, pause=EVERY)
    for i in range(6):
        event = await waiting(talk)
        assert (event.step.i, event.can_go_back) == (i, i > 0)
        assert event.step.id == free.ids[i]
        assert event.step.record == free.steps[i].record
        talk.send(Take(run=run, i=i))
    told = await talk.told()
    assert told.steps[-1].id == free.ids[-1]
    assert told.finished.text == free.finished.text


@pytest.mark.parametrize("name", CASES)
async def test_what_is_taken_back_leaves_no_trace(talk: Talk, name: str):
    free = await talk.reply("hello world", settings=CASES[name], predict=8)
    run = talk.ask("hello world", settings=CASES[name], predict=8, pause=EVERY)
    first = await waiting(talk)
    for i in range(4):
        other = int(first.step.record.ids[1 + i])
        first = await taken(talk, run, i, other, leave_grammar=True)
    for i in range(4, 0, -1):
        talk.send(StepBack(run, i))
        event = await waiting(talk)
        assert event.step.i == i - 1
    assert event.step.id == free.ids[0]
    assert not event.can_go_back
    talk.send(ChangePause(run, PauseWhen()))
    told = await talk.told()
    assert told.ids == free.ids
    assert [s.p_final for s in told.steps] == [s.p_final for s in free.steps]
    assert told.finished.text == free.finished.text


async def test_a_change_draws_the_waiting_token_again_with_the_same_dice(talk: Talk):
    run = talk.ask("hello world", settings=WIDE, predict=3, pause=EVERY)
    first = await waiting(talk)
    greedy = WIDE.changed(temperature=0.0)
    talk.send(ChangeSettings(run, greedy))
    assert (await waiting(talk)).step.rank == 1
    talk.send(ChangeSettings(run, WIDE))
    back = await waiting(talk)
    assert (back.step.id, back.step.u) == (first.step.id, first.step.u)
    talk.send(ChangeSettings(run, greedy))
    await waiting(talk)
    talk.send(ChangePause(run, PauseWhen()))
    told = await talk.told()
    assert [step.rank for step in told.steps] == [1, 1, 1]


async def test_a_token_taken_back_brings_the_settings_that_hold_now_into_the_record(talk: Talk):
    run = talk.ask("hello world", settings=WIDE, predict=4, pause=EVERY)
    await waiting(talk)
    await taken(talk, run, 0)
    talk.send(ChangeSettings(run, WIDE.changed(temperature=0.0)))
    await waiting(talk)
    talk.send(StepBack(run, 1))
    events = await talk.until(lambda event: isinstance(event, Waiting))
    changes = [event for event in events if isinstance(event, SettingsChanged)]
    assert [(change.i, change.changed) for change in changes] == [(0, {"temperature": 0.0})]
    assert events[-1].step.rank == 1
    talk.send(Cancel(run))
    assert (await talk.told()).finished.reason == "cancelled"


async def test_a_late_or_doubled_key_does_nothing(talk: Talk):
    run = talk.ask("hello world", settings=WIDE, predict=3, pause=EVERY)
    await waiting(talk)
    talk.send(StepBack(run, 0))
    refused = await talk.next(TakeRefused)
    assert "began" in refused.error
    for _ in range(2):
        talk.send(Take(run=run, i=0))
    assert (await waiting(talk)).step.i == 1
    talk.send(Take(run=run, i=0))
    talk.send(StepBack(run, 0))
    talk.send(Take(run=run, i=1))
    assert (await waiting(talk)).step.i == 2
    talk.send(Take(run=run, i=2))
    assert (await talk.told()).finished.reason == "length"


async def test_a_token_that_the_grammar_refuses_waits_for_its_own_word(talk: Talk):
    settings = WIDE.changed(grammar="root ::= [a-e]+")
    z = talk.loaded.pieces.index(b"z")
    run = talk.ask("hello world", settings=settings, predict=4, pause=EVERY)
    await waiting(talk)
    await taken(talk, run, 0)
    talk.send(Take(run=run, i=1, token=z))
    refused = await talk.next(TakeRefused)
    assert (refused.token, refused.grammar) == (z, True)
    talk.send(Take(run=run, i=1, token=10**6))
    assert not (await talk.next(TakeRefused)).grammar
    talk.send(Take(run=run, i=1, token=z, leave_grammar=True))
    events = await talk.until(lambda event: isinstance(event, Waiting))
    assert [event.problem.key for event in events if isinstance(event, Fault)] == ["grammar"]
    assert not events[-1].step.record.allowed.size
    # Back before that token the grammar holds again.
    talk.send(StepBack(run, 2))
    assert (await waiting(talk)).step.record.allowed.size
    talk.send(ChangePause(run, PauseWhen()))
    told = await talk.told()
    assert not any(isinstance(event, Fault) for event in told.events)
    assert set(told.text) <= set("abcde")


async def test_a_waiting_reply_answers_questions_and_stops(talk: Talk):
    run = talk.ask("hello world", settings=WIDE, pause=EVERY)
    await waiting(talk)
    await taken(talk, run, 0)
    talk.send(Render(run=-5, turns=(Turn(role="user", text="red"),)))
    await talk.until(lambda event: getattr(event, "run", 0) == -5)
    talk.send(Cancel(run))
    told = await talk.told()
    assert told.finished.reason == "cancelled"
    assert told.finished.timings.gen_tokens == 1


async def pauses(talk: Talk, pause: PauseWhen, free: Told) -> list[int]:
    """Where a reply waits."""
    run = talk.ask("hello world", settings=WIDE, predict=len(free.ids), pause=pause)
    found: list[int] = []
    while True:
        events = await talk.until(
            lambda event: isinstance(event, Waiting) or event.__struct_config__.tag == "finished"
        )
        if not isinstance(events[-1], Waiting):
            return found
        found.append(events[-1].step.i)
        assert events[-1].why
        talk.send(Take(run=run, i=found[-1]))


async def test_it_pauses_where_a_condition_is_met_and_nowhere_else(talk: Talk):
    free = await talk.reply("hello world", settings=WIDE, predict=30)
    bits = sorted(step.entropy_bits for step in free.steps)[25]
    gaps = [float(step.record.p_raw[0] - step.record.p_raw[1]) for step in free.steps]
    gap = sorted(gaps)[4]
    rank = sorted(step.rank for step in free.steps)[25]
    assert await pauses(talk, PauseWhen(entropy_bits=bits), free) == [
        step.i for step in free.steps if step.entropy_bits > bits
    ]
    assert await pauses(talk, PauseWhen(gap=gap), free) == [
        i for i, found in enumerate(gaps) if found < gap
    ]
    assert await pauses(talk, PauseWhen(rank=rank), free) == [
        step.i for step in free.steps if step.rank > rank
    ]


async def test_a_mode_that_is_switched_on_stops_a_running_reply(talk: Talk):
    run = talk.ask("hello world", settings=WIDE, predict=4000)
    await talk.next(Steps)
    talk.send(ChangePause(run, EVERY))
    event = await waiting(talk)
    assert 0 < event.step.i < 4000
    talk.send(Cancel(run))
    assert (await talk.told()).finished.timings.gen_tokens == event.step.i
