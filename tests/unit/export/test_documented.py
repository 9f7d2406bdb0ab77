"""The page of the trace names every key and column that is written."""

import json
from pathlib import Path

import msgspec
import pytest

from tests.support.replies import made, with_step
from tui.core.export.lines import json_lines
from tui.core.export.table import CANDIDATE_COLUMNS, TOKEN_COLUMNS
from tui.core.messages import SettingsChanged

PAGE = (Path(__file__).parents[3] / "docs/reference/trace.md").read_text(encoding="utf-8")


def test_every_key_of_a_line_is_documented() -> None:
    reply = with_step(made(b"a", b"b"), 1, by_hand=True, resampled=True)
    reply = msgspec.structs.replace(
        reply, begun=(0, 1), error="why", changes=(SettingsChanged(0, 1, {}, 1),)
    )
    for line in map(json.loads, json_lines(reply)):
        keys = {*line, *line.get("record", ()), *line.get("prompt", ()), *line.get("state", ())}
        for key in keys - {"type"}:
            assert f"`{key}`" in PAGE, key


@pytest.mark.parametrize("columns", [TOKEN_COLUMNS, CANDIDATE_COLUMNS])
def test_every_column_is_documented(columns: dict[str, str]) -> None:
    for name, text in columns.items():
        assert f"| `{name}` | {text} |" in PAGE
