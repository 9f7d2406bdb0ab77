"""`logitscope doctor`: what this terminal, this CPU, this build of llama.cpp and these folders can do.

Keeps true: it tells, it changes nothing. llama.cpp is asked in a process of its own, because a
library built for another CPU kills the process that calls it, and that is worth knowing.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tui.cli.stream import is_terminal
from tui.core.text import one_line
from tui.demo import MODEL_PATH
from tui.store.paths import find_paths

_FEATURES: Final = (
    "avx",
    "avx2",
    "avx512f",
    "avx512_vnni",
    "f16c",
    "fma",
    "amx_int8",
    "asimd",
    "sve",
)
"""CPU flags that decide how fast llama.cpp is."""
_ASK_S: Final = 60.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    subparsers.add_parser(
        "doctor",
        help="what this terminal, CPU, build and these folders can do",
        description="Tell what the workbench finds on this machine. Changes nothing.",
    )


def run(_: argparse.Namespace) -> int:
    """Print the findings; 1 when llama.cpp, or our own compiled part, cannot be used here."""
    build, trouble = ask_build(MODEL_PATH)
    sections = {
        "terminal": terminal(),
        "machine": machine(),
        "llama.cpp": library(build, trouble),
        "folders": folders(),
    }
    for title, rows in sections.items():
        print(title)
        for name, value in rows:
            print(f"  {name:14} {one_line(value, 400)}")
    return 1 if trouble or build["compiled part"].startswith("no: ") else 0


def terminal() -> Iterator[tuple[str, str]]:
    """What the workbench would be drawn on."""
    names = ("stdin", "stdout", "stderr")
    missing = [name for name in names if not is_terminal(getattr(sys, name))]
    yield "screen", f"no: {', '.join(missing)} is not a terminal" if missing else "yes"
    size = shutil.get_terminal_size()
    fit = "" if size.columns >= 60 and size.lines >= 16 else " (too small: 60 x 16 is the least)"
    yield "size", f"{size.columns} x {size.lines}{fit}"
    yield "TERM", os.environ.get("TERM", "not set")
    colour = os.environ.get("COLORTERM", "")
    yield (
        "colours",
        "none: NO_COLOR is set"
        if os.environ.get("NO_COLOR")
        else (
            "24 bit" if colour in ("truecolor", "24bit") else "as TERM says; COLORTERM is not set"
        ),
    )
    yield "encoding", sys.stdout.encoding if sys.stdout else "no output"
    through = [name for name, key in (("SSH", "SSH_TTY"), ("tmux", "TMUX"), ("screen", "STY"))
               if os.environ.get(key)]  # fmt: skip
    yield "through", ", ".join(through) or "nothing seen"


def machine() -> Iterator[tuple[str, str]]:
    """CPU and memory."""
    text = _read("/proc/cpuinfo")
    fields = {
        key.strip(): value.strip()
        for key, colon, value in (line.partition(":") for line in text.splitlines())
        if colon
    }
    yield "CPU", fields.get("model name") or platform.processor() or platform.machine()
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield "usable cores", str(usable)
    flags = (fields.get("flags") or fields.get("Features") or "").split()
    yield "features", " ".join(name for name in _FEATURES if name in flags) or "not known"
    memory = [line for line in _read("/proc/meminfo").splitlines() if line.startswith("MemAvail")]
    if memory:
        yield "free memory", f"{int(memory[0].split()[1]) / (1 << 20):.1f} GiB"
    yield "Python", f"{platform.python_version()} ({sys.executable})"


def library(build: dict[str, Any], trouble: str) -> Iterator[tuple[str, str]]:
    """What the library says of itself, and whether it can be used."""
    yield "usable", f"no: {trouble}" if trouble else "yes"
    if "demo model" in trouble:
        yield "what to do", "install logitscope again"
    elif trouble:
        yield "what to do", "build llama-cpp-python on this machine again (see the README)"
    for name, value in build.items():
        yield name, ("yes" if value else "no") if isinstance(value, bool) else str(value)


def ask_build(model: Path) -> tuple[dict[str, Any], str]:
    """What the engine room tells of llama.cpp, and what went wrong there or in a few tokens of
    `model`."""
    from tui.engine.process import ending

    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "tui.engine.build", str(model)],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_ASK_S, check=False,
            env={**os.environ, "GGML_NO_BACKTRACE": "1"},
        )  # fmt: skip
        found: dict[str, Any] = json.loads(done.stdout) if done.stdout else {}
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return {}, str(error)
    if done.returncode == 0:
        return found, ""
    if done.returncode < 0:
        when = "when it computes" if found else "when it is loaded"
        return found, f"it dies {when}, of {ending(done.returncode)}"
    last = "".join(done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:])
    return found, f"the demo model fails: {last}" if found else f"{ending(done.returncode)}: {last}"


def folders() -> Iterator[tuple[str, str]]:
    """Where things lie and whether they can be written."""
    for name, path in find_paths().named().items():
        yield name, f"{path} ({_state(path)})"


def _state(path: Path) -> str:
    if path.exists():
        mode = path.stat().st_mode & 0o777
        return f"{mode:04o}" if os.access(path, os.W_OK) else f"{mode:04o}, cannot be written"
    above = next(parent for parent in path.parents if parent.exists())
    return "not made yet" if os.access(above, os.W_OK) else f"{above} cannot be written"


def _read(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
