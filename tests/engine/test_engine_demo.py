from pathlib import Path

from tests.support.talk import talking
from tui.core.messages import Turn
from tui.core.settings import Settings


async def test_the_shipped_model_holds_a_conversation(demo_model: Path):
    async with talking(demo_model) as talk:
        turns: tuple[Turn, ...] = (Turn(role="user", text="roll the fair die"),)
        first = await talk.reply(turns=turns, settings=Settings(temperature=0.0), predict=64)
        assert first.finished.reason == "eog"
        assert first.finished.text.strip()
        turns += (
            Turn(role="assistant", text=first.finished.text, ids=first.ids),
            Turn(role="user", text="flip a coin"),
        )
        second = await talk.reply(turns=turns, settings=Settings(temperature=0.0), predict=64)
        assert second.finished.reason == "eog"
        # The whole first exchange is in the cache but for the token that ended it.
        assert second.prompt.reused_tokens == len(first.prompt.ids) + len(first.ids) - 1
        assert not second.prompt.notes
