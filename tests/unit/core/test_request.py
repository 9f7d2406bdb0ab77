"""llama-server's JSON: what is written is read back, and what is not ours is told."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.plan import make_plan
from tui.core.request import lacking, read_request, request_of
from tui.core.samplers import DEFAULT_ORDER, PARAMS
from tui.core.settings import DEFAULTS, Settings
from tui.core.values import apply_values


def through(settings: Settings) -> Settings:
    """Written, sent as text, read."""
    values, unused, problems = read_request(json.loads(json.dumps(request_of(settings))))
    made, more = apply_values(DEFAULTS, values)
    assert (unused, problems, more) == ((), [], [])
    return made


NUMBERS = {
    key: st.integers(int(param.minimum), int(param.maximum))
    if param.kind == "int"
    else st.floats(float(param.minimum), float(param.maximum))
    for key, param in PARAMS.items()
    if param.minimum is not None and param.maximum is not None and key != "seed"
}


@given(
    st.fixed_dictionaries({}, optional=NUMBERS),
    st.lists(st.sampled_from([*DEFAULT_ORDER, "adaptive_p", "custom:mine"]), max_size=8),
    st.integers(-1, (1 << 32) - 2),
)
def test_settings_come_back(numbers: dict[str, Any], order: list[str], seed: int) -> None:
    settings = DEFAULTS.changed(**numbers, samplers=tuple(order), seed=seed)
    made = through(settings)
    for key in NUMBERS:
        # A number that is a float32 to the last digit is read as its shortest spelling.
        assert getattr(made, key) == pytest.approx(getattr(settings, key), rel=1e-7, abs=1e-44)
    assert made.changed(**numbers) == settings


def test_everything_that_is_no_number_comes_back() -> None:
    settings = DEFAULTS.changed(
        logit_bias=((5, -math.inf), (6, 1.5)), logit_bias_text=(("yes", -100.0),),
        logit_bias_variants=(("no", -math.inf),), ignore_eos=True,
        json_schema='{"type": "integer"}', dry_sequence_breakers=("a", "\n"),
        custom={"mine": {"a": 0.5}}, samplers=("custom:mine", "top_k", "top_k"),
    )  # fmt: skip
    assert through(settings) == settings
    grammar = DEFAULTS.changed(grammar='root ::= "a"')
    assert through(grammar) == grammar


def test_a_schema_stands_alone_and_as_an_object() -> None:
    request = request_of(Settings(json_schema='{"type": "integer"}'))
    assert request["json_schema"] == {"type": "integer"}
    assert "grammar" not in request


def test_what_is_off_is_left_out() -> None:
    settings = Settings(off=("top_k", "logit_bias"), logit_bias=((1, 2.0),), ignore_eos=True)
    request = request_of(settings)
    assert "top_k" not in request["samplers"]
    assert (request["logit_bias"], request["ignore_eos"]) == ([], False)
    assert make_plan(through(settings)).names == make_plan(settings).names


def test_a_grammar_that_is_off_is_left_out() -> None:
    off = ("grammar",)
    assert "grammar" not in request_of(Settings(grammar='root ::= "a"', off=off))
    assert "json_schema" not in request_of(Settings(json_schema="{}", off=off))


def test_what_llama_server_lacks_is_named() -> None:
    assert lacking(DEFAULTS) == ()
    assert lacking(Settings(samplers=("tfs_z", "custom:mine", "greedy"), tfs_z=0.5)) == (
        "tfs_z", "custom:mine", "greedy",
    )  # fmt: skip
    assert lacking(Settings(samplers=("tfs_z",))) == ()
    assert lacking(Settings(logit_bias_variants=(("a", 1.0),))) == ("logit_bias_variants",)


@pytest.mark.parametrize(
    ("printed", "written"),
    [(0.949999988079071, 0.95), (0.949999988079071044921875, 0.95), (0.94999, 0.94999)],
)
def test_a_number_that_was_printed_with_more_digits_than_it_has(
    printed: float, written: float
) -> None:
    assert read_request({"top_p": printed})[0] == {"top_p": written}


def test_props_are_read_as_a_person_would_have_written_them() -> None:
    params = {
        "seed": 4294967295, "temperature": 0.800000011920929, "top_p": 0.949999988079071,
        "min_p": 0.05000000074505806, "samplers": ["top_k", "typ_p", "temperature"],
        "logit_bias": [{"bias": 1.5, "token": 7}], "grammar": "", "stream": True, "n_predict": -1,
    }  # fmt: skip
    values, unused, problems = read_request({"default_generation_settings": {"params": params}})
    made, more = apply_values(DEFAULTS, values)
    assert problems + more == []
    assert unused == ("stream", "n_predict")
    assert made == Settings(samplers=("top_k", "typ_p", "temperature"), logit_bias=((7, 1.5),))


def test_an_order_in_letters() -> None:
    values, _, problems = read_request({"samplers": "kfq"})
    assert values["samplers"] == ["top_k", "tfs_z"]
    assert problems[0].message == "no sampler has the letter 'q'"


def test_no_breakers_survive_the_way_to_a_server_that_refuses_an_empty_list() -> None:
    settings = DEFAULTS.changed(dry_multiplier=1.0, dry_sequence_breakers=())
    request = request_of(settings)
    assert request["dry_sequence_breakers"] == [""]
    values, _, problems = read_request(request)
    assert problems == []
    assert apply_values(DEFAULTS, values)[0] == settings


def test_the_last_seed_is_sent_as_what_it_draws_with() -> None:
    assert request_of(DEFAULTS.changed(seed=4294967295))["seed"] == 4294967294


@pytest.mark.parametrize(
    ("order", "stages"),
    [
        ("temp", ("temperature", "penalties", "min_p", "top_p")),
        ("top_k", ("top_k",)),
        ("top_k;temp", ("top_k", "temperature")),
        ("kt", ("top_k", "temperature")),
    ],
)
def test_an_order_that_is_all_letters_is_read_as_letters(
    order: str, stages: tuple[str, ...]
) -> None:
    settings = apply_values(DEFAULTS, read_request({"samplers": order})[0])[0]
    assert settings.samplers == stages
