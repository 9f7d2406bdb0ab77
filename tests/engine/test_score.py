"""What a model thinks of a text: told token by token, beside the conversation."""

from pathlib import Path

import pytest

from tests.support.talk import Talk, Told, talking
from tui.core.messages import Cancel, Finished, PromptReady, Score, Scored, Turn
from tui.core.score import TEMPLATE, ScoredToken
from tui.core.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDE = Settings(top_k=0, top_p=1.0, min_p=0.0, temperature=1.2, ignore_eos=True)
ASKED = (Turn(role="system", text="red blue"), Turn(role="user", text="hello world"))


class Found:
    """The answer to a `Score`."""

    def __init__(self, events: list[object]) -> None:
        self.events = events
        self.prompt = next((e for e in events if isinstance(e, PromptReady)), None)
        self.finished: Finished = events[-1]
        self.tokens: list[ScoredToken] = []
        for event in events:
            if isinstance(event, Scored):
                assert event.start == len(self.tokens)
                assert len(event.tokens) <= 32
                self.tokens += event.tokens

    def text(self, turn: int) -> str:
        return "".join(token.text for token in self.tokens if token.turn == turn)


async def score(talk: Talk, turns: tuple[Turn, ...], run: int = 900, **values: object) -> Found:
    talk.send(Score(run=run, turns=turns, **values))
    return Found(
        await talk.until(lambda event: isinstance(event, Finished) and event.run == run)
    )  # fmt: skip


def answered(told: Told) -> tuple[Turn, ...]:
    return (*ASKED, Turn(role="assistant", text=told.finished.text, ids=told.ids))


async def test_a_reply_is_scored_as_it_was_recorded(talk: Talk):
    told = await talk.reply(turns=ASKED, settings=WIDE, predict=40)
    found = await score(talk, answered(told), ids=told.prompt.ids + told.ids)
    assert found.finished.reason == "done"
    assert tuple(token.id for token in found.tokens) == told.prompt.ids + told.ids
    own = [token for token in found.tokens if token.turn == 2]
    assert tuple(token.id for token in own) == told.ids
    for token, step in zip(own, told.steps, strict=True):
        assert token.p_raw == pytest.approx(step.p_raw, rel=0.1, abs=2e-3)
        assert token.entropy_bits == pytest.approx(step.entropy_bits, abs=0.05)
        assert token.logit_std == pytest.approx(step.record.logit_std, rel=0.02)
        assert abs(token.rank - step.rank) <= 3
        assert len(token.top_ids) == 10
        assert token.top_p[0] == pytest.approx(step.record.p_raw[0], abs=5e-3)
    assert (found.tokens[0].p_raw, found.tokens[0].rank) == (None, 0)
    assert found.tokens[0].surprise_bits is None


async def test_every_token_is_its_messages_or_the_templates(talk: Talk):
    found = await score(talk, (*ASKED, Turn(role="assistant", text="roll one")))
    assert [found.text(turn) for turn in range(3)] == ["red blue", "hello world", "roll one"]
    template = [token for token in found.tokens if token.turn == TEMPLATE]
    assert "<|im_start|>" in {token.text for token in template if token.control}
    assert "assistant" in found.text(TEMPLATE)


async def test_the_conversation_does_not_notice(talk: Talk):
    told = await talk.reply(turns=ASKED, settings=WIDE, predict=20)
    more = (*answered(told), Turn(role="user", text="roll two"))
    alone = await talk.reply(turns=more, settings=WIDE, predict=20)
    await talk.reply(turns=ASKED, settings=WIDE, predict=20)
    found = await score(talk, (Turn(role="user", text="one two " * 30),))
    assert found.prompt.notes == ()
    again = await talk.reply(turns=more, settings=WIDE, predict=20)
    assert again.prompt.reused_tokens >= len(told.prompt.ids) + len(told.ids) - 1
    assert again.ids == alone.ids


async def test_without_room_the_conversation_is_put_aside_and_comes_back(tiny: Path):
    async with talking(tiny, n_ctx=256, n_batch=32) as small:
        told = await small.reply(turns=ASKED, settings=WIDE, predict=120)
        found = await score(small, (Turn(role="user", text="one two " * 80),))
        assert found.finished.reason == "done"
        assert any("put aside" in note for note in found.prompt.notes)
        more = (*answered(told), Turn(role="user", text="roll"))
        again = await small.reply(turns=more, settings=WIDE, predict=1)
        assert again.prompt.reused_tokens == len(told.prompt.ids) + len(told.ids) - 1
        none = await score(small, (Turn(role="user", text="one two " * 200),))
        assert none.finished.reason == "error"
        assert "The context has 256" in none.finished.error
        assert none.tokens == []


async def test_it_can_be_stopped_in_the_middle(talk: Talk):
    run = 901
    talk.send(Score(run=run, turns=(Turn(role="user", text="one two " * 2000),)))
    await talk.until(lambda event: isinstance(event, Scored))
    talk.send(Cancel(run))
    rest = await talk.until(lambda event: isinstance(event, Finished))
    assert rest[-1].reason == "cancelled"
    assert (await score(talk, ASKED)).finished.reason == "done"


async def test_foreign_ids_are_refused(talk: Talk):
    found = await score(talk, ASKED, ids=(1, 10**6))
    assert (found.finished.reason, found.finished.kind) == ("error", "usage")
