"""Models for the engine's tests, and one engine process for each module that asks for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.talk import Talk, talking
from tests.support.tiny_gguf import write_tiny
from tui.core.model import LoadOptions
from tui.demo import MODEL_PATH
from tui.engine.handle import Model
from tui.engine.log import LlamaLog


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def tiny(models: Path) -> Path:
    """A BPE model with a ChatML template and room for long replies."""
    return write_tiny(models / "tiny.gguf", n_ctx=8192)


@pytest.fixture(scope="session")
def tiny_spm(models: Path) -> Path:
    """An SPM model that begins with a token of its own and has no template."""
    return write_tiny(models / "tiny-spm.gguf", tokenizer="spm", template=None)


@pytest.fixture(scope="session")
def tiny_recurrent(models: Path) -> Path:
    """A model that keeps one state, of which no part can be dropped."""
    return write_tiny(models / "tiny-mamba.gguf", arch="mamba", n_layer=2, n_ctx=8192)


@pytest.fixture(scope="session")
def demo_model() -> Path:
    """The model that ships."""
    return MODEL_PATH


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(tiny: Path) -> AsyncIterator[Talk]:
    """An engine process with `tiny` in it, small batches."""
    async with talking(tiny, n_batch=32) as found:
        yield found


_LOGS: list[LlamaLog] = []


@pytest.fixture(scope="session")
def llama_log() -> LlamaLog:
    """Of this process. The C side keeps its address, so it must outlive every test."""
    if not _LOGS:
        _LOGS.append(LlamaLog())
    return _LOGS[0]


@pytest.fixture(scope="session")
def model(tiny: Path, llama_log: LlamaLog) -> Model:
    """`tiny` in the process of the tests."""
    return Model(LoadOptions(path=str(tiny)), llama_log, lambda _: True)


@pytest.fixture(scope="session")
def model_spm(tiny_spm: Path, llama_log: LlamaLog) -> Model:
    """`tiny_spm` in the process of the tests."""
    return Model(LoadOptions(path=str(tiny_spm)), llama_log, lambda _: True)
