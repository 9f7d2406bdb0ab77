"""The guide and the reference show what the commands print."""

import shlex
from pathlib import Path
from textwrap import indent

import pytest

from tui.cli.main import main
from tui.store.own_samplers import new_sampler
from tui.store.paths import find_paths

DOCS = Path(__file__).parents[3] / "docs"


def shown(page: str, start: str) -> tuple[list[str], str]:
    """The words of the command that begins with `start`, and the indented lines after it."""
    lines = (DOCS / page).read_text("utf-8").split("\n")
    at = next(
        i for i, line in enumerate(lines) if line.strip().removeprefix("$ ").startswith(start)
    )
    words = shlex.split(lines[at].strip().removeprefix("$ "))[1:]
    rest = []
    for line in lines[at + 1 :]:
        if line.strip() and not line.startswith("    "):
            break
        rest.append(line.removeprefix("    "))
    return words, "\n".join(rest).strip()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGITSCOPE_HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("page", "start"),
    [
        ("guide/samplers.md", "logitscope sample --probs 0.42"),
        ("guide/own-samplers.md", "logitscope sample --probs 0.5"),
    ],
)
def test_a_page_shows_what_is_printed(
    page: str, start: str, capsys: pytest.CaptureFixture[str]
) -> None:
    new_sampler(find_paths().samplers, "my-top", "top-a")
    words, text = shown(page, start)
    assert main(words) == 0
    assert capsys.readouterr().out.startswith(text)


def test_the_example_of_typical_with_a_zero_probability(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words, _ = shown("reference/exactness.md", "logitscope sample --preset neutral --logits")
    assert main([*words, "--json"]) == 0
    assert '"chosen": 2}' in capsys.readouterr().out


def test_the_guide_shows_the_example_file_as_it_is() -> None:
    guide = (DOCS / "guide/own-samplers.md").read_text("utf-8")
    templates = DOCS.parent / "tui/store/templates"
    assert indent((templates / "top_a.py").read_text("utf-8"), "    ") in guide
    source = (templates / "no_letter.py").read_text("utf-8")
    body = source[source.index("def no_letter") : source.index("STAGE =")].split("\n")[2:]
    for line in body:
        assert line.strip() in guide
