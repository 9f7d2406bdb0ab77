"""What each room may pull in, seen from a fresh interpreter; and the size and names of files."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

TUI = Path(__file__).parents[2] / "tui"
SCREEN = {"textual", "rich"}
INFERENCE = {"llama_cpp"}
NETWORK = {"huggingface_hub", "httpx2"}


def loaded(*lines: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after the lines."""
    code = "\n".join([*lines, "import json, sys", "print(json.dumps(sorted(sys.modules)))"])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def modules(room: str) -> list[str]:
    """Every module of a room, or the one module that it is."""
    folder = TUI / room
    paths = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]
    names = [".".join(path.relative_to(TUI.parent).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]


@pytest.mark.parametrize(
    ("room", "barred"),
    [
        ("core", SCREEN | INFERENCE | NETWORK),
        ("store", SCREEN | INFERENCE | NETWORK),
        ("engine", SCREEN | NETWORK),
        ("sampling", SCREEN | NETWORK),
        ("controller", SCREEN | INFERENCE | NETWORK),
        ("control", SCREEN | INFERENCE | NETWORK),
        ("widgets", INFERENCE | NETWORK),
        ("screens", INFERENCE | NETWORK),
        ("app", INFERENCE | NETWORK),
    ],
)
def test_a_room_pulls_in_nothing_that_is_not_its_own(room: str, barred: set[str]) -> None:
    names = modules(room)
    assert names
    assert not loaded(*(f"import {name}" for name in names)) & barred


@pytest.mark.parametrize("module", ["tui.engine.base", "tui.engine.process", "tui.engine.scripted"])
def test_the_parents_side_of_the_engine_never_loads_llama_cpp(module: str) -> None:
    assert not loaded(f"import {module}") & INFERENCE


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("--help", set()),
        ("run --help", {"numpy"}),
        ("personas list", {"numpy"}),
        ("paths", {"numpy"}),
    ],
)
def test_a_command_that_needs_no_model_starts_light(words: str, more: set[str]) -> None:
    held = loaded(
        "import contextlib, io, sys",
        "from tui.cli.main import main",
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):",
        f"    main({words.split()!r})",
    )
    assert not held & (SCREEN | INFERENCE | NETWORK | {"jinja2", "asyncio"} | more)


EDGE = {"__init__", "__main__", "app", "hangup", "key_order", "mishap", "paste", "plain", "theme"}
"""Top-level modules that belong to the program's window on the terminal; the others are the
controller's."""


def test_the_contracts_name_every_module_of_the_controller() -> None:
    held = {f"tui.{path.stem}" for path in TUI.glob("*.py") if path.stem not in EDGE}
    told = tomllib.loads((TUI.parent / "pyproject.toml").read_text(encoding="utf-8"))
    for contract in told["tool"]["importlinter"]["contracts"]:
        for names in (contract["source_modules"], contract["forbidden_modules"]):
            if "tui.controller" in names:
                assert not held - {*names}, contract["name"]


SOURCES = sorted(path.relative_to(TUI) for path in TUI.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_a_file_is_short_and_named_for_one_thing(path: Path) -> None:
    assert len((TUI / path).read_text(encoding="utf-8").splitlines()) <= 400
    assert path.stem not in {"utils", "helpers", "common", "manager", "misc"}


def test_the_composition_root_is_nothing_else() -> None:
    assert len((TUI / "app.py").read_text(encoding="utf-8").splitlines()) <= 150
