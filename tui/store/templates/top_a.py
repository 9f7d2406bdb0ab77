"""Top-a: keep the candidates with p >= a x (largest p)^2.

Where the model is sure, the largest p is near 1 and little else stays; where it is not, the square
is small and much stays. From KoboldAI and text-generation-webui; llama.cpp does not have it.
"""

import numpy as np

from tui.core.own_sampler import Ids, Logits, OwnSampler, Parameter, Values


def top_a(ids: Ids, logits: Logits, values: Values) -> Logits:
    """Remove what is too unlikely beside the square of the best."""
    p = np.exp(logits - logits.max())
    p /= p.sum()
    logits[p < values["a"] * p.max() ** 2] = -np.inf
    return logits


STAGE = OwnSampler(
    "top-a",
    top_a,
    parameters=[
        Parameter(
            "a",
            neutral=0.0,
            minimum=0.0,
            maximum=1.0,
            step=0.01,
            help="share of the squared best that a candidate needs; 0 is off",
        ),
    ],
    help="keeps tokens at least a times as likely as the square of the best",
)
