"""What every test stands on: folders of its own, and no terminal of the person who runs it."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty LOGITSCOPE_HOME."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("LOGITSCOPE_HOME", str(folder))
    monkeypatch.delenv("NO_COLOR", raising=False)
    return folder
