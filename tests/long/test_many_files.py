"""A library of 2,000 personas: listed, checked, searched, changed under one's eyes."""

from pathlib import Path

import pytest
from shelf_desk import BROKEN, library_desk

from tui.cli.main import main

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

MANY = 2_000
PERSONA = (
    'name = "Number {n}"\nsystem = """You are number {n}.\nYou count {animal}."""\n'
    'greetings = ["Number {n} here."]\ntags = ["{tag}", "many"]\n'
    "[sampling]\ntemperature = 0.{n}\n"
)
ANIMALS = ("sheep", "owls", "newts", "carp", "bees")


def files() -> dict[str, str]:
    """Every hundredth is broken."""
    return {
        f"number-{n}": BROKEN
        if n % 100 == 99
        else PERSONA.format(n=n, animal=ANIMALS[n % 5], tag="even" if n % 2 == 0 else "odd")
        for n in range(MANY)
    }


def test_2000_files_are_listed_and_checked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "config/personas"
    folder.mkdir(parents=True)
    for name, text in files().items():
        (folder / f"{name}.toml").write_text(text)
    assert main(["personas", "list"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert sum("yours" in row for row in rows) == MANY
    assert sum("broken:" in row for row in rows) == MANY // 100
    assert main(["personas", "check"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert len({row.split(":")[0] for row in told[:-1]}) == MANY // 100
    assert main(["personas", "show", "number-1234", "--prompt"]) == 0
    assert "You are number 1234.\nYou count bees." in capsys.readouterr().out


async def test_2000_files_are_walked_searched_and_changed(tmp_path: Path) -> None:
    async with library_desk(tmp_path, own=files(), patience_s=1200) as lib:
        await lib.open("number-1000")
        assert len(lib.listed) == MANY + 2
        await lib.press("end")
        assert lib.under == lib.listed[-1]
        await lib.press("/", *"owls")
        await lib.d.until(lambda: len(lib.listed) == MANY // 5)
        await lib.press("escape")
        await lib.d.until(lambda: len(lib.listed) == MANY + 2)
        lib.screen.list.go_to("number-1999")
        changed = tmp_path / "config/personas/number-7.toml"
        changed.write_text(changed.read_text().replace("Number 7", "Lucky seven"))
        (tmp_path / "config/personas/number-8.toml").unlink()
        await lib.look()
        await lib.d.until(lambda: len(lib.listed) == MANY + 1)
        assert lib.under == "number-1999"
        lib.screen.list.go_to("number-7")
        await lib.d.until(lambda: "Lucky seven" in lib.d.screen())
        await lib.press("x")
        await lib.d.until(lambda: "number-7" not in lib.listed)
        await lib.press("z")
        await lib.d.until(lambda: "number-7" in lib.listed)
