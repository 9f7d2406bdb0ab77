"""The same seed takes the same tokens as llama.cpp's own chain."""

import numpy as np
import pytest

from tests.engine.sampling.logit_rows import Native, make_rows
from tui.core.settings import DEFAULTS, Settings
from tui.sampling.chain import Chain
from tui.sampling.vocab import Vocab

ORDER = DEFAULTS.samplers
FULL = {"top_k": 0, "top_p": 1.0, "min_p": 0.0}

CASES = {
    "default": {},
    "cold": {"temperature": 0.2},
    "hot": {"temperature": 2.5, "top_p": 0.99},
    "temperature 0": {"temperature": 0.0},
    "only temperature": {**FULL, "temperature": 1.3},
    "neutral": {**FULL, "temperature": 1.0},
    "top-p 0": {"top_p": 0.0},
    "top-p over everything": {**FULL, "top_p": 0.9},
    "min-p over everything": {**FULL, "min_p": 0.02},
    "min-p that min keep overrules": {**FULL, "min_p": 0.9, "min_keep": 5},
    "typical": {"typical_p": 0.6},
    "typical over everything": {**FULL, "typical_p": 0.4},
    "top-n-sigma": {**FULL, "top_n_sigma": 1.5},
    "top-n-sigma before top-k": {"top_n_sigma": 3.0, "top_k": 5},
    "a large top-k": {"top_k": 1000, "top_p": 1.0},
    "a top-k past libllama's other sort": {"top_k": 5000, "top_p": 0.999, "min_p": 0.0},
    "more than the vocabulary": {"top_k": 1 << 24},
    "penalties": {"repeat_penalty": 1.3, "frequency_penalty": 0.2, "presence_penalty": 0.4},
    "penalties that favour": {"repeat_penalty": 0.7, "presence_penalty": -1.5},
    "a short window": {"repeat_penalty": 1.5, "repeat_last_n": 3},
    "a window longer than the text": {"frequency_penalty": 0.5, "repeat_last_n": 5000},
    "dry": {"dry_multiplier": 0.8, "dry_allowed_length": 1, "dry_penalty_last_n": 200},
    "dry and penalties": {"dry_multiplier": 2.0, "dry_allowed_length": 0, "repeat_penalty": 1.2},
    "xtc": {"xtc_probability": 0.5, "xtc_threshold": 0.05},
    "xtc always": {"xtc_probability": 1.0, "xtc_threshold": 0.02, "min_keep": 2},
    "xtc over everything": {**FULL, "xtc_probability": 0.7, "xtc_threshold": 0.01},
    "xtc twice": {"xtc_probability": 0.5, "xtc_threshold": 0.05,
                  "samplers": ("top_k", "xtc", "min_p", "xtc", "temperature")},
    "dynamic temperature": {"dynatemp_range": 0.5, "dynatemp_exponent": 1.3},
    "dynamic temperature at 0": {"temperature": 0.0, "dynatemp_range": 0.7},
    "dynamic temperature first": {"samplers": ("temperature", "top_p"), "dynatemp_range": 0.4},
    "bias": {"logit_bias": ((3, 4.0), (17, -float("inf")), (3, 1.5), (40, -2.0))},
    "bias and penalties": {"logit_bias": ((5, 6.0), (6, 6.0)), "repeat_penalty": 1.4},
    "eos ignored": {"ignore_eos": True},
    "temperature first": {"samplers": ("temperature", "top_k", "min_p", "top_p")},
    "top-k twice": {"samplers": ("top_k", "temperature", "penalties", "top_k", "top_p"),
                    "repeat_penalty": 1.2},
    "penalties last": {"samplers": ("top_k", "penalties"), "repeat_penalty": 2.0},
    "stages off": {"off": ("top_k", "top_p")},
    "greedy": {"samplers": (*ORDER, "greedy"), "repeat_penalty": 1.1},
    "mirostat": {"mirostat": 1, "mirostat_tau": 3.0},
    "mirostat hot": {"mirostat": 1, "mirostat_tau": 6.0, "mirostat_eta": 0.4, "temperature": 1.4},
    "mirostat 2": {"mirostat": 2, "mirostat_tau": 4.0, "mirostat_eta": 0.2},
    "mirostat 2 low": {"mirostat": 2, "mirostat_tau": 0.5, "mirostat_eta": 1.0},
    "adaptive-p": {"samplers": (*ORDER, "adaptive_p"), "adaptive_target": 0.3},
    "adaptive-p over everything": {**FULL, "samplers": ("min_p", "adaptive_p"), "min_p": 0.001,
                                   "adaptive_target": 0.6, "adaptive_decay": 0.5},
    "adaptive-p off": {"samplers": (*ORDER, "adaptive_p"), "adaptive_target": -1.0},
}  # fmt: skip


@pytest.mark.parametrize("n_vocab", [60, 1500, 32_000])
@pytest.mark.parametrize("name", CASES)
def test_same_tokens_as_llama_cpp(name: str, n_vocab: int) -> None:
    settings = Settings(**CASES[name])
    vocab = Vocab(n_vocab, eog=(1, 2))
    prompt = [n % n_vocab for n in (7, 8, 9, 7, 8, 30, 7, 8)]
    count = 60 if n_vocab < 32_000 else 25
    rows = make_rows(n_vocab, 12, seed=n_vocab)
    native = Native(vocab, settings, 1234, prompt)
    chain = Chain(vocab, settings, 1234, prompt)
    for step in range(count):
        row = rows[step % len(rows)]
        before = row.copy()
        draw = chain.sample(row, record=step % 2 == 0)
        chain.accept(draw.token)
        assert draw.token == native.sample(row), f"step {step}"
        assert (row == before).all()
    native.close()
    chain.close()


def test_equal_logits_are_drawn_as_llama_cpp_orders_them() -> None:
    random = np.random.default_rng(5)
    settings = Settings(top_k=20, top_p=1.0, min_p=0.0, repeat_penalty=1.1)
    vocab = Vocab(3000)
    native = Native(vocab, settings, 9)
    chain = Chain(vocab, settings, 9, [])
    for _ in range(60):
        row = np.round(random.normal(0, 2, 3000), 1).astype(np.float32)
        draw = chain.sample(row)
        chain.accept(draw.token)
        assert draw.token == native.sample(row)
