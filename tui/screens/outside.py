"""A file in the person's own editor, with the terminal handed over and taken back.

Keeps true: the workbench neither reads nor draws while the editor runs, and goes on working: a reply
that is being made is made. Ctrl+C in the editor is the editor's. Whatever becomes of the editor, the
terminal is taken back.
"""

import asyncio
import shlex
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from textual.app import App, SuspendNotSupported

_VARIABLES = ("VISUAL", "EDITOR")


def editor_of(environ: Mapping[str, str]) -> tuple[list[str], str]:
    """The words of the person's editor, or why there are none.

    >>> editor_of({"EDITOR": "code --wait"}), editor_of({})[0]
    ((['code', '--wait'], ''), [])
    """
    name = next((name for name in _VARIABLES if environ.get(name, "").strip()), "")
    if not name:
        return [], "Neither VISUAL nor EDITOR is set, for example to nano"
    try:
        return shlex.split(environ[name]), ""
    except ValueError as error:
        return [], f"{name} cannot be read as a command ({error})"


async def edit_outside(app: App[None], path: Path, environ: Mapping[str, str], instead: str) -> str:
    """Edit the file; returns what went wrong, empty when nothing did: how the editor ended, say.

    Args:
        app: whose terminal it is.
        path: of the file.
        environ: names the editor.
        instead: what can be done where there is no editor, for the reader.
    """
    words, why_not = editor_of(environ)
    if why_not:
        return f"{why_not}; {instead}."
    code, trouble = 0, None
    try:
        # Nothing is drawn until the terminal is ours again.
        with app.batch_update(), app.suspend(), _interrupts_are_the_editors():
            # What is raised in here would leave the terminal handed over for good.
            try:
                code = await _ended(words, path)
            except (OSError, ValueError, asyncio.CancelledError) as error:
                trouble = error
    except SuspendNotSupported:
        return f"This terminal cannot be handed to an editor; {instead}."
    if isinstance(trouble, asyncio.CancelledError):
        raise trouble
    if trouble is not None:
        why = getattr(trouble, "strerror", None) or trouble
        return f"{words[0]} cannot be started: {why}; {instead}."
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    return f"{words[0]} {how}." if code else ""


async def _ended(words: list[str], path: Path) -> int:
    """Run the editor; its exit code."""
    process = await asyncio.create_subprocess_exec(*words, str(path))
    try:
        return await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        raise


@contextmanager
def _interrupts_are_the_editors() -> Iterator[None]:
    """Ctrl+C goes to every process of the terminal; ours is to live on.

    A handler, not "ignore": that one would be the editor's too.
    """
    held = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, held)
