"""What the colour of a token can say: its probability, surprise, rank, or how sure the model was.

Keeps true: one ramp of `LEVELS` levels for every measure, 0 recedes and the last steps forward, and
the numbers between the levels stand here and nowhere else; the legend, the guide and the transcript
read them. Colours are the theme's. Also what makes a token worth a jump: surprising, uncertain, forced.
"""

import math
from collections.abc import Callable
from enum import StrEnum
from typing import Final, Protocol

import msgspec
import numpy as np

from tui.core.step import Step

SURPRISING_P: Final = 0.1
"""A token with a lower `p_raw` is a surprise (more than 3.3 bits)."""
UNCERTAIN_BITS: Final = 2.0
"""A step with at least this entropy is one where the model did not know: four equal choices."""


class Tellable(Protocol):
    """A token whose choice was measured: a drawn one, or one of a scored text."""

    @property
    def p_raw(self) -> float | None:
        """Softmax of the model's own logits, 0..1; None for a token that nothing stands before."""

    @property
    def rank(self) -> int:
        """1 = most likely by `p_raw`."""

    @property
    def entropy_bits(self) -> float:
        """Of `p_raw`, over the whole vocabulary."""


class Tint(StrEnum):
    """What tokens are tinted by."""

    NONE = "none"
    PROBABILITY = "probability"
    SURPRISE = "surprise"
    ENTROPY = "entropy"
    RANK = "rank"

    @property
    def next(self) -> "Tint":
        """The one after it, round and round."""
        every = list(Tint)
        return every[(every.index(self) + 1) % len(every)]


class Scale(msgspec.Struct, frozen=True):
    """One measure and where its levels begin."""

    of: Callable[[Tellable], float]
    """The value of a token."""
    bounds: tuple[float, ...]
    """Where level 1, 2, ... begin: ascending, from this value on; descending, below it."""
    names: tuple[str, ...]
    """Every level in numbers, level 0 first."""
    unit: str
    text: str
    """What it measures."""

    def level(self, value: float) -> int:
        """0 recedes, the last steps forward; 0 for NaN."""
        if self.bounds[0] > self.bounds[-1]:
            return sum(value < bound for bound in self.bounds)
        return sum(value >= bound for bound in self.bounds)


def surprise_bits(p: float) -> float:
    """-log2 of a probability; infinite for 0.

    >>> surprise_bits(0.25), surprise_bits(1.0)
    (2.0, 0.0)
    """
    return 0.0 - math.log2(p) if p > 0.0 else math.inf


SCALES: Final = {
    Tint.PROBABILITY: Scale(
        lambda token: math.nan if token.p_raw is None else token.p_raw,
        (0.9, 0.6, 0.3, 0.1, 0.02), ("≥90", "≥60", "≥30", "≥10", "≥2", "<2"), "%",
        "probability that the model itself gave the token, before any sampler",
    ),
    Tint.SURPRISE: Scale(
        lambda token: math.nan if token.p_raw is None else surprise_bits(token.p_raw),
        (0.5, 1.0, 2.0, 4.0, 7.0), ("<0.5", "<1", "<2", "<4", "<7", "≥7"), "bit",
        "-log2 of that probability: one bit more is half as likely",
    ),
    Tint.ENTROPY: Scale(
        lambda token: token.entropy_bits,
        (0.25, 1.0, 2.0, 3.0, 4.5), ("<0.25", "<1", "<2", "<3", "<4.5", "≥4.5"), "bit",
        "how unsure the model was before the token: n bits are as 2^n equal choices",
    ),
    Tint.RANK: Scale(
        lambda token: token.rank, (2, 3, 6, 11, 41), ("1", "2", "≤5", "≤10", "≤40", ">40"), "",
        "place of the token among all, the most likely first",
    ),
}  # fmt: skip
"""Every measure; `Tint.NONE` has none."""

LEVELS: Final = 6


def level(tint: Tint, token: Tellable) -> int:
    """How far a token steps forward, 0 to `LEVELS` - 1; 0 without a tint."""
    scale = SCALES.get(tint)
    return scale.level(scale.of(token)) if scale else 0


def is_surprising(token: Tellable) -> bool:
    """Whether the model did not expect the token."""
    return token.p_raw is not None and token.p_raw < SURPRISING_P


def is_uncertain(token: Tellable) -> bool:
    """Whether the model did not know what comes."""
    return token.entropy_bits >= UNCERTAIN_BITS


def is_forced(token: Tellable) -> bool:
    """Whether there was nothing to draw from: one candidate was left. Never so for a scored text."""
    if not isinstance(token, Step):
        return False
    if token.stages and token.stages[-1].kept == 1:
        return True
    # Mirostat cuts while it draws; a probability that rounds to 1 alone says nothing.
    return token.p_final >= 1.0 and int(np.count_nonzero(token.record.p_final)) == 1


JUMPS: Final = {
    "surprising": (is_surprising, f"surprising token (under {SURPRISING_P:.0%})"),
    "uncertain": (is_uncertain, f"step of high entropy ({UNCERTAIN_BITS:g} bit or more)"),
    "forced": (is_forced, "forced token (one candidate left)"),
}
"""What a cursor jumps to, and in words."""


class Mark(StrEnum):
    """What else is to be seen of a token than its tint."""

    FORBIDDEN = "forbidden"
    """Other settings would not have allowed it."""
    DIFFERENT = "different"
    """Other settings would have drawn another one."""
