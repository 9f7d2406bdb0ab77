"""llama.cpp's own loop and ours in its place, timed on a model that is loaded, for `bench` only.

`native` is llama.cpp's loop (`llama_decode`, `llama_sampler_sample`), `staged` our chain in its place,
`traced` our chain with the record of every step made in between. Keeps true: all start from the same
prompt in an empty cache and make `n` tokens; only what lies between two decodes counts as sampling.
"""

import ctypes
import statistics
import time
from collections.abc import Callable, Sequence

from llama_cpp import llama_cpp as llama

from tui.core.step import Step
from tui.engine.batch import StepBatch
from tui.engine.course import PROMPT, SEED, SETTINGS
from tui.engine.ready import Ready
from tui.sampling.chain import Chain
from tui.sampling.drawn import Written
from tui.sampling.native import build_native


class Loops:
    """Loops over one model."""

    def __init__(self, ready: Ready) -> None:
        self._context, self._vocab = ready.context, ready.vocab
        self._prompt = ready.tokenizer.encode_whole(PROMPT, special=False)

    def times(self, kind: str, n: int) -> dict[str, float]:
        """What `n` tokens took; the cache is left as it came out.

        Raises:
            ValueError: there is no loop of this kind.
        """
        match kind:
            case "native":
                return self.native(n)
            case "staged":
                return self.staged(n)
            case "traced":
                return self.traced(n)
        raise ValueError(f"no such loop: {kind}")

    def native(self, n: int) -> dict[str, float]:
        """llama.cpp's chain in llama.cpp's loop."""
        chain = build_native(self._vocab, SETTINGS, SEED, self._prompt)
        pointer = ctypes.cast(chain.address, llama.llama_sampler_p_ctypes)
        context = self._context.pointer
        try:
            return self._loop(n, lambda: int(llama.llama_sampler_sample(pointer, context, -1)))
        finally:
            chain.close()

    def staged(self, n: int) -> dict[str, float]:
        """Our chain, no record."""
        chain = Chain(self._vocab, SETTINGS, SEED, self._prompt)

        def sample() -> int:
            draw = chain.sample(self._context.logits(), record=False)
            chain.accept(draw.token)
            return draw.token

        try:
            return self._loop(n, sample)
        finally:
            chain.close()

    def traced(self, n: int) -> dict[str, float]:
        """Our chain, and the records made between decodes, as many together as in a reply.

        `record_us` is their processor time; `sample_us` has it in it, and the keeping of the batch.
        """
        chain = Chain(self._vocab, SETTINGS, SEED, self._prompt)
        spent_s = made_s = 0.0
        waiting: list[Written] = []

        def sample() -> int:
            draw = chain.sample(self._context.logits())
            chain.accept(draw.token)
            waiting.append(Written(draw, len(waiting)))
            return draw.token

        def make(written: Sequence[Written]) -> Sequence[Step]:
            nonlocal spent_s, made_s
            clock, begun = time.perf_counter(), time.thread_time()
            steps = chain.records(written)
            spent_s += time.thread_time() - begun
            made_s += time.perf_counter() - clock
            return steps

        batch = StepBatch(1, lambda _: None, time.perf_counter, make)

        def write() -> float:
            before_s = made_s
            batch.add(waiting.pop(), last=False)
            return made_s - before_s

        try:
            found = self._loop(n, sample, write)
            batch.flush()
        finally:
            chain.close()
        record_us = spent_s / n * 1e6
        return {"sample_us": found["sample_us"] + record_us, "record_us": record_us}

    def _loop(
        self, n: int, sample: Callable[[], int], write: Callable[[], float] = lambda: 0.0
    ) -> dict[str, float]:
        """`write` returns the seconds of it that are counted elsewhere."""
        context = self._context
        context.clear()
        context.decode(self._prompt)
        spent: list[float] = []
        first = 0.0
        for i in range(n):
            begun = time.perf_counter()
            token = sample()
            elsewhere_s = write()
            spent.append(time.perf_counter() - begun - elsewhere_s)
            if i == 0:
                first = time.perf_counter()
            if i + 1 < n:
                context.decode((token,))
        total = time.perf_counter() - first
        return {"tps": (n - 1) / total, "sample_us": statistics.median(spent) * 1e6}
