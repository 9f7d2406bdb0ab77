"""Evaluated texts that left the cache: brought back whole, bounded, and without a trace in a reply."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.talk import Talk, talking
from tui.core.messages import Turn
from tui.core.model import LoadOptions
from tui.core.settings import Settings
from tui.engine import kept
from tui.engine.log import LlamaLog
from tui.engine.ready import Ready

WIDE = Settings(top_k=0, top_p=1.0, min_p=0.0, temperature=1.2, ignore_eos=True)


@pytest.fixture
def ready(tiny: Path, llama_log: LlamaLog) -> Iterator[Ready]:
    options = LoadOptions(path=str(tiny), n_ctx=512, n_threads=1, n_batch=64)
    found = Ready(options, llama_log, lambda _: True, datetime.datetime(2024, 1, 1))
    yield found
    found.close()


def under(system: str, *said: Turn) -> tuple[Turn, ...]:
    return (Turn(role="system", text=system), *said)


async def test_going_back_to_a_persona_costs_no_prompt_evaluation(tiny: Path):
    one, two = "the red world " * 6, "two blue one " * 6
    asked = (Turn(role="user", text="hello"),)
    async with talking(tiny, n_batch=32) as talk:
        first = await talk.reply(turns=under(one, *asked), settings=WIDE, predict=8)
        alone = await straight(tiny, under(one, *asked), first.ids, first.finished.text)
        await talk.reply(turns=under(two, *asked), settings=WIDE, predict=8)
        said = Turn(role="assistant", text=first.finished.text, ids=first.ids)
        more = (*under(one, *asked), said, Turn(role="user", text="roll"))
        back = await talk.reply(turns=more, settings=WIDE, predict=8)
        # All of it but the last token of the reply, which was never evaluated.
        assert back.prompt.reused_tokens == len(first.prompt.ids) + len(first.ids) - 1
        assert back.ids == alone
        again = await talk.reply(turns=under(two, *asked), settings=WIDE, predict=8)
        assert again.prompt.reused_tokens >= len(again.prompt.ids) - 1


async def straight(path: Path, turns: tuple[Turn, ...], ids: tuple[int, ...], text: str):
    """The same two replies with nothing in between."""
    async with talking(path, n_batch=32) as talk:
        await talk.reply(turns=turns, settings=WIDE, predict=8)
        said = Turn(role="assistant", text=text, ids=ids)
        more = (*turns, said, Turn(role="user", text="roll"))
        return (await talk.reply(turns=more, settings=WIDE, predict=8)).ids


async def test_a_branch_that_is_walked_back_to_is_still_evaluated(tiny: Path):
    async with talking(tiny, n_batch=32) as talk:
        first = await talk.reply("hello world", settings=WIDE, predict=40)
        await talk.reply("hello world", settings=WIDE, seed=2, predict=40)
        said = Turn(role="assistant", text=first.finished.text, ids=first.ids)
        turns = (Turn(role="user", text="hello world"), said, Turn(role="user", text="red"))
        back = await talk.reply(turns=turns, settings=WIDE, predict=1)
        assert back.prompt.reused_tokens == len(first.prompt.ids) + len(first.ids) - 1


@pytest.mark.asyncio(loop_scope="module")
async def test_the_same_seed_makes_the_same_reply_bit_by_bit(talk: Talk):
    first = await talk.reply("hello world the red", settings=WIDE, predict=12)
    again = await talk.reply("hello world the red", settings=WIDE, predict=12)
    assert again.prompt.reused_tokens == len(again.prompt.ids)
    assert [step.record for step in again.steps] == [step.record for step in first.steps]


def test_what_comes_back_is_what_was_evaluated(ready: Ready):
    context = ready.context
    one, two = list(range(4, 64)), list(range(64, 4, -1))
    context.decode(one)
    before = context.logits().copy()
    context.remember_end()
    assert context.rewind_to(two) == (0, False)
    context.decode(two)
    assert context.reusable(one) == len(one)
    assert context.rewind_to(one) == (len(one), False)
    assert context.ids == one
    assert np.array_equal(context.logits(), before)
    context.decode([5])
    after = context.logits().copy()
    context.clear()
    context.decode(one)
    context.decode([5])
    assert np.array_equal(context.logits(), after)


def test_no_more_is_kept_than_allowed(ready: Ready, monkeypatch: pytest.MonkeyPatch):
    context = ready.context
    texts = [[4 + n, *range(10, 60)] for n in range(kept.COUNT + 3)]
    for text in texts:
        context.rewind_to(text)
        context.decode(text)
    # The newest is in the cache itself.
    assert [context.reusable(text) > 0 for text in texts] == (
        [False] * 2 + [True] * (kept.COUNT + 1)
    )
    context.rewind_to([200, 201])
    size = context._shelf.bytes_of(0)
    context.decode(list(range(10, 74)))
    monkeypatch.setattr(kept, "LIMIT_BYTES", context._shelf.bytes_of(0) // 2 + size)
    long = list(context.ids)
    context.rewind_to([200, 201])
    # What is too large is kept as far as it fits: its beginning.
    assert 0 < context.reusable(long) < len(long) - 1
