"""`logitscope personas`: the library, one persona, and the ways to the other actions."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tui.cli.stream import is_terminal
from tui.core.errors import PersonaError, Problem
from tui.core.persona import BrokenPersona, Persona
from tui.core.text import one_line, sanitize
from tui.store.paths import find_paths
from tui.store.persona import find_persona, list_personas
from tui.store.toml import read_text

FORMATS: Final = (
    "v1", "v2", "v3", "png", "charx", "modelfile", "tgw", "aichat", "sillytavern",
)  # fmt: skip
"""What `export` writes."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "personas",
        help="the persona library",
        description="List, show, check, begin, bring in or hand out personas. Your own lie where"
        " `logitscope paths` says.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="every persona, built in or yours")
    listing.add_argument("--json", action="store_true", help="as one JSON list")
    show = actions.add_parser("show", help="a persona's file")
    show.add_argument("name", metavar="ID")
    show.add_argument(
        "--prompt", action="store_true", help="what it tells the model, before any template"
    )
    check = actions.add_parser("check", help="every problem, with its line; exit 1 if there is one")
    check.add_argument("names", nargs="*", metavar="ID|FILE|DIR", help="default: all of them")
    new = actions.add_parser("new", help="a file to begin with, in your folder")
    new.add_argument("name", metavar="ID")
    new.add_argument("--name", dest="title", metavar="TEXT", help="what the list shows")
    bring = actions.add_parser(
        "import",
        help="character cards (JSON, PNG, .charx), Modelfiles, YAML characters, aichat roles,"
        " SillyTavern presets",
    )
    bring.add_argument("files", nargs="+", metavar="FILE")
    bring.add_argument("--as", dest="as_id", metavar="ID", help="its id, where there is one file")
    hand = actions.add_parser("export", help="a persona in another program's format")
    hand.add_argument("name", metavar="ID")
    hand.add_argument(
        "--format", choices=FORMATS, help="default: the one it came in, else a card V2"
    )
    hand.add_argument("--preset", action="store_true", help="ID is a preset: as SillyTavern's JSON")
    hand.add_argument("-o", "--output", metavar="FILE", help="default: stdout")
    hand.add_argument("--force", action="store_true", help="replace FILE where it is there already")


def run(args: argparse.Namespace) -> int:
    """Run the action; the exit code."""
    match args.action:
        case "list":
            return _list(list_personas(find_paths().personas), as_json=args.json)
        case "show":
            return _show(args.name, list_personas(find_paths().personas), prompt=args.prompt)
        case "check":
            from tui.cli.persona_check import check

            return check(args.names)
        case _:
            from tui.cli import persona_exchange

            return persona_exchange.run(args)


def _list(library: Sequence[Persona | BrokenPersona], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps([_row(persona) for persona in library], indent=1))
        return 0
    width = max((len(one_line(persona.id)) for persona in library), default=0)
    for persona in library:
        origin = "built in" if persona.built_in else "yours"
        if isinstance(persona, Persona):
            tags = f"  [{', '.join(persona.tags)}]" if persona.tags else ""
            about = f"{persona.name}{tags}"
        else:
            about = f"broken: {_cause(persona.problems)}; see `personas check`"
        print(f"{one_line(persona.id):{width}}  {origin:8}  {one_line(about)}")
    return 0


def _row(persona: Persona | BrokenPersona) -> dict[str, object]:
    row = {"id": persona.id, "built_in": persona.built_in, "path": persona.path}
    if isinstance(persona, BrokenPersona):
        return {**row, "problems": [str(problem) for problem in persona.problems]}
    return {**row, "name": persona.name, "tags": persona.tags, "creator": persona.creator}


def _cause(problems: Sequence[Problem]) -> str:
    """The problem to tell first: a misspelt key makes the right one missing too."""
    first = next((p for p in problems if p.suggestion.startswith("did you mean")), problems[0])
    told = f"{first.key}: {first.message}" if first is not problems[0] else first.message
    return f"{told} ({first.suggestion})" if first.suggestion.endswith("?") else told


def _show(name: str, library: Sequence[Persona | BrokenPersona], *, prompt: bool) -> int:
    persona = find_persona(name, library)
    if prompt:
        _print(_told(persona))
        return 0
    text = read_text(Path(persona.path))
    if not isinstance(text, str):
        raise PersonaError(f"The persona {name!r} cannot be read.", f"{text}.")
    _print(text)
    return 0


def _told(persona: Persona) -> str:
    """What the model is told before a first question."""
    from datetime import datetime

    from tui.core.compose import compose
    from tui.core.macro import expand, scene_at
    from tui.core.messages import Turn

    scene = scene_at(datetime.now(), char=persona.char, user=persona.user_name)
    greeting = expand(persona.greetings[0], scene)[0] if persona.greetings else ""
    said = [Turn(role="assistant", text=greeting)] if greeting else []
    made = compose(persona, [*said, Turn(role="user", text="…")], scene)
    turns = [f"--- {turn.role}\n{turn.text}\n" for turn in made.turns]
    return "\n".join([*turns, *(f"note: {note}" for note in made.notes)]).rstrip("\n") + "\n"


def _print(text: str) -> None:
    print(sanitize(text) if is_terminal(sys.stdout) else text, end="")
