"""Rows of logits against the tokens that stand after them."""

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One token in its place; the fields are those of `core.score.ScoredToken`."""

    p_raw: float
    rank: int
    entropy_bits: float
    log_sum_exp: float
    logit: float
    logit_mean: float
    logit_std: float
    logit_max: float
    top_id_bytes: bytes
    top_p_bytes: bytes


def measure(rows: Rows, ids: Sequence[int], top: int) -> list[Measured]:
    """Every number is finite; a token that the model rules out has a probability of 0.

    Args:
        rows: float32[n, n_vocab], the model's own logits; not changed.
        ids: n token ids.
        top: how many of the most likely are told.
    """
    return [_one(row, token, top) for row, token in zip(rows, ids, strict=True)]


def _one(row: npt.NDArray[np.float32], token: int, top: int) -> Measured:
    finite = np.isfinite(row)
    # A damaged model computes what is no number; it counts as ruled out.
    kept = row if finite.all() else np.where(finite, row, np.float32(-np.inf))
    values = row if kept is row else row[finite]
    if not values.size:
        return Measured(
            p_raw=0.0, rank=1, entropy_bits=0.0, log_sum_exp=0.0, logit=0.0, logit_mean=0.0,
            logit_std=0.0, logit_max=0.0, top_id_bytes=b"", top_p_bytes=b"",
        )  # fmt: skip
    most = float(values.max())
    lowered = values - np.float32(most)
    weights = np.exp(lowered)
    total = float(weights.sum(dtype=np.float64))
    log_sum_exp = most + float(np.log(total))
    # -sum(p ln p), with p = exp(l - max) / total
    nats = np.log(total) - float(np.multiply(weights, lowered).sum(dtype=np.float64)) / total
    logit = float(kept[token])
    order = _most_likely(kept, min(top, values.size))
    return Measured(
        p_raw=float(np.exp(logit - log_sum_exp)),
        rank=int(np.count_nonzero(kept > kept[token]))
        + int(np.count_nonzero(kept[:token] == kept[token]))
        + 1,
        entropy_bits=max(0.0, float(nats / np.log(2.0))),
        log_sum_exp=log_sum_exp,
        logit=logit if np.isfinite(logit) else 0.0,
        logit_mean=float(values.mean(dtype=np.float64)),
        logit_std=float(values.std(dtype=np.float64)),
        logit_max=most,
        top_id_bytes=order.astype(np.int32).tobytes(),
        top_p_bytes=np.exp(kept[order] - log_sum_exp).astype(np.float32).tobytes(),
    )


def _most_likely(row: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.intp]:
    """Ids of the largest, highest first, then by id."""
    if count < 1:
        return np.empty(0, np.intp)
    least = np.partition(row, row.size - count)[row.size - count]
    ids = np.flatnonzero(row >= least)
    return ids[np.argsort(-row[ids], kind="stable")][:count]
