"""What every test stands on: folders of its own, and no terminal of the person who runs it."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says something about the machine, not about the code.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty LOGITSCOPE_HOME."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("LOGITSCOPE_HOME", str(folder))
    monkeypatch.delenv("NO_COLOR", raising=False)
    return folder
