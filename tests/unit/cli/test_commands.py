"""The commands that need no model."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.tiny_gguf import write_tiny
from tui.cli.main import main
from tui.core.errors import UsageError


def test_paths_prints_one_place_a_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paths"]) == 0
    rows = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert rows["config"] == str(home / "config/config.toml")
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_know_the_flags(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completions", shell]) == 0
    out = capsys.readouterr().out
    assert "top-nsigma" in out
    assert "personas" in out


def test_a_misspelt_key_is_told_before_the_key_that_is_missing_for_it(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / "config" / "personas"
    folder.mkdir(parents=True)
    (folder / "typo.toml").write_text('nmae = "X"\nsystem = "a"\n')
    assert main(["personas", "list"]) == 0
    assert "broken: nmae: no key has this name (did you mean name?)" in capsys.readouterr().out


def test_personas_are_listed_with_the_broken_ones(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / "config/personas"
    folder.mkdir(parents=True)
    (folder / "torn.toml").write_text("name = 1\n")
    assert main(["personas", "list"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert any(row.startswith("croupier") and "built in" in row for row in rows)
    assert any(row.startswith("torn") and "yours" in row and "broken" in row for row in rows)


def test_personas_check_tells_every_problem(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["personas", "check"]) == 0
    folder = home / "config/personas"
    folder.mkdir(parents=True)
    (folder / "torn.toml").write_text('name = 1\nsystem = "x"\nstpo = []\n')
    assert main(["personas", "check", "croupier"]) == 0
    assert main(["personas", "check", str(folder / "torn.toml")]) == 1
    out = capsys.readouterr().out
    assert "torn.toml:1: name: it must be a text" in out
    assert "did you mean stop?" in out
    assert main(["personas", "check", "toorn"]) == 2
    assert "Did you mean torn?" in capsys.readouterr().err


def test_personas_show_prints_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["personas", "show", "croupier"]) == 0
    assert 'name = "Croupier"' in capsys.readouterr().out


def test_doctor_tells_of_each_thing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    for word in ("terminal", "usable cores", "llama-cpp-python", str(home)):
        assert word in out


def test_doctor_tells_when_the_demo_model_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF")
    monkeypatch.setattr("tui.cli.doctor.MODEL_PATH", broken)
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "usable         no: the demo model fails: The model" in out
    assert "what to do     install logitscope again" in out
    assert "llama-cpp-python" in out


def test_doctor_tells_when_llama_cpp_dies_computing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Weights in double precision: llama.cpp loads them and aborts in the first evaluation.
    model = write_tiny(tmp_path / "wide.gguf", weights=np.float64)
    monkeypatch.setattr("tui.cli.doctor.MODEL_PATH", model)
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "usable         no: it dies when it computes, of signal 6 (SIGABRT)" in out
    assert "build llama-cpp-python on this machine again" in out


def test_the_workbench_needs_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-p", "x"]) == 2
    assert "needs a terminal" in capsys.readouterr().err


def test_a_broken_configuration_is_told_before_anything_opens(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "config").mkdir()
    (home / "config/config.toml").write_text("a = \n")
    assert main([]) == 2
    assert "config.toml:1" in capsys.readouterr().err


def test_debug_shows_where(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exception, match="terminal"):
        main(["--debug"])


@pytest.mark.parametrize("command", ["bench", "paths", "sample"])
def test_every_command_takes_debug(command: str) -> None:
    with pytest.raises(UsageError, match="no flag --no-such"):
        main([command, "--debug", "--no-such"])


def closed(stream: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command with one of its standard streams closed, as `<&-` and `>&-` do."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {stream}', "sh", sys.executable, "-m", "tui", *words],
        capture_output=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stream", "words", "code", "told"),
    [
        ("<&-", (), 2, b"needs a terminal"),
        (">&-", (), 2, b"needs a terminal"),
        ("<&-", ("sample", "--logits", "-"), 2, b"got no numbers"),
        (">&-", ("run", "-p", "x"), 2, b"Standard output is closed"),
        (">&-", ("personas", "show", "croupier"), 0, b""),
        ("2>&-", ("run", "--tmp"), 2, b""),
        (">&-", ("doctor",), 0, b""),
    ],
)
def test_a_closed_stream_is_no_terminal(
    stream: str, words: tuple[str, ...], code: int, told: bytes
) -> None:
    done = closed(stream, *words)
    assert done.returncode == code, done.stderr.decode()
    assert told in done.stderr
    assert done.stdout == b""
    assert b"something broke" not in done.stderr


def test_doctor_does_not_run_a_folder_that_lies_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tui/engine").mkdir(parents=True)
    for name in ("tui/__init__.py", "tui/engine/__init__.py"):
        (tmp_path / name).touch()
    (tmp_path / "tui/engine/build.py").write_text("raise SystemExit('a stranger')")
    monkeypatch.chdir(tmp_path)
    assert main(["doctor"]) == 0
    assert "a stranger" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["samplers", "list"],
        ["personas", "list"],
        ["sample", "--probs", "0.5,0.5"],
        ["doctor"],
        ["paths"],
        ["--help"],
    ],
)
def test_a_reader_that_went_away_ends_every_command_quietly(words: list[str], home: Path) -> None:
    nobody, pipe = os.pipe()
    os.close(nobody)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tui", *words], stdout=pipe, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(pipe)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_reader_of_what_went_wrong_may_go_away_too(home: Path) -> None:
    nobody, pipe = os.pipe()
    os.close(nobody)
    try:
        words = [sys.executable, "-m", "tui", "samplers", "lst"]
        assert subprocess.run(words, stdout=pipe, stderr=pipe, check=False).returncode == 0
    finally:
        os.close(pipe)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [["paths"], ["run", "-no-cnv", "-p", "x", "-n", "1", "--json"]])
def test_a_full_disk_behind_standard_output_is_told(words: list[str], home: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tui", *words], stdout=full, stderr=subprocess.PIPE, check=False
        )
    told = b"logitscope: Standard output cannot be written.\nNo space left on device.\n"
    assert (done.returncode, done.stderr) == (1, told)
