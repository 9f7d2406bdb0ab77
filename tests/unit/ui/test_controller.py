"""The controller on a scripted engine, without a screen: replies."""

from tests.unit.ui.talk import Talk, talk
from tui.core.lorebook import Lore, Lorebook
from tui.core.messages import (
    ChangeSettings,
)
from tui.core.persona import ModelHint, Persona
from tui.core.status import Activity
from tui.engine.scripted import ScriptedEngine, reply


async def test_the_greeting_is_there_before_the_model() -> None:
    held = Talk(ScriptedEngine())
    assert held.texts() == [("assistant", "Ready.")]
    assert held.controller.status.activity is Activity.STARTING


async def test_a_message_gets_a_reply_under_the_personas_prompt() -> None:
    async with talk("red blue") as held:
        held.controller.submit("colours?")
        await held.engine.finish()
        assert held.texts()[1:] == [("user", "colours?"), ("assistant", "red blue")]
        (asked,) = held.asked()
        assert [turn.role for turn in asked.turns] == ["system", "assistant", "user"]
        assert asked.turns[0].text == "Compute."
        assert asked.settings.temperature == 0.2


LORE = Lorebook(entries=(Lore(keys=("dragon",), content="It sleeps.", name="dragon"),))
WITCH = Persona(id="witch", name="Witch", system="You are {{char}}.", greetings=("Hi {{user}}.",),
                post_history_instructions="Roll: {{roll:1d1000000}}.", stop=("{{user}}:",),
                chat_template="plain", lorebook=LORE, model=ModelHint(name="mistral"))  # fmt: skip


async def test_everything_a_persona_says_takes_effect_and_is_told() -> None:
    async with talk("red", personas=(WITCH,), persona="witch") as held:
        assert "meant for the model mistral" in held.notices[0]
        assert held.texts() == [("assistant", "Hi User.")]
        held.controller.submit("a dragon {{char}}")
        await held.engine.finish()
        (asked,) = held.asked()
        assert [turn.text for turn in asked.turns[:3]] == [
            "You are Witch.\n\nIt sleeps.", "Hi User.", "a dragon {{char}}"
        ]  # fmt: skip
        assert (asked.template, asked.stop) == ("plain", ("User:",))
        reply = held.controller.conversation.path()[-1]
        rolled = asked.turns[3].text.removeprefix("Roll: ").rstrip(".")
        assert reply.note == (
            f"lorebook, about 3 tokens: dragon\n{{{{roll:1d1000000}}}} was {rolled}"
        )


async def test_a_reply_that_goes_on_keeps_its_dice_and_another_throws_its_own() -> None:
    async with talk("red", personas=(WITCH,), persona="witch") as held:
        held.controller._draw_seed = iter(range(100)).__next__
        held.controller.submit("hello")
        await held.engine.finish()
        held.controller.continue_reply()
        await held.engine.finish()
        held.controller.regenerate()
        await held.engine.finish()
        first, on, other = (asked.turns[3].text for asked in held.asked())
        assert first == on != other


async def test_a_random_seed_is_drawn_once_and_shown() -> None:
    async with talk() as held:
        held.controller.submit("hi")
        await held.engine.finish()
        assert held.asked()[0].seed == held.controller.status.seed == 7
        assert held.controller.conversation.path()[-1].seed == 7
        assert held.controller.profile.settings.seed == -1


async def test_a_fixed_seed_is_used_as_it_is() -> None:
    async with talk() as held:
        held.controller.change_settings(held.controller.profile.settings.changed(seed=42))
        held.controller.submit("hi")
        await held.engine.finish()
        assert held.asked()[0].seed == 42


async def test_a_long_reply_leaves_in_far_fewer_updates_than_tokens() -> None:
    async with talk(reply(" ".join(["word"] * 400)), engine={"free": True}) as held:
        held.controller.submit("go")
        await held.until(Activity.REPLY)
        before = len(held.updates)
        await held.until(Activity.READY)
        assert len(held.controller.conversation.path()[-1].steps) == 401
        assert len(held.updates) - before < 100


async def test_the_first_token_and_the_end_leave_at_once() -> None:
    async with talk("one two three") as held:
        held.controller.submit("go")
        await held.engine.advance(1)
        assert held.updates[-1].grown
        await held.engine.finish()
        assert held.updates[-1].grown
        assert held.controller.status.activity is Activity.READY


async def test_a_stopped_reply_keeps_what_was_said() -> None:
    async with talk("one two three") as held:
        held.controller.submit("go")
        await held.engine.advance(2)
        assert held.controller.stop()
        await held.until(Activity.READY)
        last = held.controller.conversation.path()[-1]
        assert (last.text, last.reason) == ("one two", "cancelled")
        assert not held.controller.stop()


async def test_a_stopped_reply_can_be_continued() -> None:
    async with talk("one two three", " four") as held:
        held.controller.submit("go")
        await held.engine.advance(2)
        held.controller.stop()
        await held.until(Activity.READY)
        held.controller.continue_reply()
        await held.engine.finish()
        last = held.controller.conversation.path()[-1]
        assert (last.text, last.reason, len(last.steps)) == ("one two four", "eog", 4)
        assert held.asked()[1].turns[-1].ids == tuple(step.id for step in last.steps[:2])


async def test_a_setting_changed_in_a_reply_holds_from_the_next_token_on() -> None:
    async with talk("one two three four") as held:
        held.controller.submit("go")
        await held.engine.advance(2)
        hot = held.controller.profile.settings.changed(temperature=1.9)
        held.controller.change_settings(hot)
        await held.engine.finish()
        last = held.controller.conversation.path()[-1]
        assert [step.settings_version for step in last.steps] == [0, 0, 1, 1, 1]
        assert [last.settings_at(i).temperature for i in (1, 2)] == [0.2, 1.9]
        assert held.controller.profile.sources["temperature"] == "panel"


async def test_the_same_value_is_not_sent_again() -> None:
    async with talk() as held:
        held.controller.submit("go")
        await held.engine.advance(1)
        held.controller.change_settings(held.controller.profile.settings)
        assert not [sent for sent in held.engine.requests if isinstance(sent, ChangeSettings)]


async def test_regenerating_makes_a_sibling_and_keeps_the_first_reply() -> None:
    async with talk("first", "second") as held:
        held.controller.submit("go")
        await held.engine.finish()
        first = held.controller.conversation.leaf
        held.controller.regenerate()
        await held.engine.finish()
        assert held.texts()[-1] == ("assistant", "second")
        assert len(held.controller.conversation.siblings(first)) == 2
        held.controller.walk(held.controller.conversation.leaf, -1)
        assert held.texts()[-1] == ("assistant", "first")


async def test_regenerating_in_a_reply_stops_it_first() -> None:
    async with talk("one two three", "second") as held:
        held.controller.submit("go")
        await held.engine.advance(1)
        held.controller.regenerate()
        await held.until(Activity.PROMPT)
        await held.engine.finish()
        assert held.texts()[-1] == ("assistant", "second")


async def test_an_edited_question_is_a_branch_with_its_own_reply() -> None:
    async with talk("first", "second") as held:
        held.controller.submit("go")
        await held.engine.finish()
        question = held.controller.conversation.path()[1].key
        held.controller.edit(question, "stay")
        await held.engine.finish()
        assert held.texts()[1:] == [("user", "stay"), ("assistant", "second")]
        held.controller.walk(held.controller.conversation.path()[1].key, 1)
        assert held.texts()[1:] == [("user", "go"), ("assistant", "first")]


async def test_an_edited_reply_is_a_branch_and_asks_for_nothing() -> None:
    async with talk("first") as held:
        held.controller.submit("go")
        await held.engine.finish()
        held.controller.edit(held.controller.conversation.leaf, "better")
        assert held.texts()[-1] == ("assistant", "better")
        assert len(held.asked()) == 1


async def test_a_message_sent_in_a_reply_waits_for_its_end() -> None:
    async with talk("first", "second") as held:
        held.controller.submit("one")
        await held.engine.advance(1)
        held.controller.submit("two")
        assert held.controller.status.waiting == 1
        assert len(held.asked()) == 1
        await held.engine.finish()
        await held.engine.finish()
        assert [text for _, text in held.texts()[1:]] == ["one", "first", "two", "second"]
        assert held.controller.status.waiting == 0


async def test_stopping_gives_back_what_waited() -> None:
    async with talk("first") as held:
        held.controller.submit("one")
        await held.engine.advance(1)
        held.controller.submit("two")
        held.controller.stop()
        await held.until(Activity.READY)
        assert held.returned == "two"
        assert len(held.asked()) == 1


async def test_a_message_sent_while_the_model_loads_waits_for_it() -> None:
    async with talk("first", engine={"hold_load": True}, first=Activity.LOADING) as held:
        held.controller.submit("early")
        await held.engine.finish_load()
        await held.engine.finish()
        assert held.texts()[1:] == [("user", "early"), ("assistant", "first")]


async def test_the_first_prompt_of_the_command_line_is_sent_by_itself() -> None:
    async with talk("first", prompt="xx", first=Activity.PROMPT) as held:
        await held.engine.finish()
        assert held.texts()[1:] == [("user", "xx"), ("assistant", "first")]
