import ctypes

import llama_cpp.llama_cpp as llama
import pytest

from tests.support.talk import Talk
from tui.core.model import LoadOptions
from tui.core.settings import Settings
from tui.engine.handle import Context, Model
from tui.sampling.native import build_native
from tui.sampling.vocab import Vocab

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROMPT = "hello world the red blue the red"
WIDE = Settings(top_k=0, top_p=1.0, min_p=0.0, temperature=1.0)
CASES = {
    "defaults": Settings(),
    "wide": WIDE,
    "greedy": Settings(temperature=0.0),
    "top-k": WIDE.changed(top_k=5),
    "top-p": WIDE.changed(top_p=0.7),
    "min-p": WIDE.changed(min_p=0.1),
    "typical": WIDE.changed(typical_p=0.6),
    "top-n-sigma": WIDE.changed(top_n_sigma=1.0),
    "hot": Settings(temperature=1.7, top_k=100),
    "dynamic": Settings(dynatemp_range=0.5, temperature=1.0),
    "penalties": WIDE.changed(repeat_penalty=1.3, frequency_penalty=0.4, presence_penalty=0.2),
    "dry": WIDE.changed(dry_multiplier=0.8, dry_allowed_length=1),
    "xtc": WIDE.changed(xtc_probability=0.5, xtc_threshold=0.05),
    "bias": WIDE.changed(logit_bias=((14, 5.0), (262, float("-inf")))),
    "mirostat 1": WIDE.changed(mirostat=1, mirostat_tau=3.0),
    "mirostat 2": WIDE.changed(mirostat=2, mirostat_tau=3.0),
    "order": Settings(samplers=("temperature", "min_p", "top_k"), temperature=1.5),
}


def native(model: Model, settings: Settings, seed: int, n: int) -> tuple[int, ...]:
    """The loop of llama.cpp itself, with its own chain."""
    tokenizer = model.tokenizer
    vocab = Vocab(tokenizer.n_vocab, tokenizer.vocab, tuple(tokenizer.eog))
    context = Context(model, LoadOptions(path="", n_ctx=512, n_threads=1, n_batch=32))
    prompt = tokenizer.encode_whole(PROMPT, special=False)
    chain = build_native(vocab, settings, seed, prompt)
    pointer = ctypes.cast(chain.address, llama.llama_sampler_p_ctypes)
    ids = []
    context.decode(prompt)
    try:
        for _ in range(n):
            token = llama.llama_sampler_sample(pointer, context.pointer, -1)
            ids.append(token)
            if token in tokenizer.eog:
                break
            context.decode([token])
    finally:
        chain.close()
        context.close()
    return tuple(ids)


@pytest.mark.parametrize("name", CASES)
async def test_the_tokens_are_those_of_llama_cpps_own_loop(talk: Talk, model: Model, name: str):
    for seed in (1, 4_000_000_000):
        told = await talk.reply(prompt=PROMPT, settings=CASES[name], seed=seed, predict=32)
        assert told.ids == native(model, CASES[name], seed, 32)
