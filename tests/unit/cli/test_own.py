"""Samplers of one's own on the command line."""

import asyncio
import io
import json
import re
from pathlib import Path

import pytest

from tests.unit.cli.test_chain_files import chain, write
from tests.unit.cli.test_startup import settings, start
from tui.cli.main import build_parser, main
from tui.cli.output import TextOutput, TraceOutput
from tui.cli.reply import Reply
from tui.cli.startup import launch, layers
from tui.core.errors import UsageError
from tui.core.launch import stack
from tui.core.messages import Load
from tui.core.profile import Profile
from tui.engine.scripted import ScriptedEngine
from tui.store.own_samplers import new_sampler


@pytest.fixture
def top_a(home: Path) -> Path:
    return new_sampler(home / "config/samplers", "top-a", "top-a")


def test_a_sampler_of_ones_own_is_a_flag_away(top_a: Path) -> None:
    found = start("--samplers", "top_k;custom:top-a", "--custom", "top-a.a=0.2", "-p", "x")
    made, sources = settings(found)
    assert made.samplers == ("top_k", "custom:top-a")
    assert made.custom == {"top-a": {"a": 0.2}}
    assert sources["custom"] == "flags"
    assert [source.path for source in found.own_sources] == [str(top_a)]


def test_its_source_goes_to_the_engine(top_a: Path) -> None:
    engine = ScriptedEngine(["x"], free=True)
    found = start("--samplers", "custom:top-a", "-p", "x")
    output = TextOutput(io.BytesIO(), terminal=False)
    assert asyncio.run(Reply(engine, found, "x", output).make()) == 0
    load = engine.requests[0]
    assert isinstance(load, Load)
    assert "def top_a" in load.own[0].text


def test_no_file_is_run_where_none_is_named(home: Path, top_a: Path) -> None:
    top_a.write_text("raise SystemExit")
    found = start("-p", "x")
    assert (found.own, found.own_sources, found.notes) == ({}, (), ())
    assert "SystemExit" in start(command="workbench").notes[0]


def test_a_flag_lies_over_the_values_of_a_persona(home: Path, top_a: Path) -> None:
    new_sampler(home / "config/samplers", "no-letter", "no-letter")
    folder = home / "config/personas"
    folder.mkdir()
    (folder / "p.toml").write_text(
        'name = "P"\nsystem = "s"\nsamplers = ["custom:top-a", "custom:no-letter"]\n'
        "[sampling.custom.top-a]\na = 0.5\n[sampling.custom.no-letter]\nletter = 5\n"
    )
    made, _ = settings(start("--persona", "p", "--custom", "top-a.a=0.1", "-p", "x"))
    assert made.custom == {"top-a": {"a": 0.1}, "no-letter": {"letter": 5}}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--samplers", "custom:topa"), "Did you mean top-a?"),
        (("--custom", "top-a.b=1"), "no parameter 'b'"),
        (("--custom", "top-a.a=2"), "out of range"),
        (("--custom", "top-a.a=nan"), "nan is not a finite number"),
        (("--custom", "top-a"), "SAMPLER.PARAMETER=NUMBER"),
        (("--logit-bias-variants", "yes"), "TEXT[+]BIAS"),
        (("--logit-bias-variants", "yes+inf"), "TEXT[+]BIAS"),
    ],
)
def test_what_cannot_be_is_told(top_a: Path, words: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError, match=told.replace("?", "[?]")):
        start(*words, "-p", "x")


def test_a_text_may_hold_what_a_bias_begins_with() -> None:
    words = ("--logit-bias-variants", "e-mail-2.5", "--logit-bias-variants", "+-inf")
    made, _ = settings(start(*words, "-p", "x"))
    assert made.logit_bias_variants == (("e-mail", -2.5), ("+", float("-inf")))


BROKEN = "def (\n"


@pytest.mark.parametrize(
    "words",
    [
        ("run", "-p", "x", "--samplers", "custom:top-a"),
        ("run", "-p", "x", "--custom", "top-a.a=1"),
        ("sample", "--probs", "0.5,0.5", "--samplers", "custom:top-a"),
        ("samplers", "chain", "--samplers", "custom:top-a"),
    ],
)
def test_a_sampler_that_is_not_there_is_told_with_the_fault_of_its_file(
    top_a: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = top_a.read_text().count("\n")
    top_a.write_text(top_a.read_text() + BROKEN)
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "You have no sampler 'top-a'." in told
    assert f"top_a.py:{lines + 1}: syntax error" in told


FILE = """
samplers = ["top_k", "custom:top-a"]
[custom]
nope = {x = 1}
no-letter = {letter = 5}
top-a = {a = 3, b = 1}
"""
TOLD = [
    "custom.nope: you have no such sampler",
    "custom.no-letter: you have no such sampler",
    "custom.top-a.a: 3 is out of range (it goes from 0 to 1)",
    "custom.top-a.b: the sampler has no such parameter",
]


def test_a_value_of_a_file_that_cannot_be_is_told_and_the_one_below_it_stays(
    home: Path, top_a: Path
) -> None:
    config = home / "config/config.toml"
    config.write_text("[sampling.custom.top-a]\na = 0.4\n")
    preset = write(home / "q.toml", FILE)
    found = start("--preset", preset, "-m", "x.gguf", "-p", "x")
    made, sources, problems = stack(layers(found, {}), found.own)
    assert made.custom == {"top-a": {"a": 0.4}}
    assert sources["custom"] == "config.toml"
    assert [str(problem) for problem in problems] == [f"preset {preset}: {one}" for one in TOLD]
    profile = Profile(launch(found, build_parser().parse_args([])))
    assert profile.settings.custom == {"top-a": {"a": 0.4}}
    assert [text.endswith(one) for text, one in zip(profile.told, TOLD, strict=True)] == [True] * 4


def test_a_trace_states_what_is_in_force(
    home: Path, top_a: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = io.BytesIO()
    found = start("--preset", write(home / "q.toml", FILE), "-p", "x")
    output = TraceOutput(stream, top=1, terminal=False, own=found.own)
    assert asyncio.run(Reply(ScriptedEngine(["x"], free=True), found, "x", output).make()) == 0
    begun = json.loads(stream.getvalue().splitlines()[0])
    assert begun["settings"]["custom"] == {}
    assert begun["samplers"] == ["top_k", "dist"]
    told = capsys.readouterr().err
    assert all(one in told for one in TOLD)


@pytest.mark.parametrize("words", [("sample", "--probs", "0.5,0.5"), ("samplers", "chain")])
def test_commands_without_a_model_take_a_files_own_values_and_tell_of_them(
    home: Path, top_a: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    preset = write(home / "q.toml", FILE)
    assert main([*words, "--preset", preset]) == 0
    said = capsys.readouterr()
    assert all(f"preset {preset}: {one}" in said.err for one in TOLD)
    assert said.out.startswith("logits → top-k 40 → dist")
    write(home / "q.toml", FILE.replace("a = 3", "a = 0.5"))
    assert main([*words, "--preset", preset]) == 0
    assert capsys.readouterr().out.startswith("logits → top-k 40 → custom:top-a a 0.5 → dist")


def test_an_own_value_whose_stage_is_not_in_the_chain_is_told(
    top_a: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--samplers", "top_k", "--custom", "top-a.a=0.3")
    note = "custom:top-a is not in the chain: no effect of its a"
    assert main(["sample", "--probs", "0.5,0.5", *words]) == 0
    assert note in capsys.readouterr().err
    _, told = chain(capsys, *words)
    assert note in told
    _, told = chain(capsys, "--samplers", "top_k", "--custom", "top-a.a=0")
    assert "top-a" not in told
    _, told = chain(capsys, "--samplers", "custom:top-a", "--custom", "top-a.a=0.3")
    assert "top-a" not in told


LOUD = """
from tui.core.own_sampler import OwnSampler
print("at import")

def loud(ids, logits, values):
    print("at a token")
    return logits

STAGE = OwnSampler("loud", loud)
"""


def test_what_a_sampler_of_ones_own_prints_goes_to_stderr(
    top_a: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (top_a.parent / "loud.py").write_text(LOUD)
    words = ("--samplers", "custom:loud")
    for command in (["samplers", "list", "--json"], ["samplers", "chain", "--json", *words],
                    ["sample", "--json", "--probs", "0.5,0.5", *words]):  # fmt: skip
        assert main(command) == 0
        said = capsys.readouterr()
        assert json.loads(said.out)
        assert "at import" in said.err
    assert "at a token" in said.err
    start(*words, "-p", "x")
    assert capsys.readouterr() == ("", "at import\n")
    assert "loud" in start(command="workbench").own
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("example", ["blank", "top-a", "no-letter"])
def test_what_a_new_sampler_is_begun_with_does_something(
    example: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["samplers", "new", "mine", "--from", example]) == 0
    said = capsys.readouterr().out.splitlines()[1]
    words = re.findall(r"'([^']+)' --custom ([^ ,]+)", said)[0]
    chain = ["samplers", "chain", "--samplers", words[0]]
    assert main(chain) == 0
    shown = capsys.readouterr()
    assert "custom:mine" not in shown.out
    assert "custom:mine is neutral by default: no effect until its" in shown.err
    assert main([*chain, "--custom", words[1]]) == 0
    shown = capsys.readouterr()
    assert f"custom:mine {words[1].partition('.')[2].replace('=', ' ')}" in shown.out
    assert shown.err == ""
