"""A row's way through the compiled loop (`observer.c`).

Keeps true: what it points into, it holds. Knows nothing of settings; what the fields mean is written
in `observer.c`.
"""

import ctypes
from array import array
from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from tui.sampling import library
from tui.sampling.candidate import Candidates
from tui.sampling.compiled import calls
from tui.sampling.dice import Dice

DONE: Final = -1
BANNED: Final = -2


class Kind(IntEnum):
    """How a stage is applied."""

    APPLY = 0
    CALLER = 1
    SKIP = 2
    TOP_K = 3
    MIN_P = 4
    BIAS = 5
    WINDOW = 6
    WHOLE = 7


class How(IntEnum):
    """Where `Observer.finish` finds the probabilities of the draw."""

    DRAWN = 0
    """In the candidate array."""
    GREEDY = 1
    """They are the softmax of the array's logits."""
    AGAIN = 2
    """Where it found them the last time, for another token of the same draw."""


class Told(ctypes.Structure):
    """`struct stage`."""

    _fields_ = (
        ("sampler", ctypes.c_void_p),
        ("ids", ctypes.c_void_p),
        ("amounts", ctypes.c_void_p),
        ("count", ctypes.c_int64),
        ("threshold", ctypes.c_float),
        ("kind", ctypes.c_int32),
        ("reshapes", ctypes.c_int32),
        ("looks_back", ctypes.c_int32),
        ("bans", ctypes.c_int32),
    )


class _Shared(ctypes.Structure):
    """The beginning of `observer`."""

    _fields_ = (
        ("apply", ctypes.c_void_p),
        ("array", ctypes.c_void_p),
        ("base", ctypes.c_void_p),
        ("stages", ctypes.c_void_p),
        ("n_vocab", ctypes.c_int64),
        ("n_stages", ctypes.c_int64),
        ("first", ctypes.c_int64),
        ("history", ctypes.c_void_p),
        ("n_history", ctypes.c_int64),
        ("bytes", ctypes.c_void_p),
        ("inside", ctypes.c_void_p),
        ("dist", ctypes.c_void_p),
        ("dist_dice", ctypes.c_void_p),
        ("xtc_dice", ctypes.c_void_p),
        ("code", ctypes.c_int64),
        ("token", ctypes.c_int64),
        ("repaired", ctypes.c_int64),
    )


class Observer:
    """Takes rows of one size through the chain; not safe between threads."""

    def __init__(self, candidates: Candidates, n_vocab: int) -> None:
        found = calls()
        self._begin, self._resume = found.observer_begin, found.observer_resume
        self._finish, self._free = found.observer_finish, found.observer_free
        self._draw = found.observer_draw
        self._address: int = found.observer_new(n_vocab) or 0
        if not self._address:
            raise MemoryError("no memory for the record of a token")
        self._shared = _Shared.from_address(self._address)
        self._shared.apply = library.APPLY
        self._shared.array, self._shared.base = candidates.address, candidates.base
        self._shared.bytes = library.address_of(ctypes.pythonapi.PyBytes_FromStringAndSize)
        self._shared.inside = library.address_of(ctypes.pythonapi.PyBytes_AsString)
        self._stages: ctypes.Array[Told] = (Told * 0)()
        self._dice: tuple[Dice, ...] = ()

    def arrange(
        self, stages: Sequence[Told], first: int, dist: int, dice: tuple[Dice, Dice]
    ) -> None:
        """What to do from the next row on.

        Args:
            stages: in order.
            first: place of the one that a draw begins with.
            dist: address of libllama's `dist`; 0 where the caller draws.
            dice: what `dist` and XTC draw from.
        """
        self._stages = (Told * len(stages))(*stages)
        self._dice = dice
        shared = self._shared
        shared.stages, shared.n_stages = ctypes.addressof(self._stages), len(stages)
        shared.first, shared.dist = first, dist
        shared.dist_dice, shared.xtc_dice = (one.address for one in dice)

    def remember(self, history: "array[int]") -> None:
        """The tokens so far; `history` must stay as it is while rows are taken."""
        self._shared.history, self._shared.n_history = history.buffer_info()

    def skip(self, place: int) -> None:
        """Leave this stage out from now on."""
        self._stages[place].kind = Kind.SKIP

    def draw(self, row: int, measured: bool) -> bytes:
        """Take a row through the stages and draw a token.

        Args:
            row: address of float32[n_vocab]; it must stay as it is until the last `finish`.
            measured: whether there will be a record.

        Returns:
            See `tui.sampling.drawn`; nothing where `code` says that the caller has to help.
        """
        made: bytes = self._draw(self._address, row, measured)
        return made

    @property
    def code(self) -> int:
        """After a `draw` without bytes: place of a stage for the caller, `DONE` or `BANNED`."""
        return int(self._shared.code)

    def begin(self, row: int, first: int, measured: bool) -> int:
        """Take a row through the stages from `first` on; returns a `code`."""
        return int(self._begin(self._address, row, first, measured))

    def resume(self, traced: bool) -> int:
        """Go on after the caller's stage; without `traced` it is not told. Returns a `code`."""
        return int(self._resume(self._address, traced))

    def finish(self, token: int, extra: int, how: How) -> bytes:
        """The record of the draw of `token`, with `extra` in it where that is no negative number."""
        made: bytes = self._finish(self._address, token, extra, how)
        return made

    @property
    def repaired(self) -> bool:
        """Whether the last row held what is no number."""
        return bool(self._shared.repaired)

    @property
    def bans(self) -> list[int]:
        """Places of the stages that removed a token from the whole last row."""
        return [place for place, stage in enumerate(self._stages) if stage.bans]

    def close(self) -> None:
        """Free it; a second call does nothing."""
        self._free(self._address)
        self._address = 0
