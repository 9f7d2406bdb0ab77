"""The console's answers, against expectations written by hand."""

from __future__ import annotations

from random import Random

import pytest

from tui.demo.exams_parts import is_console
from tui.demo.js_console import NOT_JAVASCRIPT, TEMPLATES, Console, read_prose
from tui.demo.js_numbers import Style
from tui.demo.js_values import UNDEFINED, Value, operate, show, slice_bounds, type_name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (UNDEFINED, "undefined"),
        (True, "true"),
        (5, "5"),
        (2.5, "2.5"),
        (4.0, "4"),
        (-0.0, "-0"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        ("cat", "'cat'"),
        ([], "[]"),
        ([1, "a", True], "[ 1, 'a', true ]"),
    ],
)
def test_values_are_written_as_node_writes_them(value: Value, text: str) -> None:
    assert show(value) == text


@pytest.mark.parametrize(
    ("op", "a", "b", "text"),
    [
        ("+", 2, 3, "5"),
        ("-", 4, 57, "-53"),
        ("*", 7, 8, "56"),
        ("/", 6, 3, "2"),
        ("/", 5, 4, "1.25"),
        ("/", 5, 0, "Infinity"),
        ("/", 0, 0, "NaN"),
        ("%", 17, 5, "2"),
        ("**", 2, 10, "1024"),
        ("<", 3, 30, "true"),
        (">=", 9, 9, "true"),
        ("===", 9, 8, "false"),
        ("!==", 9, 8, "true"),
    ],
)
def test_operators(op: str, a: int, b: int, text: str) -> None:
    assert show(operate(op, a, b)) == text


@pytest.mark.parametrize(
    ("start", "stop", "part"),
    [(1, None, "pple"), (1, 3, "pp"), (-2, None, "le"), (3, 1, ""), (0, 9, "apple"), (9, None, "")],
)
def test_slices(start: int, stop: int | None, part: str) -> None:
    low, high = slice_bounds(5, start, stop)
    assert "apple"[low:high] == part


def test_type_names() -> None:
    names = [type_name(value) for value in (1, "a", True, None, UNDEFINED, [1])]
    assert names == ["number", "string", "boolean", "object", "undefined", "object"]


EXPECTED = {
    "'hello'.toUpperCase()": "'HELLO'",
    "12 + 34": "46",
    "typeof null": "'object'",
    "typeof (x => x)": "'function'",
    "[7][1]": "undefined",
}


def test_generated_turns_agree_with_what_is_known() -> None:
    """Whenever the generator happens to ask one of these, it answers as written above."""
    rng, met = Random(3), set()
    for _ in range(60_000):
        function = rng.choice([function for function, _ in TEMPLATES])
        turn = function(rng, Style(True, "'"))
        if turn.said in EXPECTED:
            assert turn.text == EXPECTED[turn.said]
            met.add(turn.said)
    assert {"typeof null", "typeof (x => x)"} <= met


def test_every_reply_is_a_literal_or_an_error() -> None:
    rng = Random(5)
    for _ in range(60):
        console = Console(rng)
        for _ in range(40):
            turn = console.ask()
            assert is_console(turn.text), turn


def test_a_declared_name_is_never_reported_missing() -> None:
    rng = Random(8)
    for _ in range(60):
        console = Console(rng)
        declared = set[str]()
        for _ in range(40):
            turn = console.ask()
            if turn.text.startswith("ReferenceError: "):
                assert turn.text.split()[1] not in declared
            if turn.kind == "declare":
                declared.add(turn.said.split()[1].split("=")[0].rstrip(";"))


def test_prose_gets_an_error() -> None:
    assert read_prose("hello") == "ReferenceError: hello is not defined"
    assert read_prose("play some jazz") == NOT_JAVASCRIPT
    assert is_console(NOT_JAVASCRIPT)
    assert not is_console("I am a tiny demo.")
