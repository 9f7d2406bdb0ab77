"""The random numbers of llama.cpp, in the open.

Every generator of libllama is a `std::mt19937` of the reply's seed, one to each stage that draws.
These are the same generators (numpy's MT19937) read by the rule of libstdc++, so that a uniform can
be written down, taken again for a fork, and kept while a stage's values change.
"""

import math
from typing import Final

import numpy as np

_WORD: Final = 2.0**32
_FETCH: Final = 64
"""Words fetched at once."""
RANDOM_SEED: Final = 0xFFFFFFFF
"""`LLAMA_DEFAULT_SEED`: to libllama it means "draw a seed", so no chain can run with it."""


class Dice:
    """One stream of uniforms in [0, 1)."""

    __slots__ = ("_generator", "_seen", "_words", "drawn")

    def __init__(self, seed: int) -> None:
        self._generator = np.random.MT19937()
        self._generator._legacy_seeding(seed)
        self._seen: float | None = None
        self._words: list[int] = []
        self.drawn = 0
        """Uniforms taken so far."""

    def double(self) -> float:
        """`std::uniform_real_distribution<double>`: two words, the low one first."""
        self.drawn += 1
        low, high = self._word(), self._word()
        u = (low + (high << 32)) / (_WORD * _WORD)
        return u if u < 1.0 else math.nextafter(1.0, 0.0)

    def peek_single(self) -> float:
        """What `single` will return, without taking it."""
        if self._seen is None:
            u = float(np.float32(self._word())) / _WORD
            self._seen = u if u < 1.0 else float(np.nextafter(np.float32(1), np.float32(0)))
        return self._seen

    def single(self) -> float:
        """`std::uniform_real_distribution<float>`: one word."""
        u = self.peek_single()
        self._seen = None
        self.drawn += 1
        return u

    def skip(self, count: int, *, words: int) -> None:
        """Take `count` uniforms of `words` words each and forget them; before any other is taken."""
        if count > 0:
            self._generator.random_raw(count * words, output=False)
            self.drawn += count

    def _word(self) -> int:
        """The next word of the generator; many are fetched at once, for a call costs more."""
        if not self._words:
            self._words = self._generator.random_raw(_FETCH)[::-1].tolist()
        return self._words.pop()
