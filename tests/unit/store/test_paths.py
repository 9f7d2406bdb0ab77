"""Folders and files: where they are, and that they are private."""

import stat
from pathlib import Path

import pytest

from tui.core.errors import LogitscopeError
from tui.store.atomic import write_text
from tui.store.paths import find_paths, private_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_one_variable_moves_everything(tmp_path: Path) -> None:
    paths = find_paths({"LOGITSCOPE_HOME": str(tmp_path)})
    assert all(path.is_relative_to(tmp_path) for path in paths.named().values())
    assert list(tmp_path.iterdir()) == []


def test_the_platform_decides_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    paths = find_paths({})
    assert paths.config_file == tmp_path / "c/logitscope/config.toml"
    assert paths.logs == tmp_path / "s/logitscope/logs"


def test_folders_are_private_all_the_way_down(tmp_path: Path) -> None:
    made = private_folder(tmp_path / "a/b/c")
    assert [mode(path) for path in (made, made.parent, made.parent.parent)] == [0o700] * 3


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_folder(tmp_path)
    assert mode(tmp_path) == 0o755


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(LogitscopeError, match="cannot be made"):
        private_folder(tmp_path / "a/b")
    with pytest.raises(LogitscopeError, match="cannot be made"):
        private_folder(tmp_path / "a")


def test_a_written_file_is_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "new/file.toml"
    write_text(path, "one\n")
    write_text(path, "two é\r\n")
    assert path.read_bytes() == "two é\r\n".encode()
    assert mode(path) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["file.toml"]


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\udc80")
    assert path.read_text() == "old"
    (tmp_path / "taken").mkdir()
    with pytest.raises(LogitscopeError, match="cannot be written"):
        write_text(tmp_path / "taken", "x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "taken"]
