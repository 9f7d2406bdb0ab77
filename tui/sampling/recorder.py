"""The step of a draw, read out of the bytes that `observer.c` packed.

Keeps true: every number is finite. Log-sum-exp, entropy, mean and deviation are of the whole
vocabulary (relative error about 1e-7). Reads nothing but the draw, so it may run in any thread.
"""

from typing import Final

from tui.core.step import Record, StageTrace, Step
from tui.sampling.drawn import HEAD, TRACE, Written

NO_RECORD: Final = Record(b"", b"", b"", b"", 0.0, 0, 0, 0.0, 0.0, 0.0)
"""Of a step that nobody asked a record for."""


def step_of(written: Written, n_vocab: int, *, whole: bool = True) -> Step:
    """The step of a draw; without a record where it was made without, or none is wanted."""
    draw, i, piece, text, version = written
    data, head = draw.data, draw.head
    recorded = head.n > 0 and whole
    stages: tuple[StageTrace, ...] = ()
    record = NO_RECORD
    if recorded:
        ids_at = HEAD.size + head.n_traces * TRACE.size
        logits_at, final_at, cut_at = (ids_at + 4 * head.n * part for part in (1, 2, 3))
        traces = TRACE.iter_unpack(data[HEAD.size : ids_at])
        stages = tuple(
            [
                StageTrace(name, kept, mass, bits, bool(changed))
                for name, (mass, bits, kept, changed) in zip(draw.stages, traces, strict=True)
            ]
        )
        record = Record(
            data[ids_at:logits_at],
            data[logits_at:final_at],
            data[final_at:cut_at],
            data[cut_at:],
            head.log_sum_exp,
            n_vocab,
            head.n_finite,
            head.logit_mean,
            head.logit_std,
            head.logit_max,
            draw.allowed,
        )
    return Step(
        i=i,
        id=draw.token,
        piece=piece,
        text=text,
        p_raw=head.p_raw if recorded else 0.0,
        p_final=head.p_final if recorded else 0.0,
        rank=head.rank if recorded else 0,
        entropy_bits=head.entropy_bits if recorded else 0.0,
        u=draw.u,
        uniforms=draw.uniforms,
        stages=stages,
        record=record,
        state=draw.state,
        settings_version=version,
        resampled=draw.resampled,
        by_hand=draw.by_hand,
    )
