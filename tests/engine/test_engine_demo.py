from pathlib import Path

from tests.support.talk import talking
from tui.core.messages import PromptReady, Render, Turn
from tui.core.settings import Settings


async def test_a_personas_template_takes_the_place_of_the_models_for_one_prompt(demo_model: Path):
    async with talking(demo_model) as talk:
        turns = (Turn(role="user", text="hello"),)
        texts = []
        for run, template in enumerate(("", "plain", "{{ messages[0].content | trim }}!", "{% x")):
            talk.send(Render(run=run, turns=turns, template=template))
            texts.append(await talk.next(PromptReady))
        assert texts[0].text.startswith("<|im_start|>user")
        assert [one.text for one in texts[1:3]] == ["User: hello\nAssistant:", "hello!"]
        # One that is none is told, and a plain one is used.
        assert texts[3].text == texts[1].text
        assert "cannot be used" in texts[3].notes[0]


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
