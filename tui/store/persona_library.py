"""The library of personas on the disk: reading it again when it changed, and changing it.

Keeps true: nothing of a person's is overwritten or removed without a copy in the bin; a file is
written whole or not at all; a symbolic link stays one. A built-in persona is never touched. Looking
costs one `stat` a file, and can be done from another thread.
"""

import errno
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

from tui.core.errors import LogitscopeError, Problem, UsageError
from tui.core.shelf import AnyPersona
from tui.store.atomic import write_bytes, write_text
from tui.store.origin import original_of, pointed
from tui.store.paths import Paths, private_folder
from tui.store.persona import (
    ID_RULE,
    builtin_folder,
    can_be_new_id,
    list_personas,
    parse_persona,
)
from tui.store.toml import read_text

Signature = tuple[tuple[str, int, int, int], ...]
"""(path, time of change, bytes, inode) of every file."""


class PersonaLibrary:
    """See `core.shelf.Shelf`.

    Args:
        paths: where a person's own personas, the bin and the favourites lie.
        builtin: the shipped personas.
    """

    def __init__(self, paths: Paths, builtin: Path | None = None) -> None:
        self.folder = paths.personas
        self.personas: tuple[AnyPersona, ...] = ()
        self.trouble = ""
        self._builtin = builtin or builtin_folder()
        self._bin = paths.persona_bin
        self._favourites = paths.favourites
        self._seen: Signature | None = None
        self.favourites = frozenset(self._favourite_lines())
        self.look()

    # --- reading ----------------------------------------------------------------------------------

    def look(self) -> bool:
        """Read again what changed on the disk since; whether anything did."""
        seen = tuple(sorted((*_files(self._builtin), *_files(self.folder))))
        if seen == self._seen:
            return False
        try:
            personas = list_personas(self.folder, self._builtin)
        except OSError as error:
            self.trouble = f"{self.folder} cannot be read: {error.strerror or error}."
            return False
        self.trouble = ""
        changed = personas != self.personas
        self._seen, self.personas = seen, personas
        return changed

    def path(self, persona_id: str) -> Path:
        """The file of a person's own persona with this id, there or not."""
        return self.folder / f"{persona_id}.toml"

    def covers(self, persona_id: str) -> bool:
        """Whether a built-in persona has this id, be it hidden or in sight."""
        return (self._builtin / f"{persona_id}.toml").is_file()

    def read(self, persona_id: str) -> str | Problem:
        """The text of its file, or why it cannot be had."""
        own = self.path(persona_id)
        covered = not os.path.lexists(own) and self.covers(persona_id)
        return read_text(self._builtin / own.name if covered else own)

    def check(self, persona_id: str, text: str) -> AnyPersona:
        """What a person's own persona would be with this text."""
        return parse_persona(text, self.path(persona_id))

    def refusal(self, persona_id: str) -> str:
        """Why no new persona can have this id; empty when one can."""
        if not persona_id:
            return "a persona needs an id: its file is called so"
        if not can_be_new_id(persona_id):
            return f"it cannot be an id: {ID_RULE}"
        taken = {known.casefold(): known for known in self._ids()}.get(persona_id.casefold())
        if taken is None:
            return ""
        return f"{taken} is there already" + ("" if taken == persona_id else ", but for capitals")

    def free_id(self, base: str) -> str:
        """An id like `base` that no persona has."""
        taken = {known.casefold() for known in self._ids()}
        stem = base[:58]
        tried = (base, *(f"{stem}-{n}" for n in range(2, len(taken) + 3)))
        return next(name for name in tried if name.casefold() not in taken)

    def _ids(self) -> set[str]:
        found = {Path(path).stem for path, *_ in (*_files(self._builtin), *_files(self.folder))}
        return found | {persona.id for persona in self.personas}

    # --- changing ---------------------------------------------------------------------------------

    def save(self, persona_id: str, text: str, *, before: str | None, source: str = "") -> bool:
        """Write a person's own persona; see `core.shelf`."""
        path = self.path(persona_id)
        if before is None and (why := self.refusal(persona_id)):
            raise UsageError(f"No persona can be called {persona_id!r}.", f"{why}.")
        if original := self._original(source, text):
            return self._save_with(original, persona_id, text)
        there = _bytes(path)
        other = there is not None and before is not None and there != before.encode()
        if there is not None and (other or before is None):
            self._keep(path.name, there)
        write_text(path.resolve() if path.is_symlink() else path, text)
        self.look()
        return other

    def _original(self, source: str, text: str) -> Path | None:
        """What a duplicate of `source` was imported from, if it is there."""
        name = original_of(text) if source else ""
        mine = name in {path.name for path in beside(self.path(source))} if name else False
        return self.folder / name if mine else None

    def _save_with(self, original: Path, persona_id: str, text: str) -> bool:
        """Write a new persona, and for it a copy of what it was imported from."""
        end = original.name.partition(".original")[2]
        ends = (f".original{n or ''}{end}" for n in count())
        copy = next(p for e in ends if not os.path.lexists(p := self.folder / f"{persona_id}{e}"))
        write_bytes(copy, _bytes(original) or b"")
        try:
            return self.save(persona_id, pointed(text, copy.name), before=None)
        except LogitscopeError:
            copy.unlink(missing_ok=True)
            raise

    def bytes_of(self, persona_id: str) -> bytes | None:
        """What the file of a person's own persona says; None where there is none."""
        path = self.path(persona_id)
        return _bytes(path) if path.is_file() else None

    def put_by(self, persona_id: str, text: str | bytes) -> None:
        """Keep a text that was not saved in the bin."""
        data = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
        name = self.path(persona_id).name
        named = persona_id and name == f"{persona_id}.toml" and _printable(persona_id)
        self._keep(name if named else "unsaved.toml", data)

    def delete(self, persona_id: str) -> None:
        """Move a person's own persona, and what lies beside it, to the bin."""
        path = self.path(persona_id)
        if not os.path.lexists(path):
            if self.covers(persona_id):
                raise UsageError(
                    f"{persona_id} is built in and cannot be deleted.",
                    "Only a copy of your own over a built-in persona can.",
                )
            raise UsageError(f"{path} is gone already.")
        entry = self._entry(persona_id)
        try:
            _move([(file, entry / file.name) for file in (*beside(path), path)])
        except OSError as error:
            with suppress(OSError):
                entry.rmdir()
            raise _stopped(f"{path} cannot be moved to the bin.", error) from error
        self.look()

    def undo(self) -> str:
        """Bring back what was moved to the bin last."""
        for entry in sorted(self._entries(), reverse=True):
            files = sorted(entry.glob("*.toml"))
            if files:
                return self._bring_back(entry, files[0])
        raise UsageError("The bin is empty.", f"It is {self._bin}.")

    def favour(self, persona_id: str) -> bool:
        """Make it a favourite, or no longer one."""
        if not _printable(persona_id):
            raise UsageError("It cannot be a favourite.", "Its file has a name that is no text.")
        lines = self._favourite_lines()
        is_one = persona_id not in lines
        kept = [*lines, persona_id] if is_one else [name for name in lines if name != persona_id]
        write_text(self._favourites, "".join(f"{name}\n" for name in kept))
        self.favourites = frozenset(kept)
        return is_one

    # --- inside -----------------------------------------------------------------------------------

    def _bring_back(self, entry: Path, file: Path) -> str:
        stem, files = file.stem, (*beside(file), file)
        private_folder(self.folder)
        try:
            there = {path.name.casefold() for path in self.folder.iterdir()}
        except OSError as error:
            raise _stopped(f"{self.folder} cannot be read.", error) from error
        others = {known.casefold() for known in self._ids()}
        for n in count(1):
            found = stem if n == 1 else f"{stem[:58]}-{n}"
            ends = [path.name.removeprefix(stem) for path in files]
            free = n == 1 or found.casefold() not in others
            if free and not there & {f"{found}{end}".casefold() for end in ends}:
                break
        new = [self.folder / f"{found}{end}" for end in ends]
        try:
            _move(list(zip(files, new, strict=True)))
        except OSError as error:
            raise _stopped(f"{file} cannot be moved to {self.folder}.", error) from error
        try:
            _point(new[-1], {path.name: name.name for path, name in zip(files, new, strict=True)})
        except LogitscopeError:
            with suppress(OSError):
                _move(list(zip(new, files, strict=True)))
            raise
        with suppress(OSError):
            entry.rmdir()
        self.look()
        return found

    def _entries(self) -> list[Path]:
        with suppress(OSError):
            return [path for path in self._bin.iterdir() if path.is_dir()]
        return []

    def _entry(self, persona_id: str) -> Path:
        """A new place in the bin, after all others by name."""
        private_folder(self._bin)
        stamp_ns = time.time_ns()
        last = max((path.name for path in self._entries()), default="")
        while (name := f"{_stamp(stamp_ns)}-{persona_id}") <= last:
            last_second = last.partition("-")[0]
            stamp_ns += 1_000_000 if name.partition("-")[0] >= last_second else 1_000_000_000
        entry = self._bin / name
        try:
            entry.mkdir(mode=0o700)
        except OSError as error:
            raise _stopped(f"{entry} cannot be made.", error) from error
        return entry

    def _keep(self, name: str, data: bytes) -> None:
        """Put what a file of this name says into the bin."""
        entry = self._entry(name.removesuffix(".toml"))
        try:
            (entry / name).write_bytes(data)
        except OSError as error:
            shutil.rmtree(entry, ignore_errors=True)
            raise _stopped(f"{entry / name} cannot be written.", error) from error

    def _favourite_lines(self) -> list[str]:
        text = read_text(self._favourites)
        lines = [] if isinstance(text, Problem) else text.splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))


def beside(path: Path) -> tuple[Path, ...]:
    """What belongs to a persona's file: the untouched original that it was imported from."""
    try:
        names = sorted(file.name for file in path.parent.iterdir())
    except OSError:
        return ()
    personas = [name.removesuffix("toml") for name in names if name.endswith(".toml")]
    mine = f"{path.stem}."
    longer = tuple(name for name in personas if name.startswith(mine) and name != mine)
    return tuple(
        path.parent / name
        for name in names
        if name.startswith(mine) and name != path.name and not name.startswith(longer or "\0")
    )


def _point(file: Path, names: Mapping[str, str]) -> None:
    """Let a persona's file name its original as that is called now."""
    text = read_text(file)
    named = names.get(original_of(text), "") if isinstance(text, str) else ""
    if isinstance(text, str) and named and (new := pointed(text, named)) != text:
        write_text(file.resolve(), new)


def _printable(persona_id: str) -> bool:
    return persona_id.isprintable() and "\0" not in persona_id


def _files(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    with suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            if entry.name.endswith(".toml"):
                with suppress(OSError):
                    about = entry.stat()
                    yield entry.path, about.st_mtime_ns, about.st_size, about.st_ino


def _bytes(path: Path) -> bytes | None:
    """What a file says; None where there is none."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _stopped(f"{path} cannot be read.", error) from error


def _move(files: Sequence[tuple[Path, Path]]) -> None:
    """Move every file to its new place, where nothing is, or none of them.

    Over file systems they are copied, and gone from the old place when all are in the new one.
    """
    moved: list[tuple[Path, Path]] = []
    try:
        for old, new in files:
            old.rename(new)
            moved.append((old, new))
    except OSError as error:
        for old, new in moved:
            new.rename(old)
        if error.errno != errno.EXDEV:
            raise
        _copy(files)
        for old, _ in files:
            old.unlink()


def _copy(files: Sequence[tuple[Path, Path]]) -> None:
    try:
        for old, new in files:
            shutil.copy2(old, new, follow_symlinks=False)
    except OSError:
        for _, new in files:
            new.unlink(missing_ok=True)
        raise


def _stamp(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return time.strftime("%Y%m%dT%H%M%S", time.gmtime(seconds)) + f".{rest // 1000:06}"


def _stopped(what: str, error: OSError) -> LogitscopeError:
    return LogitscopeError(what, f"{error.strerror or error}.", "Nothing was changed.")
