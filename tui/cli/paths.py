"""`logitscope paths`: where things lie. Makes none of them."""

import argparse

from tui.store.paths import HOME_VARIABLE, find_paths


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    subparsers.add_parser(
        "paths",
        help="where config, personas, sessions and logs live",
        description=f"Print where things lie. {HOME_VARIABLE}=DIR moves all of them under DIR.",
    )


def run(_: argparse.Namespace) -> int:
    """Print one place a line, tab-separated."""
    for name, path in find_paths().named().items():
        print(f"{name}\t{path}")
    return 0
