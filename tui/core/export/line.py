"""What may stand on a line of a trace: shapes and bounds, for whoever reads one.

Keeps true: a value that passes has the type and the size it must have; a key that is not known is
left out, so that a later version's trace can be read. Gives no meaning to the values.
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from tui.core.messages import Timings

VOCABULARY_LIMIT: Final = 1 << 21
"""Most tokens of a vocabulary; the largest there is has an eighth of it."""

Count = Annotated[int, Meta(ge=0, le=1 << 40)]
Token = Annotated[int, Meta(ge=-1, lt=VOCABULARY_LIMIT)]
Share = Annotated[float, Meta(ge=0.0, le=1.001)]
Bits = Annotated[float, Meta(ge=-0.001, le=1e6)]
Number = Annotated[float, Meta(ge=-1e12, le=1e12)]


class Kind(msgspec.Struct, frozen=True):
    """Any line."""

    type: str


class ModelLine(msgspec.Struct, frozen=True):
    """`start.model`."""

    path: str
    name: str
    arch: str
    quant: str
    n_vocab: Annotated[int, Meta(ge=1, le=VOCABULARY_LIMIT)]
    n_ctx: Count


class InfoLine(msgspec.Struct, frozen=True):
    """`start.info`: the rest of what is known of the model."""

    description: str = ""
    n_ctx_train: Count = 0
    n_params: Count = 0
    size_bytes: Count = 0
    n_threads: Count = 0
    bos: Token = -1
    eos: Token = -1
    eog: tuple[Token, ...] = ()
    control: tuple[Token, ...] = ()
    sampling: dict[str, float | int | str] = {}
    can_rewind: bool = True
    load_s: Number = 0.0


class PromptLine(msgspec.Struct, frozen=True):
    """`start.prompt`."""

    ids: bytes = b""
    pieces: dict[str, bytes] = {}


class TurnLine(msgspec.Struct, frozen=True):
    """One of `start.turns`."""

    role: str
    text: str


class StartLine(msgspec.Struct, frozen=True):
    """The first line."""

    model: ModelLine
    seed: Annotated[int, Meta(ge=0, lt=1 << 32)]
    settings: dict[str, Any]
    reused_tokens: Count = 0
    version: int = 0
    """0 = a plain trace."""
    info: InfoLine = InfoLine()
    prompt: PromptLine = PromptLine()
    turns: tuple[TurnLine, ...] = ()


class StageLine(msgspec.Struct, frozen=True):
    """One of `step.stages`."""

    sampler: str
    kept: Count
    mass: Share


class TopLine(msgspec.Struct, frozen=True):
    """One of `step.top`."""

    id: Token
    text: str
    logit: Number | bool
    p_raw: Share
    p_final: Share
    cut_by: str | None


class StageMore(msgspec.Struct, frozen=True):
    """One of `step.record.stages`."""

    entropy: Bits
    changed: bool


class RecordLine(msgspec.Struct, frozen=True):
    """`step.record`."""

    ids: bytes
    logits: bytes
    p_final: bytes
    cut: bytes
    log_sum_exp: Number
    n_vocab: Annotated[int, Meta(ge=0, le=VOCABULARY_LIMIT)]
    n_finite: Annotated[int, Meta(ge=0, le=VOCABULARY_LIMIT)]
    logit_mean: Number
    logit_std: Number
    logit_max: Number
    stages: tuple[StageMore, ...]
    allowed: bytes = b""
    pieces: dict[str, bytes] = {}


class StateLine(msgspec.Struct, frozen=True):
    """`step.state`."""

    draws: dict[str, Count]
    mirostat_mu: Number
    adaptive: tuple[Number, Number]


class StepLine(msgspec.Struct, frozen=True):
    """One token."""

    i: Count
    id: Annotated[int, Meta(ge=0, lt=VOCABULARY_LIMIT)]
    text: str
    bytes: bytes
    p_raw: Share
    p_final: Share
    rank: Count
    entropy: Bits
    u: Share | None
    stages: Annotated[tuple[StageLine, ...], Meta(max_length=255)]
    top: tuple[TopLine, ...] = ()
    resampled: bool = False
    by_hand: bool = False
    record: RecordLine | None = None
    uniforms: dict[str, Share] = {}
    state: StateLine | None = None
    settings_version: Count = 0
    begins: bool = False


class SettingsLine(msgspec.Struct, frozen=True):
    """A change of settings."""

    i: Count
    changed: dict[str, Any]
    version: Count = 0


class EndLine(msgspec.Struct, frozen=True):
    """The last line."""

    reason: str
    text: str
    timings: Timings = Timings()
    error: str = ""
