import pytest

from tui.core.own_sampler import OwnSampler, Parameter
from tui.core.plan import chain_line, ignored, make_plan
from tui.core.settings import Settings, preset


def reasons(settings: Settings) -> dict[str, str]:
    return {stage.name: stage.reason for stage in make_plan(settings).stages}


def test_a_neutral_preset_leaves_only_the_draw():
    assert make_plan(preset("neutral")).names == ("dist",)


def test_stages_run_in_the_order_that_was_asked_for_and_may_stand_twice():
    plan = make_plan(Settings(samplers=("temperature", "top_k", "top_k")))
    assert plan.names == ("temperature", "top_k", "top_k", "dist")


def test_mirostat_replaces_all_but_the_bias_and_the_temperature():
    settings = Settings(mirostat=2, repeat_penalty=1.3, logit_bias=((1, 1.0),))
    assert make_plan(settings).names == ("logit_bias", "temperature", "mirostat")
    assert reasons(settings)["top_k"] == "mirostat replaces the chain"


def test_a_stage_says_why_it_has_no_effect():
    assert reasons(Settings(off=("top_k",)))["top_k"] == "off"
    assert reasons(Settings())["penalties"] == "neutral"
    assert (
        reasons(Settings(repeat_penalty=1.2, repeat_last_n=0))["penalties"]
        == "the window is 0 tokens"
    )
    assert reasons(Settings(xtc_probability=0.5, xtc_threshold=0.6))["xtc"] == "threshold above 0.5"


@pytest.mark.parametrize("name", ["adaptive_p", "greedy"])
def test_a_draw_named_anywhere_replaces_dist(name):
    plan = make_plan(Settings(samplers=("top_k", name, "min_p")))
    assert plan.names == ("top_k", "min_p", name)


def test_dynamic_temperature_is_no_neutral_temperature():
    assert "temperature" in make_plan(Settings(temperature=1.0, dynatemp_range=0.5)).active


def test_the_chain_prints_itself_on_one_line():
    line = chain_line(Settings(seed=1, mirostat=1))
    assert line == "logits → temperature 0.8 → mirostat 1 5 0.1"


@pytest.mark.parametrize(
    ("values", "notes"),
    [
        ({}, ()),
        ({"mirostat": 1}, ("mirostat 1 replaces the chain: no effect of top-k, top-p, min-p",)),
        ({"mirostat": 2, "top_k": 0, "top_p": 1.0, "min_p": 0.0}, ()),
        ({"mirostat": 2, "samplers": ("adaptive_p", "temperature"), "dynatemp_range": 0.5},
         ("mirostat 2 replaces the chain: no effect of adaptive-p, dynamic temperature",)),
        ({"mirostat": 2, "samplers": ("temperature",), "adaptive_target": 0.5},
         ("mirostat 2 replaces the chain: no effect of adaptive-p",)),
        ({"adaptive_target": 0.5}, ("adaptive-p is not in the chain: no effect of its target",)),
        ({"samplers": ("greedy", "adaptive_p")},
         ("adaptive-p takes the token: no effect of greedy",)),
        ({"xtc_probability": 0.5, "xtc_threshold": 0.6},
         ("XTC's threshold 0.6 is above 0.5: no effect of XTC",)),
        ({"xtc_probability": 0.5, "xtc_threshold": 0.6, "off": ("xtc",)}, ()),
        ({"dry_multiplier": 0.8, "dry_base": 0.5},
         ("DRY's base 0.5 is below 1: no effect of DRY",)),
        ({"samplers": ("temperature",), "top_k": 20, "xtc_probability": 0.5},
         ("top-k is not in the chain: no effect", "XTC is not in the chain: no effect of its chance")),
        ({"samplers": ("top_k",), "temperature": 0.5, "dynatemp_range": 0.2},
         ("temperature is not in the chain: no effect of its temperature, dynamic range",)),
        ({"samplers": ("temperature",), "off": ("top_k",), "top_k": 20, "xtc_threshold": 0.3}, ()),
    ],
)  # fmt: skip
def test_what_is_ignored_is_told(values, notes):
    assert ignored(Settings(**values)) == notes


def test_a_sampler_of_ones_own_at_its_neutral_values_is_no_part_of_the_chain():
    mine = OwnSampler("mine", lambda ids, logits, values: logits, [Parameter("a", maximum=2.0)])
    settings = Settings(samplers=("custom:mine", "top_k"))
    own = {"mine": mine}
    assert make_plan(settings, own).names == ("top_k", "dist")
    assert make_plan(settings, own).stages[1].reason == "neutral"
    pushed = settings.changed(custom={"mine": {"a": 1.0}})
    assert make_plan(pushed, own).names == ("custom:mine", "top_k", "dist")
    assert make_plan(settings).names == ("custom:mine", "top_k", "dist")


def test_the_line_has_own_values_and_the_grammar():
    settings = Settings(
        samplers=("custom:top-a",), custom={"top-a": {"a": 0.3}}, grammar='root ::= "a"', seed=1
    )
    assert chain_line(settings) == "logits → custom:top-a a 0.3 → dist 1 → grammar"
    assert chain_line(settings.changed(off=("grammar",))).endswith("dist 1")
