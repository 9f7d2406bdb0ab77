"""What a library of personas can do, as those who draw it need to know.

A protocol alone: the disk's side is `store/persona_library.py`. Every error is a `LogitscopeError`
with words for a person; an operation that raises has changed nothing.
"""

import re
from pathlib import Path
from typing import Final, Protocol

from tui.core.errors import Problem
from tui.core.persona import BrokenPersona, Persona

AnyPersona = Persona | BrokenPersona

NEW_TEXT = '''\
# schema: docs/reference/personas.md
name = "{name}"
system = """
You are …
"""
greetings = ["Hello. What shall we talk about?"]

[sampling]
temperature = 0.8
'''
"""What a new persona begins as."""


_NAME: Final = re.compile(r"""(name\s*=\s*)"([^"\\]*)"(?=\s*(?:#|$))""")


def copied(text: str) -> str:
    """The text of a persona's file for a copy of it: its name says so, all else stays.

    >>> copied('# mine\\nname = "Ann"  # her\\nsystem = "Arr."')
    '# mine\\nname = "Ann (copy)"  # her\\nsystem = "Arr."'
    """
    lines = text.split("\n")
    for number, line in enumerate(lines):
        # In a table or a text of several lines it is another name.
        if line.lstrip().startswith("[") or '"""' in line or "'''" in line:
            break
        if found := _NAME.match(line):
            lines[number] = f'{found[1]}"{found[2]} (copy)"{line[found.end() :]}'
            break
    return "\n".join(lines)


class Shelf(Protocol):
    """The personas there are, and everything that can be done with their files."""

    personas: tuple[AnyPersona, ...]
    """Every persona by id, a person's own over the built-in ones, as last read."""
    favourites: frozenset[str]
    """Ids of those that are listed first."""
    folder: Path
    """Where a person's own lie; it need not exist."""
    trouble: str
    """Why the files cannot be read now, in words; empty when they can. What was read stays."""

    def look(self) -> bool:
        """Read again what changed on the disk since; whether anything did."""

    def path(self, persona_id: str) -> Path:
        """The file of a person's own persona with this id, there or not."""

    def covers(self, persona_id: str) -> bool:
        """Whether a built-in persona has this id, be it hidden or in sight."""

    def read(self, persona_id: str) -> str | Problem:
        """The text of its file, or why it cannot be had."""

    def check(self, persona_id: str, text: str) -> AnyPersona:
        """What a person's own persona would be with this text."""

    def refusal(self, persona_id: str) -> str:
        """Why no new persona can have this id; empty when one can."""

    def free_id(self, base: str) -> str:
        """An id like `base` that no persona has."""

    def bytes_of(self, persona_id: str) -> bytes | None:
        """What the file of a person's own persona says; None where there is none.

        Raises:
            LogitscopeError: it cannot be read.
        """

    def save(self, persona_id: str, text: str, *, before: str | None, source: str = "") -> bool:
        """Write a person's own persona.

        Args:
            persona_id: its id.
            text: of the whole file, written as it is.
            before: what the text was made from; None for a persona that is new. Where the file
                says something else by now, that goes to the bin first.
            source: the persona that a new one is a copy of. What that was imported from is copied
                too, and the file that is written names the copy.

        Returns:
            Whether the file said something else.

        Raises:
            LogitscopeError: it cannot be written, or an id of a new persona cannot be used.
        """

    def put_by(self, persona_id: str, text: str | bytes) -> None:
        """Keep a text that was not saved in the bin, for `undo`.

        Raises:
            LogitscopeError: it cannot be written.
        """

    def delete(self, persona_id: str) -> None:
        """Move a person's own persona, and what lies beside it, to the bin.

        Raises:
            LogitscopeError: it is built in, gone, or cannot be moved.
        """

    def undo(self) -> str:
        """Bring back what was moved to the bin last; returns its id, another one if it is taken.

        Raises:
            LogitscopeError: the bin is empty, or the file cannot be moved.
        """

    def favour(self, persona_id: str) -> bool:
        """Make it a favourite, or no longer one; whether it is one now.

        Raises:
            LogitscopeError: the list cannot be written.
        """
