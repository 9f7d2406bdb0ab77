"""What is evaluated beside the conversation: other sequences of the same cache.

Keeps true: the conversation's sequence, 0, stays as it is. The sequences share one pool of cells with
it (`kv_unified`): what they have in common is there once, and all of them together must fit.
"""

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from llama_cpp import llama_cpp as llama

from tui.engine.handle import OUTPUTS, Context

Rows = npt.NDArray[np.float32]

_ITSELF: Final = 0
"""The conversation's sequence."""


class Sequences:
    """The sequences of one context; freed by `close`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._memory = llama.llama_get_memory(context.pointer)
        self._batch = llama.llama_batch_init(OUTPUTS, 0, 1)

    def branch(self, sequence: int) -> None:
        """Let a sequence begin with all that the conversation has evaluated."""
        llama.llama_memory_seq_cp(self._memory, _ITSELF, sequence, -1, -1)

    def drop(self, sequence: int) -> None:
        """Forget what a spare sequence holds."""
        llama.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def rows(
        self, sequence: int, ids: Sequence[int], start: int, stop: Callable[[], bool]
    ) -> Rows | None:
        """Evaluate some tokens of a text and give the logits after each of them.

        Args:
            sequence: that holds the text so far.
            ids: its next tokens, at most `handle.OUTPUTS`.
            start: the place of the first one.
            stop: asked many times; gives it up.

        Returns:
            float32[len(ids), n_vocab], libllama's own memory until the next evaluation; None where
            `stop` gave it up: none of the tokens is in the cache then.

        Raises:
            DecodeFailed: the whole cache is empty then.
        """
        tokens = [(sequence, start + n, token) for n, token in enumerate(ids)]
        if not self._evaluate(tokens, stop):
            llama.llama_memory_seq_rm(self._memory, sequence, start, -1)
            return None
        first = llama.llama_get_logits(self._context.pointer)
        return np.ctypeslib.as_array(first, (len(tokens), self._context.n_vocab))

    def each(self, tokens: Sequence[tuple[int, int, int]]) -> list[Rows]:
        """Evaluate one token of each of several sequences at once.

        Args:
            tokens: (sequence, place in it, id), at most `handle.OUTPUTS`.

        Returns:
            float32[n_vocab] for each, libllama's own memory until the next evaluation.

        Raises:
            DecodeFailed: the whole cache is empty then.
        """
        self._evaluate(tokens, None)
        first = llama.llama_get_logits(self._context.pointer)
        return list(np.ctypeslib.as_array(first, (len(tokens), self._context.n_vocab)))

    def close(self) -> None:
        """Free the batch."""
        llama.llama_batch_free(self._batch)

    def _evaluate(
        self, tokens: Sequence[tuple[int, int, int]], stop: Callable[[], bool] | None
    ) -> bool:
        batch: Any = self._batch
        batch.n_tokens = len(tokens)
        for n, (sequence, place, token) in enumerate(tokens):
            batch.token[n], batch.pos[n] = token, place
            batch.n_seq_id[n], batch.seq_id[n][0] = 1, sequence
            batch.logits[n] = ctypes.c_int8(1)
        return self._context.evaluate(batch, stop)
