"""`w` in the workbench: the reply under the cursor goes to a file."""

from pathlib import Path

import pytest
from desk import Desk, desk
from textual.widgets import Input, Static

from tui.core.tint import Tint
from tui.screens.export import ExportScreen
from tui.store.target import Target
from tui.store.trace_file import open_trace


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


async def asked(opened: Desk, name: str = "") -> Input:
    """Open the question, from the conversation, and type a name."""
    opened.bench.transcript.focus()
    await opened.pilot.press("w")
    await opened.until(lambda: isinstance(opened.app.screen, ExportScreen))
    await opened.pilot.pause()
    box = opened.app.screen.query_one(Input)
    if name:
        box.value = name
        await opened.pilot.pause()
    return box


async def notice(opened: Desk, start: str) -> str:
    await opened.until(lambda: opened.bench.status.notice.startswith(start))
    return opened.bench.status.notice


async def test_the_reply_under_the_cursor_is_written_where_it_was_said() -> None:
    async with desk("red blue", "one two three") as opened:
        await opened.talk("first")
        await opened.talk("second")
        opened.bench.transcript.focus()
        first = opened.controller.conversation.path()[2]
        opened.bench.transcript.highlight(first.key, 0)
        box = await asked(opened)
        assert box.value == f"reply-{first.seed}.html"
        assert "Export the reply  3 tokens" in opened.screen()
        await asked_again(opened, box, "mine.jsonl")
        said = str(opened.app.screen.query_one("#export-said", Static).visual)
        assert said == f"to {Path('mine.jsonl').resolve()}"
        await opened.pilot.press("enter")
        assert str(Path("mine.jsonl").resolve()) in await notice(opened, "Written: ")
        found = open_trace(Path("mine.jsonl"))
        assert (found.notes, found.reply.text) == ((), "red blue")
        assert found.reply.steps == tuple(first.steps)
        turns = [("system", "Compute."), ("assistant", "Ready. Try 1 + 1 or 'a'.length."),
                ("user", "first")]  # fmt: skip
        assert [(turn.role, turn.text) for turn in found.reply.turns] == turns


async def asked_again(opened: Desk, box: Input, name: str) -> None:
    box.value = name
    await opened.pilot.pause()


async def test_a_file_that_is_there_is_replaced_only_when_that_is_confirmed() -> None:
    Path("a.csv").write_text("mine")
    async with desk("red") as opened:
        await opened.talk("first")
        opened.bench.transcript.tint = Tint.RANK
        await asked(opened, "a.svg")
        await opened.pilot.press("enter")
        await notice(opened, "Written: ")
        assert "tinted by rank" in Path("a.svg").read_text()
        opened.bench.status.notice = ""
        await asked(opened, "a.csv")
        assert "replaces" in opened.screen()
        await opened.pilot.press("enter")
        assert "Enter again replaces it" in opened.screen()
        assert Path("a.csv").read_text() == "mine"
        await opened.pilot.press("enter")
        await notice(opened, "Written: ")
        assert Path("a.csv").read_text().startswith("i,id")


async def test_the_default_name_is_a_free_one_and_esc_writes_nothing() -> None:
    async with desk("red") as opened:
        opened.bench.transcript.focus()
        await opened.pilot.press("w")
        await notice(opened, "There is no reply to export yet.")
        opened.bench.prompt.focus()
        await opened.talk("first")
        seed = opened.controller.conversation.path()[-1].seed
        Path(f"reply-{seed}.html").write_text("mine")
        box = await asked(opened)
        assert box.value == f"reply-{seed}-2.html"
        await opened.pilot.press("x")
        assert box.value == "x.html", "what is typed replaces the stem"
        await opened.pilot.press("escape")
        assert opened.app.screen is opened.bench
        assert [path.name for path in Path.cwd().iterdir()] == [f"reply-{seed}.html"]


async def test_a_name_that_cannot_be_is_told_and_keeps_the_question() -> None:
    async with desk("red") as opened:
        await opened.talk("first")
        box = await asked(opened)
        for name, said in (
            ("a.pdf", "There are: .html"), ("nowhere/a.csv", "There is no folder"),
            ("", "There are:"),
        ):  # fmt: skip
            await asked_again(opened, box, name)
            await opened.pilot.press("enter")
            assert said in opened.screen()
            assert isinstance(opened.app.screen, ExportScreen)


async def test_a_failure_is_told_and_a_reply_that_runs_can_be_taken_as_it_is() -> None:
    async with desk("red blue green") as opened:
        await opened.ask("first")
        await opened.tokens(2)
        Path("gone").mkdir()
        await asked(opened, "gone/a.jsonl")
        assert "so far" in opened.screen()
        Path("gone").rmdir()
        Path("gone").write_text("in the way")
        opened.app.screen.dismiss(Target(Path("gone/a.jsonl").absolute()))
        assert "gone" in await notice(opened, "The folder")
        await asked(opened, "now.jsonl")
        await opened.pilot.press("enter")
        await notice(opened, "Written: ")
        found = open_trace(Path("now.jsonl"))
        assert found.reply.text == "red blue"
        assert found.notes == ("The file ends before the reply does: 2 tokens are there.",)
