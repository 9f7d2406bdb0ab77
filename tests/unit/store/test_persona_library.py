"""The library of personas on the disk."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tui.core.errors import LogitscopeError, Problem
from tui.core.persona import BrokenPersona, Persona
from tui.store.exchange.bring import bring
from tui.store.exchange.hand import form_of, hand_out
from tui.store.paths import Paths
from tui.store.persona import find_persona
from tui.store.persona_library import PersonaLibrary, beside

PIRATE = '# mine\nname = "Pirate"   # the name\nsystem = "Arr."\n'
root_only = pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "config", tmp_path / "data", tmp_path / "state", tmp_path / "cache")


@pytest.fixture
def library(paths: Paths, tmp_path: Path) -> PersonaLibrary:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "croupier.toml").write_text('name = "Croupier"\nsystem = "Deal."\n')
    return PersonaLibrary(paths, shipped)


def ids(library: PersonaLibrary) -> list[str]:
    return [persona.id for persona in library.personas]


def test_what_is_saved_is_listed_as_it_was_written(library: PersonaLibrary) -> None:
    library.save("pirate", PIRATE, before=None)
    assert ids(library) == ["croupier", "pirate"]
    assert library.path("pirate").read_text() == PIRATE == library.read("pirate")
    assert library.path("pirate").stat().st_mode & 0o777 == 0o600


def test_a_change_on_the_disk_is_seen_once(library: PersonaLibrary) -> None:
    assert not library.look()
    library.save("pirate", PIRATE, before=None)
    assert not library.look()
    library.path("pirate").write_text(PIRATE.replace("Arr.", "Avast!"))
    assert library.look()
    assert [p.system for p in library.personas if isinstance(p, Persona)] == ["Deal.", "Avast!"]
    library.path("pirate").unlink()
    assert library.look()
    assert ids(library) == ["croupier"]


def test_ones_own_copy_lies_over_a_built_in_and_leaves_it(library: PersonaLibrary) -> None:
    text = library.read("croupier")
    assert isinstance(text, str)
    library.save("croupier", text + "# mine\n", before=text)
    assert [(p.id, p.built_in) for p in library.personas] == [("croupier", False)]
    library.delete("croupier")
    assert [(p.id, p.built_in) for p in library.personas] == [("croupier", True)]
    with pytest.raises(LogitscopeError, match="built in and cannot be deleted"):
        library.delete("croupier")


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("", "needs an id"),
        ("../x", "letters"),
        ("a/b", "letters"),
        ("a\x1bb", "letters"),
        ("a\nb", "letters"),
        ("x" * 65, "at most 64"),
        ("CON", "cannot be an id"),
        ("Croupier", "but for capitals"),
        ("croupier", "there already"),
        ("pirate", ""),
    ],
)
def test_an_id_that_a_new_persona_cannot_have(
    library: PersonaLibrary, wanted: str, told: str
) -> None:
    assert told in library.refusal(wanted) if told else not library.refusal(wanted)
    if told:
        with pytest.raises(LogitscopeError):
            library.save(wanted, PIRATE, before=None)
        assert not library.folder.exists()


def test_a_free_id_is_free(library: PersonaLibrary) -> None:
    assert library.free_id("pirate") == "pirate"
    assert library.free_id("Croupier") == "Croupier-2"
    library.save("pirate", PIRATE, before=None)
    assert not library.refusal(library.free_id("PIRATE"))


def test_deleted_twice_and_brought_back_after_a_restart(
    library: PersonaLibrary, paths: Paths
) -> None:
    for name in ("pirate", "queen"):
        library.save(name, PIRATE, before=None)
    for name in ("pirate", "queen"):
        library.delete(name)
    assert ids(library) == ["croupier"]
    again = PersonaLibrary(paths, library._builtin)
    assert [again.undo(), again.undo()] == ["queen", "pirate"]
    assert again.path("pirate").read_text() == PIRATE
    assert ids(again) == ["croupier", "pirate", "queen"]
    with pytest.raises(LogitscopeError, match="The bin is empty"):
        again.undo()


def test_what_is_brought_back_never_overwrites(library: PersonaLibrary) -> None:
    library.save("pirate", PIRATE, before=None)
    library.delete("pirate")
    library.save("pirate", 'name = "New"\nsystem = "x"\n', before=None)
    assert library.undo() == "pirate-2"
    assert library.path("pirate-2").read_text() == PIRATE
    assert "New" in library.path("pirate").read_text()


def test_the_original_of_an_import_goes_and_comes_with_its_persona(
    library: PersonaLibrary,
) -> None:
    for name in ("pirate", "pirate.two"):
        library.save(name, PIRATE, before=None)
    for name in ("pirate.png", "pirate.card.json", "pirate.two.png", "other.png"):
        (library.folder / name).write_bytes(b"original")
    assert [path.name for path in beside(library.path("pirate"))] == [
        "pirate.card.json", "pirate.png",
    ]  # fmt: skip
    library.delete("pirate")
    left = sorted(path.name for path in library.folder.iterdir())
    assert left == ["other.png", "pirate.two.png", "pirate.two.toml"]
    library.undo()
    assert (library.folder / "pirate.png").read_bytes() == b"original"


def test_what_lies_beside_is_not_overwritten_either(library: PersonaLibrary) -> None:
    library.save("pirate", PIRATE, before=None)
    picture = library.folder / "pirate.png"
    picture.write_bytes(b"old")
    library.delete("pirate")
    picture.write_bytes(b"new")
    assert library.undo() == "pirate-2"
    assert picture.read_bytes() == b"new"
    assert (library.folder / "pirate-2.png").read_bytes() == b"old"


def test_a_bin_on_another_file_system_that_is_full_loses_nothing(
    library: PersonaLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.save("pirate", PIRATE, before=None)
    picture = library.folder / "pirate.png"
    picture.write_bytes(b"original")

    def apart(old: Path, new: Path) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    def full(old: Path, new: Path, **how: object) -> None:
        new.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "rename", apart)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copy2", full)
        with pytest.raises(LogitscopeError, match="cannot be moved to the bin"):
            library.delete("pirate")
    assert picture.read_bytes() == b"original"
    assert library.path("pirate").read_text() == PIRATE
    library.delete("pirate")
    assert not picture.exists()
    assert library.undo() == "pirate"
    assert picture.read_bytes() == b"original"


def test_a_file_that_changed_meanwhile_goes_to_the_bin(library: PersonaLibrary) -> None:
    library.save("pirate", PIRATE, before=None)
    library.path("pirate").write_text(PIRATE + "# by another hand\n")
    assert library.save("pirate", PIRATE + "# by me\n", before=PIRATE)
    assert library.path("pirate").read_text().endswith("# by me\n")
    assert library.undo() == "pirate-2"
    assert library.path("pirate-2").read_text().endswith("# by another hand\n")


def test_a_link_stays_a_link(library: PersonaLibrary, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text(PIRATE)
    library.folder.mkdir(parents=True)
    library.path("pirate").symlink_to(real)
    library.save("pirate", PIRATE + "# more\n", before=PIRATE)
    assert library.path("pirate").is_symlink()
    assert real.read_text().endswith("# more\n")
    library.delete("pirate")
    assert real.exists()
    library.undo()
    assert library.path("pirate").is_symlink()


def test_favourites_outlive_the_library_and_ids_that_are_gone(
    library: PersonaLibrary, paths: Paths
) -> None:
    assert library.favour("croupier")
    assert library.favour("gone")
    again = PersonaLibrary(paths, library._builtin)
    assert again.favourites == {"croupier", "gone"}
    assert not again.favour("croupier")
    assert PersonaLibrary(paths, library._builtin).favourites == {"gone"}


def test_a_broken_file_is_listed_and_read(library: PersonaLibrary) -> None:
    library.save("bad", "name = \n", before=None)
    found = next(p for p in library.personas if p.id == "bad")
    assert isinstance(found, BrokenPersona)
    assert library.read("bad") == "name = \n"
    library.path("bad").write_bytes(b"#" * (2 << 20))
    assert library.look()
    told = library.read("bad")
    assert isinstance(told, Problem)
    assert "1 MiB" in told.message


def test_a_full_disk_loses_nothing(
    library: PersonaLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.save("pirate", PIRATE, before=None)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LogitscopeError, match=r"pirate\.toml cannot be written") as told:
        library.save("pirate", "new", before=PIRATE)
    assert "No space left" in told.value.why
    assert library.path("pirate").read_text() == PIRATE
    assert [path.name for path in library.folder.iterdir()] == ["pirate.toml"]


def test_a_file_in_the_folders_place_is_told(library: PersonaLibrary, paths: Paths) -> None:
    paths.config.mkdir()
    library.folder.write_text("not a folder")
    with pytest.raises(LogitscopeError, match="cannot be made"):
        library.save("pirate", PIRATE, before=None)
    paths.data.write_text("nor this")
    with pytest.raises(LogitscopeError):
        library.favour("croupier")
    assert not library.favourites


def test_a_folder_that_cannot_be_read_leaves_what_was_read(
    library: PersonaLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.save("pirate", PIRATE, before=None)

    def barred(path: Path) -> bool:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    library.path("queen").write_text(PIRATE)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "is_dir", barred)
        assert not library.look()
    assert ids(library) == ["croupier", "pirate"]
    assert "cannot be read: Permission denied" in library.trouble
    assert library.look()
    assert not library.trouble
    assert ids(library) == ["croupier", "pirate", "queen"]


def test_a_name_that_is_no_text_is_listed_as_broken_and_is_no_favourite(
    library: PersonaLibrary,
) -> None:
    library.folder.mkdir(parents=True)
    (library.folder / os.fsdecode(b"\xff\n.toml")).write_text(PIRATE)
    assert library.look()
    found = next(p for p in library.personas if not p.built_in)
    assert isinstance(found, BrokenPersona)
    with pytest.raises(LogitscopeError, match="cannot be a favourite"):
        library.favour(found.id)
    library.delete(found.id)
    assert ids(library) == ["croupier"]
    library.undo()
    assert len(library.personas) == 2


def test_what_cannot_be_read_is_neither_overwritten_nor_a_way_out_of_the_bin(
    library: PersonaLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.save("pirate", PIRATE, before=None)
    library.save("queen", PIRATE, before=None)
    library.delete("queen")

    def barred(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", barred)
        with pytest.raises(LogitscopeError, match=r"pirate\.toml cannot be read"):
            library.save("pirate", "new", before=PIRATE)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", _barred_but(library.folder, Path.iterdir))
        with pytest.raises(LogitscopeError, match="personas cannot be read"):
            library.undo()
    assert library.path("pirate").read_text() == PIRATE
    assert library.undo() == "queen"


def _barred_but(folder: Path, listed: Callable[[Path], Iterator[Path]]) -> object:
    """`iterdir`, refused for this folder."""

    def iterdir(path: Path) -> Iterator[Path]:
        if path == folder:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return listed(path)

    return iterdir


@root_only
def test_a_folder_that_cannot_be_written(library: PersonaLibrary) -> None:
    library.save("pirate", PIRATE, before=None)
    library.folder.chmod(0o500)
    try:
        with pytest.raises(LogitscopeError, match="cannot be moved to the bin"):
            library.delete("pirate")
        with pytest.raises(LogitscopeError, match="cannot be written"):
            library.save("pirate", "new", before=PIRATE)
    finally:
        library.folder.chmod(0o700)
    assert library.path("pirate").read_text() == PIRATE
    with pytest.raises(LogitscopeError, match="The bin is empty"):
        library.undo()


def test_a_persona_that_comes_back_by_another_name_names_its_own_original(
    library: PersonaLibrary, paths: Paths, tmp_path: Path
) -> None:
    cards = [tmp_path / "one.json", tmp_path / "two.json"]
    for card, about in zip(cards, ("first", "second"), strict=True):
        card.write_text(f'{{"name": "Foo", "description": "{about}", "scenario": ""}}')
    path = bring(cards[0], paths).path
    path.write_text(path.read_text() + "# a comment\n")
    library.look()
    library.delete("foo")
    assert bring(cards[1], paths).id == "foo"
    library.look()
    assert library.undo() == "foo-2"
    back = find_persona("foo-2", library.personas)
    assert back.description == "first"
    assert hand_out(back, form_of(back)).data == cards[0].read_bytes()
    assert library.path("foo-2").read_text().endswith("# a comment\n")


def test_another_file_in_the_place_of_an_original_is_told_and_not_used(
    library: PersonaLibrary, paths: Paths, tmp_path: Path
) -> None:
    card = tmp_path / "one.json"
    card.write_text('{"name": "Foo", "description": "mine", "scenario": "", "x": 1}')
    brought = bring(card, paths)
    brought.original.write_text('{"name": "Bar", "description": "another", "scenario": ""}')
    library.look()
    written = hand_out(find_persona("foo", library.personas), "v1")
    assert b"another" not in written.data
    assert "it is not the file that was brought in" in written.lost[0]
