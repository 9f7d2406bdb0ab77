"""The step of a draw, read out of the bytes that `observer.c` packed.

Keeps true: every number is finite. Log-sum-exp, entropy, mean and deviation are of the whole
vocabulary (relative error about 1e-7). Reads nothing but the draw, so it may run in any thread.
"""

from typing import Final

from tui.core.step import Record, StageTrace, Step
from tui.sampling.drawn import HEAD, TRACE, Written, alone

NO_RECORD: Final = Record(b"", b"", b"", b"", 0.0, 0, 0, 0.0, 0.0, 0.0)
"""Of a step that nobody asked a record for."""


def step_of(written: Written, n_vocab: int, *, whole: bool = True) -> Step:
    """The step of a draw; without a record where it was made without, or none is wanted."""
    draw, i, piece, text, version = written
    data = draw.data
    # A plain tuple: this runs behind a decode, which leaves nothing in the caches, and there every
    # object and every call costs microseconds.
    (
        _, _, dist_drawn, xtc_drawn, u, coin, log_sum_exp, entropy_bits, logit_mean, logit_std,
        logit_max, p_raw, p_final, n, n_finite, rank, n_traces,
    ) = HEAD.unpack_from(data)  # fmt: skip
    state, uniform, uniforms = draw.rest or alone(draw.base, dist_drawn, xtc_drawn, u, coin)
    if not (n and whole):
        stages: tuple[StageTrace, ...] = ()
        record = NO_RECORD
        p_raw = p_final = entropy_bits = 0.0
        rank = 0
    else:
        ids_at = HEAD.size + n_traces * TRACE.size
        logits_at = ids_at + 4 * n
        final_at = logits_at + 4 * n
        cut_at = final_at + 4 * n
        traces = TRACE.iter_unpack(data[HEAD.size : ids_at])
        stages = tuple(
            [
                StageTrace(name, kept, mass, bits, changed != 0)
                for name, (mass, bits, kept, changed) in zip(draw.stages, traces, strict=True)
            ]
        )
        record = Record(
            data[ids_at:logits_at],
            data[logits_at:final_at],
            data[final_at:cut_at],
            data[cut_at:],
            log_sum_exp,
            n_vocab,
            n_finite,
            logit_mean,
            logit_std,
            logit_max,
            draw.allowed,
        )
    return Step(
        i=i,
        id=draw.token,
        piece=piece,
        text=text,
        p_raw=p_raw,
        p_final=p_final,
        rank=rank,
        entropy_bits=entropy_bits,
        u=uniform,
        uniforms=uniforms,
        stages=stages,
        record=record,
        state=state,
        settings_version=version,
        resampled=draw.resampled,
        by_hand=draw.by_hand,
    )
