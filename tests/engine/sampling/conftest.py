"""A vocabulary of a real tokenizer, loaded once."""

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as llama
import pytest

from tests.support.tiny_gguf import write_tiny
from tui.sampling.vocab import Vocab


@dataclass
class Words:
    """A vocabulary, and what its tokens spell."""

    vocab: Vocab
    piece: Callable[[int], bytes]

    def ids(self, text: str) -> list[int]:
        return self.vocab.tokenize(text)


@pytest.fixture(scope="session")
def words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Words]:
    path = write_tiny(tmp_path_factory.mktemp("model") / "tiny.gguf")
    yield from load(path)


def load(path: Path) -> Iterator[Words]:
    llama.llama_backend_init()
    params = llama.llama_model_default_params()
    params.vocab_only = True
    silent = llama.llama_log_callback(lambda level, text, data: None)
    llama.llama_log_set(silent, ctypes.c_void_p(0))
    model = llama.llama_model_load_from_file(str(path).encode(), params)
    assert model
    handle: Any = llama.llama_model_get_vocab(model)
    count = llama.llama_vocab_n_tokens(handle)

    def tokenize(text: str) -> list[int]:
        data = text.encode()
        ids = (ctypes.c_int32 * (len(data) + 2))()
        n = llama.llama_tokenize(handle, data, len(data), ids, len(ids), False, False)
        return list(ids[:n])

    def piece(token: int) -> bytes:
        buffer = ctypes.create_string_buffer(64)
        n = llama.llama_token_to_piece(handle, token, buffer, 64, 0, True)
        return buffer.raw[:n]

    eog = tuple(t for t in range(count) if llama.llama_vocab_is_eog(handle, t))
    yield Words(Vocab(count, handle, eog, tokenize=tokenize), piece)
    llama.llama_model_free(model)
    llama.llama_log_set(llama.llama_log_callback(0), ctypes.c_void_p(0))
