import json
import math

import msgspec
import pytest

from tui.core.samplers import DEFAULT_ORDER, PARAMS, STAGES
from tui.core.settings import (
    DEFAULTS,
    MAX_STAGES,
    PRESETS,
    Settings,
    check_value,
    parse_order,
    parse_sequence,
    preset,
)
from tui.core.values import apply_values


def test_every_parameter_is_a_field_with_the_default_of_the_table():
    for key, param in PARAMS.items():
        if param.kind != "texts":
            assert getattr(DEFAULTS, key) == param.default, key


def test_every_parameter_belongs_to_a_stage_or_to_the_whole_chain():
    owned = {key for stage in STAGES.values() for key in stage.params}
    assert set(PARAMS) - owned == {"min_keep"}


def test_defaults_and_neutral_values_are_in_range():
    for key, param in PARAMS.items():
        for value in (param.default, param.neutral, param.low, param.high):
            if param.kind in ("int", "float") and value is not None:
                assert check_value(key, value) is None, (key, value)


def test_values_are_applied_and_problems_collected_without_losing_the_good_ones():
    settings, problems = apply_values(
        DEFAULTS,
        {"temperature": 1.3, "top_k": 2.5, "min_p": 7, "temprature": 1, "mirostat": True},
    )
    assert settings.temperature == 1.3
    assert (settings.top_k, settings.min_p, settings.mirostat) == (40, 0.05, 0)
    assert [p.key for p in problems] == ["top_k", "min_p", "temprature", "mirostat"]
    assert problems[2].suggestion == "did you mean temperature?"


@pytest.mark.parametrize("bad", [math.nan, math.inf, 10**400, -(10**400), "x", None, True])
def test_a_value_that_is_no_finite_number_is_refused(bad):
    settings, problems = apply_values(DEFAULTS, {"top_p": bad})
    assert settings == DEFAULTS
    assert len(problems) == 1


def test_logit_bias_takes_the_forms_of_llama_server():
    pairs = [[5, 1.5], [7, False], ["yes", -2]]
    settings, problems = apply_values(DEFAULTS, {"logit_bias": pairs})
    assert not problems
    assert settings.logit_bias == ((5, 1.5), (7, -math.inf))
    assert settings.logit_bias_text == (("yes", -2.0),)
    assert settings.to_json()["logit_bias"] == [[5, 1.5], [7, False], ["yes", -2.0]]
    by_id, _ = apply_values(DEFAULTS, {"logit_bias": {"15": -100}})
    assert by_id.logit_bias == ((15, -100.0),)
    printed = [{"token": 5, "bias": None}, {"token": 6, "bias": 1.5}]
    banned, problems = apply_values(DEFAULTS, {"logit_bias": printed})
    assert (banned.logit_bias, problems) == (((5, -math.inf), (6, 1.5)), [])


@pytest.mark.parametrize("bad", [3, [[1]], [[1, "x"]], [[1, math.nan]], [[1, True]]])
def test_a_bias_of_another_form_is_a_problem(bad):
    settings, problems = apply_values(DEFAULTS, {"logit_bias": bad})
    assert settings.logit_bias == ()
    assert len(problems) == 1


def test_settings_survive_the_way_through_json():
    settings = DEFAULTS.changed(temperature=0.3, samplers=("top_k", "top_k", "temperature"),
                                logit_bias=((3, -math.inf),), off=("top_k",), ignore_eos=True)  # fmt: skip
    again, problems = apply_values(DEFAULTS, settings.to_json())
    assert not problems
    assert again == settings


def test_only_what_differs_from_llama_cpp_is_written():
    assert DEFAULTS.to_json() == {}
    assert Settings(top_k=3).to_json() == {"top_k": 3}
    assert DEFAULTS.difference(DEFAULTS.changed(temperature=1.3)) == {"temperature": 1.3}


def test_orders_are_read_in_every_spelling():
    names = parse_order("top-k;temp;Typical;tfs")
    assert names == (("top_k", "temperature", "typ_p", "tfs_z"), [])
    assert parse_sequence("kfypmt")[0] == (
        "top_k",
        "tfs_z",
        "typ_p",
        "top_p",
        "min_p",
        "temperature",
    )
    short = "topk;topp;MinP;topnsigma;typp;typicalp;adaptivep;nucleus;typ;temp"
    assert parse_order(short) == (
        ("top_k", "top_p", "min_p", "top_n_sigma", "typ_p", "typ_p", "adaptive_p", "top_p", "typ_p",
         "temperature"),
        [],
    )  # fmt: skip
    order, problems = parse_order("top_k;temprature")
    assert order == ("top_k",)
    assert problems[0].suggestion == "did you mean temperature?"
    assert parse_sequence("kq")[1][0].key == "sampler-seq"


def test_more_stages_than_a_record_can_hold_are_refused():
    assert parse_sequence("k" * MAX_STAGES)[1] == []
    for found, problems in (
        parse_sequence("k" * 300),
        parse_order("top_k;" * 300),
    ):
        assert len(found) == MAX_STAGES
        assert "300 stages are too many" in str(problems[0])
    made, problems = apply_values(DEFAULTS, {"samplers": ["temperature"] * 300})
    assert len(made.samplers) == MAX_STAGES
    assert "300 stages are too many" in str(problems[0])


def test_presets_change_only_what_they_name():
    assert preset("default") == DEFAULTS
    for name, (_, values) in PRESETS.items():
        assert preset(name).to_json() == {
            k: v for k, v in values.items() if v != getattr(DEFAULTS, k)
        }
    assert preset("default").samplers == DEFAULT_ORDER


def test_a_grammar_and_a_schema_put_each_other_out_but_not_in_one_place():
    schema, problems = apply_values(Settings(grammar="a"), {"json_schema": "{}"})
    assert (schema.grammar, schema.json_schema, problems) == ("", "{}", [])
    both, problems = apply_values(Settings(grammar="a"), {"json_schema": "{}", "grammar": "b"})
    assert both.grammar == "a"
    assert [problem.key for problem in problems] == ["json_schema"]


def test_a_grammar_can_be_off_and_stays_written():
    settings, problems = apply_values(Settings(grammar="a"), {"off": ["grammar"]})
    assert (settings.in_force, settings.grammar, problems) == (("", ""), "a", [])


def test_spellings_of_a_text_are_biased_apart_from_the_text():
    values = {"logit_bias_variants": [["yes", -2], ["no", False]]}
    settings, problems = apply_values(DEFAULTS, values)
    assert problems == []
    assert settings.logit_bias_variants == (("yes", -2.0), ("no", -math.inf))
    assert settings.to_json() == {"logit_bias_variants": [["yes", -2.0], ["no", False]]}
    assert apply_values(DEFAULTS, {"logit_bias_variants": [[5, 1]]})[1][0].message == "5 is no text"


@pytest.mark.parametrize(
    ("bad", "key"),
    [(5, "custom"), ({"a": 5}, "custom.a"), ({"a": {"b": "x"}}, "custom.a.b"),
     ({"a": {"b": math.nan}}, "custom.a.b"), ({"a": {"b": 10**400}}, "custom.a.b"), ({"a": {"b": True}}, "custom.a.b")],
)  # fmt: skip
def test_a_value_of_an_own_sampler_is_a_number(bad, key):
    settings, problems = apply_values(DEFAULTS, {"custom": bad})
    assert settings == DEFAULTS
    assert [problem.key for problem in problems] == [key]


def test_a_number_out_of_range_is_told_as_it_was_written():
    _, problems = apply_values(DEFAULTS, {"seed": 4294967296, "top_k": 16777217})
    assert [str(problem) for problem in problems] == [
        "seed: 4294967296 is out of range (it goes from -1 to 4294967295)",
        "top_k: 16777217 is out of range (it goes from 0 to 16777216)",
    ]


def test_a_file_may_say_off_as_llama_server_does() -> None:
    made, problems = apply_values(DEFAULTS, {"top_k": -1, "min_p": -0.5, "top_p": -(10**400)})
    assert (made.top_k, made.min_p, made.top_p) == (0, 0.0, 0.95)
    assert [problem.key for problem in problems] == ["top_p"]


def test_what_cannot_be_switched_off_is_told() -> None:
    made, problems = apply_values(
        Settings(), {"off": ["top-k", "logit_bias", "custom:x", "temperatur"]}
    )
    assert made.off == ("top_k", "logit_bias", "custom:x")
    assert [str(problem) for problem in problems] == [
        "off: no stage is called 'temperatur' (did you mean temperature?)"
    ]
    made, problems = apply_values(Settings(off=("xtc",)), {"off": "top_k"})
    assert "is not a list of stages" in str(problems[0])
    assert made.off == ("xtc",)


@pytest.mark.parametrize(
    "values",
    [
        {"logit_bias": {"²": 1, "--1": 2}},
        {"logit_bias": {"9" * 5000: 1}},
        {"logit_bias": [[1, 10**400], [10**30, 1], [True, 1]]},
        {"logit_bias": [[1, -(10**400)]]},
        {"logit_bias": [["\ud800", 1]]},
        {"logit_bias_variants": {"\ud800": 1}},
        {"dry_sequence_breakers": ["a", "\ud800"]},
        {"grammar": 'root ::= "\ud800"'},
        {"grammar": 10**5000},
        {"json_schema": "abc"},
        {"json_schema": '{"a":' * 100_000},
        {"top_k": 10**5000},
        {"samplers": [10**5000]},
        {"off": [10**5000]},
        {"custom": {"a": 10**5000}},
        {"custom": {"\ud800": {"x": 1}}},
    ],
)
def test_no_value_however_odd_is_more_than_a_problem(values):
    settings, problems = apply_values(DEFAULTS, values)
    for problem in problems:
        assert str(problem).encode() and len(str(problem)) < 400
    # What is left can be sent and written.
    assert json.dumps(settings.to_json(full=True)).encode()
    assert msgspec.msgpack.encode(settings)


@pytest.mark.parametrize(
    "key", ["off", "custom", "logit_bias", "grammar", "json_schema", "top_k", "samplers"]
)
@pytest.mark.parametrize("depth", [400, 5_000])
@pytest.mark.parametrize("around", [lambda value: [value], lambda value: {"a": value}])
def test_a_value_in_a_value_in_a_value_is_a_problem(key, depth, around):
    value = 1
    for _ in range(depth):
        value = around(value)
    settings, problems = apply_values(DEFAULTS, {key: value})
    if depth > 500:
        assert settings == DEFAULTS
        assert [problem.message for problem in problems] == ["it is nested too deeply"]
    assert json.dumps(settings.to_json(full=True))


def test_odd_biases_are_told_apart():
    settings, problems = apply_values(DEFAULTS, {"logit_bias": {"²": 1, "7": 2, "-3": -(10**400)}})
    assert settings.logit_bias == ((7, 2.0), (-3, -math.inf))
    assert settings.logit_bias_text == (("²", 1.0),)
    assert problems == []
    settings, problems = apply_values(DEFAULTS, {"logit_bias": [[10**30, 1], [5, 10**400]]})
    assert settings == DEFAULTS
    assert "is no token's id" in str(problems[0])
    assert "is not a bias" in str(problems[1])
