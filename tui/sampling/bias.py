"""Which tokens a settings value biases.

Keeps true: the list is llama.cpp's: the user's biases, then every end-of-generation token where
they are to be ignored, then what the model itself suppresses. An id outside the vocabulary, or a
text that has no token, is a warning.
"""

import math

from tui.core.settings import Settings
from tui.sampling.vocab import Vocab

_MOST = 1e9
"""A bias below minus this is a ban, one above it a slip: it would leave the others no digits."""


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
            wanted += [(token, amount) for token in tokens]
        for token, amount in wanted:
            if not 0 <= token < vocab.n_vocab:
                warnings.append(
                    f"logit bias: token {token} is outside the vocabulary (0..{vocab.n_vocab - 1})"
                )
            elif math.isnan(amount) or amount > _MOST:
                warnings.append(f"logit bias: {amount:g} on token {token} is no bias")
            else:
                pairs.append((token, amount if amount > -_MOST else -math.inf))
        if settings.ignore_eos:
            pairs += [(token, -math.inf) for token in vocab.eog]
    return pairs + [(token, -math.inf) for token in vocab.suppress], warnings
