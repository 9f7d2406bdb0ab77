"""A step of a trace's line: with its whole record, or with what a plain trace tells of it.

Keeps true: the arrays of a record have one length, are in order, and name only tokens that can be.
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from tui.core.export.line import RecordLine, StepLine
from tui.core.settings import Settings
from tui.core.step import KEPT, ChainState, Record, StageTrace, Step

_PIECE_LIMIT: Final = 1 << 16


class Pieces:
    """The bytes of the tokens that lines have told, for a vocabulary of `n_vocab`."""

    def __init__(self, n_vocab: int) -> None:
        self._n_vocab = n_vocab
        self._found: dict[int, bytes] = {}

    def add(self, pieces: Mapping[str, bytes]) -> None:
        """Those of one line, by id as text.

        Raises:
            ValueError: an id that the vocabulary does not have, or a piece that is too long.
        """
        for text, piece in pieces.items():
            if not text.isascii() or not text.isdigit() or len(text) > 9:
                raise ValueError(f"{text[:20]!r} is no token id")
            self.one(int(text), piece)

    def one(self, token: int, piece: bytes, *, sure: bool = True) -> None:
        """That of one token; one that is not `sure` holds until a sure one comes."""
        self.check(token)
        if len(piece) > _PIECE_LIMIT:
            raise ValueError(f"token {token} has {len(piece)} bytes")
        if sure or token not in self._found:
            self._found[token] = piece

    @property
    def size(self) -> int:
        """Tokens of the vocabulary."""
        return self._n_vocab

    def check(self, token: int) -> None:
        """Refuse an id that the vocabulary does not have."""
        if not 0 <= token < self._n_vocab:
            raise ValueError(f"token {token} is outside the vocabulary of {self._n_vocab}")

    def ids(self, data: bytes) -> tuple[int, ...]:
        """Token ids, int32 in `data`."""
        if len(data) % 4:
            raise ValueError("the ids are not whole")
        found = np.frombuffer(data, "<i4")
        if found.size and not (found.min() >= 0 and found.max() < self._n_vocab):
            raise ValueError(f"an id is outside the vocabulary of {self._n_vocab}")
        return tuple(found.tolist())

    def all(self) -> tuple[bytes, ...]:
        """By id; empty for a token that no line names."""
        found = [b""] * self._n_vocab
        for token, piece in self._found.items():
            found[token] = piece
        return tuple(found)


def full_step(line: StepLine, record: RecordLine, pieces: Pieces) -> Step:
    """A step with its whole record.

    Raises:
        ValueError: the record does not hold together.
    """
    if line.state is None:
        raise ValueError("the step has a record and no state")
    if len(record.stages) != len(line.stages):
        raise ValueError(f"{len(record.stages)} stages in the record, {len(line.stages)} outside")
    ids = np.array(pieces.ids(record.ids), np.int32)
    n = ids.size
    logits = _floats(record.logits, n, "logits")
    p_final = _floats(record.p_final, n, "p_final")
    if len(record.cut) != n:
        raise ValueError(f"cut has {len(record.cut)} bytes for {n} candidates")
    if record.allowed and len(record.allowed) != n:
        raise ValueError(f"allowed has {len(record.allowed)} bytes for {n} candidates")
    if np.unique(ids).size != n:
        raise ValueError("a candidate stands in the record twice")
    if np.isnan(logits).any() or (logits == math.inf).any():
        raise ValueError("a logit is not a number")
    if (logits[1:] > logits[:-1]).any():
        raise ValueError("the candidates are not in order")
    if not ((p_final >= 0.0) & (p_final <= 1.001)).all():
        raise ValueError("a p_final is not a probability")
    cut = np.frombuffer(record.cut, np.uint8)
    if ((cut != KEPT) & (cut >= len(line.stages))).any():
        raise ValueError("a candidate is cut by a stage that is not there")
    if n and line.id not in ids:
        raise ValueError("the record lacks the token that was taken")
    pieces.check(line.id)
    return _step(
        line,
        [(more.entropy, more.changed) for more in record.stages],
        Record(
            ids.tobytes(), logits.tobytes(), p_final.tobytes(), record.cut, record.log_sum_exp,
            record.n_vocab, record.n_finite, record.logit_mean, record.logit_std,
            record.logit_max, record.allowed,
        ),
        ChainState(line.state.draws, line.state.mirostat_mu, line.state.adaptive),
    )  # fmt: skip


def _floats(data: bytes, n: int, name: str) -> npt.NDArray[np.float32]:
    if len(data) != 4 * n:
        raise ValueError(f"{name} has {len(data)} bytes for {n} candidates")
    return np.frombuffer(data, "<f4").astype(np.float32)


def plain_step(line: StepLine, pieces: Pieces, settings: Settings) -> Step:
    """A step of a plain trace: its record holds the candidates that are listed, and no more.

    What the others' logits add up to is not known, so their mean and deviation are NaN.

    Raises:
        ValueError: a candidate cannot be.
    """
    pieces.check(line.id)
    if line.bytes:
        pieces.one(line.id, line.bytes)
    names = [stage.sampler for stage in line.stages]
    rows: dict[int, tuple[float, float, int]] = {}
    log_sum_exp, top = 0.0, -math.inf
    for one in line.top:
        pieces.one(one.id, one.text.encode("utf-8", "replace"), sure=False)
        logit = -math.inf if isinstance(one.logit, bool) else float(one.logit)
        if one.cut_by is not None and one.cut_by not in names:
            raise ValueError(f"token {one.id} is cut by {one.cut_by[:40]!r}, which did not run")
        cut = KEPT if one.cut_by is None else len(names) - 1 - names[::-1].index(one.cut_by)
        if one.id in rows:
            raise ValueError(f"token {one.id} is listed twice")
        rows[one.id] = (logit, one.p_final, cut)
        if one.p_raw > 0.0 and logit > top:
            log_sum_exp, top = logit - math.log(one.p_raw), logit
    order = sorted(rows, key=lambda token: -rows[token][0])
    n_vocab = pieces.size if rows else 0
    record = Record(
        np.array(order, np.int32).tobytes(),
        np.array([rows[token][0] for token in order], np.float32).tobytes(),
        np.array([rows[token][1] for token in order], np.float32).tobytes(),
        bytes([rows[token][2] for token in order]),
        log_sum_exp,
        n_vocab,
        n_vocab,
        math.nan,
        math.nan,
        max(top, 0.0) if top == -math.inf else top,
    )
    return _step(
        line,
        [(math.nan, True)] * len(line.stages),
        record,
        ChainState({}, 2.0 * settings.mirostat_tau, (0.0, 0.0)),
    )


def _step(
    line: StepLine, more: list[tuple[float, bool]], record: Record, state: ChainState
) -> Step:  # fmt: skip
    return Step(
        i=line.i,
        id=line.id,
        piece=line.bytes,
        text=line.text,
        p_raw=line.p_raw,
        p_final=line.p_final,
        rank=line.rank,
        entropy_bits=line.entropy,
        u=line.u,
        uniforms=line.uniforms,
        stages=tuple(
            StageTrace(stage.sampler, stage.kept, stage.mass, entropy, changed)
            for stage, (entropy, changed) in zip(line.stages, more, strict=True)
        ),
        record=record,
        state=state,
        settings_version=line.settings_version,
        resampled=line.resampled,
        by_hand=line.by_hand,
    )
