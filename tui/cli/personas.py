"""`logitscope personas`: the library, one persona, or everything that is wrong with one."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tui.cli.stream import is_terminal
from tui.core.errors import PersonaError, Problem
from tui.core.persona import BrokenPersona, Persona
from tui.core.text import one_line, sanitize
from tui.store.paths import find_paths
from tui.store.persona import find_persona, list_personas, read_persona
from tui.store.toml import read_text


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "personas",
        help="the persona library",
        description="List, show or check personas. Your own lie where `logitscope paths` says.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="every persona, built in or yours")
    show = actions.add_parser("show", help="a persona's file")
    show.add_argument("name", metavar="NAME")
    check = actions.add_parser("check", help="every problem, with its line; exit 1 if there is one")
    check.add_argument("names", nargs="*", metavar="NAME|FILE", help="default: all of them")


def run(args: argparse.Namespace) -> int:
    """Run the action; the exit code."""
    library = list_personas(find_paths().personas)
    match args.action:
        case "list":
            return _list(library)
        case "show":
            return _show(args.name, library)
        case _:
            return _check(args.names, library)


def _list(library: Sequence[Persona | BrokenPersona]) -> int:
    width = max((len(one_line(persona.id)) for persona in library), default=0)
    for persona in library:
        origin = "built in" if persona.built_in else "yours"
        if isinstance(persona, Persona):
            about = persona.name
        else:
            about = f"broken: {_cause(persona.problems)}; see `personas check`"
        print(f"{one_line(persona.id):{width}}  {origin:8}  {one_line(about)}")
    return 0


def _cause(problems: Sequence[Problem]) -> str:
    """The problem to tell first: a misspelt key makes the right one missing too."""
    first = next((p for p in problems if p.suggestion.startswith("did you mean")), problems[0])
    told = f"{first.key}: {first.message}" if first is not problems[0] else first.message
    return f"{told} ({first.suggestion})" if first.suggestion.endswith("?") else told


def _show(name: str, library: Sequence[Persona | BrokenPersona]) -> int:
    text = read_text(Path(find_persona(name, library).path))
    if not isinstance(text, str):
        raise PersonaError(f"The persona {name!r} cannot be read.", f"{text}.")
    print(sanitize(text) if is_terminal(sys.stdout) else text, end="")
    return 0


def _check(names: Sequence[str], library: Sequence[Persona | BrokenPersona]) -> int:
    chosen = [_named(name, library) for name in names] if names else list(library)
    problems = [p for one in chosen if isinstance(one, BrokenPersona) for p in one.problems]
    for problem in problems:
        print(sanitize(str(problem)))
    print(f"{len(chosen)} checked, {len(problems)} problem{'' if len(problems) == 1 else 's'}")
    return 1 if problems else 0


def _named(name: str, library: Sequence[Persona | BrokenPersona]) -> Persona | BrokenPersona:
    if name.endswith(".toml") or "/" in name:
        return read_persona(Path(name))
    found = next((persona for persona in library if persona.id == name), None)
    return found if found is not None else find_persona(name, library)
