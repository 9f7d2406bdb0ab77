"""A model that cannot drop a part of its state: everything works, by evaluating again, and says so."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from tests.support.talk import Talk, talking
from tui.core.conversation import Message
from tui.core.messages import (
    Compare,
    Finished,
    Lane,
    PromptReady,
    Score,
    Scored,
    StepBack,
    Steps,
    Take,
    Turn,
    Waiting,
)
from tui.core.pause import PauseWhen
from tui.core.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDE = Settings(top_k=0, top_p=1.0, min_p=0.0, temperature=1.0, ignore_eos=True)
TURNS = (Turn(role="user", text="hello world"),)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recurrent(tiny_recurrent: Path) -> AsyncIterator[Talk]:
    async with talking(tiny_recurrent, n_batch=32, n_ctx=512) as found:
        assert not found.loaded.model.can_rewind
        yield found


async def test_a_fork_evaluates_again_and_says_so(recurrent: Talk):
    told = await recurrent.reply(turns=TURNS, settings=WIDE, predict=16)
    message = Message(0, None, "assistant", "", begun=[0], settings=WIDE.changed(seed=1))
    message.prompt = told.prompt.ids
    message.extend(told.steps)
    resume = msgspec.structs.replace(message.resume(6), token=told.ids[6], drawn=True)
    again = await recurrent.reply(turns=TURNS, settings=WIDE, predict=10, resume=resume)
    assert again.prompt.again
    assert again.prompt.reused_tokens == 0
    assert again.ids == told.ids[6:]


async def test_a_prompt_that_was_evaluated_is_gone_back_to(recurrent: Talk):
    turns = (Turn(role="user", text="hello world the red " * 5),)
    told = await recurrent.reply(turns=turns, settings=WIDE, predict=16)
    again = await recurrent.reply(turns=turns, settings=WIDE, predict=16)
    assert again.prompt.reused_tokens == len(told.prompt.ids)
    assert [step.record for step in again.steps] == [step.record for step in told.steps]
    message = Message(0, None, "assistant", "", begun=[0], settings=WIDE.changed(seed=1))
    message.prompt = told.prompt.ids
    message.extend(told.steps)
    resume = msgspec.structs.replace(message.resume(6), token=told.ids[6], drawn=True)
    forked = await recurrent.reply(turns=turns, settings=WIDE, predict=10, resume=resume)
    assert forked.prompt.reused_tokens == len(told.prompt.ids)
    assert "6 tokens were evaluated again" in forked.prompt.notes[-1]
    assert forked.ids == told.ids[6:]


async def test_a_token_taken_back_leaves_no_trace(recurrent: Talk):
    free = await recurrent.reply(turns=TURNS, settings=WIDE, predict=6)
    run = recurrent.ask(turns=TURNS, settings=WIDE, predict=6, pause=PauseWhen(every=True))
    first = await recurrent.next(Waiting)
    recurrent.send(Take(run=run, i=0, token=int(first.step.record.ids[3])))
    await recurrent.next(Waiting)
    recurrent.send(StepBack(run, 1))
    for i in range(6):
        event = await recurrent.next(Waiting)
        assert event.step.id == free.ids[i]
        recurrent.send(Take(run=run, i=i))
    assert (await recurrent.told()).finished.reason == "length"


async def test_a_text_is_scored_and_the_conversation_comes_back(recurrent: Talk):
    told = await recurrent.reply(turns=TURNS, settings=WIDE, predict=16)
    recurrent.send(Score(run=70, turns=(Turn(role="user", text="red blue " * 20),)))
    events = await recurrent.until(lambda event: isinstance(event, Finished))
    assert events[-1].reason == "done"
    ready = next(event for event in events if isinstance(event, PromptReady))
    scored = [event for event in events if isinstance(event, Scored)]
    assert sum(len(event.tokens) for event in scored) == len(ready.ids)
    assert any("put aside" in note for note in ready.notes)
    said = Turn(role="assistant", text=told.finished.text, ids=told.ids)
    more = (*TURNS, said, Turn(role="user", text="red"))
    again = await recurrent.reply(turns=more, settings=WIDE, predict=1)
    assert again.prompt.reused_tokens == len(told.prompt.ids) + len(told.ids) - 1


async def test_lanes_are_made_one_after_the_other(recurrent: Talk):
    lanes = tuple(Lane(run=80 + n, settings=WIDE, seed=1) for n in range(2))
    recurrent.send(Compare(lanes=lanes, turns=TURNS, predict=4))
    events = await recurrent.until(lambda event: isinstance(event, Finished) and event.run == 81)
    ids = [
        [s.id for e in events if isinstance(e, Steps) and e.run == lane.run for s in e.steps]
        for lane in lanes
    ]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 4
    ready = [event for event in events if isinstance(event, PromptReady)]
    assert all("one after the other" in event.notes[-1] or "cannot go back" in event.notes[-1]
               for event in ready)  # fmt: skip
