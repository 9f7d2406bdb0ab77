"""Steps made by hand, with every number known."""

from collections.abc import Sequence

import numpy as np

from tui.core.model import Vocabulary
from tui.core.replay import replay
from tui.core.settings import Settings
from tui.core.step import KEPT, ChainState, Record, StageTrace, Step


def a_step(
    p_raw: Sequence[float],
    p_final: Sequence[float],
    *,
    chosen: int = 0,
    ids: Sequence[int] | None = None,
    cut: Sequence[int] | None = None,
    stages: Sequence[StageTrace] = (),
    n_vocab: int = 1024,
    u: float | None = 0.417,
    piece: bytes = b"",
    entropy_bits: float | None = None,
) -> Step:
    """A step whose record has these probabilities, likeliest first; `chosen` is a position."""
    raw = np.asarray(p_raw, np.float64)
    tokens = np.arange(len(raw)) if ids is None else np.asarray(ids)
    reasons = [KEPT] * len(raw) if cut is None else cut
    held = raw[raw > 0]
    record = Record(
        id_bytes=tokens.astype(np.int32).tobytes(),
        logit_bytes=np.log(raw).astype(np.float32).tobytes(),
        final_bytes=np.asarray(p_final, np.float32).tobytes(),
        cut_bytes=np.asarray(reasons, np.uint8).tobytes(),
        log_sum_exp=0.0,
        n_vocab=n_vocab,
        n_finite=n_vocab,
        logit_mean=-7.0,
        logit_std=2.0,
        logit_max=float(np.log(raw.max())) if len(raw) else 0.0,
    )
    return Step(
        i=1,
        id=int(tokens[chosen]),
        piece=piece,
        text="",
        p_raw=float(raw[chosen]),
        p_final=float(p_final[chosen]),
        rank=chosen + 1,
        entropy_bits=float(-(held * np.log2(held)).sum()) if entropy_bits is None else entropy_bits,
        u=u,
        stages=tuple(stages),
        record=record,
        state=ChainState({"dist": 1}, 10.0, (0.0, 0.0)),
    )


STAGES = (
    StageTrace("top_k", 40, 0.998, 0.72, True),
    StageTrace("typ_p", 40, 0.998, 0.72, False),
    StageTrace("top_p", 2, 0.962, 0.35, True),
    StageTrace("min_p", 2, 0.962, 0.35, False),
    StageTrace("temperature", 2, 0.962, 0.22, True),
)


def answer(**changes: object) -> Step:
    """`2`, at 90 %, of 40 recorded candidates; top-p left two."""
    tail = [0.0066 * 0.8**i for i in range(38)]
    raw = [0.9, 0.062, *tail]
    final = [0.966, 0.034] + [0.0] * 38
    cut = [KEPT, KEPT] + [2] * 38
    given = {"cut": cut, "stages": STAGES, "ids": [18, 17, *range(19, 57)]} | changes
    return a_step(raw, final, **given)  # type: ignore[arg-type]


DIGITS = Vocabulary(tuple(chr(32 + i).encode() for i in range(95)))
"""Token i is the character 32 + i: token 18 is `2`."""


def sampled(p_raw: Sequence[float], settings: Settings) -> Step:
    """A step over a whole vocabulary, with what the chain of `settings` makes of it."""
    bare = a_step(p_raw, p_raw, n_vocab=len(p_raw))
    made = replay(bare, settings)
    final = np.where(made.p_final > 0, made.p_final, 0.0)
    chosen = int(np.flatnonzero(bare.record.ids == made.token)[0])
    return a_step(p_raw, final, chosen=chosen, cut=list(made.cut), stages=made.stages,
                  n_vocab=len(p_raw))  # fmt: skip
