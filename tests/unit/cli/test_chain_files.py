"""Presets from files and printed chains, on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.test_startup import settings, start
from tui.cli.main import main
from tui.core.errors import UsageError
from tui.core.settings import Settings


def chain(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    assert main(["samplers", "chain", *words]) == 0
    said = capsys.readouterr()
    return said.out.strip(), said.err


def test_a_chain_is_printed_as_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    line, told = chain(capsys, "--top-k", "7", "--samplers", "top_k;temp", "-s", "42")
    assert (line, told) == ("logits → top-k 7 → temperature 0.8 → dist 42", "")
    line, told = chain(capsys, "--mirostat", "2")
    assert line == "logits → temperature 0.8 → mirostat 2 5 0.1"
    assert "no effect of top-k, top-p, min-p" in told


def test_a_chain_goes_through_llama_servers_json(
    home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ("--top-k", "7", "--sampler-seq", "kfmt", "--tfs", "0.9", "-l", "5-inf", "-j",
             '{"type": "integer"}', "--logit-bias-variants", "yes-2")  # fmt: skip
    printed, told = chain(capsys, "--json", *words)
    assert "leaves out: tfs_z, logit_bias_variants" in told
    path = tmp_path / "chain.json"
    path.write_text(printed)
    again, _ = chain(capsys, "--json", "--preset", str(path))
    assert json.loads(again) == json.loads(printed)
    made, sources = settings(start("--preset", str(path), "-m", "x.gguf"))
    assert made == settings(start(*words, "-m", "x.gguf"))[0]
    assert sources["top_k"] == "preset chain.json"


def write(path: Path, value: Any) -> str:
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return str(path)


def test_what_a_request_says_besides_is_told_and_not_used(tmp_path: Path) -> None:
    request = {"prompt": "x", "stream": True, "n_predict": 5, "temperature": 0.3}
    found = start("--preset", write(tmp_path / "r.json", request), "-p", "x")
    assert settings(found)[0] == Settings(temperature=0.3)
    assert found.notes[0].endswith("not used: prompt, stream, n_predict")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"samplers": ["temperatur"]}, "did you mean temperature"),
        ({"temperature": 101}, "out of range"),
        ({"grammar": "a", "json_schema": {}}, "there is a grammar too"),
        ("{\n1", "r.json:2: it is not JSON"),
        ([1], "no JSON object"),
    ],
)
def test_a_request_that_cannot_be_used_is_told(tmp_path: Path, content: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        start("--preset", write(tmp_path / "r.json", content), "-p", "x")


def test_a_preset_may_be_any_toml_file(tmp_path: Path) -> None:
    found = start("--preset", write(tmp_path / "q.toml", "top_k = 3\n"), "-m", "x.gguf")
    assert settings(found)[0] == Settings(top_k=3)
    with pytest.raises(UsageError, match="no such file"):
        start("--preset", str(tmp_path / "none.toml"), "-p", "x")
