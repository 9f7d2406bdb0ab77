"""What the guide shows is true."""

import re
import tomllib
from pathlib import Path

from tui.core.persona import DEMO_TAG, Persona
from tui.store.persona import list_personas, parse_persona

GUIDE = (Path(__file__).parents[3] / "docs/guide/personas.md").read_text(encoding="utf-8")


def test_every_piece_of_a_file_is_one() -> None:
    blocks = [
        re.sub(r"^    ", "", block, flags=re.MULTILINE)
        for block in re.findall(r"(?:^    .*\n|(?<=\n)\n(?=    ))+", GUIDE, re.MULTILINE)
    ]
    files = [block for block in blocks if "logitscope" not in block and " = " in block]
    assert len(files) == 4
    for text in files:
        needed = "" if "system =" in text else 'name = "x"\nsystem = "y"\n'
        found = parse_persona(needed + text, Path("guide.toml"))
        assert isinstance(found, Persona), found
        assert tomllib.loads(text)


def test_the_table_names_every_persona_with_its_tags() -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \| ([^|]+) \|", GUIDE, re.MULTILINE))
    shipped = {p.id: p for p in list_personas(Path("/nowhere"))}
    assert rows == {name: ", ".join(persona.tags) for name, persona in shipped.items()}
    assert any(DEMO_TAG in tags for tags in rows.values())
