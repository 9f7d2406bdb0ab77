"""What a JSON schema lets through is what llama.cpp's grammar does; what it cannot keep is told."""

import json
from collections.abc import Callable

import pytest

from tests.engine.sampling.conftest import Words
from tests.engine.sampling.logit_rows import make_rows
from tui.core.errors import UsageError
from tui.core.settings import Settings
from tui.sampling.chain import Chain
from tui.sampling.grammar import Grammar
from tui.sampling.schema import schema_grammar


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
        {"type": "object", "maxProperties": 2},
    ],
    ids=["string", "strings in a list", "anything"],
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


def accepts(words: Words, schema: object, text: str) -> bool:
    grammar = Grammar(words.vocab.handle, schema_grammar(json.dumps(schema))[0])
    try:
        for token in words.ids(text):
            if not grammar.allows(token):
                return False
            grammar.accept(token)
        return grammar.allows(words.vocab.eog[0])
    finally:
        grammar.close()


TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {"v": {"type": "boolean"}, "next": {"$ref": "#/$defs/node"}},
            "required": ["v"],
        }
    },
}

LANGUAGE: list[tuple[object, list[str], list[str]]] = [
    # White space: none, one space, or one or two line ends with at most 20 blanks.
    (
        {"properties": {"a": {"type": "null"}}},
        ["{}", "{ }", '{"a":null}', '{ "a" : null }', '{\n\n \t"a":\nnull\n}'],
        ['{  "a":null}', '{\n\n\n"a":null}', '{\n' + " " * 22 + "}", '{"b":null}', '{"a":null} ', " {}"],
    ),
    # Properties in the order given; only those that are not required may be missing.
    (
        {"properties": {n: {"const": 1} for n in "abc"}, "required": ["c"]},
        ['{"c":1}', '{"c":1,"a":1}', '{"c":1, "a":1, "b":1}'],
        ["{}", '{"a":1,"c":1}', '{"c":1,"b":1,"a":1}', '{"c":1,}'],
    ),
    # Others come last; what begins a given name is none.
    (
        {"properties": {"ab": {"const": 1}}, "additionalProperties": {"type": "null"}},
        ["{}", '{"ab":1}', '{"ab":1,"x":null,"y":null}', '{"abc":null}', '{"ac":null}', '{"":null}'],
        ['{"ab":null}', '{"x":1}', '{"x":null,"ab":1}', '{"a":null}', '{"x" :null}'],
    ),
    ({"type": "object"}, ["{}", '{"x":[1,{"y":"z"}]}'], ["[]", '{"x"}']),
    ({"properties": {}, "additionalProperties": False}, ["{ }"], ['{"a":1}', "{  }"]),
    (TREE, ['{"v":true}', '{"v":true,"next":{"v":false}}'], ['{"next":{"v":true}}', '{"v":1}']),
    ({"properties": {"a": {"$ref": "#"}}}, ['{"a":{"a":{}}}'], ['{"a":1}']),
    ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"const": 1}}}, ["1"], ["2"]),
    ({"items": {"type": "null"}}, ["[]", "[null]", "[null,\nnull]"], ["[null ,null]", "[1]"]),
    ({"items": {}, "minItems": 2, "maxItems": 3}, ["[1,2]", "[1,[],3]"], ["[1]", "[1,2,3,4]"]),
    ({"items": {"const": 1}, "maxItems": 0}, ["[]", "[  ]"], ["[1]"]),
    ({"prefixItems": [{"const": 1}, {"type": "null"}]}, ["[1,null]"], ["[1]", "[1,null,1]"]),
    ({"type": "string"}, ['""', r'"a\u00e9\n"', '"é"'], ['"\n"', '"\x7f"', r'"\a"', r'"\/"', "a"]),
    ({"minLength": 2, "maxLength": 3}, ['"ab"', r'"a\"c"'], ['"a"', '"abcd"']),
    ({"minLength": 1}, ['"a"', '"' + "a" * 50 + '"'], ['""']),
    ({"type": "string", "format": "date"}, ['"2026-11-28"'], ['"2026-13-28"', '"2026-11-32"', '""']),
    (
        {"format": "date-time"},
        ['"2026-11-28T23:59:59Z"', '"2026-11-28T00:00:00.123+02:00"'],
        ['"2026-11-28"', '"2026-11-28T24:00:00Z"', '"2026-11-28T00:00:00"'],
    ),
    ({"format": "time"}, ['"23:59:59Z"'], ['"23:59:60Z"']),
    ({"format": "uuid4"}, ['"01234567-89ab-cdef-ABCD-0123456789ab"'], ['"01234567"']),
    ({"type": "number"}, ["-0.5e+10", "0", "1E5", "1" * 16], ["01", "1.", ".5", "1" * 17]),
    ({"type": "integer"}, ["-0", "12"], ["1.0", "1e5", "00"]),
    ({"type": "integer", "minimum": 7, "maximum": 123}, ["7", "99", "123"], ["6", "124", "07", "-7"]),
    ({"type": "integer", "minimum": -12, "maximum": 3}, ["-12", "-0", "3"], ["-13", "4"]),
    ({"type": "integer", "minimum": -20, "maximum": -9}, ["-20", "-9"], ["-8", "-21", "9"]),
    ({"type": "integer", "minimum": 42}, ["42", "50", "100", "4" * 16], ["41", "9", "-50", "4" * 17]),
    ({"type": "integer", "minimum": -42}, ["-42", "0", "7", "-0"], ["-43"]),
    ({"type": "integer", "maximum": 42}, ["42", "0", "-1", "-99"], ["43", "-0"]),
    ({"type": "integer", "exclusiveMinimum": 2.5, "maximum": 4.9}, ["3", "4"], ["2", "5"]),
    ({"type": "integer", "exclusiveMinimum": 2, "exclusiveMaximum": 4}, ["3"], ["2", "4"]),
    # llama.cpp compares what stands behind the first digit without its zeros.
    ({"type": "integer", "minimum": 110}, ["110", "999", "1100"], ["109", "1050"]),
    ({"type": "integer", "maximum": -25}, ["-25", "-99", "-012"], ["-24", "-2", "25"]),
    ({"type": "integer", "minimum": 0, "maximum": 2**63 - 1}, ["0", "9" * 16], ["9" * 17, "-1"]),
    ({"type": "integer", "minimum": -(2**63)}, ["-" + "9" * 16, "0"], ["1.0"]),
    ({"type": "integer", "minimum": 1060, "maximum": 1169}, ["1060", "1099", "1169"], ["1059", "1170"]),
    ({"type": "integer", "minimum": 105}, ["105", "15", "1000"], ["14", "99", "5"]),
    ({"const": {"a": [1, 2.5], "é": "\n"}}, ['{"a":[1,2.5],"é":"\\n"}'], ['{"a": [1,2.5]}']),
    ({"enum": [1e15, 1.5e15, 1e-5, 1e100, 2**64]}, ["1e+15", "1.5e+15", "1e-05", "1e+100"], ["1e15"]),
    ({"enum": [4327670679050533.5, -1234567890123456.0]}, ["4.3276706790505335e+15",
      "-1.234567890123456e+15"], ["4327670679050533.5"]),
    ({"properties": {"a": {"const": 1}}, "required": True}, ["{}", '{"a":1}'], []),
    ({"enum": [1.0, -0.0, 100000.0, 2**63]}, ["1.0", "-0.0", "100000.0", str(2**63)], ["1", "0"]),
    ({"type": ["null", "boolean"]}, ["null", "true"], ["1"]),
    ({"oneOf": [{"const": 1}, {"type": "string"}], "const": 2}, ["1", '"x"'], ["2"]),
    ({"allOf": [{"enum": [1, 2, 3]}, {"enum": [2, 3, 4]}]}, ["2", "3"], ["1", "4"]),
    (
        {"allOf": [
            {"properties": {"a": {"const": 1}}},
            {"anyOf": [{"properties": {"b": {"const": 2}}}, {"properties": {"c": {"const": 3}}}]},
        ]},
        ['{"a":1}', '{"a":1,"b":2,"c":3}'],
        ["{}", '{"b":2}', '{"a":1,"d":4}'],
    ),
    ({"pattern": "^ab*c?$"}, ['"a"', '"abbc"'], ['"ac"x', '"bc"', '""']),
    ({"pattern": "^(?:ab|c){2}[0-9]{1,2}$"}, ['"abc1"', '"cc12"'], ['"ab1"', '"cc123"']),
    ({"pattern": r"^\$[^a]\"$"}, ['"$b""', '"$"""'], ['"$a""']),
    # A sign behind an escape is of the whole text before it.
    ({"pattern": r"^ab\.*$"}, ['""', '"ab.ab."'], ['"ab.."']),
    ({"pattern": "^a.c$"}, ['"abc"', '"a"c"', '"a\tc"'], ['"a\nc"', '"ac"']),
    ({"pattern": r"^\d+$"}, ['"anything"'], ['5']),
    ({"pattern": "abc"}, ['"anything"'], ['5']),
    ({}, ["1", '{"a":[]}', "null"], ["nul", "1 "]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "yes", "no"), LANGUAGE, ids=[json.dumps(schema)[:60] for schema, _, _ in LANGUAGE]
)
def test_the_language_is_that_of_llama_cpp(
    words: Words, schema: object, yes: list[str], no: list[str]
) -> None:
    said = {text: accepts(words, schema, text) for text in yes + no}
    assert said == dict.fromkeys(yes, True) | dict.fromkeys(no, False)


def doubling(depth: int) -> dict:
    inside = doubling(depth - 1) if depth else {"const": 1}
    return {"type": ["object", "string"], "allOf": [{"properties": {f"p{depth}": inside}}]}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ('{"type": "integer", "minimum": 3, "maximum": 2}', "3 to 2 holds no number"),
        ('{"type": "integer", "minimum": 1e16}', "too large"),
        ('{"type": "integer", "minimum": true}', "minimum is true or false"),
        ('{"$ref": "https://a.b/c"}', "points out of the schema"),
        ('{"$ref": "#/$defs/x"}', "points to nothing"),
        ('{"$ref": "#"}', "left recursion"),
        ('{"pattern": "^(a$"}', "a bracket is not closed"),
        ('{"pattern": "^a)$"}', "a bracket is closed that was not opened"),
        ('{"pattern": "^[a$"}', "a class is not closed"),
        ('{"pattern": "^*$"}', "nothing stands before *"),
        ('{"pattern": "^a|{2}$"}', "nothing stands before {"),
        ('{"pattern": "^a\\\\$"}', "ends with a backslash"),
        ('{"pattern": "^a{3,2}$"}', "{3,2} is no count"),
        ('{"pattern": 3}', "The schema: pattern is a number"),
        ('{"type": "string", "format": []}', "The schema: format is a list"),
        ('{"properties": []}', "properties is a list"),
        ('{"items": 3}', "/items is a number"),
        ('{"additionalProperties": {"type": "x"}}', "/additionalProperties: 'x' is no type"),
        ('{"additionalProperties": 3}', "additionalProperties is a number"),
        ('{"allOf": [3]}', "/allOf/0 is a number"),
        ('{"allOf": [{"properties": {"a": 3}}]}', "/allOf/0/properties/a is a number"),
        ('{"enum": []}', "enum is an empty list"),
        ('{"minLength": "3"}', 'minLength is "3", which is no count'),
        ('{"minLength": null}', "minLength is null, which is no count"),
        ('{"type": "integer", "minimum": 1e19}', "beyond 64 bits"),
        ('{"$ref": "#/$defs/a/9", "$defs": {"a": [1]}}', "points to nothing"),
        (json.dumps(doubling(16)), "more than 50000 things"),
        (json.dumps({"enum": ["\\" * 60_000, "\\" * 60_001]}), "longer than"),
        ('{"const": 1e999}', "too large"),
        ('{"const": NaN}', "no number of JSON"),
        ('{"const": "\\ud800"}', "surrogate"),
        ("[1,2]", "The schema is a list; a schema is an object, or true."),
        ('"abc"', "The schema is a text; a schema is an object, or true."),
        ("null", "The schema is null"),
        ("false", "allows nothing"),
        ('{"properties": {"a": 3}}', "/properties/a is a number"),
        ('{"type": "strin"}', "'strin' is no type"),
        ('{"type": "string", "minLength": 5000}', "counts to 2000"),
        ('{"items": {}, "minItems": 1e99}', "no count"),
        ('{"items": {}, "minItems": 3, "maxItems": 2}', "minItems is above maxItems"),
        ('{"type": "string", "pattern": "^a{999999999}$"}', "more than 2000"),
        ('{"enum": 3}', "enum is a number"),
        ("{", "Expecting"),
        ("[" * 100_000, "nested too deeply"),
        ("1" * 300_000, "longer"),
    ],
)
def test_what_is_no_schema_is_told_in_words(words: Words, schema: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        Chain(words.vocab, Settings(json_schema=schema), 1, [])
    assert said in caught.value.why


def deep(make: Callable[[object], object], depth: int) -> str:
    inside: object = 1
    for _ in range(depth):
        inside = make(inside)
    return json.dumps(inside)


@pytest.mark.parametrize(
    "schema",
    [
        deep(lambda inside: {"type": "object", "properties": {"a": inside}}, 260),
        deep(lambda inside: {"anyOf": [inside]}, 400),
        deep(lambda inside: {"allOf": [inside]}, 200),
        '{"const": ' + "[" * 900 + "]" * 900 + "}",
        '{"type": ' + "[" * 900 + '"null"' + "]" * 900 + "}",
        json.dumps({"type": ["string"] * 8000, "enum": list(range(8000))}),
        json.dumps({"type": ["null"] * 8000} | {f"x{n}": 1 for n in range(8000)}),
        json.dumps({"type": ["string", "null"] * 4000, "pattern": f"^{'a-' * 60_000}$"}),
        json.dumps({"allOf": [{"$ref": "#/d"}] * 6000,
                    "d": {"properties": {f"p{n}": {} for n in range(8000)}}}),
        json.dumps({"allOf": [{"$ref": "#/d"}] * 6000, "d": {"enum": list(range(8000))}}),
        json.dumps({"allOf": [{"$ref": "#/0"}] * 3000}
                   | {str(n): {"$ref": f"#/{n + 1}"} for n in range(3000)}),
        json.dumps({"properties": {chr(0x4E00 + n): {"const": n} for n in range(9000)}},
                   ensure_ascii=False),
        json.dumps({"pattern": f"^{''.join(f'[{chr(0x4E00 + n)}-鿿]' for n in range(20_000))}$"},
                   ensure_ascii=False),
        r'{"pattern": "^[\\UFFFFFFFF]$"}',
        r'{"pattern": "^\\UFFFFFFFF$"}',
        json.dumps({"enum": [["a" * 9] * 20_000] * 1}),
    ],
    ids=lambda schema: schema[:50],
)  # fmt: skip
def test_a_hostile_schema_ends_as_a_grammar_or_in_words(schema: str) -> None:
    try:
        grammar, _ = schema_grammar(schema)
    except UsageError as error:
        assert error.why
    else:
        assert len(grammar) < 1 << 19


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (
            {"properties": {"a": {"type": "number", "minimum": 3}}, "minProperties": 1},
            "minProperties (the whole), minimum (/properties/a)",
        ),
        ({"properties": {"a": {}}, "required": ["b"]}, "required (the whole)"),
        ({"properties": {"a": {}}, "required": True}, "required (the whole)"),
        ({"type": "integer", "minimum": 105}, "minimum exactly (the whole)"),
        ({"type": "integer", "minimum": 110}, "minimum exactly (the whole)"),
        ({"type": "integer", "exclusiveMaximum": -4}, "exclusiveMaximum exactly (the whole)"),
        ({"type": ["integer", "number"], "minimum": 1}, "minimum (the whole)"),
        (
            {"allOf": [{"not": {}}, {"properties": {"a": {"minimum": 1}}, "minProperties": 1}]},
            "not (/allOf/0), minProperties (/allOf/1), minimum (/allOf/1/properties/a)",
        ),
        (
            {"allOf": [{"anyOf": [{"properties": {"a": {}}}, {"const": 1}], "not": {}}]},
            "not (/allOf/0), const (/allOf/0)",
        ),
        (
            {"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#/$defs/a"}}},
            "$ref (/allOf/0)",
        ),
        ({"pattern": "a"}, "pattern (the whole: it does not begin with ^ and end with $)"),
        ({"pattern": "^(?=a)$"}, "pattern (the whole: a group begins with (?)"),
        ({"pattern": "^a^b$"}, "pattern (the whole: ^ stands within)"),
        ({"pattern": "^a{1,2,3}$"}, "pattern (the whole: {1,2,3} is no count)"),
        ({"pattern": "^a{x}$"}, "pattern (the whole: x is no count)"),
        ({"pattern": "^a{1$"}, "pattern (the whole: a { is not closed)"),
        ({"pattern": "^]$"}, "pattern (the whole: ] stands alone)"),
        (
            {"pattern": "^" + "(" * 101 + "a" + ")" * 101 + "$"},
            "pattern (the whole: more than 100 groups stand inside one another)",
        ),
        ({"pattern": r"^\d$"}, r"pattern (the whole: \d has no counterpart)"),
        (
            {"pattern": "^a.$"},
            "the escapes of a text (the whole: its pattern allows quotation marks, backslashes or "
            "control characters)",
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
        {"type": ["string", "null", "integer"], "minLength": 3, "minimum": 4},
        {"type": "integer", "maximum": -15},
        {"pattern": "^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+$"},
        {"pattern": r'^[^"\\\x00-\x1F]{1,9}$'},
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
