"""Evaluated texts that are no longer in the cache: kept in memory, so that going back to one costs
no evaluation.

Keeps true: what is brought back is bit for bit what was evaluated; never more than `COUNT` texts and
`LIMIT_BYTES`, the least recent goes first; never more than a part of the memory that is free. Which
text is wanted is the context's business.

Of the newest prompts the logits after their last token are kept too: evaluated alone that token would
give them with other last digits than in its batch, and a fork at a reply's first token is to be exact.
"""

import ctypes
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from llama_cpp import llama_cpp as llama

from tui.engine.machine import available_memory

Logits = npt.NDArray[np.float32]

LIMIT_BYTES: Final = 256 << 20
COUNT: Final = 8
_SHARE: Final = 4
"""At most one part in so many of the free memory."""


class Kept(msgspec.Struct, frozen=True, eq=False):
    """One text: llama.cpp's state of a sequence."""

    ids: tuple[int, ...]
    data: Any
    """`uint8[n]` of ctypes."""

    def shared(self, prompt: Sequence[int]) -> int:
        """Leading tokens that both have."""
        most = min(len(self.ids), len(prompt))
        return next((n for n in range(most) if self.ids[n] != prompt[n]), most)


class Shelf:
    """The texts that are kept for one context.

    Args:
        pointer: `llama_context *`.
        divisible: whether a beginning of a kept text can be used, or the whole alone.
    """

    def __init__(self, pointer: Any, *, divisible: bool) -> None:
        self._pointer = pointer
        self._divisible = divisible
        self._kept: list[Kept] = []

    def bytes_of(self, sequence: int = 0) -> int:
        """What keeping a sequence as it is would take."""
        return int(llama.llama_state_seq_get_size(self._pointer, sequence))

    def limit_bytes(self) -> int:
        """Most that one text may take now."""
        return min(LIMIT_BYTES, available_memory() // _SHARE or LIMIT_BYTES)

    def put(self, ids: Sequence[int], sequence: int = 0) -> bool:
        """Keep what a sequence of the context holds; False where it is too large.

        Args:
            ids: the sequence's tokens, all of them.
            sequence: see there.
        """
        told = tuple(ids)
        if any(self._covers(kept, told) for kept in self._kept):
            return True
        size, limit = self.bytes_of(sequence), self.limit_bytes()
        if not told or not size or size > limit:
            return False
        data = (ctypes.c_uint8 * size)()
        if llama.llama_state_seq_get_data(self._pointer, data, size, sequence) != size:
            return False
        new = Kept(told, data)
        self._kept = [kept for kept in self._kept if not self._covers(new, kept.ids)]
        self._kept.append(new)
        while len(self._kept) > COUNT or sum(len(kept.data) for kept in self._kept) > limit:
            self._kept.pop(0)
        return True

    def _covers(self, kept: Kept, ids: tuple[int, ...]) -> bool:
        """Whether a text that is kept makes another one needless."""
        return kept.ids[: len(ids)] == ids if self._divisible else kept.ids == ids

    def find(self, prompt: Sequence[int], at_most: int) -> tuple[Kept | None, int]:
        """The text that saves most of this prompt's evaluation, and how many tokens it saves.

        Args:
            prompt: see there.
            at_most: tokens that can be saved so that there will be logits.
        """
        best, most = None, 0
        for kept in self._kept:
            shared = min(kept.shared(prompt), at_most)
            usable = shared if self._divisible or shared == len(kept.ids) else 0
            if usable > most:
                best, most = kept, usable
        return best, most

    def bring_back(self, kept: Kept) -> bool:
        """Put a text into the conversation's sequence of an empty cache."""
        self._kept = [other for other in self._kept if other is not kept]
        size = len(kept.data)
        if not llama.llama_state_seq_set_data(self._pointer, kept.data, size, 0):
            return False
        self._kept.append(kept)
        return True


class Ends:
    """The logits after the last token of the newest prompts."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, ...], Logits] = {}

    def put(self, ids: Sequence[int], row: Logits) -> None:
        """Keep a copy of the row that the text `ids` ends with."""
        told = tuple(ids)
        self._rows.pop(told, None)
        self._rows[told] = row.copy()
        if len(self._rows) > COUNT:
            del self._rows[next(iter(self._rows))]

    def get(self, ids: Sequence[int]) -> Logits | None:
        """The row that the text `ids` ends with, if it is kept."""
        return self._rows.get(tuple(ids))
