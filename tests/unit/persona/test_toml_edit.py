"""Changing keys of a file that a person wrote."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.errors import PersonaError
from tui.core.persona import Persona
from tui.store.persona import parse_persona
from tui.store.persona_keys import KEYS, SCHEMA_LINE
from tui.store.toml_edit import ABSENT, edit_file, edit_text
from tui.store.toml_write import toml_text

MINE = '''\
# schema: docs/reference/personas.md
# Written on a rainy day.

name = "Pirate"   # the name, not the nickname
system = """
Talk
like a "pirate" """ # after the text
greetings = [
    "Arr", # first
    'Ahoy # not a comment',
]
user = { name = "Bob" } # inline
"stop" = ['END', "a#b"]

# about sampling
[sampling] # here
temperature = 1.0 # hot
# the end of sampling

[[lorebook.entries]]
keys = ["a"]
content = "x" # one
[[lorebook.entries]]
keys = ["b"]
content = "y"'''


def changed(old: str, new: str) -> tuple[list[str], list[str]]:
    """The lines that went, and those that came."""
    before, after = old.split("\n"), new.split("\n")
    return [x for x in before if x not in after], [x for x in after if x not in before]


@pytest.mark.parametrize(
    ("path", "value", "gone", "come"),
    [
        (("name",), "Captain", ['name = "Pirate"   # the name, not the nickname'],
         ['name = "Captain"   # the name, not the nickname']),
        (("system",), "one\n\"two\"", ['Talk', 'like a "pirate" """ # after the text'],
         ["one", '"two\\"""" # after the text']),
        (("greetings", 1), "Hey\nyou", ["    'Ahoy # not a comment',"], ['    "Hey\\nyou",']),
        (("user", "name"), "Al", ['user = { name = "Bob" } # inline'],
         ['user = { name = "Al" } # inline']),
        (("user", "description"), "tall", ['user = { name = "Bob" } # inline'],
         ['user = { name = "Bob", description = "tall" } # inline']),
        (("stop",), ["x"], ["\"stop\" = ['END', \"a#b\"]"], ['"stop" = ["x"]']),
        (("sampling", "temperature"), 0.5, ["temperature = 1.0 # hot"],
         ["temperature = 0.5 # hot"]),
        (("sampling", "top_k"), 3, [], ["top_k = 3"]),
        (("lorebook", "entries", 1, "content"), "z", ['content = "y"'], ['content = "z"']),
        (("nickname",), "P", [], ['nickname = "P"']),
        (("model", "n_ctx"), 4096, [], ["[model]", "n_ctx = 4096", ""][:2]),
        (("sampling", "temperature"), ABSENT, ["temperature = 1.0 # hot"], ["# hot"]),
        (("messages",), [{"role": "user", "content": "hi"}], [],
         ["[[messages]]", 'role = "user"', 'content = "hi"']),
    ],
)  # fmt: skip
def test_one_key_changes_and_every_other_character_stays(
    path: tuple[str | int, ...], value: object, gone: list[str], come: list[str]
) -> None:
    new = edit_text(MINE, {path: value})
    assert new is not None
    assert changed(MINE, new) == (gone, come)


def test_what_cannot_be_changed_with_certainty_is_not(tmp_path: Path) -> None:
    # A comment stands inside this list, and it would be eaten.
    assert edit_text(MINE, {("greetings",): ["x"]}) is None
    assert edit_text(MINE, {("lorebook", "entries"): []}) is None
    path = tmp_path / "pirate.toml"
    path.write_text(MINE)
    edited = edit_file(path, {("greetings",): ["x"], ("name",): "Two"})
    assert (edited.path.name, edited.in_place) == ("pirate-2.toml", False)
    assert path.read_text() == MINE
    made = edited.path.read_text()
    assert made.startswith(SCHEMA_LINE)
    wanted = {**tomllib.loads(MINE), "greetings": ["x"], "name": "Two"}
    assert tomllib.loads(made) == wanted
    assert isinstance(parse_persona(made, edited.path), Persona)


def test_an_edit_of_a_file_keeps_line_ends_and_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b'\xef\xbb\xbfname = "a"\r\n# c\r\n')
    assert edit_file(path, {("name",): "b", ("system",): "s"}).in_place
    assert path.read_bytes() == b'\xef\xbb\xbfname = "b"\r\nsystem = "s"\r\n# c\r\n'


def test_a_file_that_is_no_toml_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("name = ")
    with pytest.raises(PersonaError, match="cannot be edited"):
        edit_file(path, {("name",): "b"})


TEXT = st.text(alphabet=st.sampled_from("ab\"'\\\n\t #[]{}=,é龙\x1b\x00"), max_size=12)


@given(old=st.lists(TEXT, min_size=4, max_size=4), new=TEXT, key=st.integers(0, 3))
def test_any_text_reads_back_and_leaves_the_others(old: list[str], new: str, key: int) -> None:
    values = {"name": old[0], "system": old[1], "greetings": [old[2]], "user": {"name": old[3]}}
    written = toml_text(values, KEYS, SCHEMA_LINE)
    assert tomllib.loads(written) == values
    path = [("name",), ("system",), ("greetings", 0), ("user", "name")][key]
    edited = edit_text(written, {path: new})
    assert edited is not None
    wanted = {**values, "greetings": list(values["greetings"]), "user": dict(values["user"])}
    at = wanted
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = new
    assert tomllib.loads(edited) == wanted
