"""Whether a reply could be made with settings, asked without making one."""

import pytest

from tests.support.talk import Talk, talking
from tui.core.messages import Check, Checked
from tui.core.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("settings", "error", "warning"),
    [
        (Settings(grammar='root ::= "red" | "blue"'), "", ""),
        (Settings(grammar='root ::= ("red"'), "line 1, column", ""),
        (Settings(grammar="root ::= root"), "left recursion", ""),
        (Settings(json_schema="{"), "JSON", ""),
        (Settings(json_schema='{"type": "object", "minProperties": 2}'), "", "minProperties"),
        (Settings(logit_bias_variants=((" redblue", 1.0),)), "", "redblue"),
        (Settings(grammar="(", off=("grammar",)), "", ""),
    ],
)
async def test_what_is_wrong_with_settings_is_told_without_a_reply(
    talk: Talk, settings: Settings, error: str, warning: str
) -> None:
    talk.send(Check(77, settings))
    told = await talk.next(Checked)
    assert told.run == 77
    assert error in told.error and bool(error) is bool(told.error)
    assert warning in "".join(told.warnings) and bool(warning) is bool(told.warnings)
    # The engine goes on, and a reply obeys its own settings.
    made = await talk.reply("hello", settings=Settings(grammar='root ::= "red"'), predict=3)
    assert made.text == "red"


async def test_without_a_model_nothing_can_be_told() -> None:
    async with talking() as empty:
        empty.send(Check(1, Settings()))
        assert "No model is loaded" in (await empty.next(Checked)).error
