"""argparse, made to read llama.cpp's command lines.

llama.cpp has long options with one dash (`-ngl`), takes `_` for `-` inside long names, and gives a
value option the next argument whatever it begins with. argparse alone refuses the last: so
`joined` writes `-p --x` as `-p=--x` before argparse sees it. Every error is a `UsageError`; nothing
here exits, but `--help` and `--version`.
"""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any, Final, NoReturn

from tui.core.errors import UsageError, nearest

EVERYWHERE: Final = ("--debug",)
"""Every command takes these, also those that do not list them: `main` looks for them itself."""


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` without abbreviations, whose errors can be caught."""

    def __init__(self, *args: Any, **rest: Any) -> None:
        rest.setdefault("allow_abbrev", False)
        rest.setdefault("formatter_class", HelpFormatter)
        super().__init__(*args, **rest)

    def error(self, message: str) -> NoReturn:
        """Raise what argparse has to say."""
        what = message.removeprefix("argument ")
        raise UsageError(
            f"{what[:1].upper()}{what[1:]}.", hint=f"`{self.prog} --help` lists what it takes."
        )

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        # argparse throws the text `--` away even where it is an option's value.
        if action.option_strings and takes_value(action):
            value = self._get_value(action, arg_strings[0])
            self._check_value(action, value)
            return value
        return super()._get_values(action, arg_strings)

    @property
    def options(self) -> dict[str, argparse.Action]:
        """Every option by its spelling."""
        return self._option_string_actions

    @property
    def commands(self) -> dict[str, "Parser"]:
        """Sub-parsers by name."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                return dict(action.choices)
        return {}


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Options in one column wide enough for llama.cpp's names."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=34)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        metavar = self._format_args(action, action.dest.upper())
        return f"{', '.join(action.option_strings)} {metavar}"


def takes_value(action: argparse.Action) -> bool:
    """Whether the option must have a value."""
    return action.nargs is None


def first_word(argv: Sequence[str], options: dict[str, argparse.Action]) -> str | None:
    """The first argument that is no option and no option's value: the command, if there is one."""
    rest = iter(argv)
    for arg in rest:
        if arg == "--":
            return None
        if not arg.startswith("-") or arg == "-":
            return arg
        action = options.get(_canonical(arg))
        if action is not None and takes_value(action):
            next(rest, None)
        elif action is not None and action.nargs == "?":
            following = next(rest, None)
            if following is not None and following not in (action.choices or ()):
                rest = iter([following, *rest])
    return None


def joined(argv: Sequence[str], parser: Parser, elsewhere: Iterable[str] = ()) -> list[str]:
    """`argv` as argparse can read it: each option and its value in one argument.

    Args:
        argv: what was typed, without the program's name.
        parser: the parser that will read it; its sub-parsers' options hold behind their names.
        elsewhere: options of other commands, named when one of them is used here.

    Raises:
        UsageError: an unknown option, with the nearest known name, or a value that is missing.
    """
    out: list[str] = []
    options, commands = parser.options, parser.commands
    at = 0
    while at < len(argv):
        arg = argv[at]
        at += 1
        if arg == "--":
            return [*out, *argv[at - 1 :]]
        if not arg.startswith("-") or arg == "-":
            out.append(arg)
            if arg in commands:
                options, commands = commands[arg].options, commands[arg].commands
            continue
        name = _canonical(arg)
        action = options.get(name)
        if action is None:
            if name in EVERYWHERE:
                continue
            head, equals, value = name.partition("=")
            if not equals or head not in options:
                raise _unknown(arg, options, elsewhere)
            if options[head].nargs == 0:
                raise UsageError(f"{head} takes no value.", f"It was given {value!r}.")
            out.append(name)
        elif takes_value(action):
            if at == len(argv):
                raise UsageError(
                    f"{arg} needs a value.", "The command line ends there.", action.help or ""
                )
            out.append(f"{name}={argv[at]}")
            at += 1
        elif action.nargs == "?":
            given = at < len(argv) and argv[at] in (action.choices or ())
            out.append(f"{name}={argv[at] if given else action.const}")
            at += given
        else:
            out.append(name)
    return out


def _canonical(arg: str) -> str:
    """`--repeat_penalty=1` as `--repeat-penalty=1`: as llama.cpp does, in long names only."""
    if not arg.startswith("--"):
        return arg
    name, equals, value = arg.partition("=")
    return f"{name.replace('_', '-')}{equals}{value}"


def _unknown(arg: str, options: dict[str, argparse.Action], elsewhere: Iterable[str]) -> UsageError:
    name = _canonical(arg).partition("=")[0]
    if name in elsewhere:
        return UsageError(
            f"{name} cannot be used here.",
            "It belongs to another command.",
            "`logitscope run --help` and `logitscope --help` list both.",
        )
    shown = [o for o in options if options[o].help != argparse.SUPPRESS]
    guess = nearest(name, shown) or nearest(f"-{name}", shown)
    return UsageError(
        f"There is no flag {name}.", guess and f"{guess[:1].upper()}{guess[1:]}",
        "`--help` lists every flag.",
    )  # fmt: skip
