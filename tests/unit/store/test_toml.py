"""Reading TOML with the lines of its keys."""

import os
from pathlib import Path

import pytest

from tui.core.errors import Problem
from tui.store.toml import LIMIT_BYTES, Document, key_lines, read_document


def problem(path: Path) -> Problem:
    found = read_document(path)
    assert isinstance(found, Problem)
    return found


def test_lines_of_keys_through_every_kind_of_value() -> None:
    text = '''# a comment = 1
name = "x # [not.a.table]"
"quoted key" = 2
long = """
fake = 1
[fake]
"""
list = [
  "a", # ]
  "b",
]
one_line = """a = b"""
after = 1
[table]
a.b = 1
[[ many ]]
c = 'single'
'''
    assert key_lines(text) == {
        "name": 2, "quoted key": 3, "long": 4, "list": 8, "one_line": 12, "after": 13,
        "table": 14, "table.a.b": 15, "many": 16, "many[0]": 16, "many[0].c": 17,
    }  # fmt: skip


def test_a_good_file(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")
    found = read_document(path)
    assert isinstance(found, Document)
    assert (found.values, found.lines) == ({"a": 1, "b": 2}, {"a": 1, "b": 2})


@pytest.mark.parametrize(
    ("data", "line", "told"),
    [
        (b"a = 1\nb = \n", 2, "it is not TOML"),
        (b"a = 'x", 1, "it is not TOML"),
        (b"a = 1\na = 2\n", 2, "it is not TOML"),
        (b"a = 'x'\nb = '\xff'\n", 2, "UTF-8"),
        (b"a = " + b"[" * 5000, 0, "it is not TOML"),
        (b"#" * (LIMIT_BYTES + 1), 0, "larger than 1 MiB"),
    ],
)
def test_a_bad_file_is_one_problem_with_its_line(
    tmp_path: Path, data: bytes, line: int, told: str
) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(data)
    found = problem(path)
    assert told in found.message
    assert found.path == str(path)
    if line:
        assert found.line == line


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    assert "regular file" in problem(tmp_path / "pipe.toml").message
    assert "regular file" in problem(tmp_path).message
    assert "no such file" in problem(tmp_path / "none.toml").message
