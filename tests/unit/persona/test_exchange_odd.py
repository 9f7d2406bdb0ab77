"""Exports of edited personas whose originals are odd: nothing is lost, and nothing crashes."""

import json
import lzma
import tomllib
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
import tomli_w
from msgspec.structs import replace

from tests.support.cards import V3
from tui.core.errors import PersonaError
from tui.core.lorebook import Lore, Lorebook
from tui.core.persona import Persona
from tui.store.exchange.bring import bring
from tui.store.exchange.carried import Written
from tui.store.exchange.hand import form_of, hand_out
from tui.store.paths import Paths, find_paths
from tui.store.persona import read_persona


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return find_paths({"LOGITSCOPE_HOME": str(tmp_path / "home")})


def edited(
    file: Path, paths: Paths, data: bytes, drop: tuple[str, ...] = (), **new: object
) -> Written:
    """The export of an import whose file was changed by hand."""
    file.write_bytes(data)
    path = bring(file, paths).path
    values = tomllib.loads(path.read_text())
    values = {key: value for key, value in values.items() if key not in drop}
    path.write_text(tomli_w.dumps(values | new))
    persona = read_persona(path)
    assert isinstance(persona, Persona), persona
    return hand_out(persona, form_of(persona))


def card(more: str) -> bytes:
    """A card V2 with these fields; in `description` is what is edited."""
    return (
        '{"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"Ada","description":"d",'
        f'"first_mes":"",{more}}}}}'
    ).encode()


def test_the_last_setting_stop_text_and_extension_can_be_taken_out(
    tmp_path: Path, paths: Paths
) -> None:
    data = card('"extensions":{"fav":true,"logitscope":{"sampling":{"top_k":3},"stop":["x"]}}')
    gone = edited(tmp_path / "a.json", paths, data, ("sampling", "stop", "extensions"))
    assert json.loads(gone.data)["data"]["extensions"] == {}


def test_what_nobody_knows_in_our_own_extension_stays(tmp_path: Path, paths: Paths) -> None:
    data = card('"extensions":{"logitscope":{"stop":["x"],"later":1.50,"sampling":{"warp":1}}}')
    kept = edited(tmp_path / "a.json", paths, data, stop=["y"])
    assert b'"logitscope":{"stop":["y"],"later":1.50,"sampling":{"warp":1}}' in kept.data


@pytest.mark.parametrize("given", ["[1]", "null", "3"])
def test_extensions_that_are_no_object_are_replaced_where_null_and_told_else(
    tmp_path: Path, paths: Paths, given: str
) -> None:
    data = card(f'"extensions":{given}')
    written = edited(tmp_path / "a.json", paths, data, stop=["x"], extensions={"fav": True})
    found = json.loads(written.data)["data"]["extensions"]
    if given == "null":
        assert found == {"fav": True, "logitscope": {"stop": ["x"]}}
        assert written.lost == ()
    else:
        assert found == json.loads(given)
        assert [told.partition(":")[0] for told in written.lost] == ["stop", "extensions"]


@pytest.mark.parametrize(
    "book",
    ["null", "[1]", '{"entries":{"0":{"keys":["k"],"content":"c"}}}', '{"entries":null}',
     '{"entries":[1,null,{"keys":["k"],"content":"c"}]}'],
)  # fmt: skip
def test_an_odd_lorebook_stays_and_stops_no_export(tmp_path: Path, paths: Paths, book: str) -> None:
    data = card(f'"character_book":{book},"extensions":{{}}')
    written = edited(tmp_path / "a.json", paths, data, description="new")
    assert json.loads(written.data)["data"]["character_book"] == json.loads(book)
    assert json.loads(written.data)["data"]["description"] == "new"
    path = next(paths.personas.glob("*.toml"))
    persona = read_persona(path)
    assert isinstance(persona, Persona)
    lorebook = Lorebook(entries=(*persona.lorebook.entries, Lore(keys=("x",), content="new")))

    for form in ("v2", "v3", "png"):
        more = hand_out(replace(persona, lorebook=lorebook), form)
        told = [one for one in more.lost if one.startswith("lorebook")]
        assert bool(told) == (book == "[1]" or '{"0"' in book)
        assert (b'"content":"new"' in more.data) == (form != "png" and not told)


def test_halves_of_characters_and_huge_numbers_keep_their_bytes(
    tmp_path: Path, paths: Paths
) -> None:
    odd = r'"x":{"a\ud83d":"\ude00 \ud83d\ude00 \\ud83d","n":[1.50,1e400,1E5]}'
    written = edited(
        tmp_path / "a.json", paths, card(f'{odd},"extensions":{{}}'), description="new"
    )
    assert odd.encode() in written.data
    assert b'"description":"new"' in written.data


def test_a_text_that_looks_like_a_mark_of_ours_is_a_text(tmp_path: Path) -> None:
    text = "Say \0007\0 and {{roll:1d6}}."
    persona = Persona(id="x", name="X", system=text, greetings=(text,))
    for form in ("modelfile", "tgw", "aichat"):
        data = hand_out(persona, form).data
        assert b"{{roll:1d6}}" in data
        assert b"7" in data


def test_a_damaged_member_of_any_packing_is_told(tmp_path: Path, paths: Paths) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("card.json", V3)
    data = bytearray(out.getvalue())
    data[60:80] = b"\xff" * 20
    with pytest.raises(lzma.LZMAError), zipfile.ZipFile(BytesIO(bytes(data))) as archive:
        archive.read("card.json")
    file = tmp_path / "a.charx"
    file.write_bytes(bytes(data))
    with pytest.raises(PersonaError, match=r"no whole \.charx"):
        bring(file, paths)


def test_what_is_taken_out_of_a_role_is_gone_from_its_head(tmp_path: Path, paths: Paths) -> None:
    role = b"---\n# mine\nmodel: openai:gpt-4o  # which\ntemperature: 0.2\ntop_p: 0.9\nodd: 1\n---\nHi.\n"
    written = edited(tmp_path / "a.md", paths, role, ("model",), sampling={"top_p": 0.5})
    assert written.data == b"---\n# mine\ntop_p: 0.5\nodd: 1\n---\nHi.\n"


def test_a_head_loses_its_last_key(tmp_path: Path, paths: Paths) -> None:
    written = edited(tmp_path / "a.md", paths, b"---\ntemperature: 0.2\n---\nHi.\n", ("sampling",))
    assert written.data == b"Hi.\n"


def test_an_empty_key_of_a_character_is_filled(tmp_path: Path, paths: Paths) -> None:
    yaml = b"name: Ann\ncontext:\ngreeting:  # none yet\n"
    written = edited(tmp_path / "a.yaml", paths, yaml, system="Be Ann.", greetings=["Hello."])
    assert written.data == b'name: Ann\ncontext: "Be Ann."\ngreeting: "Hello."  # none yet\n'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("modelfile-helper.md", "You write Modelfiles."),
        ("char.md", "{{char}} is a pirate."),
        ("pki.md", "PKI administrator: you sign."),
        ("empty.md", "---\n# nothing yet\n---\nHi."),
    ],
)
def test_a_role_is_a_role_however_it_begins_or_is_called(
    tmp_path: Path, paths: Paths, name: str, text: str
) -> None:
    file = tmp_path / name
    file.write_text(text)
    brought = bring(file, paths)
    persona = read_persona(brought.path)
    assert isinstance(persona, Persona)
    assert brought.format == "aichat"
    assert persona.system == text.rpartition("---\n")[2]
    assert hand_out(persona, form_of(persona)).data == text.encode()
    assert text.endswith(hand_out(replace(persona, tags=("x",)), "aichat").data.decode())


def test_a_card_by_another_ending_is_still_one(tmp_path: Path, paths: Paths) -> None:
    for name, form in (("a.png", "v3"), ("b.card", "v3")):
        (tmp_path / name).write_bytes(V3)
        assert bring(tmp_path / name, paths).format == form


def test_directives_with_tabs_are_understood(tmp_path: Path, paths: Paths) -> None:
    file = tmp_path / "Modelfile"
    file.write_text('FROM\tx\nPARAMETER\ttemperature\t0.5\nMESSAGE\tuser\t"""a\nb"""\n')
    persona = read_persona(bring(file, paths).path)
    assert isinstance(persona, Persona)
    assert persona.sampling == {"temperature": 0.5}
    assert [(one.role, one.content) for one in persona.messages] == [("user", "a\nb")]


def test_a_comment_of_an_entry_that_says_something_else_than_its_name_stays(
    tmp_path: Path, paths: Paths
) -> None:
    entry = '{{"keys":["k"],"content":"c","name":{},"comment":"{}"}}'
    entries = [
        entry.format('"old"', "why it is"),
        entry.format('""', "old"),
        entry.format('"old"', "old"),
    ]
    written = edited(
        tmp_path / "a.json", paths,
        card(f'"character_book":{{"entries":[{",".join(entries)}]}},"extensions":{{}}'),
        lorebook={"entries": [{"keys": ["k"], "content": "c", "name": "new"}] * 3},
    )  # fmt: skip
    found = json.loads(written.data)["data"]["character_book"]["entries"]
    assert [(one["name"], one["comment"]) for one in found] == [
        ("new", "why it is"), ("new", "new"), ("new", "new"),
    ]  # fmt: skip


def test_extensions_that_a_card_of_the_first_version_has_go_into_newer_ones(
    tmp_path: Path, paths: Paths
) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"name":"A","description":"d","scenario":"","extensions":{"fav":true}}')
    persona = read_persona(bring(file, paths).path)
    assert isinstance(persona, Persona)
    assert json.loads(hand_out(persona, "v2").data)["data"]["extensions"] == {"fav": True}


def test_a_key_joins_a_character_that_ends_inside_of_a_block(tmp_path: Path, paths: Paths) -> None:
    yaml = b"# mine\nname: Ann\ncontext: |\n  Be Ann."
    written = edited(tmp_path / "a.yaml", paths, yaml, greetings=["Hello."])
    assert written.data == b'# mine\n"greeting": "Hello."\nname: Ann\ncontext: |\n  Be Ann.'


def test_a_modelfile_keeps_a_model_to_be_made_from(tmp_path: Path, paths: Paths) -> None:
    written = edited(tmp_path / "Modelfile", paths, b"FROM x\nSYSTEM Hi.\n", ("model",))
    assert written.data == b"FROM llama3.2\nSYSTEM Hi.\n"
    assert "FROM: the persona names no model" in written.lost[0]
