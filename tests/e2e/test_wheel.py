"""The wheel: what is in it, and that it works in an empty environment from any folder."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tui.sampling.compiling import LIBRARY

ROOT = Path(__file__).parents[2]
UV = os.environ.get("UV") or shutil.which("uv") or ""

pytestmark = [
    pytest.mark.skipif(not UV, reason="there is no uv; `make test` brings it"),
    pytest.mark.timeout(900),
]


def uv(*words: str, cwd: Path = ROOT) -> str:
    """Run uv from its cache, or from the network where the cache does not have it all.

    Asked online, some package servers make uv fetch llama.cpp's sources and compile them again.
    """
    environment = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    for offline in (["--offline"], []):
        done = subprocess.run(
            [UV, *words, *offline],
            cwd=cwd, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode == 0:
            return done.stdout
    raise AssertionError(done.stderr)


def build(folder: Path) -> Path:
    """The wheel of the sources as they are."""
    uv("build", "--wheel", "--quiet", "--out-dir", str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


def install(wheel: Path, folder: Path) -> Path:
    """The bin folder of a new environment that holds the wheel and the locked packages.

    All of it comes from uv's cache, where `make test` has just put it: nothing is fetched, and
    llama.cpp is not compiled again.
    """
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, folder)
    only = ("--offline", "--frozen", "--no-dev", "--no-install-project")
    uv("sync", "--quiet", "--python", sys.executable, *only, cwd=folder)
    python = str(folder / ".venv/bin/python")
    uv("pip", "install", "--quiet", "--offline", "--python", python, "--no-deps", str(wheel))
    return folder / ".venv/bin"


def test_what_runs_is_in_it_and_what_made_it_is_not(tmp_path: Path) -> None:
    wheel = build(tmp_path)
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "tui/demo/demo.gguf", "tui/demo/__init__.py", "tui/styles/workbench.tcss",
        "tui/personas/js-console.toml", "tui/personas/music-bot.toml", "tui/personas/croupier.toml",
        LIBRARY,
    } <= names  # fmt: skip
    demo = {name for name in names if name.startswith("tui/demo/")}
    assert demo == {"tui/demo/demo.gguf", "tui/demo/__init__.py"}
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]
    # It holds a compiled part, for any Python on this kind of machine.
    assert wheel.name.startswith("logitscope-")
    assert "-py3-none-" in wheel.name
    assert not wheel.name.endswith("-any.whl")


def test_it_works_from_any_folder(tmp_path: Path) -> None:
    home, here = tmp_path / "environment", tmp_path / "here"
    home.mkdir()
    binaries = install(build(tmp_path), home)
    # A folder called like the package, where the person happens to stand.
    (here / "tui").mkdir(parents=True)
    (here / "tui/__init__.py").write_text("raise SystemExit('the wrong package')\n")
    words = ("run", "--persona", "js-console", "-p", "2 + 3", "--temp", "0")
    done = subprocess.run(
        [binaries / "logitscope", *words], cwd=here, capture_output=True, check=False
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, b"5", b"")
    code = "from tui.app import LogitscopeApp; import tui; print(tui.__file__)"
    done = subprocess.run(
        [binaries / "python", "-P", "-c", code], cwd=here, capture_output=True, check=True
    )  # fmt: skip
    assert Path(done.stdout.decode().strip()).is_relative_to(home)
