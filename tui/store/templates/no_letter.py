"""No letter: forbid every token that holds one letter, as in a lipogram.

A function with a fourth argument, `pieces`, is told the bytes of every token by id. Where nothing
without the letter is left, the candidates stay as they are: a reply with a fault beats none.
"""

import numpy as np

from tui.core.own_sampler import Ids, Logits, OwnSampler, Parameter, Pieces, Values


def no_letter(ids: Ids, logits: Logits, values: Values, pieces: Pieces) -> Logits:
    """Remove tokens that hold the letter, small or capital."""
    number = int(values["letter"])
    if number == 0 or not pieces:
        return logits
    letter = bytes([ord("a") + number - 1])
    holds = np.array([letter in pieces[token].lower() for token in ids])
    if not holds.all():
        logits[holds] = -np.inf
    return logits


STAGE = OwnSampler(
    "no-letter",
    no_letter,
    parameters=[
        Parameter(
            "letter",
            neutral=0,
            minimum=0,
            maximum=26,
            step=1,
            help="the forbidden letter: 1 = a, 5 = e, 26 = z; 0 is off",
        ),
    ],
    help="forbids every token that holds a letter",
)
