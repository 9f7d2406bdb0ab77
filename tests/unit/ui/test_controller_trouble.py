"""The controller when something fails, and when the person or the persona changes."""

import asyncio

import msgspec

from tests.unit.ui.talk import CONSOLE, Talk, talk
from tui.core.errors import Problem
from tui.core.messages import (
    Fault,
    Load,
    Loaded,
    LoadFailed,
    SettingsRefused,
)
from tui.core.own_source import Source
from tui.core.status import Activity
from tui.engine.scripted import Reply, ScriptedEngine, reply


async def test_a_dead_engine_is_told_and_nothing_is_lost() -> None:
    async with talk("one two three") as held:
        held.controller.submit("go")
        await held.engine.advance(2)
        held.controller.submit("next")
        await held.engine.die("signal 6 (SIGABRT)", log=("GGML_ASSERT",))
        status = held.controller.status
        assert status.activity is Activity.DEAD
        assert "SIGABRT" in status.trouble.why
        assert status.trouble.log == ("GGML_ASSERT",)
        assert held.texts()[-1] == ("assistant", "one two")
        assert held.returned == "next"


async def test_after_a_restart_the_model_is_there_and_the_reply_goes_on() -> None:
    async with talk("one two three", " more") as held:
        held.controller.submit("go")
        await held.engine.advance(1)
        await held.engine.die()
        await held.controller.restart()
        await held.until(Activity.READY)
        assert held.controller.status.trouble is None
        held.controller.continue_reply()
        await held.engine.finish()
        assert held.texts()[-1] == ("assistant", "one more")


async def test_an_engine_that_does_not_stop_is_ended_and_comes_back() -> None:
    async with talk("one two three", "more") as held:
        held.controller.submit("go")
        await held.engine.advance(1)
        await held.controller.restart()
        assert held.notices[-1] == "A reply is being made; Esc stops it."
        # Nothing takes what is sent from here on, as in a call that does not come back.
        held.engine.stuck = True
        held.controller.stop()
        held.controller.stop()
        assert "Ctrl+R ends an engine that does not" in held.notices[-1]
        assert held.controller.status.activity is Activity.STOPPING
        await held.controller.restart()
        await held.until(Activity.READY)
        assert held.texts()[-1] == ("assistant", "one")
        assert "The engine did not stop" in held.notices[-1]
        assert "did not stop" in held.controller.conversation.path()[-1].note
        held.controller.submit("again")
        await held.engine.finish()
        assert held.texts()[-1] == ("assistant", "more")


async def test_a_load_that_does_not_end_is_begun_again() -> None:
    async with talk(engine={"hold_load": True}, first=Activity.LOADING) as held:
        held.engine.stuck = True
        assert held.controller.stop()
        assert "Ctrl+R" in held.notices[-1]
        await held.controller.restart()
        while sum(isinstance(sent, Load) for sent in held.engine.requests) < 2:
            await asyncio.sleep(0)
        await held.engine.finish_load()
        assert held.controller.status.activity is Activity.READY


async def test_an_engine_that_does_not_stop_scoring_is_ended_and_comes_back() -> None:
    async with talk("one two") as held:
        held.controller.submit("go")
        await held.engine.finish()
        held.engine.stuck = True
        held.controller.score()
        assert held.controller.stop()
        assert "Ctrl+R ends an engine that does not" in held.notices[-1]
        await held.controller.restart()
        await held.engine.dealt_with()
        assert held.controller.status.activity is Activity.READY
        (scoring,) = held.controller.scores.by_key.values()
        assert "did not stop" in scoring.error


async def test_a_running_engine_is_not_started_again() -> None:
    async with talk() as held:
        await held.controller.restart()
        assert held.notices == ["The engine is running."]
        assert len([sent for sent in held.engine.requests if isinstance(sent, Load)]) == 1


async def test_sending_to_a_dead_engine_gives_the_text_back() -> None:
    async with talk() as held:
        await held.engine.die()
        held.controller.submit("hello?")
        assert held.returned == "hello?"
        assert held.notices


async def test_a_load_is_stopped() -> None:
    async with talk(engine={"hold_load": True}, first=Activity.LOADING) as held:
        assert held.controller.stop()
        await held.until(Activity.FAILED)
        assert held.controller.status.trouble.what == "Loading was stopped."
        assert not held.controller.stop()


async def test_a_model_that_cannot_be_loaded_is_told_and_can_be_tried_again() -> None:
    failure = LoadFailed("x.gguf is damaged.", "It ends too early.", "Download it again.")
    async with talk(engine={"failure": failure}, first=Activity.FAILED) as held:
        assert held.controller.status.trouble.what == "x.gguf is damaged."
        held.engine.failure = None
        await held.controller.restart()
        await held.until(Activity.READY)
        assert len([sent for sent in held.engine.requests if isinstance(sent, Load)]) == 2


async def test_a_reply_that_failed_is_said_on_its_message() -> None:
    too_long = Reply((), reason="error", error="The prompt has 900 tokens; the context holds 512.")
    async with talk(too_long) as held:
        held.controller.submit("long")
        await held.engine.advance(1)
        last = held.controller.conversation.path()[-1]
        assert "900 tokens" in last.note
        assert held.controller.status.activity is Activity.READY


async def test_a_persona_brings_its_greeting_prompt_and_settings() -> None:
    async with talk() as held:
        held.controller.submit("go")
        await held.engine.finish()
        held.controller.choose_persona("croupier")
        assert held.texts() == [("assistant", "Bets?")]
        assert held.controller.profile.settings.temperature == 1.0
        held.controller.submit("roll")
        await held.engine.finish()
        assert held.asked()[-1].turns[0].text == "Deal."


async def test_the_conversation_before_a_persona_is_a_branch_beside_the_new_one() -> None:
    async with talk("first") as held:
        held.controller.submit("go")
        await held.engine.finish()
        held.controller.choose_persona("croupier")
        root = held.controller.conversation.path()[0].key
        held.controller.walk(root, 1)
        assert held.controller.profile.persona is CONSOLE
        assert held.texts()[-1] == ("assistant", "first")


async def test_a_broken_persona_cannot_be_taken() -> None:
    async with talk() as held:
        held.controller.choose_persona("broken")
        assert held.controller.profile.persona is CONSOLE
        assert "broken" in held.notices[-1]


async def test_greetings_are_branches() -> None:
    held = Talk(ScriptedEngine())
    held.controller.walk(held.controller.conversation.leaf, 1)
    assert held.texts() == [("assistant", "Type here.")]


async def test_continuing_without_a_reply_is_refused_in_words() -> None:
    async with talk() as held:
        held.controller.continue_reply()
        assert held.notices == ["There is no reply to continue."]


async def test_sources_of_own_samplers_go_to_the_engine_with_every_load() -> None:
    source = Source(path="mine.py", text="x = 1")
    async with talk(own_sources=(source,), notice="bad.py:2: no") as held:
        await held.engine.die()
        await held.controller.restart()
        loads = [sent for sent in held.engine.requests if isinstance(sent, Load)]
        assert [load.own for load in loads] == [(source,), (source,)]
        assert held.notices == ["bad.py:2: no"]


async def test_a_fault_is_told_and_holds_until_the_next_reply() -> None:
    async with talk("one two three") as held:
        held.controller.submit("hello")
        await held.engine.advance()
        problem = Problem(key="custom:mine", message="no", path="mine.py", line=3)
        await held.engine.tell(Fault(run=1, problem=problem))
        assert held.controller.faults == {"custom:mine": problem}
        await held.engine.finish()
        assert held.notices == ["mine.py:3: custom:mine: no"]
        assert any(update.faults for update in held.updates)
        assert held.texts()[-1] == ("assistant", "one two three")
        assert held.controller.faults
        held.controller.submit("again")
        assert held.controller.faults == {}


async def test_a_change_that_is_refused_is_taken_back() -> None:
    async with talk("one two three") as held:
        held.controller.submit("hello")
        await held.engine.advance()
        before = held.controller.profile.settings
        held.controller.change_settings(before.changed(grammar="root ::= ("))
        running = held.asked()[0].settings
        await held.engine.tell(
            SettingsRefused(run=1, settings=running, error="The grammar is broken at line 1.")
        )
        assert held.controller.profile.settings == before
        assert held.notices[-1] == "Not changed. The grammar is broken at line 1."
        await held.engine.finish()


async def test_what_stood_before_a_token_is_known() -> None:
    async with talk("one two three") as held:
        held.controller.submit("hello")
        await held.engine.finish()
        message = held.controller.conversation.path()[-1]
        ids = [step.id for step in message.steps]
        prompt = list(range(1, 9))
        assert list(message.history(2)) == prompt + ids[:2]
        assert message.history(3)[-4:] == [8, *ids[:3]]
        assert list(message.history(0)) == prompt


async def test_what_waits_does_not_go_into_a_conversation_that_begins_meanwhile() -> None:
    async with talk("one two") as held:
        held.controller.submit("go")
        held.controller.submit("more of this")
        ended = asyncio.create_task(held.engine.finish())
        await asyncio.sleep(0)  # the engine has ended the reply, and nobody has read that yet
        held.controller.new_conversation()
        await ended
        assert held.texts() == [("assistant", "Ready.")]
        assert held.returned == "more of this"
        assert len(held.asked()) == 1


async def test_a_reply_that_goes_on_keeps_its_first_seed_and_tells_the_other() -> None:
    async with talk(reply("one two", reason="length"), "three") as held:
        held.controller.change_settings(held.controller.profile.settings.changed(seed=1111111))
        held.controller.submit("count")
        await held.engine.finish()
        held.controller.change_settings(held.controller.profile.settings.changed(seed=2222222))
        held.controller.continue_reply()
        await held.engine.finish()
        last = held.controller.conversation.path()[-1]
        assert last.seed == 1111111
        assert [change.changed for change in last.changes] == [{"seed": 2222222}]


TOO_LONG = Reply((), reason="error", error="The prompt is too long.", kind="prompt_too_long")


async def test_a_message_that_is_too_long_does_not_stay_in_the_way() -> None:
    async with talk("hello", TOO_LONG, "fine") as held:
        held.controller.submit("hi")
        await held.engine.finish()
        held.controller.submit("long")
        await held.engine.advance(1)
        failed = held.controller.conversation.path()[-1]
        assert failed.seed is None
        assert all(way in failed.note for way in ("too long", "e on a", "[ goes", "Ctrl+N"))
        assert held.updates[-1].again == "long"
        held.controller.submit("short")
        await held.engine.finish()
        assert [turn.text for turn in held.asked()[-1].turns][-3:] == ["hi", "hello", "short"]
        assert held.texts()[-2:] == [("user", "short"), ("assistant", "fine")]
        asked = held.controller.conversation.path()[-2]
        held.controller.walk(asked.key, -1)
        assert held.texts()[-2:] == [("user", "long"), ("assistant", "")]


async def test_a_failed_second_reply_leaves_the_first_one_in_the_conversation() -> None:
    async with talk("hello", TOO_LONG) as held:
        held.controller.submit("hi")
        await held.engine.finish()
        held.controller.regenerate()
        await held.engine.advance(1)
        assert held.updates[-1].again == ""


async def test_values_of_a_model_that_cannot_be_used_are_told() -> None:
    async with talk() as held:
        said = {"top_k": 5, "temperature": "hot"}
        assert held.controller.status.model is not None
        model = msgspec.structs.replace(held.controller.status.model, sampling=said)
        await held.engine.tell(Loaded(model, (b"a",)))
        assert held.controller.profile.settings.top_k == 5
        assert any("model: temperature: 'hot' is not a number" in said for said in held.notices)


async def test_the_same_persona_once_more_adds_no_greeting_to_a_new_conversation() -> None:
    async with talk() as held:
        controller = held.controller
        before = len(controller.conversation)
        controller.choose_persona(controller.profile.persona.id)
        assert len(controller.conversation) == before
        assert "nothing has been said" in held.notices[-1]
        controller.submit("hi")
        await held.engine.finish()
        controller.choose_persona(controller.profile.persona.id)
        assert held.texts() == [("assistant", "Ready.")]
        assert len(controller.conversation) > before


async def test_a_new_conversation_out_of_a_new_one_is_refused_with_a_word() -> None:
    async with talk() as held:
        before = len(held.controller.conversation)
        held.controller.new_conversation()
        assert len(held.controller.conversation) == before
        assert "nothing has been said" in held.notices[-1]
        held.controller.submit("hi")
        await held.engine.finish()
        held.controller.new_conversation()
        assert held.texts() == [("assistant", "Ready.")]
