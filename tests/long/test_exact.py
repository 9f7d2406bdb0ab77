"""`check-samplers` with ten starts: that none fails is no luck of one."""

import sys

import pytest

from tui.cli.main import main

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("seed", range(10))
def test_2000_cases_of_every_stage_agree(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-samplers", "--cases", "2000", "--seed", str(seed)]) == 0
    sys.stdout.write(capsys.readouterr().out)
