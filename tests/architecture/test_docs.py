"""The pages say what the sources say."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from tui.cli.main import COMMANDS
from tui.cli.reference import FOLDER, pages
from tui.cli.sampler_page import EXAMPLES
from tui.core.samplers import PARAMS, STAGES

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_reference_page_is_what_the_tables_say(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"


def test_every_row_of_the_tables_is_documented() -> None:
    made = pages()
    samplers, settings = made["samplers.md"], made["settings.md"]
    assert set(EXAMPLES) == set(STAGES)
    for name in ("grammar", "mirostat_1", "mirostat_update", "adaptive_target", "adaptive_update"):
        assert f"`{name}`" in samplers
    for name in STAGES:
        assert f"## `{name}`" in samplers
    for param in PARAMS.values():
        assert f"| `{param.key}` |" in settings
        for flag in param.flags:
            assert f"`{flag}`" in samplers + made["cli.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in link:
            assert (page.parent / link).exists(), link


def test_the_table_of_constants_is_true() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(tui\.[\w.]+)\.(\w+)` \| ([\d.]+) \|", text, re.MULTILINE)
    assert len(rows) >= 10
    for module, name, value in rows:
        assert getattr(import_module(module), name) == float(value), f"{module}.{name}"
    for name, file, value in re.findall(r"^\| `(\w+)` in `([\w/.]+)` \| ([\d.]+) \|", text, re.M):
        assert f"{name} = {value}," in (ROOT / file).read_text(encoding="utf-8")


def test_every_command_that_a_text_names_exists() -> None:
    # After a backquote, or at the beginning of a sentence.
    pattern = r"(?:`|(?:^|[.;:] )(?=\S+ \S+ ))logitscope ([a-z][a-z-]*)"
    named: dict[str, str] = {}
    for file in (ROOT / "tui").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for word in re.findall(pattern, node.value):
                    named[word] = file.name
    assert "doctor" in named
    assert {word: file for word, file in named.items() if word not in COMMANDS} == {}
