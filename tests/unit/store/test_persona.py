"""Persona files, good and bad, and the library."""

from pathlib import Path

import pytest

from tui.core.errors import PersonaError
from tui.core.persona import BrokenPersona, Persona
from tui.store.persona import (
    builtin_folder,
    find_persona,
    list_personas,
    parse_persona,
    read_persona,
)

GOOD = """\
name = "Pirate"
system = \"\"\"Talk like
a pirate.\"\"\"
greetings = ["Arr", "Ahoy"]
samplers = ["top-k", "temp"]
stop = ["END"]

[sampling]
temperature = 1
typical_p = 0.5
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def broken(path: Path) -> BrokenPersona:
    found = read_persona(path)
    assert isinstance(found, BrokenPersona)
    return found


def test_a_good_file(tmp_path: Path) -> None:
    path = write(tmp_path, "pirate", GOOD)
    assert read_persona(path) == Persona(
        id="pirate", name="Pirate", system="Talk like\na pirate.", greetings=("Arr", "Ahoy"),
        samplers=("top-k", "temp"), stop=("END",), sampling={"temperature": 1, "typical_p": 0.5},
        path=str(path),
    )  # fmt: skip


def test_a_text_is_judged_as_its_file_would_be(tmp_path: Path) -> None:
    path = tmp_path / "pirate.toml"
    good, bad = parse_persona(GOOD, path), parse_persona('name = "x"', path)
    assert not path.exists()
    write(tmp_path, "pirate", GOOD)
    assert good == read_persona(path)
    assert isinstance(bad, BrokenPersona)
    assert [problem.key for problem in bad.problems] == ["system"]
    assert isinstance(parse_persona("#" * (2 << 20), path), BrokenPersona)


def test_every_problem_is_told_with_line_and_nearest_name(tmp_path: Path) -> None:
    path = write(tmp_path, "bad", """\
name = 3
sytem = "x"
greetings = "hello"
temperature = 0.5
samplers = ["topk"]
[sampling]
top_k = 0.5
temprature = 0.8
min_p = 2
samplers = ["top_k"]
""")  # fmt: skip
    told = [(p.line, p.key, p.suggestion) for p in broken(path).problems]
    assert told == [
        (0, "system", "it is the system prompt"),
        (1, "name", ""),
        (2, "sytem", "did you mean system?"),
        (3, "greetings", ""),
        (4, "temperature", "put it under [sampling]"),
        (5, "samplers", "did you mean top_k?"),
        (7, "sampling.top_k", ""),
        (8, "sampling.temprature", "did you mean temperature?"),
        (9, "sampling.min_p", "it goes from 0 to 1"),
        (10, "sampling.samplers", "put it above the tables"),
    ]
    assert str(broken(path).problems[2]) == (
        f"{path}:2: sytem: no key has this name (did you mean system?)"
    )


@pytest.mark.parametrize("name", ["a b", "-x", "x" * 65])
def test_a_name_that_cannot_be_typed_is_a_problem(tmp_path: Path, name: str) -> None:
    assert "cannot be an id" in str(broken(write(tmp_path, name, GOOD)).problems[0])


def test_a_file_that_cannot_be_read_is_a_broken_persona(tmp_path: Path) -> None:
    assert [p.line for p in broken(write(tmp_path, "bad", "name = \n")).problems] == [1]


def test_the_users_own_hides_a_built_in_one_and_a_broken_one_stops_nothing(tmp_path: Path) -> None:
    builtin, own = tmp_path / "builtin", tmp_path / "own"
    builtin.mkdir()
    own.mkdir()
    write(builtin, "a", GOOD)
    write(builtin, "b", GOOD)
    write(own, "b", GOOD.replace("Pirate", "Mine"))
    write(own, "c", "name = 1")
    library = list_personas(own, builtin)
    assert [(p.id, p.built_in, isinstance(p, Persona)) for p in library] == [
        ("a", True, True), ("b", False, True), ("c", False, False),
    ]  # fmt: skip
    assert find_persona("b", library).name == "Mine"
    with pytest.raises(PersonaError, match="has 2 problems"):
        find_persona("c", library)
    with pytest.raises(PersonaError, match="There is no persona 'd'"):
        find_persona("d", library)


def test_there_need_be_no_folder(tmp_path: Path) -> None:
    assert list_personas(tmp_path / "none", tmp_path / "neither") == ()


def test_the_shipped_personas_are_good() -> None:
    shipped = list_personas(Path("/nowhere"))
    assert {"js-console", "music-bot", "croupier"} <= {p.id for p in shipped}
    assert all(isinstance(p, Persona) and p.built_in and p.greetings for p in shipped)
    assert builtin_folder().name == "personas"
