"""Several settings answer one prompt side by side, with the same dice."""

from pathlib import Path

import pytest

from tests.support.talk import Talk, talking
from tui.core.messages import (
    Cancel,
    Compare,
    Event,
    Finished,
    Lane,
    PromptReady,
    Steps,
    Turn,
)
from tui.core.settings import Settings
from tui.core.step import Step

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDE = Settings(top_k=0, top_p=1.0, min_p=0.0, temperature=1.0, ignore_eos=True)
TURNS = (Turn(role="user", text="hello world"),)


class Lanes:
    """What was said of each lane."""

    def __init__(self, runs: list[int], events: list[Event]) -> None:
        self.events = events
        self.steps: list[list[Step]] = [[] for _ in runs]
        self.finished: list[Finished] = []
        for event in events:
            if isinstance(event, Steps):
                self.steps[runs.index(event.run)] += event.steps
        self.finished = [
            next(e for e in events if isinstance(e, Finished) and e.run == run) for run in runs
        ]

    def ids(self, lane: int) -> tuple[int, ...]:
        return tuple(step.id for step in self.steps[lane])


async def compare(talk: Talk, *settings: Settings, first: int = 500, **values: object) -> Lanes:
    runs = [first + n for n in range(len(settings))]
    lanes = tuple(
        Lane(run=run, settings=one, seed=1) for run, one in zip(runs, settings, strict=True)
    )
    talk.send(Compare(lanes=lanes, turns=values.pop("turns", TURNS), **values))
    left, events = set(runs), list[Event]()
    while left:
        events += await talk.until(lambda event: isinstance(event, Finished))
        left.discard(events[-1].run)
    return Lanes(runs, events)


async def test_every_lane_is_the_reply_that_its_settings_make(talk: Talk):
    greedy, wide = WIDE.changed(temperature=0.0), WIDE
    alone = [await talk.reply(turns=TURNS, settings=one, predict=16) for one in (wide, greedy)]
    found = await compare(talk, wide, greedy, wide, predict=16)
    assert found.ids(0) == found.ids(2)
    for lane, told in enumerate(alone):
        assert found.ids(lane)[0] == told.ids[0]
        assert found.steps[lane][0].record == told.steps[0].record
        assert found.steps[lane][0].u == told.steps[0].u
    assert [step.rank for step in found.steps[1]] == [1] * 16
    assert [step.u for step in found.steps[0]] == [step.u for step in found.steps[1]]
    assert [end.reason for end in found.finished] == ["length"] * 3
    assert [end.text for end in found.finished] == [
        "".join(step.text for step in steps) for steps in found.steps
    ]
    assert sum(isinstance(event, PromptReady) for event in found.events) == 3
    assert not any(e.notes for e in found.events if isinstance(e, PromptReady))


async def test_lanes_come_token_by_token_and_end_apart(talk: Talk):
    stopped = WIDE.changed(logit_bias=((1, 80.0),), ignore_eos=False)
    found = await compare(talk, WIDE, stopped, predict=60, first=510)
    assert [end.reason for end in found.finished] == ["length", "eog"]
    order = [event.run for event in found.events if isinstance(event, Finished)]
    assert order == [511, 510]


async def test_the_conversation_stays_and_a_kept_lane_need_not_be_evaluated(talk: Talk):
    found = await compare(talk, WIDE, WIDE.changed(temperature=2.0), predict=40, first=520)
    prompt = next(e for e in found.events if isinstance(e, PromptReady)).ids
    again = await talk.reply(turns=TURNS, settings=WIDE, predict=1)
    assert again.prompt.reused_tokens >= len(prompt) - 1
    text, ids = found.finished[1].text, found.ids(1)
    more = (*TURNS, Turn(role="assistant", text=text, ids=ids), Turn(role="user", text="red"))
    kept = await talk.reply(turns=more, settings=WIDE, predict=1)
    assert kept.prompt.reused_tokens == len(prompt) + len(ids) - 1


async def test_one_lane_can_be_stopped_and_the_others_go_on(talk: Talk):
    lanes = tuple(Lane(run=run, settings=WIDE, seed=run) for run in (530, 531))
    talk.send(Compare(lanes=lanes, turns=TURNS, predict=4000))
    await talk.until(lambda event: isinstance(event, Steps) and event.run == 531)
    talk.send(Cancel(530))
    first = (await talk.until(lambda event: isinstance(event, Finished)))[-1]
    assert (first.run, first.reason) == (530, "cancelled")
    more = await talk.until(lambda event: isinstance(event, Steps))
    assert more[-1].run == 531
    talk.send(Cancel(531))
    rest = (await talk.until(lambda event: isinstance(event, Finished)))[-1]
    assert (rest.run, rest.reason) == (531, "cancelled")
    assert (await talk.reply(turns=TURNS, settings=WIDE, predict=2)).finished.reason == "length"


async def test_a_lane_that_cannot_be_does_not_hold_the_others_up(talk: Talk):
    broken = WIDE.changed(grammar="root ::= (")
    banned = WIDE.changed(grammar='root ::= "a"', logit_bias_text=(("a", float("-inf")),))
    found = await compare(talk, broken, WIDE, banned, predict=4, first=540)
    assert [end.reason for end in found.finished] == ["error", "length", "banned"]
    assert found.finished[0].kind == "usage"
    assert len(found.ids(1)) == 4


async def test_without_room_they_are_made_one_after_the_other(tiny: Path):
    async with talking(tiny, n_ctx=256, n_batch=32) as small:
        turns = (Turn(role="user", text="red blue " * 50),)
        found = await compare(small, WIDE, WIDE.changed(temperature=0.0), turns=turns, predict=100)
        ready = [event for event in found.events if isinstance(event, PromptReady)]
        assert all("one after the other" in event.notes[-1] for event in ready)
        assert ready[1].reused_tokens >= len(ready[1].ids) - 1
        assert [len(found.ids(lane)) for lane in range(2)] == [100, 100]
        # With room for a share of each, the share is what ends them.
        turns = (Turn(role="user", text="red"),)
        shared = await compare(small, WIDE, WIDE, turns=turns, first=600, predict=100)
        assert [end.reason for end in shared.finished] == ["length", "length"]
        many = [WIDE] * 6
        told = await compare(small, *many, turns=turns, first=700, predict=3)
        assert [len(told.ids(lane)) for lane in range(6)] == [3] * 6
        long = (Turn(role="user", text="red blue " * 200),)
        none = await compare(small, WIDE, WIDE, turns=long, first=800)
        assert [end.kind for end in none.finished] == ["prompt_too_long"] * 2
