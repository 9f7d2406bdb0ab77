"""The random numbers of llama.cpp, in the open.

Every generator of libllama is a `std::mt19937` of the reply's seed, one to each stage that draws.
These are the same generators read by the rule of libstdc++ (`dice.h`), so that a uniform can be
written down, taken again for a fork, and kept while a stage's values change.
"""

import ctypes
from typing import Final

from tui.sampling.compiled import calls

RANDOM_SEED: Final = 0xFFFFFFFF
"""`LLAMA_DEFAULT_SEED`: to libllama it means "draw a seed", so no chain can run with it."""


class _State(ctypes.Structure):
    """`dice`."""

    _fields_ = (
        ("words", ctypes.c_uint32 * 624),
        ("at", ctypes.c_int32),
        ("is_seen", ctypes.c_int32),
        ("seen", ctypes.c_float),
        ("drawn", ctypes.c_int64),
    )


class Dice:
    """One stream of uniforms in [0, 1)."""

    __slots__ = ("_calls", "_state", "address")

    def __init__(self, seed: int) -> None:
        self._calls = calls()
        self._state = _State()
        self.address = ctypes.addressof(self._state)
        """Of the C structure, which lives as long as this object."""
        self._calls.observer_seed(self.address, seed)

    @property
    def drawn(self) -> int:
        """Uniforms taken so far."""
        return int(self._state.drawn)

    def double(self) -> float:
        """`std::uniform_real_distribution<double>`: two words, the low one first."""
        return float(self._calls.observer_double(self.address))

    def peek_single(self) -> float:
        """What `single` will return, without taking it."""
        return float(self._calls.observer_peek(self.address))

    def single(self) -> float:
        """`std::uniform_real_distribution<float>`: one word."""
        return float(self._calls.observer_single(self.address))

    def skip(self, count: int, *, words: int) -> None:
        """Take `count` uniforms of `words` words each and forget them; before any other is taken."""
        self._calls.observer_skip(self.address, max(0, count), words)
