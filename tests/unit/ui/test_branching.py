"""The controller on a scripted engine: forks and removed branches."""

import msgspec

from tests.unit.ui.talk import Talk, talk
from tui.core.branch import branches
from tui.core.errors import Problem
from tui.core.messages import (
    Cancel,
    ChangeSettings,
    Fault,
)
from tui.core.settings import Settings
from tui.core.status import Activity
from tui.engine.scripted import Reply

WORDS = "one two three four five"


async def said(held: Talk, text: str = "go") -> int:
    """A question and its whole reply; the reply's key."""
    held.controller.submit(text)
    await held.engine.finish()
    leaf = held.controller.conversation.leaf
    assert leaf is not None
    return leaf


async def test_a_fork_keeps_the_steps_before_and_asks_for_the_rest() -> None:
    async with talk(WORDS) as held:
        key = await said(held)
        old = held.controller.conversation[key]
        held.controller.fork(key, 2, old.steps[2].id)
        await held.engine.finish()
        new = held.controller.conversation.path()[-1]
        assert held.controller.conversation.siblings(key) == [key, new.key]
        assert new.text == WORDS
        assert [step.i for step in new.steps] == [0, 1, 2, 3, 4, 5]
        assert new.steps[:2] == old.steps[:2]
        assert (new.forked_from, new.forked_at, new.prompt) == (key, 2, old.prompt)
        asked = held.asked()[-1]
        assert asked.resume.ids == tuple(step.id for step in old.steps[:2])
        assert asked.resume.state == old.steps[2].state
        assert asked.resume.drawn
        assert asked.turns[-1].text == "one two"
        assert held.notices == ["reused 9 tokens, evaluated 1"]
        assert (held.controller.status.reused_tokens, held.controller.status.evaluated_tokens) == (
            9, 1,
        )  # fmt: skip


async def test_another_token_is_told_as_taken_by_hand() -> None:
    async with talk(WORDS) as held:
        key = await said(held)
        blue = held.engine.vocabulary.id(b" blue")
        held.controller.fork(key, 1, blue)
        await held.engine.finish()
        new = held.controller.conversation.path()[-1]
        assert new.text == "one blue three four five"
        assert new.steps[1].by_hand
        assert not held.asked()[-1].resume.drawn
        # Taken by hand once, it is so when it is chosen again.
        held.controller.fork(new.key, 1, blue)
        await held.engine.advance(1)
        assert not held.asked()[-1].resume.drawn


async def test_a_fork_draws_with_the_settings_and_the_seed_of_its_step() -> None:
    async with talk(WORDS) as held:
        controller = held.controller
        controller.submit("go")
        await held.engine.advance(2)
        controller.change_settings(controller.profile.settings.changed(temperature=1.5))
        await held.engine.finish()
        key = controller.conversation.path()[-1].key
        controller.change_settings(controller.profile.settings.changed(temperature=0.9, seed=99))
        controller.fork(key, 3, 5)
        await held.engine.advance(1)
        assert (held.asked()[-1].settings.temperature, held.asked()[-1].seed) == (1.5, 7)
        # A change while it is made changes that alone.
        controller.change_settings(controller.profile.settings.changed(top_k=3))
        sent = held.engine.requests[-1]
        assert isinstance(sent, ChangeSettings)
        assert (sent.settings.temperature, sent.settings.top_k) == (1.5, 3)
        await held.engine.finish()
        controller.fork(key, 3, 5, settings=Settings(temperature=0.1, seed=5))
        await held.engine.advance(1)
        assert (held.asked()[-1].settings.temperature, held.asked()[-1].seed) == (0.1, 7)


async def test_a_fork_stops_the_reply_that_is_being_made() -> None:
    async with talk(WORDS) as held:
        held.controller.submit("go")
        await held.engine.advance(3)
        key = held.controller.conversation.path()[-1].key
        held.controller.fork(key, 1, held.controller.conversation[key].steps[1].id)
        assert any(isinstance(sent, Cancel) for sent in held.engine.requests)
        await held.engine.finish()
        assert held.controller.conversation[key].text == "one two three"
        assert held.controller.conversation.path()[-1].text == WORDS


async def test_a_fork_that_cannot_begin_leaves_a_notice_and_nothing_else() -> None:
    failed = Reply((), "error", "The prompt has 9 tokens.", "prompt_too_long")
    async with talk(WORDS, failed) as held:
        key = await said(held)
        held.controller.fork(key, 1, 0)
        await held.engine.finish()
        assert held.controller.conversation.leaf == key
        assert held.controller.conversation.siblings(key) == [key]
        assert held.notices[-1] == "Not forked. The prompt has 9 tokens."
        held.controller.fork(key, 99, 0)
        assert "no such token" in held.notices[-1]
        held.controller.conversation[key].model = "other.gguf"
        held.controller.fork(key, 1, 0)
        assert "Another model" in held.notices[-1]
        assert len(held.asked()) == 2


async def test_what_a_recorded_grammar_refuses_is_not_even_asked_for() -> None:
    async with talk(WORDS) as held:
        key = await said(held)
        message = held.controller.conversation[key]
        step = message.steps[1]
        other = int(step.record.ids[-1])
        verdicts = bytes(int(token != other) for token in step.record.ids)
        record = msgspec.structs.replace(step.record, allowed_bytes=verdicts)
        message.steps[1] = msgspec.structs.replace(step, record=record)
        held.controller.fork(key, 1, other)
        assert "leaving the grammar" in held.notices[-1]
        assert len(held.asked()) == 1
        held.controller.fork(key, 1, other, leave_grammar=True)
        await held.engine.advance(1)
        assert held.asked()[-1].resume.leave_grammar
        run = held.asked()[-1].run
        await held.engine.tell(Fault(run=run, problem=Problem(key="grammar", message="left")))
        assert "grammar was left at token 2" in held.controller.conversation.path()[-1].note


async def test_branches_tell_where_each_parts_from_which() -> None:
    async with talk(WORDS) as held:
        key = await said(held)
        blue, red = (held.engine.vocabulary.id(piece) for piece in (b" blue", b" red"))
        held.controller.fork(key, 3, blue)
        await held.engine.finish()
        second = held.controller.conversation.path()[-1].key
        held.controller.fork(second, 1, red)
        await held.engine.finish()
        third = held.controller.conversation.path()[-1].key
        one, two, three = branches(held.controller.conversation, key)
        assert [one.key, two.key, three.key] == [key, second, third]
        assert (one.beside, one.at, one.piece, one.by_hand) == (second, 3, b" four", False)
        assert (two.beside, two.at, two.piece, two.by_hand) == (key, 3, b" blue", True)
        assert (three.beside, three.at, three.piece) == (key, 1, b" red")
        assert two.p_raw == held.controller.conversation[second].steps[3].p_raw
        assert [branch.shown for branch in (one, two, three)] == [False, False, True]
        held.controller.show(second)
        assert held.controller.conversation.leaf == second


async def test_a_removed_branch_can_be_brought_back() -> None:
    async with talk(WORDS) as held:
        key = await said(held)
        held.controller.regenerate(key)
        await held.engine.finish()
        other = held.controller.conversation.path()[-1].key
        await said(held, "and?")
        before = held.texts()
        held.controller.remove(other)
        assert held.controller.conversation.leaf == key
        assert held.controller.conversation.siblings(key) == [key]
        held.controller.restore()
        assert held.texts() == before
        assert held.controller.conversation.siblings(key) == [key, other]
        held.controller.restore()
        assert "No branch" in held.notices[-1]
        held.controller.remove(other)
        held.controller.remove(key)
        for _ in range(2):
            held.controller.restore()
        assert held.controller.conversation.siblings(key) == [key, other], "none is lost"


async def test_a_branch_that_says_the_same_is_told_so() -> None:
    async with talk(WORDS, WORDS, "one") as held:
        key = await said(held)
        for _ in range(2):
            held.controller.regenerate(key)
            await held.engine.finish()
        one, two, three = branches(held.controller.conversation, key)
        assert (one.same, two.same, three.same) == (True, True, False)
        assert (three.beside, three.at) == (key, 1)


async def test_with_a_conversation_its_persona_goes_and_comes_back() -> None:
    async with talk(WORDS) as held:
        controller = held.controller
        controller.choose_persona("croupier")
        controller.remove(controller.conversation.path()[0].key)
        assert held.texts() == [("assistant", "Type here.")]
        assert controller.profile.persona.id == "console"
        controller.restore()
        assert held.texts() == [("assistant", "Bets?")]
        assert controller.profile.persona.id == "croupier"


async def test_removing_the_branch_that_is_being_made_stops_it_first() -> None:
    async with talk(WORDS) as held:
        held.controller.submit("go")
        await held.engine.advance(2)
        question, answer = held.controller.conversation.path()[-2:]
        held.controller.remove(question.key)
        assert question.key in held.controller.conversation
        await held.until(Activity.READY)
        assert question.key not in held.controller.conversation
        assert answer.key not in held.controller.conversation
        assert held.texts() == [("assistant", "Ready.")]
        held.controller.restore()
        assert held.texts()[1:] == [("user", "go"), ("assistant", "one two")]


async def test_settings_are_counted_on_in_a_fork() -> None:
    async with talk(WORDS) as held:
        control = held.controller
        control.submit("go")
        await held.engine.advance(1)
        control.change_settings(control.profile.settings.changed(top_k=7))
        await held.engine.finish()
        old = control.conversation.path()[-1]
        assert [change.version for change in old.changes] == [1]
        control.fork(old.key, 3, old.steps[3].id, settings=Settings(temperature=0.1, seed=5))
        await held.engine.advance(1)
        control.change_settings(control.profile.settings.changed(top_k=9))
        await held.engine.finish()
        new = control.conversation.path()[-1]
        assert [(change.i, change.version) for change in new.changes] == [(1, 1), (3, 2), (4, 3)]
        assert [step.settings_version for step in new.steps] == [0, 1, 1, 2, 3, 3]
