"""`logitscope sample`: golden numbers through the command a person types."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tui.cli.main import main
from tui.cli.sampler_page import BEFORE, EXAMPLES
from tui.core.definitions.candidate import Candidates

RISING = "0.1,0.2,0.3,0.4"
FALLING = "0.4,0.3,0.2,0.1"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOGITSCOPE_HOME", str(tmp_path))
    return tmp_path


def sampled(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["sample", "--preset", "neutral", "--json", *words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("words", "stage", "kept"),
    [
        (("--probs", RISING, "--top-k", "3"), "top_k", {3: 0.444444, 2: 0.333333, 1: 0.222222}),
        (("--probs", RISING, "--top-p", "0.8"), "top_p", {3: 0.444444, 2: 0.333333, 1: 0.222222}),
        (("--probs", RISING, "--top_p", "0"), "top_p", {3: 1.0}),
        (("--probs", RISING, "--min-p", "0.51"), "min_p", {3: 0.571429, 2: 0.428571}),
        (("--probs", RISING, "--min-p", "1.05"), "min_p", {3: 1.0}),
        (("--probs", RISING, "--top-nsigma", "1"), "top_n_sigma", {3: 0.571429, 2: 0.428571}),
        (("--probs", "0.4,0.2,0.2,0.2", "--typical", "0.5"), "typ_p", dict.fromkeys((1, 2, 3), 1 / 3)),
        (("--probs", "0.1,0.15,0.2,0.25,0.3", "--tfs", "0.75"), "tfs_z", {4: 6 / 11, 3: 5 / 11}),
        (
            ("--probs", FALLING, "--xtc-probability", "0.99", "--xtc-threshold", "0.19"),
            "xtc",
            {2: 0.666667, 3: 0.333333},
        ),
        (("--probs", RISING, "--temp", "0"), "temperature", {3: 1.0}),
        (
            ("--probs", "0.2,0.2,0.2,0.2,0.2", "--history", "0", "--repeat-penalty", "50"),
            "penalties",
            {0: 0.0, 1: 0.25, 2: 0.25, 3: 0.25, 4: 0.25},
        ),
        (
            ("--probs", "0.25,0.25,0.25,0.25", "--history", "0,1,2,0,1", "--dry-multiplier", "1",
             "--dry-base", "1.1"),
            "dry",
            {0: 0.296923, 1: 0.296923, 2: 0.109232, 3: 0.296923},
        ),
        (("--probs", RISING, "-l", "3-inf"), "logit_bias", {2: 0.5, 1: 0.333333, 0: 0.166667}),
    ],
)  # fmt: skip
def test_each_stage_leaves_its_golden_numbers(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], stage: str, kept: dict[int, float]
) -> None:
    found = sampled(capsys, *words)
    (only,) = found["stages"]
    assert only["sampler"] == stage
    assert only["kept"] == len(kept) == len(only["candidates"])
    for listed in (only["candidates"], found["final"]):
        assert {c["id"]: c["p"] for c in listed} == pytest.approx(kept, abs=1e-6)
    assert found["chosen"] in kept


def test_without_flags_the_chain_is_llama_cpps(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", "--probs", RISING, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [s["sampler"] for s in found["stages"]] == ["top_k", "top_p", "min_p", "temperature"]


def test_the_same_line_draws_the_same_and_another_seed_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    drawn = [
        sampled(capsys, "--probs", ",".join(["0.01"] * 100), "--seed", seed)["chosen"]
        for seed in ("0", "0", "1", "2", "3")
    ]
    assert drawn[0] == drawn[1] == sampled(capsys, "--probs", ",".join(["0.01"] * 100))["chosen"]
    assert len(set(drawn)) > 1


@pytest.mark.parametrize("mode", ["1", "2"])
def test_mirostat_replaces_the_chain(capsys: pytest.CaptureFixture[str], mode: str) -> None:
    found = sampled(capsys, "--probs", FALLING, "--mirostat", mode, "--mirostat-ent", "0.6")
    assert found["stages"] == []
    assert math.fsum(c["p"] for c in found["final"]) == pytest.approx(1.0)
    assert len(found["final"]) < 4


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("logit_bias", "-l 4+1.5 -l 0-inf"),
        ("penalties", "--repeat-penalty 1.5 --history 0,2"),
        ("dry", "--dry-multiplier 0.8 --history 3,4,0,3,4"),
        ("top_n_sigma", "--top-nsigma 1"),
        ("top_k", "--top-k 4"),
        ("tfs_z", "--tfs 0.9"),
        ("typ_p", "--typical 0.5"),
        ("top_p", "--top-p 0.75"),
        ("min_p", "--min-p 0.25"),
        ("xtc", "--xtc-probability 1 --xtc-threshold 0.09"),
        ("temperature", "--temp 0.5"),
        ("adaptive_p", "--samplers adaptive_p --adaptive-target 0.1"),
        ("greedy", "--samplers greedy"),
        ("dist", ""),
        ("mirostat", "--mirostat 2 --mirostat-ent 1.5"),
    ],
)
def test_a_picture_of_the_reference_can_be_typed_after(
    capsys: pytest.CaptureFixture[str], stage: str, words: str
) -> None:
    found = sampled(capsys, "--probs", ",".join(map(str, BEFORE)), *words.split())
    apply = EXAMPLES[stage][2]
    shown = apply(Candidates.of_probabilities(BEFORE)).by_id()
    assert {c["id"]: c["p"] for c in found["final"]} == pytest.approx(shown, abs=1e-5)


def test_greedy_takes_without_a_draw(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", "--probs", RISING, "--samplers", "greedy"]) == 0
    out = capsys.readouterr().out
    assert [line.split() for line in out.splitlines() if "◂" in line] == [
        ["3", "40", "%", "40", "%", "◂", "taken"]
    ]


def test_the_table_tells_what_cut_each_candidate(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", "--probs", RISING, "--top-k", "3", "--temp", "1"]) == 0
    out = capsys.readouterr().out
    assert "logits → top-k 3 → top-p 0.95 → min-p 0.05 → dist 0" in out
    assert "cut by top-k: rank 4 > 3" in out
    assert out.count("◂ drawn with u = 0.5928") == 1


def test_lists_from_a_file_and_from_standard_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list").write_text("0.0\n-1.0\n-inf\n")
    found = sampled(capsys, "--logits", f"@{tmp_path / 'list'}")
    assert [c["id"] for c in found["final"]] == [0, 1]

    with (tmp_path / "list").open() as file:
        monkeypatch.setattr("sys.stdin", file)
        assert sampled(capsys, "--logits", "-") == found


def test_a_list_that_does_not_add_up_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", "--probs", "1,1,2", "--json", "--preset", "neutral"]) == 0
    captured = capsys.readouterr()
    assert "add up to 4" in captured.err
    p = {c["id"]: c["p"] for c in json.loads(captured.out)["final"]}
    assert p == pytest.approx({0: 0.25, 1: 0.25, 2: 0.5})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--probs", "0.5,0.5", "--history=-inf"), "--history cannot hold"),
        (("--logits=1e30,1",), "from -1e18 to 1e18"),
        (("--probs", "0.1,x"), "'x' is not a number"),
        (("--probs", ""), "got no numbers"),
        (("--probs", "0,0"), "every probability is 0"),
        (("--probs", "0.5,-0.1"), "Number 2 of the list is below 0"),
        (("--probs", "nan"), "nan cannot be used"),
        (("--logits", "inf,1"), "inf cannot be used"),
        (("--logits", "1e300"), "1e300 cannot be used"),
        (("--logits", "-inf,-inf"), "every logit is -inf"),
        (("--probs", "@/no/such/file"), "cannot be read"),
        ((), "--probs --logits is required"),
        (("--probs", "1", "--logits", "1"), "not allowed with"),
        (("--probs", "1,1", "--history", "2"), "0 to 1"),
        (("--probs", "1,1", "--history", "0.5"), "--history cannot hold"),
        (("--probs", "1", "--top-p", "7"), "--top-p cannot be 7"),
        (("--probs", "1", "--samplers", "top_q"), "did you mean top_p"),
        (("--probs", "1", "--samplers", "custom:mine"), "You have no sampler 'mine'"),
        (("--probs", "1", "--custom", "mine"), "SAMPLER.PARAMETER=NUMBER"),
    ],
)
def test_bad_input_is_one_clear_error(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert main(["sample", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_everything_banned_names_the_stage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", "--probs", "1,1", "-l", "0-inf", "-l", "1-inf"]) == 1
    assert "logit_bias" in capsys.readouterr().err


def test_a_sampler_of_ones_own_from_its_file_to_the_table(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    assert main(["samplers", "new", "my-top", "--from", "top-a"]) == 0
    capsys.readouterr()
    words = ("--probs", "0.5,0.3,0.15,0.05", "--samplers", "custom:my-top")
    found = sampled(capsys, *words, "--custom", "my-top.a=0.8")
    assert found["stages"][0]["sampler"] == "custom:my-top"
    assert {c["id"] for c in found["final"]} == {0, 1}

    assert main(["sample", *words, "--custom", "my-top.a=8"]) == 2
    assert "it goes from 0 to 1" in capsys.readouterr().err

    (home / "config" / "samplers" / "my_top.py").write_text("1 / 0\n")
    assert main(["samplers", "list"]) == 1
    out = capsys.readouterr().out
    assert "my_top.py:1: ZeroDivisionError: division by zero" in out
    assert "top_k [k]" in out


def test_new_refuses_what_it_cannot_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["samplers", "new", "mine"]) == 0
    assert main(["samplers", "new", "my_own"]) == 0
    assert "custom:my_own" in capsys.readouterr().out
    for words, said in [
        (("mine",), "is there already"),
        (("No Good",), "cannot name a sampler"),
        (("other", "--from", "top-b"), "Did you mean top-a?"),
    ]:
        assert main(["samplers", "new", *words]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "note"),
    [
        (("--mirostat", "2", "--top-k", "5"), "mirostat 2 replaces the chain: no effect of top-k"),
        (("--samplers", "greedy;adaptive_p"), "adaptive-p takes the token: no effect of greedy"),
        (("--samplers", "temperature", "--top-k", "5"), "top-k is not in the chain: no effect"),
        (("--dry-multiplier", "1", "--dry-sequence-breaker", "x"), "no effect here"),
    ],
)
def test_what_has_no_effect_is_told(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], note: str
) -> None:
    assert main(["sample", "--probs", RISING, *words]) == 0
    assert note in capsys.readouterr().err
