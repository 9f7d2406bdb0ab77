"""Draws the persona library's picture: the real screen, on the shipped model and personas, as an SVG.

    python -m tests.support.library_picture docs/images/library.svg

Nothing is posed: a person's own personas lie in a folder of their own, one of them broken, and the
keys are pressed that bring up what is drawn.
"""

import argparse
import asyncio
import contextlib
import tempfile
from pathlib import Path

from tests.support.picture import ready
from tui.app import LogitscopeApp
from tui.core.launch import Launch
from tui.core.model import LoadOptions
from tui.demo import MODEL_PATH
from tui.engine.process import ProcessEngine
from tui.store.paths import Paths
from tui.store.persona_library import PersonaLibrary

PIRATE = """\
# schema: docs/reference/personas.md
name = "Captain Ann"
system = "You are Captain Ann, a pirate. You answer in two sentences and you are never wrong."
greetings = ["Arr. What do ye seek?", "Speak, or walk the plank."]
tags = ["sea", "fun"]

[sampling]
temperature = 1.1
min_p = 0.05
"""
BROKEN = 'name = "Librarian"\nsytem = "Quiet, please."\n\n[sampling]\ntemprature = 0.3\n'


async def draw(
    path: Path, size: tuple[int, int], keys: list[str], *, ascii_only: bool = False
) -> None:
    """Open the library, press the keys, and write the picture."""
    path = path.absolute()
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        folder = Path(name)
        paths = Paths(*(Path(room) for room in ("config", "data", "state", "cache")))
        library = PersonaLibrary(paths)
        library.save("captain", PIRATE, before=None)
        library.save("librarian", BROKEN, before=None)
        library.favour("captain")
        launch = Launch(
            options=LoadOptions(path=str(MODEL_PATH), n_threads=2),
            personas=library.personas,
            persona="js-console",
            ascii_only=ascii_only,
        )
        app = LogitscopeApp(launch, ProcessEngine(folder / "engine.log"), library)
        async with app.run_test(size=size) as pilot:
            await ready(app, pilot)
            await app.workbench.action_library()
            await pilot.pause()
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
            await pilot.pause(0.3)
            path.write_text(app.export_screenshot(title="logitscope"), encoding="utf-8")


def main() -> None:
    """Draw what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--size", default="120x36")
    parser.add_argument("--ascii", action="store_true")
    parser.add_argument("keys", nargs="*", default=["home"])
    args = parser.parse_intermixed_args()
    width, height = (int(part) for part in args.size.split("x"))
    asyncio.run(draw(args.path, (width, height), args.keys, ascii_only=args.ascii))


if __name__ == "__main__":
    main()
