"""The entry point: which command, and what a failure looks like.

Keeps true: `--help` imports no screen, no inference and no numpy; a person sees what happened, why,
and what to do next, and a traceback only with `--debug`; every failure has its exit code; a reader that
goes away (`| head`) ends every command quietly, a full disk behind standard output with a word.
"""

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

import tui
from tui.cli.flags import FLAGS, WORKBENCH, add_flags
from tui.cli.parser import Parser, first_word, joined
from tui.cli.stream import tell
from tui.core.errors import INTERRUPTED, LogitscopeError, UsageError, nearest
from tui.core.text import sanitize

COMMANDS: Final = {
    "run": "run",
    "open": "open",
    "sample": "sample",
    "check-samplers": "check_samplers",
    "samplers": "samplers",
    "personas": "personas",
    "bench": "bench",
    "doctor": "doctor",
    "paths": "paths",
    "completions": "completions",
}
"""Command -> its module in `tui.cli`, which offers `add_parser(subparsers)` and `run(args)`."""

_TAKES_NO_MORE: Final = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_ABOUT: Final = """\
Talk to a local language model and see how every token was chosen.
Without a command: open the workbench."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        try:
            return _told(words)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # here, not on the way out, where nobody can catch what it raises
    except OSError as error:
        if not _not_taken(error):
            raise
        _let_go()
        if isinstance(error, BrokenPipeError):
            return 0
        tell(f"logitscope: Standard output cannot be written.\n{error.strerror}.")
        return 1


def _not_taken(error: BaseException) -> bool:
    """Whether it is that standard output takes no more; files are named by what writes them."""
    return isinstance(error, OSError) and error.filename is None and error.errno in _TAKES_NO_MORE


def _told(words: list[str]) -> int:
    """The exit code; whatever went wrong has been said, but for a reader that went away."""
    debug = "--debug" in words
    try:
        return dispatch(words)
    except LogitscopeError as error:
        if debug:
            raise
        tell(f"logitscope: {sanitize(str(error))}")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if debug or _not_taken(error):
            raise
        tell(
            f"logitscope: something broke that should not: {type(error).__name__}: "
            f"{sanitize(str(error))}\nRun it again with --debug to see where, and tell us."
        )
        return 1


def _let_go() -> None:
    """Python writes what it still holds once more on its way out: then to nobody."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def dispatch(words: list[str]) -> int:
    """Find the command, read its flags, run it.

    Raises:
        LogitscopeError: whatever went wrong.
    """
    _check_encoding(words)
    top = build_parser([])
    command = first_word(words, top.options)
    elsewhere = [name for flag in FLAGS for name in flag.names]
    if command is not None and command not in COMMANDS:
        joined(words, top, elsewhere)
        guess = nearest(command, COMMANDS)
        raise UsageError(
            f"There is no command {command!r}.",
            guess and f"{guess[:1].upper()}{guess[1:]}",
            f"There are: {', '.join(COMMANDS)}. Without one the workbench opens.",
        )
    parser = build_parser([command] if command else list(COMMANDS) if _asks_help(words) else [])
    args = parser.parse_args(joined(words, parser, elsewhere))
    if command is None:
        return workbench(args)
    code: int = import_module(f"tui.cli.{COMMANDS[command]}").run(args)
    return code


def build_parser(commands: Sequence[str] = tuple(COMMANDS)) -> Parser:
    """The parser with these commands: the modules of the others are not imported."""
    parser = Parser(prog="logitscope", description=_ABOUT)
    parser.add_argument("--version", action="version", version=f"logitscope {tui.__version__}")
    add_flags(parser, WORKBENCH)
    if commands:
        subparsers = parser.add_subparsers(
            dest="command", metavar="COMMAND", title="commands", parser_class=Parser,
            description="`logitscope COMMAND --help` tells more",
        )  # fmt: skip
        for command in commands:
            import_module(f"tui.cli.{COMMANDS[command]}").add_parser(subparsers)
    return parser


def workbench(args: argparse.Namespace) -> int:
    """Open the workbench; the exit code.

    Raises:
        NoTerminal: there is no screen to open it on.
    """
    from tui.cli.screen import own_engine, show
    from tui.cli.startup import gather, launch
    from tui.store.paths import find_paths

    paths = find_paths()
    start = launch(gather(args, WORKBENCH, paths), args)
    return show(start, own_engine, paths, getattr(args, "color", "auto"))


def _asks_help(words: Sequence[str]) -> bool:
    return "-h" in words or "--help" in words


def _check_encoding(words: Sequence[str]) -> None:
    for word in words:
        try:
            word.encode("utf-8")
        except UnicodeEncodeError:
            shown = word.encode("utf-8", "backslashreplace").decode()
            raise UsageError(f"The argument {shown} is not UTF-8 text.") from None
