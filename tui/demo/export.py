"""Write the trained network as a GGUF that llama.cpp loads.

Keeps true: matrices are Q8_0, norms stay F32; q and k go in unpermuted, since the network turns
interleaved pairs as llama.cpp's `llama` architecture does. It adds nothing that was not trained.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import gguf
import numpy as np
import torch

from tui.demo.network import Block, Network
from tui.demo.vocabulary import END, END_OF_TEXT, SPECIAL, Vocabulary

CHAT_TEMPLATE: Final = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
_CONTROL, _NORMAL = 3, 1


def write_gguf(net: Network, vocabulary: Vocabulary, path: Path) -> None:
    """Write the file beside its place first, then move it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    writer = gguf.GGUFWriter(draft, "llama")
    _describe(writer, net, vocabulary)
    _words(writer, vocabulary)
    _tensors(writer, net)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    draft.replace(path)


def _describe(writer: gguf.GGUFWriter, net: Network, vocabulary: Vocabulary) -> None:
    shape = net.shape
    count = sum(p.numel() for p in net.parameters())
    writer.add_type("model")
    writer.add_name("logitscope demo")
    writer.add_description("A JavaScript console, a music bot and a croupier, very small.")
    writer.add_license("MIT")
    writer.add_size_label(f"{count / 1e6:.1f}M")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_layer_norm_rms_eps(shape.eps)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)


def _words(writer: gguf.GGUFWriter, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types([_CONTROL if t in SPECIAL else _NORMAL for t in vocabulary.tokens])
    writer.add_token_merges([f"{a} {b}" for a, b in vocabulary.merges])
    # No token begins a text; the key is there because its default would be some ordinary token.
    writer.add_bos_token_id(vocabulary.ids[END_OF_TEXT])
    writer.add_eos_token_id(vocabulary.ids[END])
    writer.add_pad_token_id(vocabulary.ids[END_OF_TEXT])
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def _tensors(writer: gguf.GGUFWriter, net: Network) -> None:
    def norm(name: str, value: torch.Tensor) -> None:
        writer.add_tensor(name, value.detach().float().numpy())

    def matrix(name: str, value: torch.Tensor) -> None:
        rows = np.ascontiguousarray(value.detach().float().numpy())
        packed = gguf.quants.quantize(rows, gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor(name, packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)

    matrix("token_embd.weight", net.embed)
    norm("output_norm.weight", net.norm)
    for i, block in enumerate(net.blocks):
        assert isinstance(block, Block)
        norm(f"blk.{i}.attn_norm.weight", block.attn_norm)
        for j, name in enumerate(("attn_q", "attn_k", "attn_v")):
            matrix(f"blk.{i}.{name}.weight", block.qkv[j])
        matrix(f"blk.{i}.attn_output.weight", block.out[0])
        norm(f"blk.{i}.ffn_norm.weight", block.ffn_norm)
        matrix(f"blk.{i}.ffn_gate.weight", block.gate_up[0])
        matrix(f"blk.{i}.ffn_up.weight", block.gate_up[1])
        matrix(f"blk.{i}.ffn_down.weight", block.down[0])
