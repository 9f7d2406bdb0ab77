"""What a JSON schema lets through is JSON, and what it cannot keep is told."""

import json

import pytest

from tests.engine.sampling.conftest import Words
from tests.engine.sampling.logit_rows import make_rows
from tui.core.errors import UsageError
from tui.core.settings import Settings
from tui.sampling.chain import Chain


def reply(words: Words, settings: Settings, seed: int) -> str:
    rows = make_rows(words.vocab.n_vocab, 7, seed=seed)
    chain, text = Chain(words.vocab, settings, seed, []), b""
    for i in range(400):
        draw = chain.sample(rows[i % 7], record=False)
        if draw.token in words.vocab.eog:
            break
        chain.accept(draw.token)
        text += words.piece(draw.token)
    else:
        pytest.fail(f"no end: {text!r}")
    chain.close()
    return text.decode("utf-8", "replace")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 6, "maxLength": 12},
        {
            "type": "array",
            "items": {"type": "string", "maxLength": 5},
            "minItems": 2,
            "maxItems": 3,
        },
        {"type": "string", "pattern": "^.....$"},
        {"type": "string", "pattern": "^[^a-z][^0-9][^.]?[^]$"},
    ],
    ids=["string", "strings in a list", "any character", "all but some characters"],
)
def test_a_reply_is_json_even_where_newlines_are_favoured(words: Words, schema: dict) -> None:
    raw = [t for t in range(words.vocab.n_vocab)
           if any(byte < 0x20 or byte in b'"\\' for byte in words.piece(t))]  # fmt: skip
    assert any(b"\n" in words.piece(token) for token in raw)
    settings = Settings(
        json_schema=json.dumps(schema), top_k=0, min_p=0.0, top_p=1.0,
        logit_bias=tuple((token, 6.0) for token in raw),
    )  # fmt: skip
    for seed in range(4):
        json.loads(reply(words, settings, seed))


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("[1,2]", "The schema is a list; a schema is an object, or true."),
        ('"abc"', "The schema is a text; a schema is an object, or true."),
        ("null", "The schema is null"),
        ("false", "allows nothing"),
        ('{"properties": {"a": 3}}', "/properties/a is a number"),
        ('{"type": "strin"}', "'strin' is no type"),
        ('{"type": "string", "maxLength": 5000}', "from 0 to 1000"),
        ('{"items": {}, "minItems": 1e99}', "no count"),
        ('{"items": {}, "minItems": 3, "maxItems": 2}', "minItems is above maxItems"),
        ('{"type": "string", "pattern": "^a{999999999}$"}', "repeats more than"),
        ('{"enum": 3}', "enum is a number"),
        ("{", "Expecting"),
        ("[" * 100_000, "recursion"),
        ("1" * 300_000, "longer"),
    ],
)
def test_what_is_no_schema_is_told_in_words(words: Words, schema: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        Chain(words.vocab, Settings(json_schema=schema), 1, [])
    assert said in caught.value.why


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (
            {
                "properties": {"a": {"type": "integer", "minimum": 3, "maximum": 9}},
                "minProperties": 1,
            },
            "minProperties (the whole), minimum (/properties/a), maximum (/properties/a)",
        ),
        ({"type": "string", "format": "email"}, "format (the whole)"),
        ({"type": "string", "pattern": "^a$", "minLength": 3}, "minLength (the whole)"),
        (
            {"$ref": "#/$defs/n", "$defs": {"n": {"type": "number", "multipleOf": 2}}},
            "multipleOf (/$defs/n)",
        ),
    ],
)
def test_what_the_grammar_does_not_keep_is_warned_of(words: Words, schema: dict, told: str) -> None:
    chain = Chain(words.vocab, Settings(json_schema=json.dumps(schema)), 1, [])
    chain.close()
    assert chain.warnings == [f"JSON schema: the grammar does not keep {told}"]


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {"title": "x", "type": "object", "properties": {"a": True, "description": {"type": "null"}},
         "required": ["a"], "additionalProperties": False},
        {"type": "array", "items": {"enum": [1, {"minimum": 2}]}, "minItems": 1},
        {"type": "string", "format": "date"},
        {"anyOf": [{"type": "null"}, {"const": 3}]},
    ],
)  # fmt: skip
def test_a_schema_that_is_kept_whole_warns_of_nothing(words: Words, schema: object) -> None:
    chain = Chain(words.vocab, Settings(json_schema=json.dumps(schema)), 1, [])
    chain.close()
    assert chain.warnings == []


def test_a_count_that_llama_cpp_does_not_count_is_told(words: Words) -> None:
    chain = Chain(words.vocab, Settings(grammar='root ::= "a"{1,2001}'), 1, [])
    chain.close()
    assert chain.warnings == [
        "grammar: {1,2001} counts as no limit: more than 2000 repetitions are not counted"
    ]
