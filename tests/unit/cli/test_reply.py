"""One reply, with an engine that follows a script."""

import asyncio
import io
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tui.cli.main import build_parser, main
from tui.cli.output import Output, TextOutput, TraceOutput
from tui.cli.parser import joined
from tui.cli.reply import Reply, failure
from tui.cli.startup import gather
from tui.core.errors import EngineDied, LogitscopeError, ModelLoadError
from tui.core.messages import Finished, Generate, LoadFailed, Timings, Turn
from tui.engine.scripted import Reply as Script
from tui.engine.scripted import ScriptedEngine
from tui.store.paths import find_paths


def reply(engine: ScriptedEngine, output: Output, *words: str, prompt: str = "hello") -> Reply:
    parser = build_parser(["run"])
    line = joined(["run", *words], parser)
    return Reply(engine, gather(parser.parse_args(line), "run", find_paths()), prompt, output)


def traced(engine: ScriptedEngine, *words: str, top: int = 3) -> tuple[int, list[dict[str, Any]]]:
    stream = io.BytesIO()
    output = TraceOutput(stream, top=top, terminal=False)
    code = asyncio.run(reply(engine, output, *words).make())
    return code, [json.loads(line) for line in stream.getvalue().splitlines()]


def free(*replies: Script | str, **rest: Any) -> ScriptedEngine:
    return ScriptedEngine(replies, free=True, **rest)


def written(engine: ScriptedEngine, *words: str, terminal: bool = False) -> tuple[int, bytes]:
    stream = io.BytesIO()
    code = asyncio.run(reply(engine, TextOutput(stream, terminal=terminal), *words).make())
    return code, stream.getvalue()


def test_a_pipe_gets_the_reply_and_nothing_else() -> None:
    assert written(free("red blue")) == (0, b"red blue")


def test_a_terminal_gets_it_cleaned_and_closed() -> None:
    script = Script((b"red", b"\x1b]0;x\x07", b" end"))
    assert written(free(script), terminal=True) == (0, "red␛]0;x␇ end\n".encode())
    assert written(free(script)) == (0, b"red\x1b]0;x\x07 end")


def test_what_is_said_meanwhile_begins_on_a_line_of_its_own_on_a_terminal_alone() -> None:
    shown = []
    for terminal in (True, False):
        stream = io.BytesIO()
        output = TextOutput(stream, terminal=terminal)
        output.break_line()
        output.end(Finished(run=1, reason="eog", text="red", timings=Timings()))
        output.break_line()
        shown.append(stream.getvalue())
    assert shown == [b"red\n", b"red"]


def test_a_character_of_several_tokens_is_whole() -> None:
    assert written(free(Script((b"a\xe2\x96", b"\x88b")))) == (0, "a█b".encode())


def test_what_is_asked_of_the_engine() -> None:
    engine = free("x")
    written(engine, "--persona", "croupier", "-r", "STOP", "-n", "5", "-s", "42")
    request = engine.requests[1]
    assert isinstance(request, Generate)
    system = "You are a croupier with a fair die, a loaded die and a coin."
    assert request.turns == (Turn(role="system", text=system), Turn(role="user", text="hello"))
    assert (request.stop, request.predict, request.seed) == (("STOP",), 5, 42)
    assert request.settings.temperature == 1.0
    assert request.prompt is None


def test_a_persona_makes_the_prompt_that_it_makes_in_the_workbench(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / "config/personas"
    folder.mkdir(parents=True)
    (folder / "witch.toml").write_text(
        'name = "Witch"\ndescription = "{{char}} rolls {{roll:d6}}."\nchat_template = "plain"\n'
        'post_history_instructions = "Rhyme."\nstop = ["{{user}}:"]\n[model]\nn_ctx = 99999\n'
    )
    engine = free("x")
    written(engine, "--persona", "witch", "-s", "1")
    request = engine.requests[1]
    assert isinstance(request, Generate)
    assert [turn.role for turn in request.turns] == ["system", "user", "system"]
    assert "Witch rolls" in request.turns[0].text
    assert (request.template, request.stop) == ("plain", ("User:",))
    said = capsys.readouterr().err
    assert "{{roll:d6}} was" in said
    assert "needs a context of 99999 tokens" in said


def test_the_prompt_goes_as_it_is_without_a_template() -> None:
    engine = free("x")
    written(engine, "-no-cnv")
    request = engine.requests[1]
    assert isinstance(request, Generate)
    assert (request.prompt, request.turns) == ("hello", ())


def test_a_seed_is_drawn_where_none_is_given() -> None:
    engine = free("x")
    _, lines = traced(engine)
    request = engine.requests[1]
    assert isinstance(request, Generate)
    assert 0 <= request.seed < 1 << 32
    assert (lines[0]["seed"], lines[0]["settings"]["seed"]) == (request.seed, -1)


def test_the_trace_has_the_documented_shape() -> None:
    code, lines = traced(free("red blue"), "--temp", "0.5", "-s", "1")
    assert code == 0
    start, *steps, end = lines
    assert set(start) == {
        "type", "model", "seed", "samplers", "settings", "prompt_tokens", "reused_tokens",
    }  # fmt: skip
    assert set(start["model"]) == {"path", "name", "arch", "quant", "n_vocab", "n_ctx"}
    assert start["samplers"] == ["top_k", "top_p", "min_p", "temperature", "dist"]
    assert start["settings"]["temperature"] == 0.5
    assert [step["text"] for step in steps] == ["red", " blue", ""]
    assert [step["i"] for step in steps] == [0, 1, 2]
    for step in steps:
        assert set(step) == {
            "type", "i", "id", "text", "bytes", "p_raw", "p_final", "rank", "entropy", "u",
            "stages", "top",
        }  # fmt: skip
        assert 3 <= len(step["top"]) <= 4
        assert step["id"] in [one["id"] for one in step["top"]]
        assert set(step["top"][0]) == {"id", "text", "logit", "p_raw", "p_final", "cut_by"}
        assert [set(stage) for stage in step["stages"]] == [{"sampler", "kept", "mass"}] * 4
    assert set(end) == {"type", "reason", "text", "timings"}
    assert (end["reason"], end["text"]) == ("eog", "red blue")
    assert set(end["timings"]) == {
        "load_s", "prompt_tokens", "prompt_s", "prompt_tps", "gen_tokens", "gen_s", "gen_tps",
        "sample_s", "sample_tps", "ttft_s",
    }  # fmt: skip


def test_a_length_is_a_reason() -> None:
    code, lines = traced(free("red blue green"), "-n", "2")
    assert (code, lines[-1]["reason"], lines[-1]["text"]) == (0, "length", "red blue")


def test_a_reply_that_fails_still_ends() -> None:
    stream = io.BytesIO()
    engine = free(Script((b"red",), reason="banned", error="top_k left nothing"))
    with pytest.raises(LogitscopeError, match="could not be finished") as caught:
        asyncio.run(reply(engine, TraceOutput(stream, top=1, terminal=False)).make())
    assert caught.value.exit_code == 1
    end = json.loads(stream.getvalue().splitlines()[-1])
    assert (end["reason"], end["error"], end["text"]) == ("banned", "top_k left nothing", "red")


def test_a_model_that_cannot_be_loaded() -> None:
    engine = free(failure=LoadFailed("It is no GGUF.", "It begins with PNG.", "Try another."))
    with pytest.raises(ModelLoadError, match="It is no GGUF") as caught:
        written(engine)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        ("usage", "The grammar is broken.\nLine 1.\nMend it.", 2),
        ("prompt_too_long", "The prompt has 9 tokens.\nThe context has 8.\nShorten it.", 2),
        ("", "decoding failed", 1),
    ],
)
def test_a_failure_keeps_its_exit_code_and_its_words(kind: str, error: str, code: int) -> None:
    finished = Finished(
        run=1, reason="error", text="", timings=Timings(), error=error, kind=kind
    )  # fmt: skip
    made = failure(finished)
    assert made.exit_code == code
    assert error in str(made)


async def test_an_engine_that_dies_is_told_with_its_last_words() -> None:
    engine = ScriptedEngine(["red blue"])
    stream = io.BytesIO()
    task = asyncio.create_task(reply(engine, TextOutput(stream, terminal=False)).make())
    await engine.advance()
    await engine.die(log=["GGML_ASSERT(x) \x1b[31mfailed"])
    with pytest.raises(EngineDied, match="SIGKILL") as caught:
        await task
    assert caught.value.exit_code == 4
    assert "GGML_ASSERT(x) ␛[31mfailed" in caught.value.why
    assert stream.getvalue() == b"red"


async def test_an_interrupt_keeps_what_was_said() -> None:
    engine = ScriptedEngine(["red blue"])
    stream = io.BytesIO()
    output = TraceOutput(stream, top=1, terminal=False)
    task = asyncio.create_task(reply(engine, output).make())
    await engine.advance()
    os.kill(os.getpid(), signal.SIGINT)
    assert await task == 130
    end = json.loads(stream.getvalue().splitlines()[-1])
    assert (end["reason"], end["text"]) == ("cancelled", "red")


async def test_an_interrupt_stops_loading() -> None:
    engine = ScriptedEngine(hold_load=True)
    stream = io.BytesIO()
    output = TraceOutput(stream, top=1, terminal=False)
    task = asyncio.create_task(reply(engine, output).make())
    while not engine.requests:
        await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGINT)
    assert await task == 130
    assert json.loads(stream.getvalue())["reason"] == "cancelled"


class Unreadable(io.BytesIO):
    """Standard input that does not come to its end."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error = error

    def read(self, _: int | None = -1) -> bytes:
        raise self._error


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [(KeyboardInterrupt(), 130, "interrupted"), (MemoryError("no room"), 1, "no room")],
)
def test_whatever_stops_it_the_trace_has_its_end(
    error: BaseException, code: int, told: str,
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes],
) -> None:  # fmt: skip
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(Unreadable(error)))
    assert main(["run", "--json"]) == code
    (line,) = capsysbinary.readouterr().out.splitlines()
    end = json.loads(line)
    assert (end["type"], end["reason"]) == ("end", "error")
    assert told in end["error"]
