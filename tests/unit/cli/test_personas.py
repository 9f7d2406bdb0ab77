"""`logitscope personas`, used as a person uses it."""

import json
from pathlib import Path

import pytest

from tests.support.cards import FILES, TAVERN, V2
from tui.cli.main import main
from tui.cli.personas import FORMATS
from tui.store.exchange import hand
from tui.store.own_samplers import new_sampler
from tui.store.persona import builtin_folder


def say(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main([str(word) for word in ("personas", *words)])
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.fixture
def cards(tmp_path: Path, home: Path) -> Path:
    folder = tmp_path / "cards"
    folder.mkdir()
    for name, data in {**FILES, "sharp.json": TAVERN}.items():
        (folder / name).write_bytes(data)
    return folder


def test_a_card_comes_in_is_listed_checked_edited_and_goes_out(
    cards: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = say(capsys, "import", cards / "two.json")
    assert code == 0
    assert "persona ada (v2)" in out
    assert "data.unheard_of" in out
    assert "ada.original.json: as it was" in out
    assert "Ada [history, maths]" in say(capsys, "list")[1]
    assert say(capsys, "check", "ada")[:2] == (0, "1 checked, 0 problems\n")
    target = home / "out.json"
    assert say(capsys, "export", "ada", "-o", target) == (0, "", "")
    assert target.read_bytes() == V2
    file = home / "config/personas/ada.toml"
    file.write_text(file.read_text().replace('name = "Ada"', 'name = "Grace"'))
    code, out, err = say(capsys, "export", "ada", "--format", "v1")
    assert json.loads(out)["name"] == "Grace"
    assert "note: system: V1 has no field for it" in err


def test_many_files_come_in_and_a_bad_one_stops_none(
    cards: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (cards / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nxx")
    code, out, err = say(capsys, "import", cards / "bad.png", *sorted(cards.glob("*.json")))
    assert code == 2
    assert "bad.png cannot be brought in" in err
    assert out.count("persona ada") == 3
    assert "preset sharp (sillytavern)" in out
    assert say(capsys, "check")[0] == 0


def test_a_sampler_preset_comes_in_is_used_and_goes_out(
    cards: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(capsys, "import", cards / "sharp.json")
    assert say(capsys, "export", "--preset", "sharp", "-o", home / "a.json")[0] == 0
    assert (home / "a.json").read_bytes() == TAVERN
    file = home / "config/presets/sharp.toml"
    file.write_text(file.read_text().replace("min_p = 0.05", "min_p = 0.2"))
    out = say(capsys, "export", "--preset", "sharp")[1]
    assert json.loads(out) == {**json.loads(TAVERN), "min_p": 0.2}
    assert main(["samplers", "chain", "--preset", "sharp"]) == 0
    assert "min-p 0.2" in capsys.readouterr().out
    assert say(capsys, "export", "--preset", "none")[0] == 2


def test_an_id_of_ones_own_is_for_one_file_and_is_never_taken_away(
    cards: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "persona countess" in say(capsys, "import", cards / "ada.png", "--as", "countess")[1]
    code, _, err = say(capsys, "import", cards / "ada.png", "--as", "Countess")
    assert (code, "already" in err) == (2, True)
    assert say(capsys, "import", cards / "ada.png", cards / "two.json", "--as", "x")[0] == 2


def test_a_new_persona_is_a_file_that_is_good(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = say(capsys, "new", "sea-dog", "--name", 'Old "Salt"')
    assert (code, out) == (0, f"{home / 'config/personas/sea-dog.toml'}\n")
    assert say(capsys, "check", "sea-dog")[0] == 0
    assert 'Old "Salt"' in say(capsys, "list")[1]
    assert "already" in say(capsys, "new", "Sea-Dog")[2]
    prompt = say(capsys, "show", "sea-dog", "--prompt")[1]
    assert 'You are Old "Salt".' in prompt
    assert "Hello User." in prompt


def test_a_folder_is_checked_with_every_problem(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert say(capsys, "check", builtin_folder())[0] == 0
    (tmp_path / "a.toml").write_text('nmae = "x"\n')
    (tmp_path / "b.toml").write_text("name = \n")
    code, out, _ = say(capsys, "check", tmp_path)
    assert code == 1
    assert "a.toml:1: nmae" in out and "b.toml:1" in out
    assert out.endswith("2 checked, 4 problems\n")


def test_the_list_as_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "config/personas"
    folder.mkdir(parents=True)
    (folder / "torn.toml").write_text("name = \n")
    rows = {row["id"]: row for row in json.loads(say(capsys, "list", "--json")[1])}
    assert rows["croupier"]["built_in"] and rows["croupier"]["name"] == "Croupier"
    assert "not TOML" in rows["torn"]["problems"][0]


def test_a_picture_goes_to_a_file_and_never_through_what_is_none(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "c.png"
    assert say(capsys, "export", "croupier", "--format", "png", "-o", target)[0] == 0
    assert target.read_bytes().startswith(b"\x89PNG")
    code, _, err = say(capsys, "export", "croupier", "-o", tmp_path)
    assert (code, "It is a folder" in err) == (2, True)
    assert say(capsys, "export", "croupier", "-o", ".")[0] == 2
    assert say(capsys, "export", "croupier", "-o", tmp_path / "no" / "x.json")[0] == 2
    assert say(capsys, "export", "croupier", "--format", "docx")[0] == 2
    assert say(capsys, "export", "nobody")[0] == 2


def test_the_formats_are_those_that_are_written() -> None:
    assert FORMATS == hand.FORMATS


def test_an_export_replaces_a_file_only_when_told_and_never_a_persona(
    cards: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = home / "a.json"
    home.mkdir(exist_ok=True)
    target.write_text("mine")
    say(capsys, "import", cards / "two.json")
    code, _, err = say(capsys, "export", "ada", "-o", target)
    assert (code, target.read_text()) == (2, "mine")
    assert "is there already" in err and "--force" in err
    assert say(capsys, "export", "ada", "-o", target, "--force")[0] == 0
    assert target.read_bytes() == V2
    file = home / "config/personas/ada.toml"
    before = file.read_text()
    code, _, err = say(capsys, "export", "ada", "-o", file, "--force")
    assert (code, file.read_text()) == (2, before)
    assert "file of your library" in err


def test_what_is_the_same_of_many_entries_is_told_once(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [{"keys": [f"k{n}"], "content": "c", "id": n} for n in range(500)]
    data = {"name": "A", "first_mes": "", "character_book": {"entries": entries}, "odd": 1}
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"spec": "chara_card_v2", "spec_version": "2.0", "data": data}))
    out = say(capsys, "import", file)[1]
    assert len(out.splitlines()) < 10
    assert "entries[*].id: there is no key for it (500 times)" in out
    assert "data.odd: there is no key for it\n" in out


def test_a_chat_template_that_cannot_be_read_is_a_problem(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / "config/personas"
    folder.mkdir(parents=True)
    (folder / "x.toml").write_text('name = "X"\nsystem = ""\nchat_template = "{% for x in %}"\n')
    (folder / "y.toml").write_text('name = "Y"\nsystem = ""\nchat_template = "{{ messages }}"\n')
    code, out, _ = say(capsys, "check", "x", "y")
    assert code == 1
    assert "chat_template: it is no template: line 1" in out
    assert "2 checked, 1 problem\n" in out


def test_what_a_persona_says_of_ones_own_samplers_is_checked(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_sampler(home / "config/samplers", "top-a", "top-a")
    path = tmp_path / "p.toml"
    head = 'name = "P"\nsystem = "s"\nsamplers = ["top_k", "custom:{}"]\n[sampling.custom.top-a]\n'
    path.write_text(head.format("top-a") + "a = 0.4\n")
    assert say(capsys, "check", path)[:2] == (0, "1 checked, 0 problems\n")
    path.write_text(head.format("topa") + "a = 99\nb = 1\n")
    code, out, _ = say(capsys, "check", path)
    assert code == 1
    assert out.splitlines() == [
        f"{path}:3: samplers: you have no sampler 'topa' (did you mean top-a?)",
        f"{path}:5: sampling.custom.top-a.a: 99 is out of range (it goes from 0 to 1)",
        f"{path}:6: sampling.custom.top-a.b: the sampler has no such parameter",
        "1 checked, 3 problems",
    ]
