"""Another persona, and files that change while a conversation goes on."""

from pathlib import Path

from shelf_desk import CROUPIER, PIRATE, library_desk
from textual.widgets import Static

from tui.core.messages import Generate
from tui.screens.ask import AskScreen

OWN = {"pirate": PIRATE}


def systems(lib: object) -> list[str]:
    """The system prompts that were sent, oldest first."""
    asked = [r for r in lib.d.engine.requests if isinstance(r, Generate)]
    return [asked_of.turns[0].text for asked_of in asked]


async def test_asked_once_then_branched(tmp_path: Path) -> None:
    async with library_desk(tmp_path, "red", "gold", own=OWN) as lib:
        await lib.d.talk("colour?")
        await lib.open("pirate")
        await lib.press("enter", "enter")
        await lib.d.until(lambda: isinstance(lib.d.app.screen, AskScreen))
        await lib.pilot.pause()
        assert "Pirate is to reply" in lib.d.screen()
        more = lib.d.app.screen.query_one("#ask-more", Static).visual.plain
        assert "The answer holds until you quit; s in the persona library" in more
        await lib.press("b")
        await lib.d.until(lambda: lib.d.controller.profile.persona.id == "pirate")
        assert lib.d.said == ["Ready.", "colour?", "red"]
        await lib.d.until(lambda: "From here on Pirate replies." in lib.d.screen())
        await lib.d.talk("and now?")
        assert systems(lib) == ["Compute.", "Arr."]
        assert [t.text for t in lib.d.engine.requests[-1].turns][1:] == [
            "Ready.", "colour?", "red", "and now?",
        ]  # fmt: skip
        # Back: what was said under either is there, and each branch has its persona.
        root = lib.d.controller.conversation.path()[0].key
        lib.d.controller.walk(root, -1)
        await lib.d.until(lambda: lib.d.controller.profile.persona.id == "console")
        assert lib.d.said == ["Ready.", "colour?", "red"]
        # The answer holds.
        lib.d.bench.personas.focus()
        await lib.press("end", "enter")
        await lib.d.until(lambda: lib.d.controller.profile.persona.id == "pirate")
        assert lib.d.said == ["Ready.", "colour?", "red"]


async def test_a_new_conversation_and_another_answer_later(tmp_path: Path) -> None:
    async with library_desk(tmp_path, "red", own=OWN) as lib:
        await lib.d.talk("colour?")
        lib.d.bench.personas.focus()
        await lib.press("end", "enter")
        await lib.d.until(lambda: isinstance(lib.d.app.screen, AskScreen))
        await lib.press("escape")
        assert lib.d.controller.profile.persona.id == "console"
        assert "was not changed" in lib.d.bench.status.notice
        await lib.press("enter", "down", "enter")
        await lib.d.until(lambda: lib.d.said == ["Ahoy."])
        await lib.open()
        await lib.press("s")
        assert "asks again" in lib.notice
        await lib.press("s")
        assert "as a branch" in lib.notice


async def test_where_nothing_was_said_nothing_is_asked_and_reuse_is_told(tmp_path: Path) -> None:
    async with library_desk(tmp_path, own=OWN) as lib:
        await lib.open("pirate")
        await lib.press("u")
        await lib.d.until(lambda: lib.d.said == ["Ahoy."])
        assert lib.d.app.screen is lib.d.bench
        await lib.d.ask("colour?")
        await lib.d.until(lambda: "reused 0 tokens" in lib.d.bench.status.notice)


async def test_a_file_changed_while_a_reply_is_made_holds_from_the_next_message(
    tmp_path: Path,
) -> None:
    own = {"console": 'name = "Console"\nsystem = "Compute."\ngreetings = ["Ready."]\n'}
    async with library_desk(tmp_path, "one two", "three", own=own) as lib:
        await lib.d.ask("go")
        await lib.d.tokens(1)
        path = lib.library.path("console")
        path.write_text(path.read_text().replace("Compute.", "Compute well."))
        await lib.look()
        notice = "Console changed on the disk; it holds from the next message on."
        await lib.d.until(lambda: lib.d.bench.status.notice == notice)
        await lib.d.engine.finish()
        await lib.d.until(lambda: not lib.d.controller.status.replying)
        await lib.d.talk("again")
        assert systems(lib) == ["Compute.", "Compute well."]
        assert lib.d.said == ["Ready.", "go", "one two", "again", "three"]


async def test_a_greeting_that_nobody_answered_is_the_new_one_at_once(tmp_path: Path) -> None:
    own = {"console": 'name = "Console"\nsystem = "Compute."\ngreetings = ["Ready."]\n'}
    async with library_desk(tmp_path, own=own) as lib:
        path = lib.library.path("console")
        path.write_text(path.read_text().replace('"Ready."', '"Go!", "Well?"'))
        await lib.look()
        assert lib.d.said == ["Go!"]
        await lib.d.until(lambda: "Go!" in lib.d.screen())
        assert lib.d.controller.conversation.siblings(lib.d.controller.conversation.leaf) == [1, 2]


async def test_a_persona_in_use_that_breaks_or_goes_is_told_and_goes_on(tmp_path: Path) -> None:
    async with library_desk(tmp_path, "one", "two", own=OWN, persona="pirate") as lib:
        path = lib.library.path("pirate")
        path.write_text("name = ")
        await lib.look()
        assert "pirate has a problem" in lib.d.bench.status.notice
        path.unlink()
        await lib.look()
        assert "pirate is gone from the disk" in lib.d.bench.status.notice
        await lib.d.talk("go")
        assert systems(lib) == ["Arr."]
        assert lib.d.said == ["Ahoy.", "go", "one"]
        path.write_text(PIRATE.replace("Arr.", "Avast."))
        await lib.look()
        await lib.d.talk("on")
        assert systems(lib) == ["Arr.", "Avast."]


async def test_what_was_set_by_hand_outlives_a_change_and_many_are_told_shortly(
    tmp_path: Path,
) -> None:
    own = {"croupier": CROUPIER}
    async with library_desk(tmp_path, own=own, persona="croupier") as lib:
        by_hand = lib.d.controller.profile.settings.changed(top_k=7)
        lib.d.controller.change_settings(by_hand)
        path = lib.library.path("croupier")
        path.write_text(path.read_text().replace("1.0", "0.5"))
        await lib.look()
        settings = lib.d.controller.profile.settings
        assert (settings.temperature, settings.top_k) == (0.5, 7)
        for n in range(9):
            lib.library.path(f"p{n}").write_text(PIRATE.replace("Pirate", f"P{n}"))
        await lib.look()
        assert lib.d.bench.status.notice == "P0 is new. P1 is new. P2 is new. And 6 more."
