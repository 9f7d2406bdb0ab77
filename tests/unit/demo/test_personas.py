"""The files of the personas that the model speaks, and the corpus that reads them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tui.core.persona import DEMO_TAG
from tui.demo import MODEL_PATH
from tui.demo.personas import FOLDER, load

NAMES = ("js-console", "music-bot", "croupier", "storyteller", "phrasebook", "narrator")
KNOWN = {
    "temperature", "top_k", "top_p", "min_p", "typical_p", "repeat_penalty", "seed",
    "dry_multiplier", "dry_allowed_length",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_persona_file_has_what_the_schema_asks(name: str) -> None:
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# schema: docs/reference/personas.md"
    data = tomllib.loads(text)
    # The model learnt the system prompt alone: a key that joins the prompt would change it.
    assert set(data) <= {
        "name", "system", "greetings", "sampling", "samplers", "stop", "tags", "creator_notes",
    }  # fmt: skip
    assert DEMO_TAG in data["tags"]
    assert data["name"]
    assert data["system"]
    assert data["greetings"]
    assert set(data["sampling"]) <= KNOWN
    # A greeting shows two things to try, joined by "or".
    assert all(" or " in greeting for greeting in data["greetings"])


@pytest.mark.parametrize("name", NAMES)
def test_the_corpus_reads_the_same_prompt(name: str) -> None:
    data = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    assert load(name).system == data["system"]
    assert load(name).greetings == tuple(data["greetings"])


def test_the_shipped_model_is_a_small_gguf() -> None:
    assert Path(MODEL_PATH).resolve() == MODEL_PATH
    with MODEL_PATH.open("rb") as file:
        assert file.read(4) == b"GGUF"
    assert MODEL_PATH.stat().st_size <= 8_000_000
