"""A sampler of my own.

The function gets the candidates that are left (`ids`, int32; `logits`, float32) and `values`, a
dict of the parameters below. It gives back one logit for each candidate: higher is more likely,
-inf removes. The arrays are copies, so they may be changed.
"""

from tui.core.own_sampler import Ids, Logits, OwnSampler, Parameter, Values


def push(ids: Ids, logits: Logits, values: Values) -> Logits:
    """Lower the most likely candidate."""
    logits[logits.argmax()] -= values["push"]
    return logits


STAGE = OwnSampler(
    "blank",
    push,
    parameters=[
        Parameter(
            "push",
            neutral=0.0,
            minimum=0.0,
            maximum=10.0,
            step=0.1,
            help="how far the most likely candidate is lowered; 0 is off",
        ),
    ],
    help="lowers the most likely candidate",
)
