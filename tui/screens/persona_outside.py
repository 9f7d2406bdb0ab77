"""A persona's file in the person's own editor.

Keeps true: an editor that fails, or leaves a file that is gone or no persona any more, costs no text:
what was there before, or what it left, is in the bin. A built-in persona gets a copy of one's own only
from an editor that ended well. Everything returned is one line for the reader.
"""

import os
import shutil
import tempfile
from pathlib import Path

from textual.app import App

from tui.core.errors import LogitscopeError
from tui.core.persona import BrokenPersona, Persona
from tui.core.shelf import AnyPersona, Shelf
from tui.core.text import one_line
from tui.screens.outside import edit_outside


async def edit_own(
    app: App[None], shelf: Shelf, persona: AnyPersona, *, undo: str, instead: str
) -> str:
    """Edit a person's own persona, its very file.

    Args:
        app: whose terminal it is.
        shelf: holds the persona.
        persona: of one's own.
        undo: the key that brings back from the bin.
        instead: see `edit_outside`.
    """
    try:
        before = shelf.bytes_of(persona.id)
        wrong = await edit_outside(app, shelf.path(persona.id), os.environ, instead)
        after = shelf.bytes_of(persona.id)
        if before is None or after == before:
            return one_line(wrong)
        if not wrong and after is None:
            wrong = f"{persona.id} is gone."
        elif not wrong and isinstance(persona, Persona) and not _is_good(shelf, persona.id):
            wrong = f"{persona.id} has problems now."
        if wrong:
            shelf.put_by(persona.id, before)
            wrong += f" The text from before is in the bin, {undo} brings it back."
        return one_line(wrong)
    except LogitscopeError as error:
        return one_line(str(error), 400)


def _is_good(shelf: Shelf, persona_id: str) -> bool:
    text = shelf.read(persona_id)
    return isinstance(text, str) and not isinstance(shelf.check(persona_id, text), BrokenPersona)


async def edit_copy(
    app: App[None], shelf: Shelf, persona_id: str, text: str, *, instead: str
) -> tuple[str, bool]:
    """Edit the text of a built-in persona, which becomes a copy of one's own when it was changed.

    Args:
        app: whose terminal it is.
        shelf: holds the persona.
        persona_id: its id.
        text: of its file.
        instead: see `edit_outside`.

    Returns:
        What came of it, and whether there is a copy now.
    """
    folder = None
    try:
        folder = Path(tempfile.mkdtemp(prefix="logitscope-"))
        file = folder / f"{persona_id}.toml"
        file.write_bytes(text.encode("utf-8"))
        wrong = await edit_outside(app, file, os.environ, instead)
        left = file.read_bytes() if file.is_file() or not wrong else b""
        told, made = "Nothing was changed: no copy of your own was made.", False
        if wrong:
            told = f"{wrong} No copy of your own was made"
            if left not in (b"", text.encode("utf-8")):
                shelf.put_by(persona_id, left)
                told += "; what the editor left is in the bin"
            told += "."
        elif left != text.encode("utf-8"):
            shelf.save(persona_id, left.decode("utf-8"), before=text)
            told, made = f"{persona_id} is yours now, over the built-in one.", True
    except (LogitscopeError, OSError, UnicodeDecodeError) as error:
        kept = f" What was written is in {folder}." if folder else ""
        return f"{one_line(str(error), 300)}{one_line(kept)}", False
    shutil.rmtree(folder, ignore_errors=True)
    return one_line(told), made
