"""What a model thinks of a text that is already there: each token of a prompt against the model.

Values; the engine evaluates, screens tint. The first token of a text has nothing before it, so no
probability.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

TEMPLATE = -1
"""Owner of a token that the chat template wrote, or of which nobody knows who did."""


class ScoredToken(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One token of a text and what the model expected in its place."""

    id: int
    piece: bytes
    """Its exact bytes; a control token's name."""
    text: str
    """What it adds to the decoded text; empty until a character is complete."""
    control: bool
    turn: int
    """Index into the request's turns of the message that it belongs to, or `TEMPLATE`."""
    p_raw: float | None = None
    """None for the first token: nothing comes before it."""
    rank: int = 0
    """1 = most likely; 0 for the first token."""
    entropy_bits: float = 0.0
    """Of the distribution that the model had here."""
    log_sum_exp: float = 0.0
    logit: float = 0.0
    """The token's own logit."""
    logit_mean: float = 0.0
    """Over the finite logits of the whole vocabulary; likewise `logit_std`, the population's."""
    logit_std: float = 0.0
    logit_max: float = 0.0
    top_id_bytes: bytes = b""
    """int32[n]: the most likely ids, highest first."""
    top_p_bytes: bytes = b""
    """float32[n]: their `p_raw`."""

    @property
    def top_ids(self) -> npt.NDArray[np.int32]:
        """The most likely ids, int32[n]."""
        return np.frombuffer(self.top_id_bytes, np.int32)

    @property
    def top_p(self) -> npt.NDArray[np.float32]:
        """Their probabilities, float32[n]."""
        return np.frombuffer(self.top_p_bytes, np.float32)

    @property
    def surprise_bits(self) -> float | None:
        """-log2 of `p_raw`; infinite for a token that the model gave no probability at all."""
        if self.p_raw is None:
            return None
        return -math.log2(self.p_raw) if self.p_raw > 0 else math.inf


class Scoring(msgspec.Struct, frozen=True, kw_only=True):
    """The scores of a conversation up to one message, as far as they have come."""

    key: int
    """The message that was asked for; the last one of the text."""
    owners: tuple[int | None, ...]
    """Message keys by turn; None for the system prompt."""
    tokens: tuple[ScoredToken, ...] = ()
    total: int = 0
    """Tokens that there will be; 0 while it is not known."""
    notes: tuple[str, ...] = ()
    """What was done to the prompt or to the cache."""
    reason: str = ""
    """Empty while it is being made; then `done`, `cancelled` or `error`."""
    error: str = ""

    @property
    def fraction(self) -> float:
        """How far it has come, 0..1."""
        return len(self.tokens) / self.total if self.total else 0.0

    def owner(self, token: ScoredToken) -> int | None:
        """The key of the message that a token belongs to; None for the system prompt and for what
        the template wrote (`token.turn` tells them apart)."""
        return self.owners[token.turn] if 0 <= token.turn < len(self.owners) else None

    def of(self, key: int | None) -> Sequence[ScoredToken]:
        """The tokens of one message, in order; of the system prompt with None."""
        turns = {turn for turn, owner in enumerate(self.owners) if owner == key}
        return [token for token in self.tokens if token.turn in turns]
