"""The Python binding's own log-probabilities, to measure against: a process of its own, for `bench`.

    python -P -m tui.engine.baseline MODEL THREADS N

One completion of `n` tokens through the binding's high-level class; the answer is one JSON line with
its tokens per second.
"""

import json
import os
import sys
import time
from collections.abc import Iterable
from typing import Any

if __name__ == "__main__":
    _ANSWERS = os.dup(1)
    os.dup2(2, 1)

from llama_cpp import Llama
from llama_cpp import llama_cpp as llama

from tui.engine.course import LOGPROBS, N_CTX, PROMPT, SEED


def binding_tps(path: str, n_threads: int, n: int) -> float:
    """Tokens per second of `create_completion` with log-probabilities, from the first to the last."""
    model = Llama(path, n_ctx=N_CTX, n_threads=n_threads, logits_all=True, verbose=False)
    ends = {token for token in range(model.n_vocab()) if _ends(model, token)}
    request: dict[str, Any] = {
        "prompt": PROMPT, "logprobs": LOGPROBS, "seed": SEED, "temperature": 0.8, "stream": True,
        "logit_bias": {str(token): -1e9 for token in ends},
    }  # fmt: skip
    made = _times(model.create_completion(max_tokens=n, **request))
    return (len(made) - 1) / (made[-1] - made[0]) if len(made) > 1 else 0.0


def _ends(model: Any, token: int) -> bool:
    return bool(llama.llama_vocab_is_eog(model._model.vocab, token))


def _times(stream: Iterable[Any]) -> list[float]:
    return [time.perf_counter() for _ in stream]


def main(argv: list[str]) -> int:
    """Answer on the descriptor that was stdout."""
    found = {"tps": binding_tps(argv[0], int(argv[1]), int(argv[2]))}
    os.write(_ANSWERS, json.dumps(found).encode() + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
