"""What the chain needs to know of a model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def _no_tokens(text: str) -> list[int]:
    return []


@dataclass(frozen=True, eq=False)
class Vocab:
    """A vocabulary; without a model it is a size."""

    n_vocab: int
    handle: Any = None
    """`llama_vocab *`; needed by a grammar and by DRY's breakers only."""
    n_ctx_train: int = 0
    eog: tuple[int, ...] = ()
    """End-of-generation tokens: `ignore_eos` bans them."""
    suppress: tuple[int, ...] = ()
    """Tokens that the model itself bans (`llama_vocab_get_suppress_tokens`)."""
    tokenize: Callable[[str], list[int]] = _no_tokens
    """Plain text to tokens, no special ones, for a bias on a text."""
