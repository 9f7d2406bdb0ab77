"""Bringing in: a stranger's file becomes a persona of one's own, and stays beside it untouched.

Keeps true: nothing that is there is overwritten; a file's name is never taken for a path; the original
is on the disk before the persona that names it.
"""

import hashlib
import re
import unicodedata
from pathlib import Path
from typing import Final

import msgspec

from tui.core.errors import LogitscopeError, PersonaError, UsageError
from tui.core.persona import BrokenPersona
from tui.core.text import one_line
from tui.store.atomic import write_bytes, write_text
from tui.store.exchange.carried import Carried
from tui.store.exchange.source import SUFFIX, read_bytes, read_source
from tui.store.paths import Paths
from tui.store.persona import ID_RULE, builtin_folder, can_be_new_id, is_device, parse_persona
from tui.store.persona_keys import DESCRIBING, KEYS, SCHEMA_LINE
from tui.store.toml import LIMIT_BYTES
from tui.store.toml_write import toml_text

_LONGEST: Final = 48
PRESET_LINE: Final = "# schema: docs/reference/settings.md"


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a file."""

    id: str
    path: Path
    """The new persona, or preset."""
    original: Path
    format: str
    kept: tuple[str, ...]
    """What has no key: it is in the original, and in an export."""

    @property
    def is_preset(self) -> bool:
        """Whether it holds settings alone."""
        return self.format == "sillytavern"


def bring(file: Path, paths: Paths, as_id: str = "") -> Brought:
    """Bring in the file.

    Args:
        file: of any format that is known.
        paths: where personas and presets lie.
        as_id: its id; empty = made from its name, and another one where that is taken.

    Raises:
        PersonaError: the file cannot be taken.
        UsageError: the id cannot be.
        LogitscopeError: it cannot be written.
    """
    data = read_bytes(file)
    carried = read_source(data, file.name, as_id or file.stem)
    preset = carried.format == "sillytavern"
    folder = paths.presets if preset else paths.personas
    taken = _taken(folder, with_builtin=not preset)
    if as_id:
        check_new_id(as_id, taken)
    name = file.stem if preset else str(carried.values["name"])
    persona_id = as_id or free_id(name, taken)
    original = folder / f"{persona_id}.original.{SUFFIX[carried.format]}"
    path = folder / f"{persona_id}.toml"
    text = _preset(carried) if preset else _persona(carried, path, original.name, data)
    write_bytes(original, data)
    write_text(path, text)
    return Brought(
        id=persona_id, path=path, original=original, format=carried.format, kept=carried.kept
    )


def _persona(carried: Carried, path: Path, original: str, data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    origin = {"format": carried.format, "file": original, "sha256": digest}
    values = {**carried.values, "origin": origin}
    if not any(values.get(name) for name in DESCRIBING):
        values.setdefault("system", "")
    text = toml_text(values, KEYS, SCHEMA_LINE)
    if len(text.encode()) > LIMIT_BYTES:
        raise PersonaError(
            "It is too big for a persona.",
            f"It would be {len(text.encode()) >> 10} KiB, and {LIMIT_BYTES >> 10} KiB are the most.",
        )
    made = parse_persona(text, path)
    if isinstance(made, BrokenPersona):
        told = "\n".join(f"  {one_line(str(problem), 300)}" for problem in made.problems)
        raise PersonaError("It cannot be a persona.", told)
    return text


def _preset(carried: Carried) -> str:
    return toml_text(carried.values, (), PRESET_LINE)


def _taken(folder: Path, *, with_builtin: bool) -> set[str]:
    """Ids in use, in small letters; a file of any ending beside them counts too.

    Raises:
        LogitscopeError: the folder cannot be read.
    """
    folders = [folder, builtin_folder()] if with_builtin else [folder]
    try:
        return {
            path.name.partition(".original.")[0].removesuffix(".toml").casefold()
            for one in folders
            if one.is_dir()
            for path in one.iterdir()
        }
    except OSError as error:
        raise LogitscopeError(
            f"{folder} cannot be read.", f"{error.strerror or error}.", "Nothing was written."
        ) from error


def check_new_id(persona_id: str, taken: set[str]) -> None:
    """Whether a new file may have this id.

    Raises:
        UsageError: it cannot be an id, or it is taken.
    """
    if not can_be_new_id(persona_id):
        raise UsageError(f"{persona_id!r} cannot be an id.", "", f"{ID_RULE.capitalize()}.")
    if persona_id.casefold() in taken:
        raise UsageError(
            f"There is a persona {persona_id!r} already.",
            "Nothing is overwritten; ids that differ only in capitals count as the same.",
            "Take another id, or move that file away.",
        )


def new_id(persona_id: str, paths: Paths) -> Path:
    """Where a new persona of one's own with this id lies.

    Raises:
        UsageError: see `check_new_id`; a built-in one may be hidden on purpose.
    """
    check_new_id(persona_id, _taken(paths.personas, with_builtin=False))
    return paths.personas / f"{persona_id}.toml"


def free_id(name: str, taken: set[str]) -> str:
    """An id made from a name: `Ada Lovelace!` is `ada-lovelace`, or `ada-lovelace-2`.

    >>> free_id("../../etc/Passwd", set()), free_id("CON", {"con-persona"}), free_id("..", set())
    ('etc-passwd', 'con-persona-2', 'persona')
    """
    plain = unicodedata.normalize("NFKC", one_line(name, 200)).lower()
    slug = re.sub(r"[^\w]+", "-", plain).strip("-_")[:_LONGEST].strip("-_") or "persona"
    if is_device(slug):
        slug += "-persona"
    n, found = 1, slug
    while found.casefold() in taken:
        n += 1
        found = f"{slug}-{n}"
    return found
