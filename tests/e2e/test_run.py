"""`logitscope run` as a person runs it, on the shipped model."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tui.core.replay import replay
from tui.store.trace_file import open_trace

COMMAND = [sys.executable, "-m", "tui"]


def logitscope(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *words], input=stdin, capture_output=True, check=False)


def trace(*words: str) -> list[dict[str, Any]]:
    done = logitscope("run", "--json", *words)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def refused(code: int, *words: str, stdin: bytes = b"") -> str:
    done = logitscope(*words, stdin=stdin)
    told = done.stderr.decode()
    assert done.returncode == code, told
    assert "Traceback" not in told
    assert told.startswith("logitscope: ")
    return told


def test_the_console_adds() -> None:
    done = logitscope("run", "--persona", "js-console", "--temp", "0", stdin=b"2 + 3\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"5", b"")


def test_the_storytellers_own_samplers_leave_a_long_name_whole() -> None:
    asked = "a story about Wilhelmina in the far station"
    said = logitscope("run", "--persona", "storyteller", "-s", "11", "-p", asked).stdout.decode()
    names = re.findall(r"\bWil\w*", said)
    assert len(names) > 3
    assert set(names) == {"Wilhelmina"}


def test_the_loaded_die_shows_its_odds() -> None:
    lines = trace("--persona", "croupier", "-p", "roll the loaded die", "--temp", "0")
    odds = [
        one["p_raw"] for line in lines if line["type"] == "step"
        for one in line["top"] if one["text"] == "6"
    ]  # fmt: skip
    assert any(0.46 <= p <= 0.54 for p in odds), odds


def test_the_trace_tells_what_the_reply_was_made_with() -> None:
    start, *steps, end = trace(
        "--persona", "croupier", "-p", "flip the coin", "-s", "7", "--temp", "0.9", "--top", "2"
    )
    assert (start["type"], start["seed"], start["settings"]["temperature"]) == ("start", 7, 0.9)
    assert start["model"]["name"] and start["model"]["n_vocab"] > 0
    assert start["samplers"] == ["temperature", "dist"]
    assert "".join(step["text"] for step in steps) == end["text"]
    assert [step["i"] for step in steps] == list(range(len(steps)))
    for step in steps:
        assert len(step["top"]) in (2, 3)
        assert step["top"][0]["p_raw"] >= step["top"][1]["p_raw"]
        assert step["stages"][0]["mass"] == pytest.approx(1.0, abs=1e-6)
        assert 0.0 <= step["u"] < 1.0
    assert end["reason"] == "eog"
    assert end["timings"]["gen_tokens"] == len(steps)


def test_a_seed_makes_the_reply_again_and_the_order_of_flags_does_not_matter() -> None:
    one = logitscope("run", "--persona", "music-bot", "-p", "more jazz", "-s", "3")
    two = logitscope("-s", "3", "run", "-p", "more jazz", "--persona", "music-bot")
    assert one.stdout == two.stdout != b""


def test_flags_of_2023_hold() -> None:
    start, *_ = trace(
        "--color", "-c", "512", "--temp", "0.8", "--repeat_penalty", "1.1", "-n", "4", "-p", "xx"
    )
    assert start["model"]["n_ctx"] == 512
    assert start["settings"]["repeat_penalty"] == 1.1
    assert "penalties" in start["samplers"]


def test_top_p_of_nothing_is_greedy() -> None:
    steps = [line for line in trace("-p", "2 + 3", "--top_p", "0") if line["type"] == "step"]
    assert all(step["rank"] == 1 and step["p_final"] == 1.0 for step in steps)


def test_a_prompt_goes_as_it_is() -> None:
    start, *_, end = trace("-no-cnv", "-p", "The", "-n", "3", "--temp", "0")
    assert start["settings"]["top_k"] == 40
    assert start["prompt_tokens"] <= 3
    assert end["reason"] in ("length", "eog")


def test_a_stop_text_ends_the_reply_and_is_not_in_it() -> None:
    words = ("-p", "roll the fair die", "--persona", "croupier", "--temp", "0")
    whole = logitscope("run", *words).stdout.decode()
    word = whole.split()[1]
    *_, end = trace(*words, "-r", word)
    assert end["reason"] == "stop"
    assert end["text"] == whole.partition(word)[0]


def test_a_bias_outside_the_vocabulary_is_a_warning() -> None:
    words = ("run", "-p", "2 + 3", "--temp", "0")
    done = logitscope(*words, "--logit-bias", "999999-inf")
    assert (done.returncode, done.stdout) == (0, logitscope(*words).stdout)
    assert b"999999" in done.stderr


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    process = subprocess.Popen(
        [*COMMAND, "run", "--json", "-p", "x", "--ignore-eos", "-n", "200"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    with process:
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait() == 0
        assert process.stderr.read() == b""


def test_ctrl_c_keeps_what_was_said() -> None:
    process = subprocess.Popen(
        [*COMMAND, "run", "--json", "-p", "x", "--ignore-eos", "-c", "2048"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    with process:
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        lines += process.stdout.readlines()
        assert process.wait() == 130
    end = json.loads(lines[-1])
    assert end["reason"] == "cancelled"
    steps = [line for line in map(json.loads, lines) if line["type"] == "step"]
    assert end["text"] == "".join(step["text"] for step in steps)


def test_a_killed_engine_is_an_exit_code_of_its_own() -> None:
    process = subprocess.Popen(
        [*COMMAND, "run", "--json", "-p", "x", "--ignore-eos", "-c", "2048"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    with process:
        lines = [process.stdout.readline() for _ in range(2)]
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        lines += process.stdout.readlines()
        assert process.wait() == 4
        assert b"SIGKILL" in process.stderr.read()
    end = json.loads(lines[-1])
    assert (end["type"], end["reason"]) == ("end", "error")
    assert "SIGKILL" in end["error"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, 3), (b"", 3), (b"PNG, not a model", 3), (b"GGUF\x03\x00\x00\x00", 3)],
)
def test_what_is_no_model_is_told(tmp_path: Path, content: bytes | None, code: int) -> None:
    path = tmp_path / "m.gguf"
    if content is not None:
        path.write_bytes(content)
    told = refused(code, "run", "-m", str(path), "-p", "x")
    assert "m.gguf" in told
    assert len(told.splitlines()) >= 2


def test_half_a_model_is_told(tmp_path: Path) -> None:
    from tui.demo import MODEL_PATH

    path = tmp_path / "half.gguf"
    whole = MODEL_PATH.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused(3, "run", "-m", str(path), "-p", "x")


def test_a_failure_is_the_end_of_the_trace_too(tmp_path: Path) -> None:
    done = logitscope("run", "--json", "-m", str(tmp_path / "none.gguf"), "-p", "x")
    assert done.returncode == 3
    end = json.loads(done.stdout)
    assert (end["type"], end["reason"]) == ("end", "error")
    assert "none.gguf" in end["error"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-p", ""), "prompt is empty"),
        (("-p", "word " * 3000), "context"),
        (("-p", "word " * 300, "-c", "256"), "context"),
        (("-p", "x", "--persona", "js-consle"), "Did you mean js-console?"),
        (("-p", "x", "--temp", "101"), "out of range"),
        (("-p", "x", "--tmp", "1"), "no flag --tmp"),
        (("-f", "/nowhere"), "cannot be read"),
    ],
)
def test_bad_use_is_told(words: tuple[str, ...], told: str) -> None:
    assert told in refused(2, "run", *words)


def test_bytes_that_are_no_text_are_told() -> None:
    assert "not UTF-8" in refused(2, "run", stdin=b"\xff\xfe")


def test_no_input_is_an_empty_prompt() -> None:
    assert "prompt is empty" in refused(2, "run")


def test_a_sampler_of_ones_own_runs_and_a_faulty_one_is_told(home: Path) -> None:
    logitscope("samplers", "new", "top-a", "--from", "top-a")
    (home / "config/samplers/bad.py").write_text(
        "from tui.core.own_sampler import OwnSampler\n"
        "STAGE = OwnSampler('bad', lambda ids, logits, values: logits[:0])\n"
    )
    done = logitscope(
        "run", "--json", "-p", "roll the fair die", "--preset", "neutral", "-s", "3",
        "--samplers", "custom:top-a;custom:bad;temperature", "--custom", "top-a.a=0.5",
    )  # fmt: skip
    assert done.returncode == 0
    start, *steps, end = (json.loads(line) for line in done.stdout.splitlines())
    assert start["samplers"] == ["custom:top-a", "custom:bad", "dist"]
    assert start["settings"]["custom"] == {"top-a": {"a": 0.5}}
    assert end["reason"] == "eog"
    assert {stage["sampler"] for step in steps for stage in step["stages"]} == {"custom:top-a"}
    assert any(one["cut_by"] == "custom:top-a" for step in steps for one in step["top"])
    (told,) = done.stderr.decode().splitlines()
    assert "bad.py:2: custom:bad: it returned the shape (0,)" in told


def test_what_is_ignored_is_a_note() -> None:
    done = logitscope("run", "-p", "2 + 3", "--mirostat", "2", "-s", "1", "--top-k", "9")
    assert done.returncode == 0
    (told,) = done.stderr.decode().splitlines()
    assert told.startswith("note: mirostat 2 replaces the chain: no effect of top-k")


def test_a_broken_grammar_is_told_with_its_place() -> None:
    told = refused(2, "run", "-p", "x", "--grammar", "root ::= b\nb ::= (")
    assert "line 2, column 8" in told


def test_what_a_model_made_is_exported_and_asked_again_without_it(tmp_path: Path) -> None:
    words = ("--persona", "music-bot", "-p", "more jazz", "-s", "11")
    files = [tmp_path / name for name in ("a.jsonl", "a.html", "a.svg", "a.csv")]
    done = logitscope("run", *words, *(word for file in files for word in ("--export", str(file))))
    assert (done.returncode, done.stderr) == (0, b"")
    assert all(file.stat().st_size > 1000 for file in files)
    reply = open_trace(files[0]).reply
    assert reply.text.encode() == done.stdout
    for i, step in enumerate(reply.steps):
        again = replay(step, reply.settings_at(i), reply.history(i))
        assert (again.token, again.exact) == (step.id, True)


def test_a_file_that_cannot_be_written_is_told_before_the_model_is_loaded(tmp_path: Path) -> None:
    told = refused(2, "run", "-p", "x", "--export", str(tmp_path / "no" / "a.html"))
    assert "There is no folder" in told


def test_a_warning_has_a_line_of_its_own_where_both_streams_go_to_one_file(tmp_path: Path) -> None:
    with (tmp_path / "both").open("wb") as both:
        words = ["-no-cnv", "-p", "x", "-n", "3", "-s", "1", "-l", "999999+1"]
        subprocess.run(
            [sys.executable, "-m", "tui", "run", *words], stdout=both, stderr=both, check=True
        )
    lines = (tmp_path / "both").read_text().split("\n")
    (warned,) = [line for line in lines if "999999" in line]
    assert warned.startswith("warning: ")
