"""llama.cpp without the workbench, to measure it against: in a process of its own, for `bench` only.

    python -P -m tui.engine.baseline loops MODEL THREADS
    python -P -m tui.engine.baseline binding MODEL THREADS

`loops` keeps a model and does what each line of stdin says, a JSON object with `do` and `n`:
`native` is llama.cpp's own loop (`llama_decode`, `llama_sampler_sample`), `staged` our chain in its
place, `traced` our chain with the record of every step made in between. `binding` makes one
completion with log-probabilities through the binding's high-level class. Each answer is one JSON
line. Keeps true: all loops start from the same prompt in an empty cache and make `n` tokens; only
what lies between two decodes counts as sampling.
"""

import ctypes
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from queue import Queue
from typing import Any, Never

if __name__ == "__main__":
    _ANSWERS = os.dup(1)
    os.dup2(2, 1)

from llama_cpp import llama_cpp as llama

from tui.core.model import LoadOptions
from tui.core.step import Step
from tui.engine.batch import StepBatch
from tui.engine.course import LOGPROBS, N_CTX, PROMPT, SEED, SETTINGS
from tui.engine.handle import Context, Model
from tui.engine.log import LlamaLog
from tui.sampling.chain import Chain
from tui.sampling.drawn import Written
from tui.sampling.native import build_native
from tui.sampling.vocab import Vocab


class Loops:
    """Loops over one model."""

    def __init__(self, path: str, n_threads: int) -> None:
        options = LoadOptions(path=path, n_ctx=N_CTX, n_threads=n_threads)
        self._log = LlamaLog()
        self._model = Model(options, self._log, lambda _: True)
        self._context = Context(self._model, options)
        tokenizer = self._model.tokenizer
        self._prompt = tokenizer.encode_whole(PROMPT, special=False)
        self._vocab = Vocab(
            n_vocab=tokenizer.n_vocab,
            handle=tokenizer.vocab,
            n_ctx_train=self._model.n_ctx_train,
            eog=tuple(sorted(tokenizer.eog)),
            tokenize=tokenizer.encode,
        )

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


def _binding(path: str, n_threads: int, n: int) -> dict[str, float]:
    """Tokens per second of `create_completion` with log-probabilities."""
    from llama_cpp import Llama

    model = Llama(path, n_ctx=N_CTX, n_threads=n_threads, logits_all=True, verbose=False)
    ends = {token for token in range(model.n_vocab()) if _ends(model, token)}
    request: dict[str, Any] = {
        "prompt": PROMPT, "logprobs": LOGPROBS, "seed": SEED, "temperature": 0.8, "stream": True,
        "logit_bias": {str(token): -1e9 for token in ends},
    }  # fmt: skip
    made = _times(model.create_completion(max_tokens=n, **request))
    return {"tps": (len(made) - 1) / (made[-1] - made[0]) if len(made) > 1 else 0.0}


def _ends(model: Any, token: int) -> bool:
    return bool(llama.llama_vocab_is_eog(model._model.vocab, token))


def _times(stream: Iterable[Any]) -> list[float]:
    return [time.perf_counter() for _ in stream]


def _answer(found: dict[str, float]) -> None:
    os.write(_ANSWERS, json.dumps(found).encode() + b"\n")


def main(argv: list[str]) -> Never:
    """Answer on the descriptor that was stdout."""
    kind, path, n_threads = argv[0], argv[1], int(argv[2])
    if kind == "loops":
        loops = Loops(path, n_threads)
        ways = {"native": loops.native, "staged": loops.staged, "traced": loops.traced}

    else:
        ways = {"binding": lambda n: _binding(path, n_threads, n)}
    asked: Queue[str] = Queue()
    threading.Thread(target=_read, args=(asked,), daemon=True).start()
    while True:
        request = json.loads(asked.get())
        _answer(ways[request["do"]](int(request["n"])))


def _read(asked: "Queue[str]") -> None:
    """Take requests; nobody is there any more when they end, so the process ends too."""
    for line in sys.stdin:
        asked.put(line)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
