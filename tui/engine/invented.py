"""Invented steps: a small vocabulary and a plausible record for a token that a script names.

Keeps true: the same seed, reply and index give the same step; the record obeys the same rules as a
real one (softmax over the whole vocabulary, cut candidates have no final probability, the drawn one
always has some). The cuts follow their definitions in plain numpy; every other active stage is
listed and leaves things as they are. Nothing here claims to be a model.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from tui.core.plan import make_plan
from tui.core.score import TEMPLATE, ScoredToken
from tui.core.settings import Settings
from tui.core.step import KEPT, ChainState, Record, StageTrace, Step

Floats = npt.NDArray[np.float64]

EOG: Final = 0
"""Id of the one end-of-generation token."""
_END: Final = b"<|end|>"
_FILLER: Final = (
    " the", " a", " and", " of", " to", " red", " blue", " green", " cold", " warm", " one", " two",
    " three", ",", ".", "!", "\n", " sea", " sky", " light", " line", " wave", " noise", " trace",
    " dice", " coin", " song", " six", " five", " four", "é", "🎵", " 東",
)  # fmt: skip


class InventedVocabulary:
    """Every piece of a script and some filler, numbered in order of appearance."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        filler = [text.encode() for text in _FILLER]
        self.pieces: tuple[bytes, ...] = tuple(dict.fromkeys([_END, *pieces, *filler]))
        self._ids = {piece: token for token, piece in enumerate(self.pieces)}

    def id(self, piece: bytes) -> int:
        """The token of a piece; `KeyError` for one that no script and no filler has."""
        return self._ids[piece]

    def find(self, piece: bytes) -> int:
        """The token of a piece, or some other one."""
        return self._ids.get(piece, len(piece) % len(self.pieces))


def invent(
    vocabulary: InventedVocabulary,
    token: int,
    text: str,
    *,
    i: int,
    settings: Settings,
    version: int,
    rng: np.random.Generator,
) -> Step:
    """The step number `i` that draws `token`, with `text` as what it adds to the decoded reply."""
    n_vocab = len(vocabulary.pieces)
    logits = rng.normal(0.0, 2.0, n_vocab)
    logits[token] = logits.max() + rng.uniform(-1.5, 3.0)
    u = float(rng.uniform())
    p_final, cut, stages = _cuts(logits, settings)
    if cut[token] != KEPT:
        logits[token] = logits.max() + 1.0
        p_final, cut, stages = _cuts(logits, settings)
    log_sum_exp = float(np.log(np.exp(logits).sum()))
    p_raw = np.exp(logits - log_sum_exp)
    order = np.lexsort((np.arange(n_vocab), -logits)).astype(np.int32)
    draw = make_plan(settings).draw
    return Step(
        i=i,
        id=token,
        piece=b"" if token == EOG else vocabulary.pieces[token],
        text=text,
        p_raw=float(p_raw[token]),
        p_final=float(p_final[token]),
        rank=int(np.flatnonzero(order == token)[0]) + 1,
        entropy_bits=float(-(p_raw * np.log2(p_raw)).sum()),
        u=None if draw == "greedy" else u,
        uniforms={} if draw == "greedy" else {draw: u},
        stages=stages,
        record=Record(
            id_bytes=order.tobytes(),
            logit_bytes=logits[order].astype(np.float32).tobytes(),
            final_bytes=p_final[order].astype(np.float32).tobytes(),
            cut_bytes=cut[order].tobytes(),
            log_sum_exp=log_sum_exp,
            n_vocab=n_vocab,
            n_finite=n_vocab,
            logit_mean=float(logits.mean()),
            logit_std=float(logits.std()),
            logit_max=float(logits.max()),
        ),
        state=ChainState({draw: i}, 2.0 * settings.mirostat_tau, (0.0, 0.0)),
        settings_version=version,
    )


def invent_scores(
    vocabulary: InventedVocabulary, texts: Sequence[str], seed: int
) -> tuple[ScoredToken, ...]:
    """A token a word for each of the texts, which are turns, each after a token of the template."""
    found: list[ScoredToken] = []
    for turn, text in enumerate(texts):
        words = [
            (TEMPLATE, "<|end|>"),
            *((turn, word) for word in re.findall(r"\s*\S+|\s+$", text)),
        ]
        for owner, word in words:
            rng = np.random.default_rng((seed, len(found)))
            p = rng.dirichlet(np.full(len(vocabulary.pieces), 0.1))
            order = np.argsort(-p, kind="stable")
            token = vocabulary.find(word.encode())
            first = not found
            found.append(
                ScoredToken(
                    id=token,
                    piece=word.encode(),
                    text=word,
                    control=owner == TEMPLATE,
                    turn=owner,
                    p_raw=None if first else float(p[token]),
                    rank=0 if first else int(np.flatnonzero(order == token)[0]) + 1,
                    entropy_bits=0.0 if first else float(-(p[p > 0] * np.log2(p[p > 0])).sum()),
                    top_id_bytes=b"" if first else order[:10].astype(np.int32).tobytes(),
                    top_p_bytes=b"" if first else p[order[:10]].astype(np.float32).tobytes(),
                )
            )
    return tuple(found)


def _softmax(logits: Floats) -> Floats:
    weights = np.exp(logits - logits.max())
    return np.asarray(weights / weights.sum(), np.float64)


def _cuts(
    logits: Floats, settings: Settings
) -> tuple[Floats, npt.NDArray[np.uint8], tuple[StageTrace, ...]]:
    p_raw = _softmax(logits)
    now = logits.copy()
    cut = np.full(len(logits), KEPT, np.uint8)
    stages: list[StageTrace] = []
    for number, name in enumerate(make_plan(settings).active):
        before = _softmax(now)
        kept = _kept(name, before, settings)
        cut[(cut == KEPT) & ~kept] = number
        now[~kept] = -np.inf
        if name == "temperature":
            now = now / max(settings.temperature, 1e-3)
        after = _softmax(now)
        alive = after[after > 0]
        stages.append(
            StageTrace(
                name,
                int((cut == KEPT).sum()),
                float(p_raw[cut == KEPT].sum()),
                float(-(alive * np.log2(alive)).sum()),
                not np.array_equal(before, after),
            )
        )
    return _softmax(now), cut, tuple(stages)


def _kept(name: str, p: Floats, settings: Settings) -> npt.NDArray[np.bool_]:
    alive: npt.NDArray[np.bool_] = p > 0
    order = np.argsort(-p, kind="stable")
    place = np.empty(len(p), np.int64)
    place[order] = np.arange(len(p))
    match name:
        case "top_k":
            alive &= place < settings.top_k
        case "top_p":
            mass_before = np.concatenate(([0.0], np.cumsum(p[order])[:-1]))[place]
            alive &= (mass_before < settings.top_p) | (place == 0)
        case "min_p":
            alive &= p >= settings.min_p * p.max()
    return alive
