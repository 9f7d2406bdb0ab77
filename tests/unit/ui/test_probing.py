"""The controller on a scripted engine: step by step, scores, lanes."""

import pytest

from tests.unit.ui.talk import Talk, talk
from tui.core.errors import Problem
from tui.core.messages import (
    Fault,
    SettingsChanged,
    Take,
    TakeRefused,
)
from tui.core.pause import PauseWhen
from tui.core.settings import Settings
from tui.core.status import Activity
from tui.engine.base import Capabilities
from tui.engine.scripted import reply

WORDS = "one two three four five"


async def said(held: Talk, text: str = "go") -> int:
    """A question and its whole reply; the reply's key."""
    held.controller.submit(text)
    await held.engine.finish()
    leaf = held.controller.conversation.leaf
    assert leaf is not None
    return leaf


async def test_step_by_step_waits_takes_another_and_goes_back() -> None:
    async with talk(WORDS) as held:
        controller = held.controller
        controller.set_stepping(True)
        assert controller.waiting is None
        controller.submit("go")
        await held.engine.advance(1)
        assert controller.status.activity is Activity.WAITING
        assert controller.status.replying
        assert controller.waiting.piece == b"one"
        assert controller.waiting_why == "step by step"
        assert held.updates[-1].waiting
        controller.take()
        await held.engine.advance(1)
        assert controller.waiting.i == 1
        controller.take(held.engine.vocabulary.id(b" blue"))
        await held.engine.advance(1)
        message = controller.conversation.path()[-1]
        assert message.text == "one blue"
        assert message.steps[1].by_hand
        controller.step_back()
        await held.until(Activity.WAITING)
        await held.engine.advance(1)
        assert message.text == "one"
        assert controller.waiting.piece == b" blue"
        controller.run_on()
        await held.engine.finish()
        assert message.text == "one blue three four five"
        assert controller.waiting is None
        assert not controller.stepping


async def test_a_pause_condition_is_kept_when_the_reply_runs_on() -> None:
    async with talk(WORDS) as held:
        controller = held.controller
        controller.set_pause(PauseWhen(entropy_bits=0.0, every=True))
        assert not controller.stepping
        controller.submit("go")
        await held.engine.advance(1)
        assert "bits" in controller.waiting_why
        controller.run_on()
        await held.engine.advance(1)
        assert controller.waiting.i == 1
        controller.set_pause(PauseWhen())
        await held.engine.finish()
        assert controller.conversation.path()[-1].text == WORDS


async def test_a_fork_begins_waiting_where_the_first_own_token_is() -> None:
    async with talk(WORDS) as held:
        controller = held.controller
        key = await said(held)
        controller.set_stepping(True)
        controller.fork(key, 2, controller.conversation[key].steps[2].id)
        await held.engine.advance(1)
        waited = controller.waiting.i
        controller.take()
        assert isinstance(held.engine.requests[-1], Take)
        assert held.engine.requests[-1].i == waited - 2


async def test_going_back_beyond_where_a_fork_began_is_a_branch_of_its_own() -> None:
    async with talk(WORDS) as held:
        controller = held.controller
        key = await said(held)
        controller.set_stepping(True)
        controller.fork(key, 3, held.engine.vocabulary.id(b" blue"))
        await held.engine.advance(1)
        controller.step_back()
        await held.until(Activity.PROMPT)
        await held.engine.advance(1)
        new = controller.conversation.path()[-1]
        assert (new.text, controller.waiting.i) == ("one two", 2)
        assert controller.waiting.piece == b" three"
        assert controller.conversation.siblings(key) == [key, new.key]
        assert controller.conversation[key].text == WORDS
        asked = held.asked()[-1].resume
        assert (asked.token, asked.state) == (-1, controller.conversation[key].steps[2].state)


async def test_nothing_waits_nothing_is_taken() -> None:
    async with talk(WORDS) as held:
        controller = held.controller
        controller.take()
        controller.step_back()
        assert len(held.notices) == 2
        controller.set_stepping(True)
        controller.submit("go")
        await held.engine.advance(1)
        controller.step_back()
        assert "began" in held.notices[-1]
        run = held.asked()[-1].run
        await held.engine.tell(TakeRefused(run=run, token=3, error="The grammar refuses it."))
        assert held.notices[-1] == "The grammar refuses it."
        assert controller.stop()
        await held.until(Activity.READY)
        assert controller.waiting is None


async def test_changes_that_were_taken_back_are_not_in_the_record() -> None:
    async with talk(WORDS) as held:
        controller = held.controller
        controller.set_stepping(True)
        controller.submit("go")
        for _ in range(3):
            await held.engine.advance(1)
            controller.take()
        await held.engine.advance(1)
        message = controller.conversation.path()[-1]
        run = held.asked()[-1].run
        await held.engine.tell(SettingsChanged(run, 3, {"temperature": 1.9}, 1))
        assert message.settings_at(3).temperature == 1.9
        controller.step_back()
        await held.engine.advance(1)
        assert message.changes == []


async def test_a_text_is_scored_message_by_message() -> None:
    async with talk(WORDS) as held:
        controller = held.controller
        key = await said(held)
        controller.score(key)
        await held.until(Activity.READY)
        await held.engine.tell(Fault(run=-1, problem=Problem(key="x", message="y")))
        scoring = controller.scores.by_key[key]
        assert (scoring.reason, scoring.fraction) == ("done", 1.0)
        assert "".join(token.text for token in scoring.of(key)) == WORDS
        assert "".join(token.text for token in scoring.of(None)) == "Compute."
        question = controller.conversation.path()[-2].key
        assert [scoring.owner(token) for token in scoring.of(question)] == [question]
        assert scoring.tokens[0].p_raw is None
        assert any(key in update.scores for update in held.updates)
        assert controller.status.scoring is None


async def test_no_text_is_scored_while_a_reply_is_made() -> None:
    async with talk(WORDS) as held:
        held.controller.submit("go")
        await held.engine.advance(1)
        held.controller.score()
        held.controller.compare([Settings(), Settings()])
        assert held.notices == ["The reply is still being made."] * 2
        assert len(held.engine.requests) == 2
        await held.engine.finish()


async def test_lanes_are_outside_the_tree_until_one_is_kept() -> None:
    async with talk("red", "red blue", "green") as held:
        controller = held.controller
        key = await said(held)
        controller.compare([Settings(temperature=0.0), Settings(temperature=2.0)])
        await held.engine.tell(Fault(run=-1, problem=Problem(key="x", message="y")))
        assert [lane.message.text for lane in controller.lanes.lanes] == ["red blue", "green"]
        assert [lane.settings.seed for lane in controller.lanes.lanes] == [7, 7]
        assert not controller.lanes.running
        assert controller.status.activity is Activity.READY
        assert controller.conversation.siblings(key) == [key]
        controller.keep(1)
        assert held.texts()[-1] == ("assistant", "green")
        kept = controller.conversation.path()[-1]
        assert controller.conversation.siblings(key) == [key, kept.key]
        controller.keep(1)
        assert controller.conversation.siblings(key) == [key, kept.key]
        controller.keep(7)
        assert "no such" in held.notices[-1]


@pytest.mark.parametrize("what", ["fork", "step", "score", "compare"])
async def test_what_an_engine_cannot_do_is_said(what: str) -> None:
    limits = Capabilities(can_fork=False, can_step=False, can_score=False, can_compare=False)
    async with talk(WORDS, engine={"capabilities": limits}) as held:
        key = await said(held)
        controller, before = held.controller, len(held.engine.requests)
        match what:
            case "fork":
                controller.fork(key, 1, 0)
            case "step":
                controller.set_stepping(True)
            case "score":
                controller.score(key)
            case "compare":
                controller.compare([Settings(), Settings()])
        assert "engine cannot" in held.notices[-1]
        assert len(held.engine.requests) == before
        assert not controller.stepping


async def test_a_death_ends_what_waits_and_what_is_scored() -> None:
    async with talk(reply(WORDS)) as held:
        controller = held.controller
        controller.set_stepping(True)
        controller.submit("go")
        await held.engine.advance(1)
        await held.engine.die()
        assert controller.waiting is None
        assert controller.status.activity is Activity.DEAD
        controller.take()
        assert "No token waits" in held.notices[-1]
