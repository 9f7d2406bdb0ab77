"""Persona files: reading them with every problem's line, and the library of all of them.

Keeps true: a broken file stops nothing (it is a `BrokenPersona` in the list), and the user's own
file hides a built-in one of the same id. The keys are declared once, in `KEYS`.
"""

import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec

from tui.core.errors import PersonaError, Problem, nearest
from tui.core.persona import BrokenPersona, Persona
from tui.core.samplers import PARAMS
from tui.core.settings import DEFAULTS, apply_values
from tui.store.toml import Document, parse_document, read_text


class Key(msgspec.Struct, frozen=True):
    """One key of a persona file."""

    name: str
    type: Any
    shape: str
    """The type in words."""
    help: str
    required: bool = False


KEYS: Final = (
    Key("name", str, "a text", "what the list shows", required=True),
    Key("system", str, "a text", "the system prompt", required=True),
    Key("greetings", tuple[str, ...], "a list of texts",
        "first messages of the model; the first is shown, the others are its siblings"),
    Key("samplers", tuple[str, ...], "a list of names", "the order of the chain"),
    Key("stop", tuple[str, ...], "a list of texts", "texts that end a reply"),
    Key("sampling", dict[str, Any], "a table", "settings, with llama-server's names"),
)  # fmt: skip
"""Every key of a persona file; `[sampling]` takes the keys of `core.settings`."""

SAMPLING_KEYS: Final = (
    *PARAMS, "ignore_eos", "logit_bias", "logit_bias_variants", "off", "grammar", "json_schema", "custom",
)  # fmt: skip
"""What may stand in `[sampling]`."""

_ID: Final = re.compile(r"\w[\w.-]{0,63}")


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
        Problem(path=str(path), message=f"{path.stem!r} cannot be an id",
                suggestion="letters, digits, dots and dashes, at most 64")
    ]  # fmt: skip
    values, found = read_keys(read, KEYS)
    problems += found
    problems += check_sampling(read, values)
    if problems:
        problems.sort(key=lambda problem: problem.line)
        return BrokenPersona(
            id=path.stem, path=str(path), problems=tuple(problems), built_in=built_in
        )
    return Persona(id=path.stem, path=str(path), built_in=built_in, **values)


def read_keys(document: Document, keys: Iterable[Key]) -> tuple[dict[str, Any], list[Problem]]:
    """The values of a table of keys, each of its type, and what is wrong with the others."""
    known = {key.name: key for key in keys}
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in document.values.items():
        key = known.get(name)
        if key is None:
            problems.append(_unknown(document, name, value, known))
            continue
        try:
            values[name] = msgspec.convert(value, key.type)
        except msgspec.ValidationError:
            problems.append(document.problem(name, f"it must be {key.shape}"))
    problems += [
        document.problem(key.name, f"the key {key.name!r} is missing", f"it is {key.help}")
        for key in known.values()
        if key.required and key.name not in document.values
    ]
    return values, problems


def _unknown(document: Document, name: str, value: object, known: Iterable[str]) -> Problem:
    if name in SAMPLING_KEYS and not isinstance(value, dict):
        return document.problem(name, "it belongs in a table", "put it under [sampling]")
    return document.problem(name, "no key has this name", nearest(name, known))


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


def list_personas(own: Path, builtin: Path | None = None) -> tuple[Persona | BrokenPersona, ...]:
    """Every persona by id, the user's own over the built-in ones."""
    found: dict[str, Persona | BrokenPersona] = {}
    for folder, built_in in ((builtin or builtin_folder(), True), (own, False)):
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            found[path.stem] = read_persona(path, built_in=built_in)
    return tuple(found[key] for key in sorted(found))


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
