"""Rows of logits as models make them, and llama.cpp's chain to hold ours against."""

import numpy as np

from tui.core.settings import Settings
from tui.sampling.candidate import Candidates
from tui.sampling.native import build_native
from tui.sampling.vocab import Vocab


def make_rows(n_vocab: int, count: int, seed: int = 0) -> list[np.ndarray]:
    """Heads of different sharpness over a broad tail, float32."""
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        row = random.normal(random.uniform(-4, 1), random.uniform(1.5, 3.0), n_vocab)
        head = random.choice(n_vocab, min(n_vocab // 3, random.integers(1, 60)), replace=False)
        row[head] += random.uniform(1, 14) * random.power(0.7, head.size)
        rows.append(row.astype(np.float32))
    return rows


class Native:
    """llama.cpp's chain, fed with rows."""

    def __init__(self, vocab: Vocab, settings: Settings, seed: int, history=()) -> None:
        self.chain = build_native(vocab, settings, seed, history)
        self._candidates = Candidates(vocab.n_vocab)

    def sample(self, row: np.ndarray) -> int:
        """As `llama_sampler_sample`, without a context."""
        self._candidates.fill(row)
        self.chain.apply(self._candidates.address)
        token = self._candidates.id_at(self._candidates.selected)
        self.chain.accept(token)
        return token

    def close(self) -> None:
        self.chain.close()
