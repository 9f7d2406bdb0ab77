"""llama.cpp's own chain for a settings value: what ours is measured against and compared with.

Keeps true: built as `common_sampler_init` builds it, neutral stages included. Covers what llama.cpp
has: not tail-free, not users' own stages; a grammar stands outside the chain there.
"""

import ctypes
from collections.abc import Sequence
from typing import Final

import llama_cpp.llama_cpp as llama

from tui.core.errors import UsageError
from tui.core.settings import Settings
from tui.sampling import library
from tui.sampling.bias import resolve
from tui.sampling.library import Sampler
from tui.sampling.vocab import Vocab

_POINTER: Final = llama.llama_sampler_p_ctypes


def build_native(
    vocab: Vocab, settings: Settings, seed: int, history: Sequence[int] = ()
) -> Sampler:
    """A `llama_sampler_chain`; its address is what `llama_sampler_sample` wants.

    The caller closes it. `history` has been accepted.

    Raises:
        UsageError: the settings use what llama.cpp does not have.
    """
    chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
    for part in _parts(vocab, settings, seed):
        llama.llama_sampler_chain_add(chain, ctypes.cast(part.address, _POINTER))
    sampler = Sampler(chain)
    for token in history:
        sampler.accept(token)
    return sampler


def _parts(vocab: Vocab, s: Settings, seed: int) -> list[Sampler]:
    pairs, _ = resolve(s, vocab)
    parts: list[Sampler] = []
    if pairs:
        array = library.biases(pairs)
        parts.append(Sampler(llama.llama_sampler_init_logit_bias(vocab.n_vocab, len(pairs), array)))
    if s.mirostat:
        tau, eta = s.mirostat_tau, s.mirostat_eta
        draw = (
            llama.llama_sampler_init_mirostat(vocab.n_vocab, seed, tau, eta, 100)
            if s.mirostat == 1
            else llama.llama_sampler_init_mirostat_v2(seed, tau, eta)
        )
        return [*parts, library.temperature(s.temperature), Sampler(draw)]
    names = [name for name in s.samplers if name not in s.off]
    parts += [_part(name, vocab, s, seed) for name in names
              if name not in ("adaptive_p", "greedy") and not (name == "tfs_z" and s.tfs_z >= 1)]  # fmt: skip
    if "adaptive_p" in names:
        adaptive = llama.llama_sampler_init_adaptive_p(s.adaptive_target, s.adaptive_decay, seed)
        return [*parts, Sampler(adaptive)]
    return [*parts, library.greedy() if "greedy" in names else library.dist(seed)]


def _part(name: str, vocab: Vocab, s: Settings, seed: int) -> Sampler:
    match name:
        case "penalties":
            return library.penalties(
                vocab.n_vocab, s.repeat_last_n, s.repeat_penalty, s.frequency_penalty,
                s.presence_penalty,
            )  # fmt: skip
        case "dry":
            return library.dry(
                vocab.handle, s.dry_multiplier, s.dry_base, s.dry_allowed_length,
                s.dry_penalty_last_n, s.dry_sequence_breakers,
            )  # fmt: skip
        case "top_n_sigma":
            return library.top_n_sigma(s.top_n_sigma)
        case "top_k":
            return library.top_k(s.top_k)
        case "typ_p":
            return library.typical(s.typical_p, s.min_keep)
        case "top_p":
            return library.top_p(s.top_p, s.min_keep)
        case "min_p":
            return library.min_p(s.min_p, s.min_keep)
        case "xtc":
            return library.xtc(s.xtc_probability, s.xtc_threshold, s.min_keep, seed)
        case "temperature":
            return library.temperature_ext(s.temperature, s.dynatemp_range, s.dynatemp_exponent)
    raise UsageError(f"llama.cpp has no sampler {name}.", hint="Leave it out of the chain.")
