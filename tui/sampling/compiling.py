"""Compiles `observer.c` when the package is built; hatchling loads this file by its path.

Keeps true: needs the standard library alone (and hatchling, where a package is built); the library
goes into the wheel, also into that of an editable install, and never into the sources.
"""

import os
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
import zlib
from pathlib import Path
from typing import Any, Final

SOURCES: Final = ("observer.c", "dice.h", "row.h")
"""Beside this file."""
LIBRARY: Final = "tui/sampling/libobserver.so"
"""Where it is installed, in a folder of `sys.path`. A library of the name of a module beside it would be
imported in its place."""
_COMPILERS: Final = ("cc", "gcc", "clang", "c++ -x c", "g++ -x c")
_FLAGS: Final = (
    "-std=gnu11", "-O3", "-fPIC", "-shared", "-fvisibility=hidden",
    # What a loop marked `omp simd` may do to be done several at a time; NaN and infinity stay.
    "-fopenmp-simd", "-fno-math-errno", "-fno-trapping-math",
)  # fmt: skip


def source_sum() -> int:
    """A number that tells these sources from others."""
    folder = Path(__file__).parent
    return zlib.crc32(b"".join((folder / name).read_bytes() for name in SOURCES))


def compile_library(target: Path) -> None:
    """Compile into the file `target`.

    Raises:
        RuntimeError: there is no compiler, or it refuses.
    """
    compiler = _compiler()
    source = Path(__file__).parent / SOURCES[0]
    words = [*compiler, *_FLAGS, f"-DOBSERVER_SOURCE={source_sum()}u", str(source), "-lm"]
    done = subprocess.run(
        [*words, "-o", str(target)], capture_output=True, text=True, check=False
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{shlex.join(compiler)} cannot compile {source}:\n{done.stderr}")


def _compiler() -> list[str]:
    asked = os.environ.get("CC", "")
    for line in [asked] if asked else _COMPILERS:
        words = shlex.split(line)
        if words and shutil.which(words[0]):
            return words
    raise RuntimeError(
        f"There is no C compiler{f' called {asked}' if asked else ''}.\n"
        "logitscope compiles one file of C when it is installed, as llama.cpp does many.\n"
        "Install one (Debian: apt install g++), or name it in CC."
    )


def get_build_hook() -> Any:
    """The class that hatchling asks for."""
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class Compiled(BuildHookInterface):  # type: ignore[misc]
        """Adds the library to a wheel, which then is for one kind of machine."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            self._folder = tempfile.TemporaryDirectory()
            target = Path(self._folder.name) / Path(LIBRARY).name
            try:
                compile_library(target)
            except RuntimeError as error:
                # Words for the person who installs, without the way through the builder.
                raise SystemExit(str(error)) from None
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform}"
            for name in ("force_include", "force_include_editable"):
                build_data[name][str(target)] = LIBRARY

        def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
            self._folder.cleanup()

    return Compiled
