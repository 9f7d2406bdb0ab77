"""Scores as the screen needs them: by message, and one scored token as a step that drew nothing.

Keeps true: of several scorings that cover a message the one that came furthest is shown; a step made
here says no more than the score does (its record holds the few most likely candidates, `u` is None, no
stage has run). Asks no engine.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from tui.core.score import TEMPLATE, ScoredToken, Scoring
from tui.core.step import KEPT, ChainState, Record, Step

_STATE: Final = ChainState({}, 0.0, (0.0, 0.0))


def by_message(scorings: Iterable[Scoring]) -> dict[int | None, list[ScoredToken]]:
    """The tokens of each message; under None those of the texts that the persona's file holds."""
    found: dict[int | None, list[ScoredToken]] = {}
    for scoring in scorings:
        texts: dict[int | None, list[ScoredToken]] = {}
        for token in scoring.tokens:
            if token.turn != TEMPLATE:
                texts.setdefault(scoring.owner(token), []).append(token)
        for owner, tokens in texts.items():
            if len(tokens) > len(found.get(owner, ())):
                found[owner] = tokens
    return found


def as_step(token: ScoredToken, i: int, n_vocab: int) -> Step:
    """A scored token in the place of a drawn one, for what shows steps.

    Args:
        token: as it was scored; one that nothing stands before has no candidates.
        i: its place in its message.
        n_vocab: tokens of the vocabulary.
    """
    ids, logits = _candidates(token)
    final = np.exp(logits.astype(np.float64) - token.log_sum_exp).astype(np.float32)
    p_raw = token.p_raw or 0.0
    return Step(
        i=i, id=token.id, piece=token.piece, text=token.text, p_raw=p_raw, p_final=p_raw,
        rank=token.rank, entropy_bits=token.entropy_bits, u=None,
        record=Record(
            id_bytes=ids.tobytes(), logit_bytes=logits.tobytes(), final_bytes=final.tobytes(),
            cut_bytes=np.full(len(ids), KEPT, np.uint8).tobytes(), log_sum_exp=token.log_sum_exp,
            n_vocab=n_vocab, n_finite=n_vocab, logit_mean=token.logit_mean,
            logit_std=token.logit_std, logit_max=token.logit_max,
        ),
        state=_STATE,
    )  # fmt: skip


def _candidates(
    token: ScoredToken,
) -> tuple[
    np.ndarray[tuple[int], np.dtype[np.int32]], np.ndarray[tuple[int], np.dtype[np.float32]]
]:
    """Ids and logits of the most likely candidates, the token itself among them."""
    if token.p_raw is None:
        return np.empty(0, np.int32), np.empty(0, np.float32)
    ids: Sequence[int] = token.top_ids.tolist()
    with np.errstate(divide="ignore"):
        logits = (np.log(token.top_p.astype(np.float64)) + token.log_sum_exp).astype(np.float32)
    if token.id in ids:
        return np.array(ids, np.int32), logits
    return np.array([*ids, token.id], np.int32), np.append(logits, np.float32(token.logit))
