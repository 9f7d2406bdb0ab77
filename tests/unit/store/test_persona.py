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
from tui.store.persona_keys import KEYS, SCHEMA_LINE

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
samplers = ["top_kk"]
[sampling]
top_k = 0.5
temprature = 0.8
min_p = 5
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
        (9, "sampling.min_p", "it goes from 0 to 2"),
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
    shipped = {p.id: p for p in list_personas(Path("/nowhere"))}
    assert {
        "assistant", "js-console", "music-bot", "croupier", "storyteller", "socratic-tutor",
        "phrasebook", "narrator", "innkeeper",
    } == set(shipped)  # fmt: skip
    for persona in shipped.values():
        assert isinstance(persona, Persona), persona
        assert persona.built_in and persona.sampling and persona.tags and persona.creator_notes
        # A greeting shows what to try.
        assert all(" or " in greeting for greeting in persona.greetings)
        assert len(persona.greetings) >= 2
        assert Path(persona.path).read_text().startswith(SCHEMA_LINE)
    assert builtin_folder().name == "personas"


WHOLE = '''\
name = "Ada Lovelace"
nickname = "Ada"
description = "counts"
personality = "exact"
scenario = "London"
greetings = ["Good day, {{user}}."]
example_dialogue = """
<START>
{{user}}: 1?"""
post_history_instructions = "Stay exact."
tags = ["history"]
creator = "me"
version = "2"
creator_notes = "for people"
stop = ["{{user}}:"]
chat_template = "chatml"

[[messages]]
role = "user"
content = "hello"

[user]
name = "Charles"
description = "an engineer"

[model]
name = "mistral instruct"
repo = "USER/REPO:Q4_K_M"
n_ctx = 4096

[sampling]
temperature = 0.5
logit_bias = { " indeed" = -2, "moreover" = false }

[lorebook]
scan_depth = 2
token_budget = 100
recursive = true

[[lorebook.entries]]
keys = ["engine"]
content = "It is of brass."

[[lorebook.entries]]
keys = ["card"]
content = "It is punched."
position = "after"

[extensions]
anything = { a = [1, 2] }

[origin]
format = "v2"
file = "ada.original.png"
'''


def test_a_file_with_every_key(tmp_path: Path) -> None:
    found = read_persona(write(tmp_path, "ada", WHOLE))
    assert isinstance(found, Persona), found
    assert (found.char, found.user_name, found.system) == ("Ada", "Charles", "")
    assert [m.content for m in found.messages] == ["hello"]
    assert [e.position for e in found.lorebook.entries] == ["before", "after"]
    assert (found.lorebook.recursive, found.model.n_ctx) == (True, 4096)
    assert found.extensions == {"anything": {"a": [1, 2]}}
    assert found.origin is not None and found.origin.file == "ada.original.png"
    assert found.template.startswith("{%")


def test_problems_inside_tables_have_their_own_line(tmp_path: Path) -> None:
    path = write(tmp_path, "bad", """\
name = "x"
description = "y"
chat_template = "chatlm"
stop = [""]
[user]
nmae = "z"
[model]
n_ctx = -1
[[messages]]
role = "robot"
[lorebook]
scan_depth = "4"
[[lorebook.entries]]
content = "good"
[[lorebook.entries]]
kyes = ["a"]
content = 3
position = "middle"
[origin]
format = "v2"
file = "../../etc/passwd"
""")  # fmt: skip
    told = [(p.line, p.key) for p in broken(path).problems]
    assert told == [
        (3, "chat_template"), (4, "stop"), (6, "user.nmae"), (8, "model.n_ctx"),
        (9, "messages[0].content"), (10, "messages[0].role"), (12, "lorebook.scan_depth"),
        (16, "lorebook.entries[1].kyes"), (17, "lorebook.entries[1].content"),
        (18, "lorebook.entries[1].position"), (21, "origin.file"),
    ]  # fmt: skip
    assert "did you mean keys?" in str(broken(path).problems[7])


@pytest.mark.parametrize("value", ["3", "[1]", "true", "{ a = 1 }", '["a", 1]', "1979-05-27"])
def test_a_value_of_a_wrong_type_is_a_problem_in_every_key(tmp_path: Path, value: str) -> None:
    for key in KEYS:
        if key.name in ("sampling", "extensions") and value.startswith("{"):
            continue
        lines = {"name": '"x"', "system": '"y"', key.name: value}
        text = "\n".join(f"{name} = {given}" for name, given in lines.items())
        found = broken(write(tmp_path, "typed", text))
        assert {p.key.split(".")[0].split("[")[0] for p in found.problems} == {key.name}


def test_a_persona_of_two_megabytes_is_refused_in_words(tmp_path: Path) -> None:
    path = write(tmp_path, "long", f'name = "x"\nsystem = "{"y" * (2 << 20)}"\n')
    assert [p.message for p in broken(path).problems] == ["it is larger than 1 MiB"]


def test_ids_that_differ_in_capitals_alone_are_a_problem(tmp_path: Path) -> None:
    builtin, own = tmp_path / "builtin", tmp_path / "own"
    for folder, name in ((builtin, "a"), (own, "A"), (own, "b"), (own, "B"), (own, "c")):
        folder.mkdir(exist_ok=True)
        write(folder, name, GOOD)
    library = {p.id: p for p in list_personas(own, builtin)}
    usable = {p.id for p in library.values() if isinstance(p, Persona)}
    assert usable == {"a", "c"}
    assert "differs from a in capitals" in str(library["A"].problems[0])
