"""Editing a persona in the workbench."""

import errno
import os
from pathlib import Path

import pytest
from shelf_desk import CROUPIER, PIRATE, library_desk
from textual import events
from textual.drivers.headless_driver import HeadlessDriver

from tui.core.persona import Persona
from tui.screens.ask import AskScreen

OWN = {"pirate": PIRATE}


async def test_a_new_one_is_judged_while_it_is_typed_and_saved(tmp_path: Path) -> None:
    async with library_desk(tmp_path) as lib:
        await lib.open()
        assert "None of your own yet: n new, d copies one." in lib.d.screen()
        editor = await lib.edit("n")
        assert not lib.library.folder.exists()
        editor.name_field.value = "Croupier"
        await lib.pilot.pause()
        assert "but for capitals" in lib.d.screen()
        await lib.press("ctrl+o")
        assert not lib.library.folder.exists()
        editor.name_field.value = "cook"
        editor.area.put('name = "Cook"\nsytem = "x"\n')
        await lib.pilot.pause()
        assert "did you mean system?" in lib.d.screen()
        await lib.press("ctrl+t")
        assert editor.area.cursor_location == (1, 0)
        await lib.press("delete", "s", "y", "s", "end", *["backspace"] * 8)
        editor.area.put('# mine\nname = "Cook"\nsystem = "Cook well."\n')
        await lib.pilot.pause()
        assert "no problems" in lib.d.screen()
        await lib.press("ctrl+o")
        assert lib.library.path("cook").read_text().startswith("# mine\n")
        await lib.press("escape")
        await lib.d.until(lambda: lib.d.app.screen is lib.screen)
        assert lib.under == "cook"


async def test_a_built_in_is_edited_as_ones_own_over_it_comments_and_all(tmp_path: Path) -> None:
    async with library_desk(tmp_path) as lib:
        await lib.open("croupier")
        editor = await lib.edit()
        assert "over the built-in one" in lib.d.screen()
        await lib.press("ctrl+o")
        assert "nothing to save" in editor.foot.notice
        await lib.press("down", "down", "end", "left", *" Win.")
        await lib.press("ctrl+o", "escape")
        await lib.d.until(lambda: lib.d.app.screen is lib.screen)
        wanted = CROUPIER.replace('"Deal."', '"Deal. Win."')
        assert lib.library.path("croupier").read_text() == wanted
        assert (tmp_path / "shipped" / "croupier.toml").read_text() == CROUPIER
        assert "yours" in lib.d.screen()


async def test_leaving_asks_for_what_was_not_saved(tmp_path: Path) -> None:
    async with library_desk(tmp_path, own=OWN) as lib:
        await lib.open("pirate")
        editor = await lib.edit()
        editor.area.post_message(events.Paste("\x1b[31m"))
        await lib.press("x")
        assert editor.area.text.startswith("␛[31mx")
        await lib.press("escape")
        assert isinstance(lib.d.app.screen, AskScreen)
        await lib.press("escape")
        assert lib.d.app.screen is editor
        await lib.press("escape", "d")
        await lib.d.until(lambda: lib.d.app.screen is lib.screen)
        assert lib.library.path("pirate").read_text() == PIRATE
        await lib.edit()
        await lib.press("#", "escape", "s")
        await lib.d.until(lambda: lib.d.app.screen is lib.screen)
        assert lib.library.path("pirate").read_text() == f"#{PIRATE}"


async def test_what_was_not_saved_when_the_workbench_ended_is_in_the_bin(tmp_path: Path) -> None:
    async with library_desk(tmp_path, own=OWN) as lib:
        await lib.open("pirate")
        await lib.edit()
        await lib.press("#", "!")
    assert lib.library.path("pirate").read_text() == PIRATE
    assert lib.library.undo() == "pirate-2"
    assert lib.library.path("pirate-2").read_text() == f"#!{PIRATE}"


async def test_a_full_disk_and_another_hand_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with library_desk(tmp_path, own=OWN) as lib:
        await lib.open("pirate")
        editor = await lib.edit()
        await lib.press("#")

        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            await lib.press("ctrl+o")
        assert "No space left on device" in editor.foot.notice
        assert editor.area.text == f"#{PIRATE}"
        assert lib.library.path("pirate").read_text() == PIRATE
        lib.library.path("pirate").write_text(PIRATE.replace("Arr.", "Avast."))
        await lib.look()
        assert "Pirate changed on the disk" in editor.foot.notice
        await lib.press("ctrl+o")
        assert "another hand" in editor.foot.notice
        await lib.press("escape")
        await lib.d.until(lambda: lib.d.app.screen is lib.screen)
        await lib.press("z")
        assert "Avast." in lib.library.path("pirate-2").read_text()


async def test_hostile_bytes_stay_as_they_were_and_two_megabytes_are_not_opened(
    tmp_path: Path,
) -> None:
    text = '# \x1b[2J \x9b31m \u202e \u2028 \x00\r\nname = "X"\n'
    async with library_desk(tmp_path) as lib:
        lib.library.folder.mkdir(parents=True)
        lib.library.path("evil").write_bytes(text.encode())
        await lib.look()
        await lib.open("evil")
        editor = await lib.edit()
        assert not set(lib.d.screen()) & set("\x1b\x9b\u202e\x00")
        assert "Signs stand for characters" in editor.foot.notice
        await lib.press("#", "ctrl+o")
        assert lib.library.path("evil").read_bytes().decode() == f"#{text}"
        await lib.press("escape")
        lib.library.path("huge").write_bytes(b"#" * (2 << 20))
        await lib.look()
        lib.screen.list.go_to("huge")
        await lib.pilot.pause()
        assert "larger than 1 MiB" in lib.screen.preview.text()
        await lib.press("e")
        assert "larger than 1 MiB" in lib.notice
        assert lib.d.app.screen is lib.screen
        lib.library.path("long").write_text(f'name = "{"x" * 30_000}"\n')
        await lib.look()
        lib.screen.list.go_to("long")
        await lib.press("e")
        assert "a line of 30,0" in lib.notice
        await lib.press("slash", *"hug", "enter", "f", "x", "z")
        assert lib.library.path("huge").stat().st_size == 2 << 20


async def test_no_editor_and_no_terminal_for_one_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    async with library_desk(tmp_path, own=OWN) as lib:
        await lib.open("pirate")
        await lib.press("E")
        assert "Neither VISUAL nor EDITOR is set" in lib.notice
        monkeypatch.setenv("EDITOR", "no-such-editor --wait")
        await lib.press("E")
        assert "cannot be handed to an editor" in lib.notice
        monkeypatch.setenv("VISUAL", "'unclosed")
        await lib.press("E")
        assert "VISUAL cannot be read as a command" in lib.notice
        editor = await lib.edit()
        await lib.press("ctrl+g")
        assert "VISUAL cannot be read" in editor.foot.notice


async def test_an_edit_from_the_palette_is_of_the_persona_in_use(tmp_path: Path) -> None:
    async with library_desk(tmp_path, own=OWN) as lib:
        command = next(
            c for c in lib.d.app.get_system_commands(lib.d.bench) if c.title == "Save the persona"
        )
        await command.callback()
        await lib.pilot.pause()
        assert "nothing to save" in lib.editor.foot.notice
        found = lib.library.check("console", lib.editor.area.real_text)
        assert isinstance(found, Persona)
        assert found.name == "Console"


async def test_an_editor_that_fails_or_ruins_a_file_costs_no_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    # The terminal is nobody's here, so that it can be handed over.
    monkeypatch.setattr(HeadlessDriver, "can_suspend", True)
    monkeypatch.setattr(HeadlessDriver, "close", lambda self: None)
    handed: list[str] = []
    for name in ("suspend_application_mode", "resume_application_mode"):
        monkeypatch.setattr(HeadlessDriver, name, lambda self, name=name: handed.append(name))

    def editor(does: str) -> None:
        script = tmp_path / "editor"
        script.write_text(f"#!/bin/sh\n{does}\n")
        script.chmod(0o700)
        monkeypatch.setenv("EDITOR", str(script))

    async with library_desk(tmp_path, own=OWN) as lib:
        await lib.open("pirate")
        monkeypatch.setenv("EDITOR", str(tmp_path / "no-such-editor"))
        await lib.press("E")
        assert "cannot be started: No such file or directory; e edits here" in lib.notice
        assert handed == ["suspend_application_mode", "resume_application_mode"]
        for does, told in (
            ('echo half > "$1"; exit 3', "ended with code 3"),
            ('rm "$1"', "pirate is gone"),
            ('echo "no = [" > "$1"', "pirate has problems now"),
        ):
            editor(does)
            await lib.press("E")
            assert told in lib.notice
            assert "z brings it back" in lib.notice
            lib.library.path("pirate").unlink(missing_ok=True)
            await lib.press("z")
            assert lib.library.path("pirate").read_text() == PIRATE
        lib.screen.list.go_to("croupier")
        await lib.pilot.pause()
        editor('echo half > "$1"; exit 3')
        await lib.press("E")
        assert "ended with code 3. No copy of your own was made; what the editor left" in lib.notice
        assert not lib.library.path("croupier").exists()
        await lib.edit()
        await lib.press("ctrl+g")
        assert lib.editor.area.real_text == CROUPIER
        assert "ended with code 3" in lib.editor.foot.notice
        editor('echo "no = [" > "$1"')
        await lib.press("ctrl+g")
        assert lib.editor.area.real_text == "no = [\n"
        assert "It is in the bin" in lib.editor.foot.notice


async def test_a_duplicate_of_an_import_has_an_original_of_its_own(tmp_path: Path) -> None:
    text = f'{PIRATE}\n[origin]\nformat = "v2"\nfile = "pirate.original.json"  # kept\n'
    async with library_desk(tmp_path, own={"pirate": text}) as lib:
        (lib.library.folder / "pirate.original.json").write_bytes(b"{}")
        await lib.open("pirate")
        editor = await lib.edit("d")
        await lib.press("ctrl+o")
        copy = lib.library.folder / "pirate-2.original.json"
        assert copy.read_bytes() == b"{}"
        assert f'file = "{copy.name}"  # kept' in lib.library.path("pirate-2").read_text()
        assert lib.library.path("pirate-2").read_text() == editor.area.real_text
        assert "pirate-2 is saved." in editor.foot.notice
