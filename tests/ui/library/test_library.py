"""The persona library as a person uses it."""

from pathlib import Path

import pytest
from shelf_desk import BROKEN, CROUPIER, PIRATE, library_desk
from textual.events import Key

from tui.core.messages import Finished, PromptReady, Render, Timings
from tui.screens.library import LibraryScreen

SIZES = [(60, 16), (80, 24), (120, 36)]
OWN = {"pirate": PIRATE, "bad": BROKEN}


@pytest.mark.parametrize("size", SIZES)
async def test_list_and_card_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with library_desk(tmp_path, own=OWN, size=size) as lib:
        await lib.open("pirate")
        lines = lib.d.lines()
        assert len(lines) == size[1]
        assert all(len(line) <= size[0] for line in lines)
        assert "Pirate" in lib.d.screen()
        assert "broken" in lib.d.screen()
        assert ("pirate · yours" in lib.d.screen()) == (size[0] >= 100)
        await lib.press("enter")
        await lib.d.until(lambda: "pirate · yours" in lib.d.screen())
        await lib.press("escape")
        await lib.d.until(lambda: lib.screen.list.has_focus)
        await lib.press("tab")
        await lib.d.until(lambda: lib.screen.preview.has_focus)
        await lib.press("escape", "escape")
        await lib.d.until(lambda: lib.d.app.screen is lib.d.bench)


@pytest.mark.parametrize("flags", [{"ascii_only": True}, {}])
async def test_a_favourite_is_first_in_ascii_and_without_colour(
    tmp_path: Path, flags: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not flags:
        monkeypatch.setenv("NO_COLOR", "1")
    async with library_desk(tmp_path, own=OWN, size=(80, 24), **flags) as lib:
        await lib.open("croupier")
        await lib.press("f")
        row = next(line for line in lib.d.lines() if "Croupier" in line)
        assert row.strip().startswith(">* Croupier" if flags else "›★ Croupier")
        assert lib.listed[0] == lib.under == "croupier"
        assert "favourite" in lib.notice
        if flags:
            assert lib.d.screen().isascii()
            await lib.press("enter", "p")
            await lib.edit()
            assert lib.d.screen().isascii()
    assert (tmp_path / "data" / "favourites.txt").read_text() == "croupier\n"


async def test_it_opens_on_the_persona_in_use_and_says_where_there_is_no_folder(
    tmp_path: Path,
) -> None:
    async with library_desk(tmp_path, own=OWN) as lib:
        lib.d.bench.transcript.focus()
        await lib.pilot.press("L")
        await lib.d.until(lambda: lib.d.app.screen is not lib.d.bench)
        await lib.pilot.pause()
        assert lib.under == "console"
        assert "in use" in lib.d.screen()
        titles = {c.title for c in lib.d.app.get_system_commands(lib.d.app.screen)}
        assert "Persona library" in titles
        await lib.press("escape")
        lib.d.bench.library.watch = None
        lib.d.bench.transcript.focus()
        await lib.press("L")
        assert "no persona files" in lib.d.bench.status.notice
        assert lib.d.app.screen is lib.d.bench


async def test_find_by_word_and_tag_and_esc_shows_all(tmp_path: Path) -> None:
    async with library_desk(tmp_path, own=OWN) as lib:
        await lib.open()
        assert lib.listed == ["bad", "console", "croupier", "pirate"]
        await lib.press("slash", *"arr")
        assert lib.listed == ["pirate"]
        await lib.press("enter", "d")
        assert lib.editor.area.text == PIRATE.replace("Pirate", "Pirate (copy)")
        await lib.press("escape")
        await lib.press("escape")
        assert len(lib.listed) == 4
        await lib.press("slash", *"#game", "enter")
        assert lib.listed == ["croupier", "pirate"]
        await lib.press("escape", "t")
        assert lib.screen.list.tag == "game"
        await lib.press("T")
        assert len(lib.listed) == 4
        await lib.press("slash", *"zzz")
        assert "nothing matches" in lib.d.screen()
        await lib.press("escape")
        assert len(lib.listed) == 4
        assert lib.d.app.screen is lib.screen


async def test_a_click_takes_a_tag_a_row_and_the_other_view(tmp_path: Path) -> None:
    async with library_desk(tmp_path, own=OWN) as lib:
        assert "l library" in lib.d.screen()
        await lib.open()
        row = lib.d.lines()[3]
        await lib.pilot.click(lib.screen.list, offset=(row.index("game") + 1, 1))
        assert lib.listed == ["croupier", "pirate"]
        await lib.pilot.click(lib.screen.list, offset=(5, 4))
        assert lib.under == "pirate"
        await lib.pilot.click(lib.screen.tabs, offset=(10, 0))
        await lib.d.until(lambda: "tokens for Scripted" in lib.screen.preview.text())
        await lib.pilot.click(lib.screen.list, offset=(5, 4), times=2)
        await lib.d.until(lambda: lib.d.said == ["Ahoy."])


async def test_the_exact_prompt_with_its_length_and_what_was_done_to_it(tmp_path: Path) -> None:
    async with library_desk(tmp_path, own=OWN) as lib:
        lib.d.bench.prompt.put("What now?")
        await lib.open("pirate")
        await lib.press("p")
        await lib.d.until(lambda: "8 tokens for Scripted" in lib.screen.preview.text())
        asked = lib.d.engine.requests[-1]
        assert isinstance(asked, Render)
        assert [(turn.role, turn.text) for turn in asked.turns] == [
            ("system", "Arr."), ("assistant", "Ahoy."), ("user", "What now?"),
        ]  # fmt: skip
        assert "8 of 512 tokens" in lib.d.screen()
        note = "system prompt merged into the first user turn"
        ids = tuple(range(1, 601))
        await lib.d.engine.tell(
            PromptReady(run=asked.run, ids=ids, text="", reused_tokens=5, notes=(note,))
        )
        await lib.d.until(lambda: note in lib.screen.preview.text())
        told = lib.screen.preview.text()
        assert "600 tokens" in told
        assert "It does not fit: the context holds 512 tokens" in told
        assert "5 of them evaluated already" in told
        error = Finished(
            run=asked.run, reason="error", text="", timings=Timings(), error="no \x1b[2J way"
        )
        await lib.d.engine.tell(error)
        await lib.d.until(lambda: "no ␛[2J way" in lib.screen.preview.text())
        await lib.press("p")
        assert "greetings" in lib.screen.preview.text()


async def test_while_a_reply_is_made_the_prompt_waits_and_then_comes(tmp_path: Path) -> None:
    async with library_desk(tmp_path, "one two three", own=OWN) as lib:
        await lib.d.ask("go")
        await lib.d.tokens(1)
        await lib.open("pirate")
        await lib.press("p")
        assert "A reply is being made" in lib.screen.preview.text()
        await lib.d.engine.finish()
        await lib.d.until(lambda: "8 tokens for" in lib.screen.preview.text())
        assert lib.d.said[-1] == "one two three"


async def test_a_broken_persona_tells_all_its_problems_and_cannot_be_used(tmp_path: Path) -> None:
    async with library_desk(tmp_path, own=OWN) as lib:
        await lib.open("bad")
        told = " ".join(lib.screen.preview.text().split())
        assert "did you mean system?" in told
        assert "did you mean temperature?" in told
        assert "line 5" in told
        await lib.press("u")
        assert "cannot be used" in lib.notice
        assert lib.d.app.screen is lib.screen
        editor = await lib.edit()
        await lib.press("#", "enter", "ctrl+o")
        assert "cannot be used before they are gone" in editor.foot.notice
        assert lib.library.path("bad").read_text() == f"#\n{BROKEN}"


async def test_deleted_brought_back_and_built_ins_stay(tmp_path: Path) -> None:
    async with library_desk(tmp_path, own={**OWN, "croupier": CROUPIER}) as lib:
        await lib.open("pirate")
        await lib.press("x")
        assert "pirate" not in lib.listed
        assert "z brings it back" in lib.notice
        lib.screen.list.go_to("croupier")
        await lib.press("x")
        assert "the built-in one shows again" in lib.notice
        await lib.press("x")
        assert "built in and cannot be deleted" in lib.notice
        assert "croupier" in lib.listed
        await lib.press("z", "z")
        assert lib.under == "pirate"
        assert lib.library.path("pirate").read_text() == PIRATE
        await lib.press("z")
        assert "The bin is empty" in lib.notice


async def test_hostile_fields_reach_no_terminal_and_change_nothing(tmp_path: Path) -> None:
    evil = r"\u001b]52;c;eA==\u0007[red]x[/red]\u202e\u009b31m"
    text = (
        f'name = "{evil}"\nsystem = "{evil}"\ngreetings = ["{evil}"]\ntags = ["{evil}"]\n'
        f'stop = ["{evil}"]\ndescription = "{evil}"\n[extensions]\n"{evil}" = "{evil}"\n'
    )
    async with library_desk(tmp_path, own={"evil": text}, size=(200, 60)) as lib:
        await lib.open("evil")
        for keys in ((), ("p",), ("t",), ("enter",)):
            await lib.press(*keys)
            screen = lib.d.screen()
            assert "[red]x" in screen
            assert not set(screen) & set("\x1b\x07\x9b\u202e")
        await lib.press("u")
        await lib.d.until(lambda: lib.d.app.screen is lib.d.bench)
        await lib.pilot.pause()
        assert not set(lib.d.screen()) & set("\x1b\x07\x9b\u202e")


async def test_the_library_names_its_keys_as_they_were_remapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    keymap = {"library.edit": "f5", "library.find": "f6", "library.close": "f7"}
    async with library_desk(tmp_path, own=OWN, keymap=keymap) as lib:
        await lib.open("bad")
        await lib.d.until(lambda: "F5 edits it" in lib.d.screen())
        assert "F6 finds by name" in lib.d.screen()
        await lib.press("E")
        await lib.d.until(lambda: "F5 edits here" in lib.notice)
        await lib.press("f6", *"zzzz")
        await lib.d.until(lambda: "nothing matches, Esc shows all" in lib.d.screen())
        await lib.press("enter")
        await lib.d.until(lambda: "nothing matches, F7 shows all" in lib.d.screen())
        await lib.press("f7")
        assert "bad" in lib.listed


async def test_what_is_typed_right_behind_the_key_of_the_search_is_no_command(
    tmp_path: Path,
) -> None:
    async with library_desk(tmp_path, own=OWN) as lib:
        lib.d.bench.personas.focus()
        await lib.pilot.pause()
        for key, char in (("l", "l"), ("slash", "/"), *((c, c) for c in "fxarr")):
            lib.d.app.post_message(Key(key, char))
        await lib.d.until(lambda: isinstance(lib.d.app.screen, LibraryScreen))
        await lib.d.until(lambda: lib.screen.list.typed == "fxarr")
        assert not lib.library.favourites
        assert sorted(path.stem for path in lib.library.folder.iterdir()) == ["bad", "pirate"]
        await lib.press(*["backspace"] * 7, *"arr")
        assert lib.listed == ["pirate"]


async def test_a_search_begun_while_reading_takes_every_key(tmp_path: Path) -> None:
    async with library_desk(tmp_path, own=OWN, size=(80, 24)) as lib:
        await lib.open("pirate")
        await lib.press("enter")
        await lib.d.until(lambda: lib.screen.preview.has_focus)
        for key, char in (("slash", "/"), *((c, c) for c in "fxarr")):
            lib.d.app.post_message(Key(key, char))
        await lib.d.until(lambda: lib.screen.list.typed == "fxarr")
        await lib.d.until(lambda: lib.screen.list.has_focus)
        assert lib.library.path("pirate").exists()
        assert not lib.library.favourites


async def test_the_last_column_is_not_under_the_scroll_bar(tmp_path: Path) -> None:
    long = f'name = "Long"\nsystem = "{"0123456789" * 400}"\n'
    async with library_desk(tmp_path, own={"long": long}, size=(80, 24)) as lib:
        await lib.open("long")
        await lib.press("enter")
        preview = lib.screen.preview
        await lib.d.until(lambda: preview.has_focus and preview.show_vertical_scrollbar)
        shown = "".join(line for line in lib.d.lines() if line.strip(" ▁▂▃▄▅▆▇█").isdigit())
        assert "".join(c for c in shown if c.isdigit()).startswith("0123456789" * 60)
