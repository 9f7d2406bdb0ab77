"""Personas of other programs: in, out, and what is lost on the way (nothing)."""

import base64
import json
import tomllib
from pathlib import Path

import pytest
import tomli_w

from tests.support.cards import AICHAT, FILES, MODELFILE, TAVERN, UNKNOWN, V1, V2, V3
from tui.core.lorebook import Lore, Lorebook
from tui.core.persona import Persona
from tui.store.exchange import png
from tui.store.exchange.bring import bring
from tui.store.exchange.carried import persona_values
from tui.store.exchange.charx import card_of
from tui.store.exchange.hand import FORMATS, form_of, hand_out
from tui.store.exchange.tavern import read_preset, write_preset
from tui.store.paths import find_paths
from tui.store.persona import list_personas, read_persona
from tui.store.persona_keys import SCHEMA_LINE


@pytest.fixture
def paths(tmp_path: Path):
    return find_paths({"LOGITSCOPE_HOME": str(tmp_path / "home")})


def taken(folder: Path, paths, name: str) -> Persona:
    (folder / name).write_bytes(FILES[name])
    brought = bring(folder / name, paths)
    found = read_persona(brought.path)
    assert isinstance(found, Persona), found
    return found


def edited(persona: Persona, changes: dict[tuple[str | int, ...], object]) -> Persona:
    """The persona after its file was changed by hand; None takes a key out."""
    path = Path(persona.path)
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    for (*places, last), value in changes.items():
        table = values
        for place in places:
            table = table[place] if isinstance(place, int) else table.setdefault(place, {})
        if value is None:
            del table[last]
        else:
            table[last] = value
    path.write_text(tomli_w.dumps(values), encoding="utf-8")
    found = read_persona(path)
    assert isinstance(found, Persona), found
    return found


@pytest.mark.parametrize("name", FILES)
def test_what_is_not_edited_comes_out_as_the_very_bytes_that_it_was(
    tmp_path: Path, paths, name: str
) -> None:
    persona = taken(tmp_path, paths, name)
    written = hand_out(persona, form_of(persona))
    assert written.data == FILES[name]
    assert written.lost == ()
    assert Path(persona.path).read_text().startswith(SCHEMA_LINE)


def test_every_field_of_a_card_has_its_key(tmp_path: Path, paths) -> None:
    persona = taken(tmp_path, paths, "three.json")
    values = json.loads(json.dumps(persona_values(persona)))
    assert values == {
        "name": "Ada", "nickname": "Countess", "system": "Be {{char}}. {{original}}",
        "description": '{{char}} counts.\nA "quoted" word.', "personality": "exact",
        "scenario": "London", "greetings": ["Good day, {{user}}.", "Hm?", "Yes?"],
        "example_dialogue": "<START>\n{{char}}: Two.", "creator_notes": "for people",
        "post_history_instructions": "Stay exact.", "tags": ["history", "maths"],
        "creator": "someone", "version": "1.2",
        "extensions": {"talkativeness": 0.5, "fav": False},
        "lorebook": values["lorebook"],
    }  # fmt: skip
    dragon, king = persona.lorebook.entries
    assert dragon == Lore(
        keys=("dragon", "wyrm"), content="It sleeps.", name="dragon", order=5, priority=10,
        secondary_keys=("cave",), position="after",
    )  # fmt: skip
    assert not king.enabled
    assert (persona.lorebook.scan_depth, persona.lorebook.recursive) == (3, True)


def test_what_has_no_key_is_listed(tmp_path: Path, paths) -> None:
    (tmp_path / "three.json").write_bytes(V3)
    told = "\n".join(bring(tmp_path / "three.json", paths).kept)
    for name in ("data.unheard_of", "data.assets", "data.extensions.deep", "entries[1].use_regex",
                 "entries[1].x-mine", "outer", "data.group_only_greetings"):  # fmt: skip
        assert name in told


CHANGES = {
    ("name",): "Grace", ("greetings", 0): "Hello!", ("lorebook", "entries", 0, "content"): "Awake.",
    ("tags",): ["navy"], ("extensions", "fav"): True,
}  # fmt: skip


@pytest.mark.parametrize("name", ["two.json", "three.json", "ada.png", "ada.charx"])
def test_what_was_edited_changes_and_unknown_fields_keep_their_bytes(
    tmp_path: Path, paths, name: str
) -> None:
    persona = edited(taken(tmp_path, paths, name), CHANGES)
    data = hand_out(persona, form_of(persona)).data
    texts = [data]
    if name.endswith(".png"):
        assert b"prVt" in data and b"Software\0hand" in data
        texts = [base64.b64decode(text) for text in png.texts(data).values()]
        assert len(texts) == 2
    if name.endswith(".charx"):
        texts = [card_of(data)]
    for text in texts:
        assert text.count(UNKNOWN.encode()) == 5 - (UNKNOWN.encode() not in text)
        card = json.loads(text)["data"]
        assert (card["name"], card["first_mes"], card["tags"]) == ("Grace", "Hello!", ["navy"])
        assert json.loads(text)["first_mes"] == "Hello!"
        assert card["extensions"]["fav"] is True
        assert card["alternate_greetings"] == ["Hm?", "Yes?"]
        dragon, king = card["character_book"]["entries"]
        assert (dragon["content"], dragon["id"], king["x-mine"]) == ("Awake.", 7, "kept")
        assert b'"talkativeness":0.50' in text.replace(b" ", b"")


def test_entries_of_a_lorebook_keep_their_own_fields_when_others_come_and_go(
    tmp_path: Path, paths
) -> None:
    persona = taken(tmp_path, paths, "two.json")
    path = Path(persona.path)
    text = path.read_text().replace("[[lorebook.entries]]", (
        '[[lorebook.entries]]\nkeys = ["new"]\ncontent = "new"\n\n[[lorebook.entries]]'
    ), 1)  # fmt: skip
    path.write_text(text)
    card = json.loads(hand_out(read_persona(path), "v2").data)["data"]
    assert [entry.get("id") for entry in card["character_book"]["entries"]] == [0, 7, None]
    assert card["character_book"]["entries"][2]["x-mine"] == "kept"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", FILES)
def test_every_persona_can_be_had_in_every_format(
    tmp_path: Path, paths, name: str, form: str
) -> None:
    persona = taken(tmp_path, paths, name)
    written = hand_out(persona, form)
    other = tmp_path / {"modelfile": "Modelfile", "tgw": "a.yaml", "aichat": "a.md"}.get(form, "a")
    other = (
        other
        if other.suffix or form == "modelfile"
        else other.with_suffix({"png": ".png", "charx": ".charx"}.get(form, ".json"))
    )
    other.write_bytes(written.data)
    if form == "sillytavern":
        given = {**persona.sampling}
        assert bring(other, paths, "again").is_preset if given else json.loads(written.data) == {}
        return
    again = bring(other, paths, "again")
    back = read_persona(again.path)
    assert isinstance(back, Persona), back
    if form in ("v2", "v3", "png", "charx"):
        assert persona_values(back) == persona_values(persona)
        assert written.lost == ()


def test_what_cards_have_no_field_for_comes_back_from_one(tmp_path: Path, paths) -> None:
    path = tmp_path / "all.toml"
    path.write_text('''\
name = "All"
system = "s"
nickname = "A"
stop = ["END"]
samplers = ["top_k", "temperature"]
chat_template = "chatml"
[[messages]]
role = "user"
content = "hi"
[user]
name = "Bob"
[model]
n_ctx = 4096
[sampling]
temperature = 0.5
logit_bias = [[" delve", false]]
''')  # fmt: skip
    persona = read_persona(path)
    for form, name in (("v2", "b.json"), ("v3", "c.json"), ("png", "d.png")):
        (tmp_path / name).write_bytes(hand_out(persona, form).data)
        back = read_persona(bring(tmp_path / name, paths).path)
        assert persona_values(back) == persona_values(persona)


def test_a_card_of_ours_without_a_template_comes_back_with_nothing_left_over(
    tmp_path: Path, paths
) -> None:
    path = tmp_path / "short.toml"
    path.write_text('name = "Short"\nsystem = "s"\n[sampling]\ntemperature = 0.5\n')
    (tmp_path / "b.json").write_bytes(hand_out(read_persona(path), "v2").data)
    brought = bring(tmp_path / "b.json", paths)
    assert brought.kept == ()
    assert read_persona(brought.path).sampling == {"temperature": 0.5}


def test_a_modelfile_says_what_it_says_and_keeps_its_lines(tmp_path: Path, paths) -> None:
    persona = taken(tmp_path, paths, "Modelfile")
    assert persona.system == '\nYou are "Mario".\nAnswer as he does.'
    assert (persona.model.name, persona.model.n_ctx) == ("llama3.1:8b", 4096)
    assert persona.sampling == {"temperature": 0.7, "top_k": 30}
    assert persona.stop == ("<|im_end|>", "User:")
    assert [one.content for one in persona.messages] == ["Is Toronto in Canada?", "yes\nit is"]
    persona = edited(persona, {("sampling", "temperature"): 0.9, ("sampling", "top_k"): None,
                               ("system",): "Be brief."})  # fmt: skip
    lines = hand_out(persona, "modelfile").data.decode()
    wanted = MODELFILE.decode().replace("parameter temperature 0.7", "PARAMETER temperature 0.9")
    wanted = wanted.replace("PARAMETER top_k 30\n", "")
    wanted = wanted.replace('"""\nYou are "Mario".\nAnswer as he does."""', '"""Be brief."""')
    assert lines == wanted


def test_what_other_formats_know_less_of_is_one_text_and_the_rest_is_told() -> None:
    persona = Persona(
        id="x", name="Ada", system="Be {{char}}.", scenario="It is {{time}}.", stop=("END",),
        post_history_instructions="Roll {{roll:d6}}.", greetings=("Hi {{user}}", "Ho"),
        lorebook=Lorebook(entries=(Lore(content="x", constant=True),)), creator="me",
    )  # fmt: skip
    written = hand_out(persona, "modelfile")
    assert written.data.decode() == (
        'FROM llama3.2\nSYSTEM """Be Ada.\n\nScenario: It is {{time}}.\n\nRoll {{roll:d6}}."""\n'
        "MESSAGE assistant Hi User\nPARAMETER stop END\n"
    )
    told = "\n".join(written.lost)
    for words in ("FROM: the persona names no model", "lorebook: there is no place", "creator: ",
                  "scenario: it is part of the system text", "the first is there",
                  "macros that draw or tell the time stay"):  # fmt: skip
        assert words in told


def test_a_yaml_character_changes_in_place(tmp_path: Path, paths) -> None:
    persona = taken(tmp_path, paths, "chiharu.yaml")
    assert persona.greetings == ("*She waves.*\n\nHello, {{user}}!",)
    assert persona.system == "Chiharu's persona: she builds computers.\n{{user}}: hi\n"
    persona = edited(persona, {("name",): "Yamada", ("greetings", 0): "Hi: there"})
    text = hand_out(persona, "tgw").data.decode()
    for line in ("# a character", "odd: [1, {two: 3}]", "turn_template: '<|user|>'",
                 'name: "Yamada"   # her name', 'greeting: "Hi: there"'):  # fmt: skip
        assert line in text.split("\n")


def test_a_role_changes_in_place(tmp_path: Path, paths) -> None:
    persona = taken(tmp_path, paths, "emoji.md")
    assert (persona.system, persona.model.name) == ("Answer with one emoji.", "gpt-4o")
    assert [(m.role, m.content) for m in persona.messages] == [("user", "joy"), ("assistant", "😀")]
    hot = hand_out(edited(persona, {("sampling", "temperature"): 0.9}), "aichat").data
    assert hot == AICHAT.replace(b"temperature: 0.2", b"temperature: 0.9")
    said = hand_out(edited(persona, {("messages", 1, "content"): "🙂"}), "aichat").data.decode()
    assert said.endswith("### INPUT:\njoy\n\n### OUTPUT:\n🙂\n")
    assert "model: openai:gpt-4o   # which" in said


def test_a_sampler_preset_becomes_a_preset_and_goes_back(tmp_path: Path, paths) -> None:
    (tmp_path / "Sharp One.json").write_bytes(TAVERN)
    brought = bring(tmp_path / "Sharp One.json", paths)
    assert brought.path == paths.presets / "sharp-one.toml"
    values = tomllib.loads(brought.path.read_text())
    assert values["temperature"] == 1.0 and values["dynatemp_range"] == 0.5
    assert values["dry_sequence_breakers"] == ["\n", ":"]
    assert values["samplers"] == ["dry", "top_k", "min_p", "temperature"]
    assert (values["tfs_z"], values["logit_bias"]) == (0.95, [[" delve", -5.0]])
    assert write_preset(values, TAVERN).data == TAVERN
    back = write_preset({**values, "min_p": 0.1}, TAVERN).data
    assert json.loads(back) == {**json.loads(TAVERN), "min_p": 0.1}
    assert b'"odd":1.500' in back
    assert read_preset(write_preset(values).data).values == values


def test_an_original_that_is_gone_is_told(tmp_path: Path, paths) -> None:
    persona = taken(tmp_path, paths, "two.json")
    (Path(persona.path).parent / "ada.original.json").unlink()
    written = hand_out(persona, "v2")
    assert "the original is gone" in written.lost[0]
    assert json.loads(written.data)["data"]["name"] == "Ada"


def test_ids_are_made_from_names_and_nothing_is_overwritten(tmp_path: Path, paths) -> None:
    ids = [taken(tmp_path, paths, name).id for name in ("one.json", "two.json", "three.json")]
    assert ids == ["ada", "ada-2", "ada-3"]
    # A built-in one is not hidden by a stranger's card.
    (tmp_path / "x.json").write_bytes(V1.replace(b'"Ada"', b'"Croupier"'))
    assert bring(tmp_path / "x.json", paths).id == "croupier-2"
    assert all(isinstance(p, Persona) for p in list_personas(paths.personas))


def test_cards_of_one_version_become_those_of_another(tmp_path: Path, paths) -> None:
    old = taken(tmp_path, paths, "one.json")
    third = json.loads(hand_out(old, "v3").data)
    assert (third["spec"], third["x"]) == ("chara_card_v3", json.loads(UNKNOWN))
    assert third["data"]["group_only_greetings"] == []
    new = taken(tmp_path, paths, "three.json")
    second = json.loads(hand_out(new, "v2").data)
    assert (second["spec"], second["spec_version"]) == ("chara_card_v2", "2.0")
    assert second["data"]["assets"] == json.loads(V3)["data"]["assets"]
    first = hand_out(new, "v1")
    assert set(json.loads(first.data)) >= {"name", "first_mes", "mes_example"}
    assert any(line.startswith("system:") for line in first.lost)
    assert json.loads(V2)["data"]["name"] == json.loads(first.data)["name"]
