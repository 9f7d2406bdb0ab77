"""Cards are strangers' files: what is wrong with one is told in words, and nothing is left behind."""

import base64
import io
import json
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from tests.support.cards import V2, V3, card_png, charx, png
from tui.core.compose import compose
from tui.core.errors import PersonaError, UsageError
from tui.core.macro import Scene
from tui.core.messages import Turn
from tui.core.persona import Persona
from tui.core.text import one_line
from tui.store.exchange.bring import bring
from tui.store.exchange.hand import FORMATS, hand_out
from tui.store.paths import find_paths
from tui.store.persona import read_persona

EVIL = "\x1b]52;c;eA==\x07[/foo]\x9b1m\u202e\x00\r\n`{{`'''\"\"\""


@pytest.fixture
def paths(tmp_path: Path):
    return find_paths({"LOGITSCOPE_HOME": str(tmp_path / "home")})


def zipped(**rest: object) -> bytes:
    """A .charx with one more member, made as told."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("card.json", V3)
        info = zipfile.ZipInfo(str(rest.get("name", "x")))
        info.external_attr = int(rest.get("mode", 0)) << 16
        archive.writestr(info, bytes(rest.get("body", b"x")), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def lied_about(data: bytes) -> bytes:
    """A .charx whose directory says that the card is smaller than it is."""
    size = struct.pack("<I", len(V3))
    return data.replace(size, struct.pack("<I", 10))


BAD = {
    "empty.json": b"",
    "torn.json": V2[:-20],
    "list.json": b"[1, 2]",
    "other.json": b'{"a": 1}',
    "nan.json": b'{"name": "a", "description": NaN, "scenario": ""}',
    "deep.json": b'{"name":"a","scenario":"","x":' + b"[" * 100 + b"]" * 100 + b"}",
    "deeper.json": b'{"name":"a","scenario":"","x":' + b"[" * 100_000,
    "long.json": b'{"name":"a","scenario":"' + b"x" * (2 << 20) + b'"}',
    "longer.json": b'{"name":"a","scenario":"' + b"x" * (9 << 20) + b'"}',
    "latin.json": '{"name":"ä","scenario":""}'.encode("latin-1"),
    "digits.json": b'{"name":"a","scenario":"","n":' + b"9" * 10_000 + b"}",
    "no-card.png": png(("Software", b"x")),
    "torn.png": card_png()[:-30],
    "cut.png": card_png()[:100],
    "signature.png": card_png()[:8],
    "sum.png": card_png().replace(base64.b64encode(V3)[:40], b"A" * 40),
    "base.png": png(("chara", b"!!!!")),
    "length.png": card_png()[:8] + b"\xff\xff\xff\xff" + card_png()[12:],
    "jpeg.png": b"\xff\xd8\xff\xe0",
    "torn.charx": charx()[:-40],
    "none.charx": charx({"other.json": V3}),
    "up.charx": zipped(name="../../evil"),
    "root.charx": zipped(name="/etc/evil"),
    "drive.charx": zipped(name="C:evil"),
    "back.charx": zipped(name="a\\..\\evil"),
    "link.charx": zipped(mode=stat.S_IFLNK | 0o777, body=b"/etc/passwd"),
    "bomb.charx": zipped(body=b"\0" * (30 << 20)),
    "lie.charx": lied_about(charx({"card.json": V3})),
    "many.charx": charx({"card.json": V3, **{str(n): b"" for n in range(2100)}}),
    "alias.yaml": b"name: &a x\ncontext: *a\n",
    "laugh.yaml": b"name: x\ncontext: y\na: &a [x]\nb: [*a, *a]\n",
    "object.yaml": b"name: !!python/object/apply:os.system ['true']\n",
    "deep.yaml": b"name: x\ncontext: y\nd: " + b"[" * 200 + b"]" * 200,
    "big.yaml": b"name: x\ncontext: " + b"y" * (300 << 10),
    "torn.yaml": b"name: 'x\n",
    "list.yaml": b"- a\n",
    "other.yaml": b"a: b\n",
    "torn.md": b"---\nmodel: [\n---\nhi\n",
    "Modelfile": b"FROM x\nRUN rm -rf /\n",
    "open.modelfile": b'FROM x\nSYSTEM """never closed\n',
    "none.modelfile": b"# nothing\n",
    "words.txt": b"hello",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_words_and_leaves_nothing(
    tmp_path: Path, paths, name: str
) -> None:
    (tmp_path / name).write_bytes(BAD[name])
    with pytest.raises(PersonaError) as told:
        bring(tmp_path / name, paths)
    assert len(str(told.value).split()) > 5
    assert "Traceback" not in str(told.value)
    assert len(str(told.value)) < 1000
    assert not paths.personas.exists() or not list(paths.personas.iterdir())


def test_what_is_no_file_is_not_waited_for(tmp_path: Path, paths) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    for path, told in ((tmp_path / "pipe.json", "regular"), (tmp_path / "no.json", "no file")):
        with pytest.raises(PersonaError, match=told):
            bring(path, paths)


def evil_card() -> bytes:
    texts = ("name", "description", "personality", "scenario", "first_mes", "mes_example",
             "creator_notes", "system_prompt", "post_history_instructions", "creator",
             "character_version", "nickname")  # fmt: skip
    entry = {"keys": [EVIL], "content": EVIL, "name": EVIL, "comment": EVIL, "enabled": True,
             "insertion_order": 1}  # fmt: skip
    data = dict.fromkeys(texts, EVIL) | {
        "alternate_greetings": [EVIL], "tags": [EVIL], "extensions": {EVIL: EVIL},
        "character_book": {"name": EVIL, "entries": [entry], "extensions": {}}, EVIL: EVIL,
    }  # fmt: skip
    text = json.dumps({"spec": "chara_card_v3", "spec_version": "3.0", "data": data})
    # Half of a character, which JSON can spell.
    return text.replace("[/foo]", "[/foo]\\ud800", 1).encode()


def test_escapes_and_markup_in_every_field_are_text(tmp_path: Path, paths) -> None:
    (tmp_path / "evil.json").write_bytes(evil_card())
    brought = bring(tmp_path / "evil.json", paths)
    assert brought.path.parent == paths.personas
    assert brought.id.isprintable()
    persona = read_persona(brought.path)
    assert isinstance(persona, Persona), persona
    assert persona.name == one_line(persona.name)
    assert persona.description == EVIL
    assert not any(ord(char) < 32 for line in brought.kept for char in line)
    made = compose(persona, (Turn(role="user", text="x"),), Scene())
    assert EVIL in made.turns[0].text
    for form in FORMATS:
        try:
            hand_out(persona, form)
        except PersonaError as error:
            assert form == "modelfile" and "cannot hold" in str(error)
    assert hand_out(persona, "v3").data == evil_card()


@pytest.mark.parametrize("kind", ["text", "number", "null", "list", "object", "truth"])
def test_wrong_types_in_every_field_are_listed_or_taken_for_nothing(
    tmp_path: Path, paths, kind: str
) -> None:
    value = {"text": "x", "number": 3, "null": None, "list": [1], "object": {"a": 1},
             "truth": True}[kind]  # fmt: skip
    card = json.loads(V3)
    for key in card["data"]:
        if key not in ("name", "character_book"):
            card["data"][key] = value
    for key in card["data"]["character_book"]["entries"][0]:
        card["data"]["character_book"]["entries"][0][key] = value
    card["data"]["character_book"]["entries"].append(value)
    (tmp_path / "typed.json").write_text(json.dumps(card))
    brought = bring(tmp_path / "typed.json", paths)
    persona = read_persona(brought.path)
    assert isinstance(persona, Persona), persona
    assert hand_out(persona, "v3").data == (tmp_path / "typed.json").read_bytes()
    if kind not in ("text", "null"):
        assert any("it is no text" in line for line in brought.kept)


def test_another_programs_table_of_ours_is_held_to_the_rules_of_a_file(
    tmp_path: Path, paths
) -> None:
    card = json.loads(V3)
    card["data"]["extensions"]["logitscope"] = {
        "chat_template": "{{ 'a' * 10**9 }}", "sampling": {"temperature": "hot"}, "stop": ["END"],
        "model": {"n_ctx": -1}, "lorebook": {}, "name": "x",
    }  # fmt: skip
    (tmp_path / "ours.json").write_text(json.dumps(card))
    brought = bring(tmp_path / "ours.json", paths)
    persona = read_persona(brought.path)
    assert isinstance(persona, Persona), persona
    assert (persona.stop, persona.chat_template, persona.sampling) == (("END",), "", {})
    assert persona.name == "Ada"
    for name in ("chat_template", "sampling", "model", "lorebook"):
        assert any(f"logitscope.{name}" in line for line in brought.kept)


def test_an_origin_cannot_lead_out_of_the_folder(tmp_path: Path, paths) -> None:
    for name in ("../../secret", "/etc/passwd", ".hidden", "a/b"):
        path = tmp_path / "x.toml"
        path.write_text(f'name = "x"\nsystem = "y"\n[origin]\nformat = "v2"\nfile = "{name}"\n')
        assert not isinstance(read_persona(path), Persona)


@pytest.mark.parametrize("name", ["..", "a/b", "CON", "x" * 65, ""])
def test_an_id_that_cannot_be_one_is_refused(tmp_path: Path, paths, name: str) -> None:
    (tmp_path / "two.json").write_bytes(V2)
    if name:
        with pytest.raises(UsageError, match="cannot be an id"):
            bring(tmp_path / "two.json", paths, name)
    else:
        assert bring(tmp_path / "two.json", paths, "Ada").id == "Ada"
        with pytest.raises(UsageError, match="already"):
            bring(tmp_path / "two.json", paths, "ADA")
