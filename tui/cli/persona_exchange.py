"""`logitscope personas new|import|export`: what changes the folder, or leaves it."""

import argparse
import re
import sys
from collections.abc import Iterable
from typing import Final

from tui.cli.stream import is_terminal, tell
from tui.core.errors import LogitscopeError, UsageError
from tui.core.text import one_line, sanitize
from tui.store.atomic import write_text
from tui.store.exchange.bring import Brought, bring, new_id
from tui.store.exchange.carried import Written
from tui.store.exchange.hand import form_of, hand_out, hand_out_preset
from tui.store.paths import find_paths, typed_path
from tui.store.persona import find_persona, list_personas
from tui.store.persona_keys import SCHEMA_LINE
from tui.store.target import find_target
from tui.store.toml_write import toml_value

_BINARY = ("png", "charx")
_PLACE: Final = re.compile(r"\[\d+\]")
_FEW: Final = 3
"""As many lines that differ in a number alone are told one by one."""
_MOST: Final = 60
"""Lines of what a file has besides."""

_BEGIN = """\
{schema}
name = {name}

# The instructions. {{{{char}}}} and {{{{user}}}} stand for the names.
system = \"\"\"
You are {{{{char}}}}. You answer in two sentences.\"\"\"

# First messages; [ and ] walk them.
greetings = [
    "Hello {{{{user}}}}. Ask me anything.",
]

# What it is found by.
tags = []

# What is not named here stays as the model's file or config.toml has it.
[sampling]
temperature = 0.8
# top_k = 40
# min_p = 0.05
"""


def run(args: argparse.Namespace) -> int:
    """Run the action; the exit code."""
    match args.action:
        case "new":
            return _new(args.name, args.title)
        case "import":
            return _import(args.files, args.as_id or "")
        case _:
            if args.output is not None:
                _check_target(args.output, force=args.force)
            return _export(args.name, args.format, args.output, preset=args.preset)


def _new(persona_id: str, title: str | None) -> int:
    path = new_id(persona_id, find_paths())
    name = one_line(title or persona_id.replace("-", " ").capitalize())
    write_text(path, _BEGIN.format(schema=SCHEMA_LINE, name=toml_value(name)))
    print(sanitize(str(path)))
    return 0


def _import(files: list[str], as_id: str) -> int:
    """Each file for itself: one that cannot be taken stops none of the others."""
    if as_id and len(files) > 1:
        raise UsageError("--as names one persona.", f"There are {len(files)} files.", "Give one.")
    paths = find_paths()
    failed: list[LogitscopeError] = []
    for name in files:
        try:
            _report(bring(typed_path(name), paths, as_id))
        except LogitscopeError as error:
            if len(files) == 1:
                raise
            failed.append(error)
            tell(f"logitscope: {sanitize(str(error))}")
    return failed[0].exit_code if failed else 0


def _report(brought: Brought) -> None:
    what = "preset" if brought.is_preset else "persona"
    print(f"{what} {one_line(brought.id)} ({brought.format})")
    print(f"  {one_line(str(brought.path), 1000)}")
    print(f"  {one_line(str(brought.original), 1000)}: as it was")
    if brought.kept:
        print("  in the original alone:")
        for line in _folded(brought.kept):
            print(f"    {line}")


def _folded(kept: Iterable[str]) -> list[str]:
    """The same of many entries is told once, and a file that has no end of fields is cut."""
    alike: dict[str, list[str]] = {}
    for line in map(one_line, kept):
        alike.setdefault(_PLACE.sub("[*]", line), []).append(line)
    told = [
        f"{any_of_them} ({len(lines)} times)" if len(lines) > _FEW else line
        for any_of_them, lines in alike.items()
        for line in (lines if len(lines) <= _FEW else lines[:1])
    ]
    more = len(told) - _MOST
    return [*told[:_MOST], f"and {more} more"] if more > 1 else told


def _export(name: str, form: str | None, output: str | None, *, preset: bool) -> int:
    paths = find_paths()
    if preset:
        if form not in (None, "sillytavern"):
            raise UsageError(f"A preset cannot be {form}.", "", "Leave --format out.")
        _put(hand_out_preset(name, paths.presets), output)
        return 0
    persona = find_persona(name, list_personas(paths.personas))
    form = form or form_of(persona)
    if output is None and form in _BINARY and is_terminal(sys.stdout):
        raise UsageError(
            "A picture and a .charx file are no text for a terminal.", "", "Name a file with -o."
        )
    _put(hand_out(persona, form), output)
    return 0


def _check_target(output: str, *, force: bool) -> None:
    """Whether an export may go there.

    Raises:
        UsageError: it may not.
    """
    target, paths = find_target(output), find_paths()
    if not target.exists:
        return
    folders = [folder.resolve() for folder in (paths.personas, paths.presets)]
    if target.path.parent in folders:
        raise UsageError(
            f"{output} is a file of your library.",
            "An export never replaces one.",
            "Take another name.",
        )
    if not force:
        raise UsageError(
            f"{output} is there already.", "Nothing was written.", "--force replaces it."
        )


def _put(written: Written, output: str | None) -> None:
    if output is None:
        _to_stdout(written.data)
    else:
        find_target(output).write_bytes(written.data)
    _tell(written.lost)


def _to_stdout(data: bytes) -> None:
    if is_terminal(sys.stdout):
        print(sanitize(data.decode("utf-8", "replace")), end="")
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _tell(lost: Iterable[str]) -> None:
    for line in lost:
        tell(f"note: {one_line(line, 300)}")
