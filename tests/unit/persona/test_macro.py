"""Macros in a persona's texts, and that they can be repeated."""

from datetime import datetime

import msgspec
import pytest

from tui.core.macro import Scene, expand, scene_at

SCENE = scene_at(datetime(2026, 11, 28, 14, 5), char="Ada", user="Bob", seed=3)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I am {{char}}, you are {{ USER }}.", "I am Ada, you are Bob."),
        ("<BOT> and <user> and <Char>", "Ada and Bob and Ada"),
        ("{{date}} {{time}}", "2026-11-28 14:05"),
        ("a{{newline}}b{{// a note}}", "a\nb"),
        # What is not known, or not well formed, stays as it is.
        ("{{description}} {{char:x}} {{roll:}} {{roll:0d6}} {{roll:101d6}} {{random:}}",) * 2,
        ("{{roll:1d0}} {{roll:six}} {{ open }} }} {{",) * 2,
        ("{ {char} } {char}",) * 2,
        ("{{unknown {{char}}}}", "{{unknown Ada}}"),
    ],
)
def test_what_a_macro_stands_for(text: str, wanted: str) -> None:
    assert expand(text, SCENE) == (wanted, SCENE)


def test_a_name_is_never_read_for_macros() -> None:
    scene = msgspec.structs.replace(SCENE, char="{{user}}{{char}}")
    assert expand("{{char}}", scene)[0] == "{{user}}{{char}}"


def test_draws_are_recorded_and_taken_again_as_plain_data() -> None:
    text = "{{roll:2d6}} {{roll:2d6}} {{roll:d20+30}} {{random:red,blue,a\\,b}} {{pick::x::y}}"
    told, scene = expand(text, SCENE, "system")
    assert len(scene.drawn) == 5
    stored = msgspec.json.encode(scene)
    restored = msgspec.json.decode(stored, type=Scene)
    assert expand(text, restored, "system") == (told, scene)
    # Even with another seed, and even when the record says what the dice would not.
    other = msgspec.structs.replace(restored, seed=99)
    assert expand(text, other, "system")[0] == told
    forged = {**scene.drawn, "system {{roll:2d6}} 1": "12"}
    assert expand(text, msgspec.structs.replace(other, drawn=forged), "system")[0].startswith("12 ")


def test_draws_stay_in_their_range_and_show_everything() -> None:
    def many(macro: str) -> set[str]:
        return {expand(macro, Scene(seed=seed))[0] for seed in range(400)}

    assert many("{{roll:d6}}") == many("{{roll:6}}") == set("123456")
    assert many("{{roll:2d2-1}}") == {"1", "2", "3"}
    assert many("{{random:a, b ,a\\,b}}") == {"a", "b", "a,b"}


def test_the_same_seed_and_place_draw_the_same_and_another_place_its_own() -> None:
    text = "{{roll:1d1000000}}"
    assert expand(text, SCENE, "a") == expand(text, SCENE, "a")
    assert expand(text, SCENE, "a")[0] != expand(text, SCENE, "b")[0]


def test_a_long_hostile_text_costs_no_more_than_its_length() -> None:
    text = "{{" * 100_000 + "random:a,b" + "}}" * 100_000
    assert expand(text, SCENE)[0] == text
