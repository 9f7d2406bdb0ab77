"""What the chain needs to know of a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any


def _no_tokens(text: str) -> list[int]:
    return []


@dataclass(frozen=True, eq=False)
class Vocab:
    """A vocabulary; without a model it is a size."""

    n_vocab: int
    handle: Any = None
    """`llama_vocab *`; needed by a grammar and by DRY's breakers only."""
    eog: tuple[int, ...] = ()
    """End-of-generation tokens: `ignore_eos` bans them."""
    suppress: tuple[int, ...] = ()
    """Tokens that the model itself bans (`llama_vocab_get_suppress_tokens`)."""
    tokenize: Callable[[str], list[int]] = _no_tokens
    """Plain text to tokens, no special ones, for a bias on a text."""
    pieces: Sequence[bytes] = ()
    """Bytes of every token by id; empty where there are none."""
    silent: frozenset[int] = frozenset()
    """Tokens that stand for no text: control tokens and the like."""

    @cached_property
    def spelled(self) -> dict[bytes, list[int]]:
        """The tokens that stand for these bytes."""
        found: dict[bytes, list[int]] = {}
        for token, piece in enumerate(self.pieces):
            if token not in self.silent:
                found.setdefault(piece, []).append(token)
        return found

    def shown(self, token: int) -> str:
        """A token for a message: its text in quotes, or its id."""
        if not 0 <= token < len(self.pieces):
            return str(token)
        return repr(self.pieces[token].decode("utf-8", "replace"))
