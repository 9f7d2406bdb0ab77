"""The worked examples in the docstrings are true."""

import doctest
import importlib

import pytest

MODULES = ["candidate", "reshape", "cut", "draw", "breaker"]


@pytest.mark.parametrize("name", MODULES)
def test_every_worked_example_holds(name: str) -> None:
    module = importlib.import_module(f"tui.core.definitions.{name}")
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
