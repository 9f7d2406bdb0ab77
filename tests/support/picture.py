"""Draws a picture of the real workbench on the shipped model, as an SVG; `pictures` has those of the docs.

    python -m tests.support.picture some.svg --temp 1.6 --keys g,S
    NO_COLOR=1 python -m tests.support.picture some.svg --size 80x24

Nothing is posed: a persona is asked twice, the token cursor is put on one token, the keys after
`--keys` are pressed, and what then stands on the screen is what is drawn. The seed is fixed, so that
the picture is the same again.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from tui.app import LogitscopeApp
from tui.core.launch import Launch, Layer
from tui.core.model import LoadOptions
from tui.core.status import Activity
from tui.demo import MODEL_PATH
from tui.engine.process import ProcessEngine
from tui.store.persona import list_personas
from tui.theme import own_themes

ASKED = ("something for rain", "more jazz")


async def draw(
    path: Path,
    size: tuple[int, int],
    persona: str,
    asked: tuple[str, ...],
    settings: dict[str, float],
    keys: tuple[str, ...],
) -> None:
    """Ask, walk to a token that was not the most likely one, press keys, and write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        launch = Launch(
            options=LoadOptions(path=str(MODEL_PATH), n_threads=2),
            personas=list_personas(Path(folder)),
            persona=persona,
            above=(Layer("flags", {"seed": 11, **settings}),),
        )
        app = LogitscopeApp(launch, ProcessEngine(Path(folder) / "engine.log"))
        for theme in own_themes("truecolor"):  # whatever this terminal can show
            app.register_theme(theme)
        async with app.run_test(size=size) as pilot:
            await ready(app, pilot)
            for text in asked:
                app.workbench.prompt.put(text)
                await pilot.press("enter")
                await pilot.pause()
                await ready(app, pilot)
            reply = app.workbench.controller.conversation.path()[-1]
            surprising = min(range(len(reply.steps)), key=lambda n: reply.steps[n].p_raw)
            await pilot.press("tab")
            for _ in range(len(reply.steps) - surprising):
                await pilot.press("left")
            for key in keys:
                await pilot.press(key)
                await ready(app, pilot)
            # What other settings mean for the whole reply is looked at in the background.
            while "looked at" in app.workbench.inspector.whole:
                await pilot.pause()
            path.write_text(app.export_screenshot(title="logitscope"), encoding="utf-8")


async def ready(app: LogitscopeApp, pilot: Pilot[None]) -> None:
    """Wait until the engine has nothing to do and the screen knows it."""
    while (
        status := app.workbench.controller.status
    ).activity is not Activity.READY or status.scoring is not None:
        if status.trouble:
            raise SystemExit(f"{status.trouble.what} {status.trouble.why}")
        await pilot.pause()
    await pilot.pause()


def main() -> None:
    """Draw what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--size", default="120x36")
    parser.add_argument("--persona", default="music-bot")
    parser.add_argument("--temp", type=float)
    parser.add_argument("--keys", default="", help="pressed at the end, with commas between")
    parser.add_argument("asked", nargs="*", default=list(ASKED))
    args = parser.parse_args()
    width, height = (int(part) for part in args.size.split("x"))
    settings = {} if args.temp is None else {"temperature": args.temp}
    keys = tuple(key for key in args.keys.split(",") if key)
    asyncio.run(draw(args.path, (width, height), args.persona, tuple(args.asked), settings, keys))


if __name__ == "__main__":
    main()
