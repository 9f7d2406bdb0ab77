"""libllama's samplers, as cheap as ctypes can call them.

Keeps true: every pointer that is made here is freed once, by `Sampler.close`. The calls that stand
between two decodes go through a `PyDLL`: they take microseconds, and handing the interpreter's lock
over and back for each would cost more than they do. Does not know what a chain is.
"""

import ctypes
import math
from collections.abc import Callable
from typing import Any, Final

import llama_cpp.llama_cpp as llama
import numpy as np

_CALLS: Final = ctypes.PyDLL("libllama", handle=llama._lib._handle)

_apply: Final = _CALLS.llama_sampler_apply
_apply.argtypes, _apply.restype = [ctypes.c_void_p, ctypes.c_void_p], None
_accept: Final = _CALLS.llama_sampler_accept
_accept.argtypes, _accept.restype = [ctypes.c_void_p, ctypes.c_int32], None
_reset: Final = _CALLS.llama_sampler_reset
_reset.argtypes, _reset.restype = [ctypes.c_void_p], None
_free: Final = _CALLS.llama_sampler_free
_free.argtypes, _free.restype = [ctypes.c_void_p], None


def address_of(function: Any) -> int:
    """Where a C function lies, for the compiled loop."""
    return ctypes.cast(function, ctypes.c_void_p).value or 0


APPLY: Final = address_of(_apply)
"""`llama_sampler_apply`."""


def _single(name: str, double: Callable[[float], float]) -> Callable[[float], float]:
    """A function of the C library in single precision, which libllama calls; else the rounded one."""
    try:
        function = getattr(ctypes.PyDLL(None), name)
    except (AttributeError, TypeError):
        return lambda x: float(np.float32(double(x)))
    function.argtypes, function.restype = [ctypes.c_float], ctypes.c_float
    return function  # type: ignore[no-any-return]


logf: Final = _single("logf", math.log)
log2f: Final = _single("log2f", math.log2)


class CandidateArray(ctypes.Structure):
    """`llama_token_data_array`, with the data as an address."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("size", ctypes.c_size_t),
        ("selected", ctypes.c_int64),
        ("sorted", ctypes.c_bool),
    )


class Sampler:
    """One `llama_sampler` that is ours to free."""

    __slots__ = ("address",)

    def __init__(self, pointer: Any) -> None:
        self.address: int = ctypes.cast(pointer, ctypes.c_void_p).value or 0

    def apply(self, array: int) -> None:
        """`llama_sampler_apply` on the candidate array at this address."""
        _apply(self.address, array)

    def accept(self, token: int) -> None:
        """`llama_sampler_accept`."""
        _accept(self.address, token)

    def reset(self) -> None:
        """`llama_sampler_reset`: forget every accepted token."""
        _reset(self.address)

    def close(self) -> None:
        """`llama_sampler_free`; a second call does nothing."""
        _free(self.address)
        self.address = 0


def top_k(k: int) -> Sampler:
    """`llama_sampler_init_top_k`."""
    return Sampler(llama.llama_sampler_init_top_k(k))


def top_p(p: float, min_keep: int) -> Sampler:
    """`llama_sampler_init_top_p`."""
    return Sampler(llama.llama_sampler_init_top_p(p, min_keep))


def min_p(p: float, min_keep: int) -> Sampler:
    """`llama_sampler_init_min_p`."""
    return Sampler(llama.llama_sampler_init_min_p(p, min_keep))


def typical(p: float, min_keep: int) -> Sampler:
    """`llama_sampler_init_typical`."""
    return Sampler(llama.llama_sampler_init_typical(p, min_keep))


def top_n_sigma(n: float) -> Sampler:
    """`llama_sampler_init_top_n_sigma`."""
    return Sampler(llama.llama_sampler_init_top_n_sigma(n))


def xtc(probability: float, threshold: float, min_keep: int, seed: int) -> Sampler:
    """`llama_sampler_init_xtc`."""
    return Sampler(llama.llama_sampler_init_xtc(probability, threshold, min_keep, seed))


def temperature(t: float) -> Sampler:
    """`llama_sampler_init_temp`: without the dynamic part, as under mirostat."""
    return Sampler(llama.llama_sampler_init_temp(t))


def temperature_ext(t: float, delta: float, exponent: float) -> Sampler:
    """`llama_sampler_init_temp_ext`."""
    return Sampler(llama.llama_sampler_init_temp_ext(t, delta, exponent))


def penalties(
    n_vocab: int, last_n: int, repeat: float, frequency: float, presence: float
) -> Sampler:
    """`llama_sampler_init_penalties`."""
    return Sampler(llama.llama_sampler_init_penalties(n_vocab, last_n, repeat, frequency, presence))


def dry(
    vocab: Any, multiplier: float, base: float, allowed_length: int, last_n: int,
    breakers: tuple[str, ...],
) -> Sampler:  # fmt: skip
    """`llama_sampler_init_dry`; without a vocabulary there are no breakers.

    libllama looks every breaker up in every token of the vocabulary here.
    """
    texts = [text.encode() for text in breakers] if vocab else []
    array = (ctypes.c_char_p * max(len(texts), 1))(*texts)
    return Sampler(
        llama.llama_sampler_init_dry(
            vocab, multiplier, base, allowed_length, last_n, array, len(texts)
        )
    )


def grammar(vocab: Any, text: str) -> Sampler:
    """`llama_sampler_init_grammar`; its address is 0 where libllama could not parse the text."""
    return Sampler(llama.llama_sampler_init_grammar(vocab, text.encode(), b"root"))


def greedy() -> Sampler:
    """`llama_sampler_init_greedy`."""
    return Sampler(llama.llama_sampler_init_greedy())


def dist(seed: int) -> Sampler:
    """`llama_sampler_init_dist`."""
    return Sampler(llama.llama_sampler_init_dist(seed))


def mirostat(n_vocab: int, tau: float, eta: float, m: int) -> Sampler:
    """`llama_sampler_init_mirostat`, with a seed of no meaning: the dice are ours."""
    return Sampler(llama.llama_sampler_init_mirostat(n_vocab, 0, tau, eta, m))


def mirostat_v2(tau: float, eta: float) -> Sampler:
    """`llama_sampler_init_mirostat_v2`, with a seed of no meaning: the dice are ours."""
    return Sampler(llama.llama_sampler_init_mirostat_v2(0, tau, eta))


def adaptive_p(target: float, decay: float) -> Sampler:
    """`llama_sampler_init_adaptive_p`, with a seed of no meaning: the dice are ours."""
    return Sampler(llama.llama_sampler_init_adaptive_p(target, decay, 0))


def biases(pairs: list[tuple[int, float]]) -> Any:
    """The pairs as a C array of `llama_logit_bias`."""
    array: Any = (llama.llama_logit_bias * max(len(pairs), 1))()
    for place, (token, amount) in enumerate(pairs):
        array[place].token, array[place].bias = token, amount
    return array
