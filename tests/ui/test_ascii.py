"""With `--ascii` whatever the workbench draws is ASCII, what Textual draws for it included."""

from desk import Desk, desk
from textual.command import CommandPalette
from textual.widgets import OptionList


async def shows(d: Desk, words: str) -> None:
    """Wait for the words, and look at every cell."""
    await d.until(lambda: words in d.screen())
    assert {char for char in d.screen() if not char.isascii()} == set()


async def test_the_palettes_are_ascii() -> None:
    async with desk(ascii_only=True, size=(80, 24)) as d:
        await d.pilot.press("slash")
        await shows(d, "Search for commands...")
        await d.until(lambda: d.app.screen.query_one(OptionList).option_count > 20)
        await shows(d, "Back to the conversation")
        await d.pilot.press(*"tokenb")
        await shows(d, "Left  Tokens")
        await d.pilot.press("escape", "escape")
        await d.until(lambda: d.app.screen is d.bench)
        d.app.action_change_theme()
        await shows(d, "Search for themes...")
        await d.pilot.press("down", "enter")
        await d.until(lambda: not isinstance(d.app.screen, CommandPalette))


async def test_every_screen_is_ascii() -> None:
    async with desk("red green blue", "red", "red", ascii_only=True, size=(80, 24)) as d:
        await d.talk("go")
        for open_it, words in (
            (d.bench.action_tree, "Branches   3 messages"),
            (d.bench.action_effects, "Effects of each stage"),
            (d.bench.action_compare, "every lane answers"),
            (d.bench.action_export, "Export the reply"),
            (d.bench.action_pause_when, "top two closer than"),
            (d.app.action_help, "Send"),
        ):
            open_it()
            await shows(d, words)
            await d.pilot.press("pagedown", "down")
            await shows(d, "")
            await d.pilot.press("escape")
            await d.until(lambda: d.app.screen is d.bench)
        d.bench.transcript.focus()
        await d.pilot.press("g", "left")
        await shows(d, "mean")
        await d.pilot.press("s", "end")
        await shows(d, "Scored")
        await d.pilot.resize_terminal(50, 12)
        await shows(d, "needs 60x16, has 50x12")
