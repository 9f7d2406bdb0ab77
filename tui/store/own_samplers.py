"""Samplers of one's own: finding their files, and making new ones.

Keeps true: a file that cannot be read or run is a `Problem` beside those that can; nothing stops.
Names are unique: of two stages with one name the first stays. What a stage is and how it is run is
the matter of `core.own_sampler` and `core.own_source`.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from tui.core.errors import Problem, UsageError, nearest
from tui.core.own_sampler import NAME, OwnSampler
from tui.core.own_source import Source, load_all
from tui.store.atomic import write_text

GROUP: Final = "logitscope.samplers"
"""Entry points of this group name a module, or `module:stage`."""
TEMPLATES: Final = {"blank": "blank.py", "top-a": "top_a.py", "no-letter": "no_letter.py"}
TRY: Final = {"blank": "push=2", "top-a": "a=0.2", "no-letter": "letter=5"}
"""A value with which each of them does something: by default none does."""
"""Worked examples by the name of their stage."""
LIMIT_BYTES: Final = 1 << 20
"""A larger file is no sampler."""
PATIENCE_S: Final = 3.0
"""A file that takes longer to run is told."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Every stage that this machine offers besides the built-in ones."""

    samplers: dict[str, OwnSampler]
    """By name, without `custom:`."""
    sources: tuple[Source, ...]
    """What they come from: enough to load them in another process."""
    problems: tuple[Problem, ...]


def find_sources(folder: Path) -> tuple[tuple[Source, ...], tuple[Problem, ...]]:
    """The Python files of `folder`, by name, then the entry points; files are read, not run.

    Files whose name begins with `.` or `_` are left alone. A folder that is not there is empty.
    """
    sources: list[Source] = []
    problems: list[Problem] = []
    try:
        paths = sorted(folder.glob("*.py"))
    except OSError as error:
        return (), (Problem(path=str(folder), message=error.strerror or str(error)),)
    for path in paths:
        if path.name.startswith((".", "_")) or path.is_dir():
            continue
        try:
            # A name that is no UTF-8 could not be sent to the engine.
            name = str(path).encode("utf-8", "replace").decode()
            sources.append(Source(path=name, text=_read(path)))
        except (OSError, ValueError) as error:
            problems.append(Problem(path=str(path), message=_why(error)))
    named = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    sources += [Source(entry=point.value) for point in named]
    return tuple(sources), tuple(problems)


def find_own_samplers(
    folder: Path, *, quiet: bool = False,
    slow: Callable[[str], None] | None = None, patience_s: float = PATIENCE_S,
) -> Found:  # fmt: skip
    """Read and run everything that `find_sources` finds.

    Args:
        folder: where the files lie.
        quiet: what they print is thrown away.
        slow: is told the path of one that takes longer than `patience_s`, in another thread.
        patience_s: seconds.
    """
    sources, problems = find_sources(folder)
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere if quiet else sys.stderr):
        samplers, more = load_all(_watched(sources, slow, patience_s) if slow else sources)
    return Found(samplers=samplers, sources=sources, problems=(*problems, *more))


def _watched(
    sources: Iterable[Source], slow: Callable[[str], None], patience_s: float
) -> Iterator[Source]:
    """The same sources; each is run before the next is asked for."""
    for source in sources:
        timer = threading.Timer(patience_s, slow, (source.path or source.entry,))
        timer.daemon = True
        timer.start()
        try:
            yield source
        finally:
            timer.cancel()


def new_sampler(folder: Path, name: str, template: str = "blank") -> Path:
    """Write a worked example as `folder/NAME.py`; returns its path.

    Raises:
        UsageError: a name that cannot be used, an unknown example, a file that is there already.
        LogitscopeError: the file cannot be written.
    """
    if not NAME.match(name):
        raise UsageError(
            f"{name!r} cannot name a sampler.",
            "A name has small letters, digits, - and _, 32 at most, and begins with a letter or digit.",
        )
    if template not in TEMPLATES:
        guess = nearest(template, TEMPLATES)
        raise UsageError(
            f"There is no example {template!r}.",
            guess and f"{guess[:1].upper()}{guess[1:]}",
            f"There are: {', '.join(TEMPLATES)}.",
        )
    path = folder / f"{name.replace('-', '_')}.py"
    if path.exists():
        raise UsageError(
            f"{path} is there already.", "It was left as it is.", "Give another name, or edit it."
        )
    text = (files("tui.store.templates") / TEMPLATES[template]).read_text("utf-8")
    write_text(path, text.replace(f'"{template}",', f'"{name}",'))
    return path


def _read(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(LIMIT_BYTES + 1)
    if len(data) > LIMIT_BYTES:
        raise ValueError(f"it is larger than {LIMIT_BYTES >> 10} KiB")
    return data.decode("utf-8-sig")


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return getattr(error, "strerror", None) or str(error)
