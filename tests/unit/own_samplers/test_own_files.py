"""Where stages of one's own come from: files, the worked examples, entry points."""

import threading
from pathlib import Path

import numpy as np
import pytest

from tests.unit.own_samplers.test_own_sampler import PRELUDE
from tui.core.own_source import Source, load
from tui.store.own_samplers import TEMPLATES, find_own_samplers, new_sampler

TOLD = threading.Event()
"""That the file which waits for this was told."""


def test_a_file_that_does_not_come_to_its_end_is_told_while_it_runs(tmp_path: Path) -> None:
    (tmp_path / "fast.py").write_text(PRELUDE.format(body="return logits"))
    (tmp_path / "slow.py").write_text(
        f"import {__name__}\nassert {__name__}.TOLD.wait(60)\n"
        + PRELUDE.format(body="return logits").replace('"mine"', '"slow"')
    )
    told: list[str] = []

    def slow(path: str) -> None:
        told.append(Path(path).name)
        if "slow.py" in told:
            TOLD.set()

    found = find_own_samplers(tmp_path, slow=slow, patience_s=0)
    assert "slow.py" in told
    assert (sorted(found.samplers), found.problems) == (["mine", "slow"], ())


def test_every_template_can_be_made_loaded_and_does_what_it_says(tmp_path: Path) -> None:
    for template in TEMPLATES:
        new_sampler(tmp_path, f"my-{template}", template)
    found = find_own_samplers(tmp_path)
    assert found.problems == ()
    assert sorted(found.samplers) == ["my-blank", "my-no-letter", "my-top-a"]

    ids, p = np.arange(4, dtype=np.int32), np.array([0.5, 0.3, 0.15, 0.05])
    top_a = found.samplers["my-top-a"]
    logits, problem = top_a.apply(ids, np.log(p), {"a": 0.8})
    assert problem is None
    assert np.isfinite(logits).tolist() == (p >= 0.8 * 0.25).tolist()

    letters = found.samplers["my-no-letter"].with_pieces([b" the", b"cat", b"E", b"x\xff"])
    logits, problem = letters.apply(ids, np.log(p), {"letter": 5})
    assert problem is None
    assert np.isfinite(logits).tolist() == [False, True, False, True]
    unchanged, _ = letters.apply(ids, np.log(p), {"letter": 0})
    assert np.isfinite(unchanged).all()
    everything, _ = letters.with_pieces([b"e"] * 4).apply(ids, np.log(p), {"letter": 5})
    assert np.isfinite(everything).all()

    for sampler in found.samplers.values():
        neutral = {parameter.name: parameter.neutral for parameter in sampler.parameters}
        assert sampler.is_neutral(neutral)
        logits, problem = sampler.apply(ids, np.log(p), neutral)
        assert problem is None
        assert logits == pytest.approx(np.log(p), abs=1e-6)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("def f(:\n", 1, "syntax error"),
        ("\n\n1 / 0\n", 3, "ZeroDivisionError: division by zero"),
        ("import nothing_like_this\n", 1, "ModuleNotFoundError"),
        ("raise SystemExit\n", 1, "SystemExit"),
        ("x = 1\n", 0, "it defines no sampler"),
        (
            "from tui.core.own_sampler import OwnSampler\n\nOwnSampler('A B', len)\n",
            3,
            "ValueError",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_listed_and_the_others_work(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    (tmp_path / "bad.py").write_text(text)
    new_sampler(tmp_path, "good", "top-a")
    found = find_own_samplers(tmp_path)
    assert list(found.samplers) == ["good"]
    (problem,) = found.problems
    assert problem.path == str(tmp_path / "bad.py")
    assert problem.line == line
    assert problem.message.startswith(message)


def test_files_that_are_no_text_or_too_large_are_listed(tmp_path: Path) -> None:
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "large.py").write_bytes(b"#" * ((1 << 20) + 1))
    (tmp_path / "_part.py").write_text("1 / 0")
    messages = {p.path[-8:]: p.message for p in find_own_samplers(tmp_path).problems}
    assert messages == {
        "bytes.py": "it is not UTF-8 text",
        "large.py": "it is larger than 1024 KiB",
    }


def test_the_first_of_two_with_one_name_is_used(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(PRELUDE.format(body="return logits + 1"))
    (tmp_path / "b.py").write_text(PRELUDE.format(body="return logits + 2"))
    found = find_own_samplers(tmp_path)
    assert found.samplers["mine"].path.endswith("a.py")
    assert "already a sampler 'mine'" in found.problems[0].message


def test_no_folder_is_no_problem(tmp_path: Path) -> None:
    found = find_own_samplers(tmp_path / "none")
    assert (found.samplers, found.problems) == ({}, ())


def test_an_entry_point_is_imported_by_name() -> None:
    (sampler,), problem = load(Source(entry="tui.store.templates.top_a:STAGE"))
    assert problem is None
    assert sampler.name == "top-a"
    assert sampler.path.endswith("top_a.py")
    _, problem = load(Source(entry="tui.store.templates.missing"))
    assert problem is not None
    assert "ModuleNotFoundError" in problem.message
