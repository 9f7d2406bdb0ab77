"""Which tokens a settings value biases.

Keeps true: the list is llama.cpp's: the user's biases, then every end-of-generation token where
they are to be ignored, then what the model itself suppresses. An id outside the vocabulary, a text
that has no token or several, and a spelling that is not one token are warnings that say so.
"""

import math

from tui.core.bias import MOST, usable
from tui.core.lexicon import spellings
from tui.core.settings import Settings
from tui.sampling.vocab import Vocab

_SHOWN = 8
"""Tokens of a text that a warning lists."""


def resolve(settings: Settings, vocab: Vocab) -> tuple[list[tuple[int, float]], list[str]]:
    """(token, bias) in the order in which they are added, and warnings."""
    pairs: list[tuple[int, float]] = []
    warnings: list[str] = []
    if "logit_bias" not in settings.off:
        wanted = list(settings.logit_bias)
        for text, amount in settings.logit_bias_text:
            tokens = vocab.tokenize(text)
            if not tokens:
                warnings.append(f"logit bias: {text!r} is no token of this model")
            elif len(tokens) > 1:
                warnings.append(
                    f"logit bias: {text!r} is several tokens, and each of them has the bias: "
                    f"{_listed(tokens, vocab)}"
                )
            wanted += [(token, amount) for token in tokens]
        for text, amount in settings.logit_bias_variants:
            found, told = _variants(text, vocab)
            wanted += [(token, amount) for token in found]
            warnings += told
        for token, amount in wanted:
            if not 0 <= token < vocab.n_vocab:
                warnings.append(
                    f"logit bias: token {token} is outside the vocabulary (0..{vocab.n_vocab - 1})"
                )
            elif (added := usable(amount)) is None:
                warnings.append(
                    f"logit bias: {amount:g} on token {token} is no bias; {MOST:g} is the most"
                )
            else:
                pairs.append((token, added))
        if settings.ignore_eos:
            pairs += [(token, -math.inf) for token in vocab.eog]
    return pairs + [(token, -math.inf) for token in vocab.suppress], warnings


def _variants(text: str, vocab: Vocab) -> tuple[list[int], list[str]]:
    """The tokens that are a spelling of `text`, and a warning of the spellings that are not one."""
    found: list[int] = []
    split: list[str] = []
    for one in spellings(text):
        tokens = vocab.spelled.get(one.encode("utf-8", "replace"), [])
        found += tokens
        if not tokens:
            parts = vocab.tokenize(one)
            split.append(f"{one!r} ({_listed(parts, vocab)})" if parts else repr(one))
    if not found:
        return [], [f"logit bias: no spelling of {text!r} is one token: {', '.join(split)}"]
    if split:
        return found, [f"logit bias: no token of their own, so left alone: {', '.join(split)}"]
    return found, []


def _listed(tokens: list[int], vocab: Vocab) -> str:
    return " + ".join(vocab.shown(token) for token in tokens[:_SHOWN]) + (
        " + ..." if len(tokens) > _SHOWN else ""
    )
