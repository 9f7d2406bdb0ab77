"""Persona files: reading them with every problem's line, and the library of all of them.

Keeps true: a broken file stops nothing (it is a `BrokenPersona` in the list), and the user's own
file hides a built-in one of the same id. Two ids that differ only in capitals are a problem of both.
The keys are declared once, in `persona_keys.py`.
"""

import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec

from tui.core.errors import PersonaError, Problem, nearest
from tui.core.lorebook import MAX_KEYS
from tui.core.persona import BrokenPersona, Persona
from tui.core.settings import DEFAULTS
from tui.core.values import apply_values
from tui.store.key import read_keys
from tui.store.persona_keys import DESCRIBING, KEYS, SAMPLING_KEYS
from tui.store.toml import Document, parse_document, read_text

_ID: Final = re.compile(r"\w[\w.-]{0,63}")
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
ID_RULE: Final = "letters, digits, dots and dashes, at most 64"


def is_device(name: str) -> bool:
    """Whether some systems take a file of this name for a device."""
    return _DEVICES.fullmatch(name) is not None


def can_be_new_id(persona_id: str) -> bool:
    """Whether a new persona may be called so, where nothing is."""
    return _ID.fullmatch(persona_id) is not None and not is_device(persona_id)


def builtin_folder() -> Path:
    """The shipped personas: in the package of a wheel, beside it in a repository."""
    inside = Path(str(files("tui"))) / "personas"
    return inside if inside.is_dir() else inside.parent.parent / "personas"


def read_persona(path: Path, *, built_in: bool = False) -> Persona | BrokenPersona:
    """The persona at `path`, or all of its problems."""
    text = read_text(path)
    if isinstance(text, Problem):
        return BrokenPersona(id=path.stem, path=str(path), problems=(text,), built_in=built_in)
    return parse_persona(text, path, built_in=built_in)


def parse_persona(text: str, path: Path, *, built_in: bool = False) -> Persona | BrokenPersona:
    """The persona that `text` would be as the file at `path`, which need not be there."""
    read = parse_document(text, path)
    if isinstance(read, Problem):
        return BrokenPersona(id=path.stem, path=str(path), problems=(read,), built_in=built_in)
    problems = [] if _ID.fullmatch(path.stem) else [
        Problem(path=str(path), message=f"{path.stem!r} cannot be an id", suggestion=ID_RULE)
    ]  # fmt: skip
    described = any(read.values.get(name) for name in DESCRIBING)
    keys = [
        msgspec.structs.replace(key, required=False) if described and key.name == "system" else key
        for key in KEYS
    ]
    values, found = read_keys(read, keys, _misplaced)
    problems += found
    problems += check_sampling(read, values)
    problems += _check_lorebook(read, values)
    if problems:
        problems.sort(key=lambda problem: problem.line)
        return BrokenPersona(
            id=path.stem, path=str(path), problems=tuple(problems), built_in=built_in
        )
    values |= {"id": path.stem, "path": str(path), "built_in": built_in}
    return msgspec.convert(values, Persona)


def _misplaced(name: str, value: object) -> str:
    known = name in SAMPLING_KEYS and not isinstance(value, dict)
    return "put it under [sampling]" if known else ""


def check_sampling(document: Document, values: dict[str, Any]) -> list[Problem]:
    """What is wrong with `[sampling]` and `samplers` of a file, with lines."""
    problems: list[Problem] = []
    sampling = values.get("sampling", {})
    for key in sampling:
        if key not in SAMPLING_KEYS:
            hint = "put it above the tables" if key == "samplers" else nearest(key, SAMPLING_KEYS)
            problems.append(document.problem(f"sampling.{key}", "no setting has this name", hint))
    known = {key: value for key, value in sampling.items() if key in SAMPLING_KEYS}
    for problem in apply_values(DEFAULTS, known)[1]:
        problems.append(
            document.problem(f"sampling.{problem.key}", problem.message, problem.suggestion)
        )
    if "samplers" in values:
        for problem in apply_values(DEFAULTS, {"samplers": values["samplers"]})[1]:
            problems.append(document.problem("samplers", problem.message, problem.suggestion))
    return problems


def _check_lorebook(document: Document, values: dict[str, Any]) -> list[Problem]:
    entries = values.get("lorebook", {}).get("entries", ())
    n = sum(len(one.get(keys, ())) for one in entries for keys in ("keys", "secondary_keys"))
    if n <= MAX_KEYS:
        return []
    told = f"its entries have {n:,} keys together; {MAX_KEYS:,} are the most"
    return [document.problem("lorebook", told, "split the book, or take out keys")]


def list_personas(own: Path, builtin: Path | None = None) -> tuple[Persona | BrokenPersona, ...]:
    """Every persona by id, the user's own over the built-in ones."""
    found: dict[str, Persona | BrokenPersona] = {}
    for folder, built_in in ((builtin or builtin_folder(), True), (own, False)):
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            found[path.stem] = read_persona(path, built_in=built_in)
    same: dict[str, list[str]] = {}
    for persona_id in found:
        same.setdefault(persona_id.casefold(), []).append(persona_id)
    for ids in same.values():
        for persona_id in ids if len(ids) > 1 else ():
            if not found[persona_id].built_in:
                others = [other for other in ids if other != persona_id]
                found[persona_id] = _confused(found[persona_id], others)
    return tuple(found[key] for key in sorted(found))


def _confused(persona: Persona | BrokenPersona, others: list[str]) -> BrokenPersona:
    """Some file systems and people hold two such names for one."""
    problem = Problem(
        path=persona.path,
        message=f"its id differs from {' and '.join(others)} in capitals alone",
        suggestion="give the file another name",
    )
    known = persona.problems if isinstance(persona, BrokenPersona) else ()
    return BrokenPersona(id=persona.id, path=persona.path, problems=(problem, *known))


def find_persona(name: str, library: Iterable[Persona | BrokenPersona]) -> Persona:
    """The persona called `name`.

    Raises:
        PersonaError: there is none, or it has problems (all of them are told).
    """
    by_id = {persona.id: persona for persona in library}
    match by_id.get(name):
        case Persona() as persona:
            return persona
        case BrokenPersona(problems=problems):
            raise PersonaError(
                f"The persona {name!r} has {_count(len(problems))}.",
                "\n".join(f"  {problem}" for problem in problems),
                f"`logitscope personas check {name}` tells when they are gone.",
            )
    raise PersonaError(
        f"There is no persona {name!r}.",
        (guess := nearest(name, by_id)) and f"{guess[:1].upper()}{guess[1:]}",
        f"There are: {', '.join(by_id) or 'none'}.",
    )


def _count(n: int) -> str:
    return "a problem" if n == 1 else f"{n} problems"
