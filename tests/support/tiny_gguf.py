"""Tiny GGUF files with random weights: every llama.cpp path of a real model in a few hundred kB.

The weights are seeded, so the same arguments give the same file. The tokenizers are real ones (BPE
with merges, or SPM with scores and byte tokens), small enough to know by heart.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""A template that takes every role in any order."""

WORDS = (" the", " red", " blue", "hello", " world", " roll", " one", " two", "user", "assistant")
SPECIAL = ("<s>", "<|im_end|>", "<|im_start|>", "<|tool|>")
"""Control tokens of the BPE vocabulary, from id 0; `<|im_end|>` ends a reply."""

_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6


def _byte_letters() -> list[str]:
    """GPT-2's alphabet: a printable letter for every byte."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    extra = iter(range(256, 512))
    return [chr(byte) if byte in plain else chr(next(extra)) for byte in range(256)]


def _bpe(writer: gguf.GGUFWriter, n_vocab: int, duplicate: bool) -> int:
    letters = _byte_letters()
    tokens, types, merges = [*SPECIAL], [_CONTROL] * len(SPECIAL), []
    tokens += letters
    for word in WORDS:
        spelled = [letters[byte] for byte in word.encode()]
        joined = spelled[0]
        for letter in spelled[1:]:
            merge = f"{joined} {letter}"
            joined += letter
            if merge not in merges:
                merges.append(merge)
                tokens.append(joined)
    tokens += [f"filler{n}" for n in range(n_vocab - len(tokens))]
    if duplicate:
        tokens[-1] = tokens[-2]
    types += [_NORMAL] * (len(tokens) - len(types))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    return len(tokens)


def _spm(writer: gguf.GGUFWriter, n_vocab: int, duplicate: bool) -> int:
    tokens = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"]
    types = [_UNKNOWN, _CONTROL, _CONTROL, _CONTROL, _CONTROL]
    tokens += [f"<0x{byte:02X}>" for byte in range(256)]
    types += [_BYTE] * 256
    words = [word.replace(" ", "▁") for word in WORDS]
    parts = ["▁", *(word[:end] for word in [*words, "▁hello"] for end in range(2, len(word) + 1))]
    letters = sorted({letter for word in words for letter in word} - {"▁"})
    tokens += dict.fromkeys([*parts, *letters])
    tokens += [f"filler{n}" for n in range(n_vocab - len(tokens))]
    if duplicate:
        tokens[-1] = tokens[-2]
    types += [_NORMAL] * (len(tokens) - len(types))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(n) for n in range(len(tokens))])
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    return len(tokens)


_CONV, _STATE, _RANK = 4, 8, 4
"""Of a mamba layer."""


def _mamba(writer: gguf.GGUFWriter, block: str, n_embd: int, weight: Callable[..., Any]) -> None:
    inner = 2 * n_embd
    bias = np.zeros(inner, np.float32)
    writer.add_tensor(block + "ssm_in.weight", weight(2 * inner, n_embd))
    writer.add_tensor(block + "ssm_conv1d.weight", weight(inner, _CONV))
    writer.add_tensor(block + "ssm_conv1d.bias", bias)
    writer.add_tensor(block + "ssm_x.weight", weight(_RANK + 2 * _STATE, inner))
    writer.add_tensor(block + "ssm_dt.weight", weight(inner, _RANK))
    writer.add_tensor(block + "ssm_dt.bias", bias)
    decay = -np.tile(np.arange(1, _STATE + 1, dtype=np.float32), (inner, 1))
    writer.add_tensor(block + "ssm_a", decay)
    writer.add_tensor(block + "ssm_d", np.ones(inner, np.float32))
    writer.add_tensor(block + "ssm_out.weight", weight(n_embd, inner))


def write_tiny(
    path: Path,
    *,
    tokenizer: str = "bpe",
    n_vocab: int = 0,
    n_embd: int = 32,
    n_layer: int = 1,
    n_ctx: int = 256,
    seed: int = 0,
    scale: float = 4.0,
    template: str | None = CHATML,
    add_bos: bool | None = None,
    sampling: dict[str, float | int | str] | None = None,
    arch: str = "llama",
    duplicate: bool = False,
    end_bias: float = 0.0,
    weights: Any = np.float32,
) -> Path:
    """Write a model.

    Args:
        path: where to.
        tokenizer: `bpe` or `spm`.
        n_vocab: at least this many tokens.
        n_embd: width, a multiple of 32.
        n_layer: how deep.
        n_ctx: what it says it was trained for.
        seed: of the weights.
        scale: how far apart the logits lie.
        template: chat template; None for none.
        add_bos: `tokenizer.ggml.add_bos_token`; None leaves it out.
        sampling: keys under `general.sampling.`.
        arch: `general.architecture`: `llama`, or `mamba` for a model with a recurrent state.
        duplicate: two tokens with one text, on which llama.cpp aborts.
        end_bias: how much of the end-of-generation token's row is lost; 1 makes it rare.
        weights: their type; with `np.float64` llama.cpp loads the model and aborts when it computes.
    """
    rng = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, arch)
    writer.add_name("Tiny")
    writer.add_context_length(n_ctx)
    writer.add_embedding_length(n_embd)
    writer.add_block_count(n_layer)
    writer.add_feed_forward_length(n_embd * 2)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(n_embd // 2)
    if arch == "mamba":
        writer.add_ssm_conv_kernel(_CONV)
        writer.add_ssm_inner_size(2 * n_embd)
        writer.add_ssm_state_size(_STATE)
        writer.add_ssm_time_step_rank(_RANK)
    writer.add_file_type(0)
    for key, value in (sampling or {}).items():
        full = f"general.sampling.{key}"
        match value:
            case int():
                writer.add_int32(full, value)
            case float():
                writer.add_float32(full, value)
            case _:
                writer.add_string(full, value)
    if template is not None:
        writer.add_chat_template(template)
    if add_bos is not None:
        writer.add_add_bos_token(add_bos)
    count = (_bpe if tokenizer == "bpe" else _spm)(writer, n_vocab, duplicate)
    writer.add_vocab_size(count)

    def weight(*shape: int, by: float = 1.0) -> np.ndarray:
        return (rng.normal(0, by / np.sqrt(shape[-1]), shape)).astype(weights)

    ones = np.ones(n_embd, np.float32)
    output = weight(count, n_embd, by=scale)
    output[1 if tokenizer == "bpe" else 2] *= 1.0 - end_bias
    writer.add_tensor("token_embd.weight", weight(count, n_embd, by=float(np.sqrt(n_embd))))
    writer.add_tensor("output_norm.weight", ones)
    writer.add_tensor("output.weight", output)
    for layer in range(n_layer):
        block = f"blk.{layer}."
        writer.add_tensor(block + "attn_norm.weight", ones)
        if arch == "mamba":
            _mamba(writer, block, n_embd, weight)
            continue
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"{block}{name}.weight", weight(n_embd, n_embd))
        writer.add_tensor(block + "ffn_norm.weight", ones)
        writer.add_tensor(block + "ffn_gate.weight", weight(n_embd * 2, n_embd))
        writer.add_tensor(block + "ffn_up.weight", weight(n_embd * 2, n_embd))
        writer.add_tensor(block + "ffn_down.weight", weight(n_embd, n_embd * 2))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
