"""`logitscope completions`: a script for the shell, made from the flags themselves."""

import argparse
from typing import Final

SHELLS: Final = ("bash", "zsh", "fish")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "completions",
        help="shell completions",
        description="Print completions for a shell: eval them, or put them where it looks.",
    )
    parser.add_argument("shell", choices=SHELLS)


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    from tui.cli.main import build_parser

    parser = build_parser()
    for each in (parser, *parser.commands.values()):
        for action in each.options.values():
            if action.metavar == "FILE":
                vars(action)["complete"] = shtab.FILE
    print(shtab.complete(parser, shell=args.shell))
    return 0
