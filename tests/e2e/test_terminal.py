"""The workbench in a real pseudo-terminal, on the shipped model."""

import os
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pexpect
import pyte
import pytest

from tests.support.replies import made
from tui.core.export.lines import json_lines
from tui.core.settings import Settings
from tui.store.paths import find_paths

ROOT = Path(__file__).parents[2]
PATIENCE_S = 90
MODES = {"1049": "alternate screen", "1000": "mouse", "1003": "mouse moves", "2004": "paste"}


class Terminal:
    """A child on a pseudo-terminal, and what its screen shows."""

    def __init__(self, command: list[str], size: tuple[int, int] = (120, 36)) -> None:
        width, height = size
        self._screen = pyte.Screen(width, height)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": ""}
        for size_of_the_runner in ("COLUMNS", "LINES"):
            environment.pop(size_of_the_runner, None)
        self.child = pexpect.spawn(
            command[0], command[1:], dimensions=(height, width), env=environment,
            cwd=str(ROOT), timeout=PATIENCE_S,
        )  # fmt: skip
        self._line = termios.tcgetattr(self.child.child_fd)
        self._line_after: list[object] = []

    def read(self) -> None:
        """Take what the child wrote."""
        try:
            data = self.child.read_nonblocking(1 << 16, timeout=0.2)
        except pexpect.TIMEOUT:
            return
        self.raw += data
        # pyte takes the private mode of the keyboard protocol for a style.
        self._stream.feed(re.sub(rb"\x1b\[[<>=?][0-9;]*[umcp]", b"", data))

    def screen(self) -> str:
        """The rows."""
        return "\n".join(self._screen.display)

    def until(self, true: Callable[[str], object]) -> str:
        """Wait for a screen."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            self.read()
            if true(self.screen()):
                return self.screen()
        raise AssertionError(f"never seen; the screen was\n{self.screen()}")

    def end(self) -> int:
        """Wait for the end and return the exit code, or minus the signal."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                self.read()
            except pexpect.EOF:
                break
        self._line_after = termios.tcgetattr(self.child.child_fd)
        self.child.close()
        return -self.child.signalstatus if self.child.signalstatus else self.child.exitstatus

    def left_as_it_was(self) -> bool:
        """Whether every mode that was switched on was switched off again, and the line is cooked."""
        for mode in MODES:
            on, off = (
                self.raw.rfind(f"\x1b[?{mode}h".encode()),
                self.raw.rfind(f"\x1b[?{mode}l".encode()),
            )
            if on > off:
                return False
        assert self._line_after == self._line
        return self.raw.rfind(b"\x1b[?25h") > self.raw.rfind(b"\x1b[?25l")


@contextmanager
def terminal(*words: str, size: tuple[int, int] = (120, 36)) -> Iterator[Terminal]:
    opened = Terminal([sys.executable, "-m", "tui", *words], size)
    try:
        yield opened
    finally:
        opened.child.close(force=True)


def ready(screen: str) -> bool:
    """Whether the status line says so."""
    return bool(re.search(r"\n ready[^\n]*\Z", screen.rstrip()))


def test_it_starts_greets_replies_and_leaves_the_terminal_as_it_was() -> None:
    with terminal("--temp", "0") as t:
        words = ("Try", "Samplers", "Nothing to look at", "Personas", "JavaScript console")
        t.until(lambda screen: ready(screen) and all(word in screen for word in words))
        t.child.send("2 + 3")
        t.until(lambda screen: "2 + 3" in screen)
        t.child.send("\r")
        t.until(lambda screen: "Token" in screen and "t/s" in screen)
        t.child.send("\x03\x03")
        assert t.end() == 0
        assert t.left_as_it_was()
        assert b"Traceback" not in t.raw


def test_a_recorded_reply_opens_without_its_model(tmp_path: Path) -> None:
    file = tmp_path / "sky.jsonl"
    reply = made(b"The", b" sky", b" is", b" blue")
    file.write_text("".join(json_lines(reply)), encoding="utf-8")
    with terminal("open", str(file), "--ascii", size=(80, 24)) as t:
        t.until(lambda screen: "recorded, read-only" in screen and "The sky is blue" in screen)
        t.child.send("\t\x1b[D\x1b[D")
        t.until(lambda screen: "Token 4 of 5" in screen)
        t.child.send("\x03\x03")
        assert t.end() == 0
        assert t.left_as_it_was()


def test_a_recorded_reply_of_a_sampler_whose_file_is_broken_says_so(
    home: Path, tmp_path: Path
) -> None:
    mine = home / "config/samplers/mine.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("print('said at import')\n1 / 0\n")
    file = tmp_path / "sky.jsonl"
    settings = Settings(samplers=("custom:mine",), custom={"mine": {"a": 1.0}})
    reply = msgspec.structs.replace(made(b"The", b" sky"), settings=settings)
    file.write_text("".join(json_lines(reply)), encoding="utf-8")
    with terminal("open", str(file), size=(200, 24)) as t:
        t.until(lambda screen: "mine.py:2: ZeroDivisionError" in screen)
        t.child.send("\x03\x03")
        assert t.end() == 0
        assert b"said at import" not in t.raw


def test_a_paste_with_escapes_stays_one_text_and_sends_nothing() -> None:
    with terminal() as t:
        t.until(ready)
        lines = "".join(f"line {n} \x1b[31mred\r" for n in range(200))
        t.child.send(f"\x1b[200~{lines}the end\x1b[201~")
        screen = t.until(lambda screen: "the end" in screen)
        assert "line 199 ␛[31mred" in screen
        assert "Nothing to look at" in screen
        assert "line 0 " not in screen
        t.child.send("\x03\x03")
        assert t.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_kill_and_a_hang_up_leave_the_terminal_as_it_was(number: signal.Signals) -> None:
    with terminal() as t:
        t.until(ready)
        t.child.kill(number)
        t.end()
        assert t.left_as_it_was()


@pytest.mark.parametrize("seen", [b"\x1b", b"Nothing to look at"], ids=["at once", "when drawn"])
def test_a_terminal_that_vanishes_without_a_signal_ends_the_program(seen: bytes) -> None:
    ours, theirs = os.openpty()
    termios.tcsetwinsize(ours, (36, 120))
    # No terminal of its own: nobody sends it a signal when the other end is gone.
    child = subprocess.Popen(
        [sys.executable, "-m", "tui"], stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT,
        env={**os.environ, "TERM": "xterm-256color"}, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    drawn = b""
    while seen not in drawn:
        drawn += os.read(ours, 1 << 16)
    os.close(ours)
    try:
        # In order, after its patience, or by the signal where nothing waits for one yet.
        ended = child.wait(PATIENCE_S)
        assert ended in {0, 128 + signal.SIGHUP, -signal.SIGHUP}
    finally:
        child.kill()


def test_a_killed_engine_is_shown_and_comes_back() -> None:
    with terminal() as t:
        t.until(ready)
        os.kill(engine_of(t.child.pid), signal.SIGKILL)
        t.until(lambda screen: "engine died" in screen and "SIGKILL" in screen)
        t.child.send("\x12")
        t.until(ready)
        t.child.send("\x11")
        assert t.end() == 0


def test_an_engine_that_does_not_stop_is_ended_and_started_again() -> None:
    with terminal() as t:
        t.until(ready)
        # As in one long call: it takes nothing in, and dies only by force.
        os.kill(engine_of(t.child.pid), signal.SIGSTOP)
        t.child.send("hello\r")
        t.until(lambda screen: "hello" in screen and "prompt" in screen)
        t.child.send("\x1b")
        t.until(lambda screen: "stopping" in screen)
        t.child.send("\x1b")
        t.until(lambda screen: "Ctrl+R ends an engine that does not" in screen)
        t.child.send("\x12")
        screen = t.until(ready)
        assert "the engine did not stop and was ended here" in screen
        t.child.send("again\r")
        t.until(lambda screen: "reply" in screen and "t/s" in screen)
        t.child.send("\x11")
        assert t.end() == 0


def test_a_warning_of_a_reply_stands_on_a_line_of_its_own() -> None:
    words = ["run", "-no-cnv", "-p", "x", "-n", "3", "-s", "1", "-l", "999999+1"]
    t = Terminal([sys.executable, "-m", "tui", *words])
    t.until(lambda screen: "999999 is outside the vocabulary" in screen)
    assert t.end() == 0
    lines = t.screen().split("\n")
    (warned,) = [n for n, line in enumerate(lines) if "999999" in line]
    assert lines[warned].startswith("warning: ")
    assert "warning" not in lines[warned + 1]


BROKEN = """
from tui.app import LogitscopeApp
from tui.cli.main import main

def broken(self):
    raise KeyError("a bug\\x1b[31m")

LogitscopeApp.action_help = broken
raise SystemExit(main([]))
"""


def test_a_fault_of_our_own_is_told_without_a_traceback() -> None:
    t = Terminal([sys.executable, "-c", BROKEN])
    t.until(ready)
    t.child.send("\x1bOP")
    assert t.end() == 1
    assert t.left_as_it_was()
    after = t.raw[t.raw.rfind(b"\x1b[?1049l") :].decode()
    assert "The workbench broke" in after
    assert "KeyError" in after
    assert "workbench.log" in after
    assert "Traceback" not in t.raw.decode()
    assert "Traceback" in (find_paths().logs / "workbench.log").read_text()


def test_the_command_line_of_2023_opens_the_model_and_sends_the_prompt() -> None:
    model = str(ROOT / "tui" / "demo" / "demo.gguf")
    words = ["--color", "-c", "1024", "--temp", "0.8", "--repeat_penalty", "1.1", "-n", "8", "-i"]
    with terminal("-m", model, *words, "-p", "xx") as t:
        screen = t.until(lambda screen: "xx" in screen and "Token" in screen)
        assert "/ 1,024" in screen
        t.child.send("\x03\x03")
        assert t.end() == 0


def engine_of(parent: int) -> int:
    """The process id of the engine that `parent` started."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                words = (entry / "cmdline").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == parent and "tui.engine.worker" in words:
                return int(entry.name)
    raise AssertionError("no engine process")


def test_hostile_text_of_a_persona_never_reaches_the_terminal_raw(home: Path) -> None:
    folder = find_paths().personas
    folder.mkdir(parents=True)
    evil = r"\u001b]52;c;aGk=\u0007\u009b31m\u202e[@click=app.quit]x[/]"
    (folder / "evil.toml").write_text(
        f'name = "Evil {evil}"\nsystem = "Be {evil}"\ngreetings = ["Hello {evil}"]\n'
    )
    with terminal("--persona", "evil") as t:
        t.until(lambda screen: ready(screen) and "[@click=app.quit]" in screen)
        t.child.send("\x03\x03")
        assert t.end() == 0
        assert b"\x1b]52" not in t.raw
        assert b"\xc2\x9b" not in t.raw
        assert "\u202e".encode() not in t.raw


EDITOR = """\
#!/bin/sh
stty -a | grep -q ' icanon' && echo COOKED
read line
printf '# %s\\n' "$line" >> "$1"
"""


def test_a_persons_own_editor_gets_the_terminal_and_gives_it_back(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor"
    editor.write_text(EDITOR)
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(editor))
    with terminal() as t:
        t.until(ready)
        t.child.send("\x10")
        t.until(lambda screen: "Search for commands" in screen)
        t.child.send("Persona library")
        t.until(lambda screen: screen.count("Persona library") >= 2)
        t.child.send("\r")
        t.until(lambda screen: "finds by name" in screen)
        t.child.send("E")
        t.until(lambda screen: "COOKED" in screen)
        t.child.send("mine\r")
        t.until(lambda screen: "is yours now, over the built-in one" in screen)
        assert (find_paths().personas / "js-console.toml").read_text().endswith("# mine\n")
        t.child.send("E")
        t.until(lambda screen: "COOKED" in screen)
        t.child.send("\x03")
        t.until(lambda screen: "was ended by signal 2" in screen)
        monkeypatch.undo()
        t.child.send("\x03\x03")
        assert t.end() == 0
        assert t.left_as_it_was()


def test_a_prompt_can_be_typed_where_none_was_given() -> None:
    with terminal("run", "--persona", "js-console", "--temp", "0") as t:
        t.until(lambda screen: "Ctrl+D" in screen)
        t.child.send("2 + 3\n\x04")
        assert t.end() == 0
        assert t.screen().split()[-1] == "5"
