"""The network that `train.py` fits: a llama-shaped transformer in PyTorch.

Keeps true: the arithmetic is the one llama.cpp does for `general.architecture = "llama"` (RMS norm
before each block, interleaved RoPE, SwiGLU, output tied to the embedding), so the weights go into
a GGUF as they are. It does not know about files, text or optimisers.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_PLAIN_UP_TO = 256


@dataclass(frozen=True)
class Shape:
    """Sizes of the network; every row length is a multiple of 32, as Q8_0 needs."""

    vocab: int = 2560
    width: int = 192
    layers: int = 6
    heads: int = 4
    hidden: int = 512
    context: int = 2048
    rope_base: float = 10000.0
    eps: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads


class Block(nn.Module):
    """One layer. Matrices that share their input are stacked: fewer, larger products."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        w, f = shape.width, shape.hidden
        self.shape = shape
        self.attn_norm = nn.Parameter(torch.ones(w))
        self.ffn_norm = nn.Parameter(torch.ones(w))
        self.qkv = nn.Parameter(torch.randn(3, w, w) * w**-0.5)
        self.out = nn.Parameter(torch.randn(1, w, w) * (0.3 * w**-0.5))
        self.gate_up = nn.Parameter(torch.randn(2, f, w) * w**-0.5)
        self.down = nn.Parameter(torch.randn(1, w, f) * (0.3 * f**-0.5))

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        b, t, w = x.shape
        s = self.shape
        y = F.rms_norm(x, (w,), self.attn_norm, s.eps)
        qkv = F.linear(y, self.qkv.reshape(3 * w, w)).view(b, t, 3, s.heads, s.head_width)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        y = attend(turn(q, cos, sin).to(v.dtype), turn(k, cos, sin).to(v.dtype), v)
        x = x + F.linear(y.transpose(1, 2).reshape(b, t, w), self.out[0])
        y = F.rms_norm(x, (w,), self.ffn_norm, s.eps)
        gate, up = F.linear(y, self.gate_up.reshape(2 * s.hidden, w)).chunk(2, dim=-1)
        return x + F.linear(F.silu(gate) * up, self.down[0])


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention; short rows are quicker as plain products on a CPU, long ones are not."""
    t = q.shape[-2]
    if t > _PLAIN_UP_TO:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    scores = (q @ k.transpose(-1, -2)).float() * q.shape[-1] ** -0.5
    future = torch.ones(t, t, dtype=torch.bool, device=q.device).triu(1)
    return F.softmax(scores.masked_fill(future, -1e9), dim=-1).to(v.dtype) @ v


def turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Interleaved RoPE: the pairs are (x0, x1), (x2, x3), ... as llama.cpp has them."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


class Network(nn.Module):
    """Token ids in, one row of logits per position out."""

    cos: Tensor
    sin: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Parameter(torch.randn(shape.vocab, shape.width) * 0.02)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.Parameter(torch.ones(shape.width))
        half = torch.arange(0, shape.head_width, 2, dtype=torch.float32) / shape.head_width
        angle = torch.outer(torch.arange(shape.context).float(), shape.rope_base**-half)
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)

    def hidden(self, ids: Tensor) -> Tensor:
        """The last hidden state of every position, (rows, length, width)."""
        t = ids.shape[1]
        x = F.embedding(ids, self.embed)
        for block in self.blocks:
            x = block(x, self.cos[:t], self.sin[:t])
        return F.rms_norm(x, (self.shape.width,), self.norm, self.shape.eps)

    def logits(self, hidden: Tensor) -> Tensor:
        """The row of logits for each hidden state; training asks only where a reply is learnt."""
        return F.linear(hidden, self.embed)

    def forward(self, ids: Tensor) -> Tensor:
        return self.logits(self.hidden(ids))
