"""The candidates of one step: a numpy array that libllama edits in place.

Keeps true: what is read is what libllama left. Samplers sort, shrink and (XTC) move the start of
the data, so the current candidates are always read from the array's own pointer and size.
"""

import ctypes
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tui.sampling.library import CandidateArray

ROW: Final = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""`llama_token_data`."""
WIDTH: Final = ROW.itemsize

Ids = npt.NDArray[np.integer[Any]]
Logits = npt.NDArray[np.float32]


class Candidates:
    """`llama_token_data_array` over a buffer of our own; not safe between threads."""

    __slots__ = ("_all_ids", "_array", "_ids", "_logits", "_rows", "address", "base")

    def __init__(self, n_vocab: int) -> None:
        self._rows = np.zeros(n_vocab, ROW)
        self._ids, self._logits = self._rows["id"], self._rows["logit"]
        self._all_ids = np.zeros(n_vocab, ROW)
        self._all_ids["id"] = np.arange(n_vocab)
        self.base = int(self._rows.ctypes.data)
        self._array = CandidateArray()
        self.address = ctypes.addressof(self._array)

    def _begin(self, size: int, is_sorted: bool) -> None:
        array = self._array
        array.data, array.size, array.selected, array.sorted = self.base, size, -1, is_sorted

    def fill(self, row: Logits) -> None:
        """Every token of the vocabulary, in id order, as libllama begins."""
        self._rows[:] = self._all_ids
        self._logits[:] = row
        self._begin(self._rows.size, False)

    def load(self, ids: Ids, logits: Logits, *, is_sorted: bool) -> None:
        """These candidates in this order."""
        size = len(ids)
        self._ids[:size] = ids
        self._logits[:size] = logits
        self._begin(size, is_sorted)

    @property
    def size(self) -> int:
        """Candidates left, those with a logit of -inf included."""
        return int(self._array.size)

    @property
    def is_sorted(self) -> bool:
        """Whether libllama knows them to be sorted by logit."""
        return bool(self._array.sorted)

    @property
    def selected(self) -> int:
        """Place of the chosen one, -1 when there is none."""
        return int(self._array.selected)

    def rows(self) -> npt.NDArray[np.void]:
        """The current candidates: a view of `ROW`s that the next stage changes."""
        start = (self._array.data - self.base) // WIDTH
        return self._rows[start : start + self._array.size]

    def id_at(self, place: int) -> int:
        """Token id of the candidate at this place."""
        return ctypes.c_int32.from_address(self._array.data + place * WIDTH).value

    def keep(self, flags: npt.NDArray[np.bool_]) -> None:
        """Leave the candidates that are flagged, in their order."""
        rows = self.rows()
        left = rows[flags]
        rows[: left.size] = left
        self._array.size = left.size

    def replace(self, rows: npt.NDArray[np.void], *, is_sorted: bool) -> None:
        """These rows in place of the current ones; not more than there are."""
        self.rows()[: rows.size] = rows
        self._array.size, self._array.sorted = rows.size, is_sorted
