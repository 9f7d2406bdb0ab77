"""Ten times the cases of `check-samplers`."""

import sys

import pytest

from tui.cli.main import main

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def test_20000_cases_of_every_stage_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-samplers", "--cases", "20000", "--seed", "5"]) == 0
    sys.stdout.write(capsys.readouterr().out)
