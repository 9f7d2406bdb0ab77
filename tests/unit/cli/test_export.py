"""`run --export FILE` and `open FILE`: names, endings, and what stays when something goes wrong."""

import asyncio
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.test_reply import free, reply
from tui.cli.export import ExportOutput
from tui.cli.main import main
from tui.cli.output import TextOutput, TraceOutput
from tui.core.errors import EngineDied, LogitscopeError, UsageError
from tui.core.messages import Finished, Timings
from tui.engine.scripted import Reply as Script
from tui.engine.scripted import ScriptedEngine
from tui.store.target import find_target
from tui.store.trace_file import open_trace


def exported(
    engine: ScriptedEngine, *names: Path, words: tuple[str, ...] = (), json_too: bool = False
) -> tuple[int, bytes]:
    """The exit code, and what went to stdout besides."""
    stream = io.BytesIO()
    kinds = TraceOutput(stream, top=3, terminal=False), TextOutput(stream, terminal=False)
    output = ExportOutput(kinds[not json_too], [find_target(str(name)) for name in names], 3)
    return asyncio.run(reply(engine, output, *words).make()), stream.getvalue()


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main([*words]) == 2
    return capsys.readouterr().err


def test_the_reply_goes_to_every_file_and_to_stdout_as_ever(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.html", "a.svg", "a.csv", "a.jsonl")]
    assert exported(free("red blue"), *files) == (0, b"red blue")
    assert all("blue" in file.read_text() for file in files)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert sorted(tmp_path.iterdir()) == sorted(files)


def test_the_trace_on_stdout_is_the_same_with_an_export(tmp_path: Path) -> None:
    _, out = exported(free("red blue"), tmp_path / "a.jsonl", words=("-s", "1"), json_too=True)
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["type"] for line in lines] == ["start", "step", "step", "step", "end"]
    assert "record" not in lines[1]


def test_what_was_exported_opens_again(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    exported(free("red blue"), file, words=("--temp", "0.5", "-s", "9", "-sys", "Hush."))
    opened = open_trace(file)
    assert opened.notes == ()
    assert (opened.reply.text, opened.reply.seed, opened.reply.reason) == ("red blue", 9, "eog")
    assert opened.reply.settings.temperature == 0.5
    assert [(turn.role, turn.text) for turn in opened.reply.turns] == [
        ("system", "Hush."), ("user", "hello"),
    ]  # fmt: skip


def test_an_earlier_file_is_replaced_and_its_link_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    link.symlink_to(real)
    exported(free("red"), link)
    assert link.is_symlink()
    assert real.read_text().startswith("i,id")


@pytest.mark.parametrize("ending", ["html", "svg", "csv", "jsonl"])
def test_a_reply_of_no_token_is_a_file_all_the_same(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"a.{ending}"
    assert exported(free("red blue"), file, words=("-n", "0"))[0] == 0
    assert file.stat().st_size > 0
    if ending == "jsonl":
        assert open_trace(file).reply.reason == "length"


def test_a_reply_that_ends_badly_leaves_what_there_is_marked(tmp_path: Path) -> None:
    files = [tmp_path / "a.jsonl", tmp_path / "a.html"]
    script = Script((b"red", b" blue"), reason="banned", error="top-k left nothing.")
    with pytest.raises(LogitscopeError, match="could not be finished"):
        exported(free(script), *files)
    found = open_trace(files[0]).reply
    assert (len(found.steps), found.reason, found.error) == (2, "banned", "top-k left nothing.")
    assert "top-k left nothing." in files[1].read_text()


def test_an_engine_that_dies_in_the_middle_leaves_what_there_is(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    engine = ScriptedEngine(["red blue green"])
    output = ExportOutput(TextOutput(io.BytesIO(), terminal=False), [find_target(str(file))], 3)

    async def scene() -> None:
        task = asyncio.create_task(reply(engine, output).make())
        await engine.advance(2)
        await engine.die()
        with pytest.raises(EngineDied):
            await task

    asyncio.run(scene())
    output.failed("The engine died.")
    output.failed("Said twice.")
    found = open_trace(file).reply
    assert (found.text, found.reason, found.error) == ("red blue", "error", "The engine died.")


def test_a_reply_that_never_began_leaves_the_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("old")
    output = ExportOutput(TextOutput(io.BytesIO(), terminal=False), [find_target(str(file))], 3)
    output.failed("The model cannot be loaded.")
    assert file.read_text() == "old"


def test_one_file_that_fails_does_not_keep_the_others_from_being_written(tmp_path: Path) -> None:
    gone, good = tmp_path / "gone" / "a.csv", tmp_path / "b.csv"
    gone.parent.mkdir()
    targets = [find_target(str(gone)), find_target(str(good))]
    gone.parent.rmdir()
    gone.parent.write_text("in the way")
    output = ExportOutput(TextOutput(io.BytesIO(), terminal=False), targets, 3)
    with pytest.raises(LogitscopeError, match="gone"):
        asyncio.run(reply(free("red"), output).make())
    assert good.exists()


def test_a_reader_that_goes_away_does_not_take_the_files_along(tmp_path: Path) -> None:
    class Gone(TextOutput):
        def end(self, finished: Finished) -> None:
            raise BrokenPipeError

    file = tmp_path / "a.csv"
    output = ExportOutput(Gone(io.BytesIO(), terminal=False), [find_target(str(file))], 3)
    with pytest.raises(BrokenPipeError):
        asyncio.run(reply(free("red"), output).make())
    assert file.exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.pdf", "There are: .html, .svg, .csv, .jsonl"),
        ("a.htlm", "Did you mean .html?"),
        ("a", "There are: "),
        ("-", "There are: "),
        ("folder.csv", "It is a folder."),
        ("missing/a.csv", "There is no folder "),
        ("file/a.csv", "is not a folder"),
        ("pipe.csv", "It is not a regular file."),
        ("x" * 300 + ".csv", "cannot be written"),
        ("loop.csv", "cannot be written"),
    ],
)
def test_a_name_that_cannot_be_is_told_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    name: str, said: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("folder.csv").mkdir()
    Path("file").write_text("")
    os.mkfifo("pipe.csv")
    Path("loop.csv").symlink_to("loop.csv")
    # The model does not exist either: it is the name that is told.
    told = refused(capsys, "run", "-m", "missing.gguf", "-p", "x", "--export", name)
    assert said in told
    assert len(told.splitlines()) <= 4


def test_the_workbench_has_no_such_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert "cannot be used here" in refused(capsys, "--export", "a.csv")


# --- open -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing.jsonl", "There is no such file."),
        (".", "It is not a regular file."),
        ("pipe", "It is not a regular file."),
        ("empty", "It is empty."),
        ("text", "Line 1: it is not JSON"),
        ("\x00", "cannot be opened"),
    ],
)
def test_what_cannot_be_opened_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    name: str, said: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("empty").write_bytes(b"")
    Path("text").write_bytes(b"hello\n")
    assert said in refused(capsys, "open", name)


def test_opening_needs_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.jsonl"
    exported(free("red"), file)
    assert "needs a terminal" in refused(capsys, "open", str(file))


def test_a_file_that_is_too_big_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    with file.open("wb") as handle:
        handle.truncate(1 << 30)
    with pytest.raises(UsageError, match="at most 512"):
        open_trace(file)


def test_an_end_that_comes_after_nothing_is_no_reply() -> None:
    output: Any = ExportOutput(TextOutput(io.BytesIO(), terminal=False), [], 3)
    output.end(Finished(run=1, reason="cancelled", text="", timings=Timings()))
