"""Command lines as people type them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.cli.flags import sampler_values
from tui.cli.main import COMMANDS, build_parser, main
from tui.cli.parser import first_word, joined
from tui.core.errors import UsageError
from tui.core.samplers import PARAMS


def read(*words: str) -> dict[str, Any]:
    command = first_word(words, build_parser([]).options)
    parser = build_parser([command] if command in COMMANDS else [])
    return vars(parser.parse_args(joined(words, parser)))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("-m a.gguf", {"model": "a.gguf"}),
        ("--model=a.gguf", {"model": "a.gguf"}),
        ("-c 2048 -n -1 -t 4 -ngl 99", {"n_ctx": 2048, "predict": -1, "n_threads": 4,
                                        "n_gpu_layers": 99}),
        ("-ngl auto", {"n_gpu_layers": -1}),
        ("--repeat_penalty 1.1 --top_p 0", {"repeat_penalty": 1.1, "top_p": 0.0}),
        ("--repeat_penalty=1.1", {"repeat_penalty": 1.1}),
        ("--seed -1", {"seed": -1}),
        ("-s 4294967295", {"seed": 4294967295}),
        ("--color -c 8", {"color": "on", "n_ctx": 8}),
        ("--color off -c 8", {"color": "off", "n_ctx": 8}),
        ("-p --x", {"prompt": "--x"}),
        ("-p -", {"prompt": "-"}),
        ("-p a=b", {"prompt": "a=b"}),
        ("-r -inf -r --", {"stop": ["-inf", "--"]}),
        ("-sys S -sysf F", {"system": "S", "system_file": "F"}),
        ("--logit-bias 29905-inf", {"logit_bias": [[29905, False]]}),
        ("-l 15043+1 -l 7-2.5", {"logit_bias": [[15043, 1.0], [7, -2.5]]}),
        ("--samplers top_k;temp", {"samplers": ["top_k", "temperature"]}),
        ("--sampler-seq kft", {"samplers": ["top_k", "tfs_z", "temperature"]}),
        ("--tfs 0.9 --mirostat 2", {"tfs_z": 0.9, "mirostat": 2}),
        ("-e", {"escape": True}),
        ("--no-escape", {"escape": False}),
        ("run -no-cnv -p x --json --top 3", {"raw": True, "prompt": "x", "json": True, "top": 3}),
        ("--temp 0 run -p x", {"temperature": 0.0, "prompt": "x"}),
        ("run -", {"prompt_file": "-"}),
        ("-p run -c 5", {"prompt": "run", "n_ctx": 5}),
    ],
)  # fmt: skip
def test_command_line_is_read(words: str, expected: dict[str, Any]) -> None:
    found = read(*words.split())
    found.pop("command", None)
    assert found == expected


def test_prompt_may_be_empty_or_hold_blanks() -> None:
    assert read("-p", "")["prompt"] == ""
    assert read("-p", "-a b=c d")["prompt"] == "-a b=c d"


def test_the_line_of_2023_is_read() -> None:
    line = (
        "-m mistral-7b-instruct-v0.1.Q5_K_M.gguf --color -c 2048 --temp 0.8 "
        "--repeat_penalty 1.1 -n -1 -i -p xx"
    )
    assert read(*line.split()) == {
        "model": "mistral-7b-instruct-v0.1.Q5_K_M.gguf", "color": "on", "n_ctx": 2048,
        "temperature": 0.8, "repeat_penalty": 1.1, "predict": -1, "interactive": True,
        "prompt": "xx",
    }  # fmt: skip


@pytest.mark.parametrize("key", [key for key, param in PARAMS.items() if param.kind != "texts"])
def test_every_parameter_has_a_flag_with_its_range(key: str) -> None:
    param = PARAMS[key]
    for flag in param.flags:
        assert read(flag, str(param.default)) == {key: param.default}
        assert param.maximum is not None
        with pytest.raises(UsageError, match=r"out of range"):
            read(flag, str(param.maximum + 1))
        with pytest.raises(UsageError, match=r"finite|not a whole number"):
            read(flag, "nan")


@pytest.mark.parametrize(
    ("words", "counts_as"),
    [
        ("--top-k -1", {"top_k": 0}),
        ("--top-nsigma -3", {"top_n_sigma": -1.0}),
        ("--top-p -1", {"top_p": 0.0}),
        ("--temp -0.5", {"temperature": 0.0}),
        ("--adaptive-target -2", {"adaptive_target": -1.0}),
        ("--adaptive-decay -1", {"adaptive_decay": 0.0}),
    ],
)
def test_what_llama_cpp_takes_below_the_range_counts_as_its_lower_end(
    words: str, counts_as: dict[str, float]
) -> None:
    assert read(*words.split()) == counts_as


@pytest.mark.parametrize("words", ["--top-k -1e400", "--top-k -inf", "--repeat-last-n -1", "-s -2"])
def test_what_it_does_not_take_there_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match=r"a whole number|out of range"):
        read(*words.split())


def test_the_later_of_samplers_and_sampler_seq_counts() -> None:
    assert read("--samplers", "top_k;top_p", "--sampler-seq", "m") == {"samplers": ["min_p"]}
    assert read("--sampler-seq", "m", "--samplers", "TOPK") == {"samplers": ["top_k"]}


def test_breakers_none_means_none() -> None:
    args = build_parser([]).parse_args(["--dry-sequence-breaker=none"])
    assert sampler_values(args) == {"dry_sequence_breakers": []}
    words = [f"--dry-sequence-breaker={text}" for text in ("x", "none", "y")]
    args = build_parser([]).parse_args(words)
    assert sampler_values(args) == {"dry_sequence_breakers": ["y"]}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--tempp 1", "Did you mean --temp?"),
        ("-ngi 1", "Did you mean -ngl?"),
        ("run --jsn", "Did you mean --json?"),
        ("--json", "belongs to another command"),
        ("-m", "needs a value"),
        ("--no-escape=1", "takes no value"),
        ("--top-k 1.5", "not a whole number"),
        ("--top-k x", "not a whole number"),
        ("--seed 1e3", "not a whole number"),
        ("--temp 1_0", "not a number"),
        ("--temp \u0661", "not a number"),
        ("-c 1_000", "not a whole number"),
        ("--custom a.b=1_0", "SAMPLER.PARAMETER=NUMBER"),
        ("--temp 101", "It goes from 0 to 100"),
        ("--dry-multiplier -1", "It goes from 0 to 100"),
        ("--temp inf", "not a finite number"),
        ("-c -5", "out of range"),
        ("--samplers top_q", "--samplers: no sampler is called 'top_q' (did you mean top_"),
        ("--sampler-seq kz", "no sampler has the letter 'z'"),
        ("-l 5", "ID+BIAS"),
        ("-l 5+inf", "not possible"),
        ("run hello", "unrecognized arguments: hello"),
        ("persona", "Did you mean personas?"),
        ("-hf user/repo", "not there yet"),
        ("--continue", "not there yet"),
        ("completions tcsh", "invalid choice"),
        ("personas", "required"),
    ],
)
def test_bad_line_says_what_is_wrong(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words.split()) == 2
    out, err = capsys.readouterr()
    assert told.lower() in err.lower()
    assert "Traceback" not in err
    assert out == ""


def test_an_argument_that_is_no_text_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-p", b"\xff".decode("utf-8", "surrogateescape")]) == 2
    assert "not UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_is_there_for_every_command(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*command, "--help"])
    assert stopped.value.code == 0
    assert "usage: logitscope" in capsys.readouterr().out


_WORDS = st.sampled_from([
    *build_parser([]).options, *COMMANDS, "-", "--", "--=", "-=", "=", "--temp=", "--top_k=3",
    "list", "-inf", "1", "0.5", "nan", "on",
]) | st.text(max_size=6)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(_WORDS, max_size=6))
def test_no_line_breaks_the_parser(words: list[str]) -> None:
    try:
        read(*[word for word in words if word not in ("-h", "--help", "--version")])
    except UsageError as error:
        assert error.what
