"""One drawn token and everything that is known about its choice.

A step is plain data: it crosses the pipe as it is, is drawn as it is, and can be read back from a
file and looked at without the model. Arrays travel as bytes; the properties give numpy views.
"""

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

KEPT: Final = 255
"""Value in `Record.cut` of a candidate that no stage removed."""


class StageTrace(msgspec.Struct, frozen=True, array_like=True):
    """What one active stage left."""

    sampler: str
    kept: int
    """Candidates with a finite logit after it."""
    mass: float
    """Their share of `p_raw`, 0..1."""
    entropy_bits: float
    """Entropy of the distribution after it (softmax of its logits over its survivors); NaN where a
    trace does not tell it."""
    changed: bool
    """Whether it removed a candidate or changed a probability."""


class Record(msgspec.Struct, frozen=True, array_like=True):
    """The most likely candidates of a step by `p_raw`, plus the chosen, biased and penalised ones."""

    id_bytes: bytes
    """int32[n], sorted by raw logit, highest first, then by id."""
    logit_bytes: bytes
    """float32[n]: the model's own logits."""
    final_bytes: bytes
    """float32[n]: `p_final`; 0 for a removed candidate."""
    cut_bytes: bytes
    """uint8[n]: index into `Step.stages` of the stage that removed it, or `KEPT`."""
    log_sum_exp: float
    """Natural log of the sum of exp(logit) over the whole vocabulary."""
    n_vocab: int
    n_finite: int
    logit_mean: float
    """Mean of the finite logits of the whole vocabulary; NaN where a trace does not tell it."""
    logit_std: float
    """Their population standard deviation; NaN likewise."""
    logit_max: float
    allowed_bytes: bytes = b""
    """uint8[n]: 1 where the grammar allows the candidate; empty without a grammar."""

    @property
    def ids(self) -> npt.NDArray[np.int32]:
        """Token ids, int32[n]."""
        return np.frombuffer(self.id_bytes, np.int32)

    @property
    def logits(self) -> npt.NDArray[np.float32]:
        """Raw logits, float32[n]."""
        return np.frombuffer(self.logit_bytes, np.float32)

    @property
    def p_final(self) -> npt.NDArray[np.float32]:
        """Probabilities of the draw, float32[n]."""
        return np.frombuffer(self.final_bytes, np.float32)

    @property
    def cut(self) -> npt.NDArray[np.uint8]:
        """Index of the removing stage or `KEPT`, uint8[n]."""
        return np.frombuffer(self.cut_bytes, np.uint8)

    @property
    def allowed(self) -> npt.NDArray[np.uint8]:
        """The grammar's verdict, uint8[n]; empty without a grammar."""
        return np.frombuffer(self.allowed_bytes, np.uint8)

    @property
    def p_raw(self) -> npt.NDArray[np.float64]:
        """Softmax of the model's own logits over the whole vocabulary, float64[n]."""
        return np.exp(self.logits.astype(np.float64) - self.log_sum_exp)


class ChainState(msgspec.Struct, frozen=True, array_like=True):
    """What the chain carried into a step: enough, with the token history, to make it again."""

    draws: dict[str, int]
    """Uniforms consumed so far, by the stage that owns the generator (`dist`, `xtc`, ...)."""
    mirostat_mu: float
    """Mirostat's μ, in bits; NaN-free: 2τ when mirostat is off."""
    adaptive: tuple[float, float]
    """Adaptive-p's weighted sum and total weight."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One token of a reply."""

    i: int
    """0-based index in the reply."""
    id: int
    piece: bytes
    """The token's exact bytes (empty for control tokens)."""
    text: str
    """What the token adds to the decoded text; empty until a character is complete."""
    p_raw: float
    p_final: float
    rank: int
    """1 = most likely by `p_raw`."""
    entropy_bits: float
    """Of `p_raw`, exact over the whole vocabulary."""
    u: float | None
    """The uniform draw behind the choice; None only where nothing was drawn."""
    uniforms: dict[str, float] = {}
    """Every uniform taken in the step, by stage. XTC's coin is here also while XTC is off."""
    stages: tuple[StageTrace, ...] = ()
    record: Record
    state: ChainState
    settings_version: int = 0
    """Which settings were in force; see the `settings` events of the reply."""
    resampled: bool = False
    """A grammar refused the first draw and a second was made."""
    by_hand: bool = False
    """The token was taken by a person, not drawn."""
