"""A reply as CSV: one row for each token, or one for each candidate of each token.

Keeps true: RFC 4180 (CRLF, quotes doubled), UTF-8, a point in numbers, never NaN. Nothing in it is a
formula: a cell of text that begins like one has an apostrophe before it, and the exact bytes stand
beside it as `0x…`.
"""

import csv
import io
import math
from collections.abc import Iterable
from typing import Final

from tui.core.export.reply import ReplyTrace
from tui.core.export.told import token_text
from tui.core.step import KEPT, Step
from tui.core.text import visible
from tui.core.tint import surprise_bits

TOKEN_COLUMNS: Final = {
    "i": "place in the reply, from 0",
    "id": "the token",
    "text": "its bytes, all of them visible: `␠blue`, `⏎`, `⟨E2 96⟩`",
    "bytes": "the same, exact: `0x20626c7565`; `0x` for a control token",
    "p_raw": "the model's own probability of it",
    "p_final": "its probability in the draw",
    "rank": "1 = most likely by `p_raw`",
    "surprise_bits": "−log2 of `p_raw`; empty where that is 0",
    "entropy_bits": "of `p_raw`, over the whole vocabulary",
    "u": "the uniform number that drew it; empty where nothing was drawn",
    "by_hand": "1 where a person took it",
    "resampled": "1 where a grammar refused the first draw",
    "kept": "candidates that the last stage left",
    "stages": "each stage and what it left: `top_k 40; top_p 3`",
}
"""Column -> what it holds; one row for each token."""

CANDIDATE_COLUMNS: Final = {
    "i": "place of the token in the reply, from 0",
    "row": "place of the candidate in the record, from 0, the most likely first",
    "id": "the candidate",
    "text": "as above",
    "bytes": "as above",
    "taken": "1 for the one that was taken",
    "logit": "the model's own; empty where it is not finite",
    "p_raw": "the model's own probability",
    "p_final": "its probability in the draw",
    "cut_by": "the stage that removed it; empty where none did",
}
"""Column -> what it holds; one row for each candidate of each token."""

_FORMULA: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "'")


def token_table(trace: ReplyTrace) -> str:
    """A row for each token of the reply."""
    return _table(TOKEN_COLUMNS, (_token(trace, i, step) for i, step in enumerate(trace.steps)))


def candidate_table(trace: ReplyTrace) -> str:
    """A row for each recorded candidate of each token."""
    rows = (row for i, step in enumerate(trace.steps) for row in _candidates(trace, i, step))
    return _table(CANDIDATE_COLUMNS, rows)


def _table(columns: Iterable[str], rows: Iterable[list[object]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def _token(trace: ReplyTrace, i: int, step: Step) -> list[object]:
    surprise = surprise_bits(step.p_raw)
    stages = "; ".join(f"{visible(stage.sampler.encode('utf-8', 'replace'))} {stage.kept}"
                       for stage in step.stages)  # fmt: skip
    return [
        i,
        step.id,
        plain_cell(token_text(trace, step.id, step)),
        f"0x{step.piece.hex()}",
        step.p_raw,
        step.p_final,
        step.rank,
        surprise if math.isfinite(surprise) else "",
        step.entropy_bits,
        "" if step.u is None else step.u,
        int(step.by_hand),
        int(step.resampled),
        step.stages[-1].kept if step.stages else step.record.n_finite,
        plain_cell(stages),
    ]


def _candidates(trace: ReplyTrace, i: int, step: Step) -> Iterable[list[object]]:
    record, pieces = step.record, trace.vocabulary.pieces
    ids, logits, cut = record.ids.tolist(), record.logits.tolist(), record.cut.tolist()
    p_raw, p_final = record.p_raw.tolist(), record.p_final.tolist()
    names = [plain_cell(visible(s.sampler.encode("utf-8", "replace"))) for s in step.stages]
    for row, token in enumerate(ids):
        finite = math.isfinite(logits[row])
        piece = pieces[token] if 0 <= token < len(pieces) else b""
        yield [
            i,
            row,
            token,
            plain_cell(token_text(trace, token)),
            f"0x{piece.hex()}",
            int(token == step.id),
            logits[row] if finite else "",
            p_raw[row] if finite else 0.0,
            p_final[row],
            "" if cut[row] == KEPT else names[cut[row]],
        ]


def plain_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    >>> plain_cell("=1+1"), plain_cell("␠blue")
    ("'=1+1", '␠blue')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
