"""What an export says of a reply in words: who made it, with what, and what happened to a candidate.

Keeps true: every text that comes out is clean (`core.text`) and is no markup: whoever puts it into a
page escapes it. Numbers are the record's.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from tui.core.bias import changed_words
from tui.core.export.reply import ReplyTrace
from tui.core.own_sampler import OwnSampler
from tui.core.plan import chain_line
from tui.core.reason import percent, reasons
from tui.core.replay import replay
from tui.core.replay.tail import CONTIGUOUS
from tui.core.settings import DEFAULTS, Settings
from tui.core.step import KEPT, Step
from tui.core.text import one_line, sanitize, visible
from tui.core.tint import surprise_bits

_ENDS: Final = {
    "eog": "the model ended it",
    "stop": "a stop text ended it",
    "length": "the length limit",
    "context": "the context was full",
    "cancelled": "it was stopped",
    "banned": "no candidate was left",
    "error": "it failed",
    "": "it is not finished",
}
_FACTS: Final = 400
"""Most characters of one fact."""


class Chosen(msgspec.Struct, frozen=True):
    """One candidate of a step."""

    row: int
    """In the record."""
    token: int
    logit: float
    p_raw: float
    p_final: float
    rank: int
    """1 = most likely by `p_raw`; 0 = not known."""
    why: str
    """Why it could not be drawn; empty when it could."""


def facts(trace: ReplyTrace) -> list[tuple[str, str]]:
    """What a reader must know to make the reply again: a name and a text each."""
    model = trace.model
    rows = [
        ("model", f"{model.name} {model.quant}".strip()),
        ("file", model.path.replace("\\", "/").rpartition("/")[2]),
        ("architecture", f"{model.arch}, {model.n_vocab:,} tokens, context {model.n_ctx:,}"),
        ("seed", str(trace.seed)),
        ("chain", chain_line(trace.settings.changed(seed=trace.seed))),
    ]
    if others := _others(trace.settings):
        rows.append(("besides", others))
    for change in trace.changes:
        said = ", ".join(
            changed_words(key, value, lambda token: f"‹{token_text(trace, token)}›")
            for key, value in change.changed.items()
        )
        rows.append((f"from token {change.i + 1}", said))
    rows.append(("tokens", _counts(trace)))
    rows.append(("ended by", trace.error or _ENDS.get(trace.reason, trace.reason)))
    return [(name, one_line(text, _FACTS)) for name, text in rows if text.strip()]


def _others(settings: Settings) -> str:
    """What is set and the line of the chain does not say."""
    parts = []
    for key in ("grammar", "json_schema"):
        if getattr(settings, key):
            parts.append(f"a {key.replace('_', ' ')}")
    biases = (settings.logit_bias, settings.logit_bias_text, settings.logit_bias_variants)
    if count := sum(map(len, biases)):
        parts.append(f"{count} logit biases")
    for key in ("ignore_eos", "min_keep"):
        if getattr(settings, key) != getattr(DEFAULTS, key):
            parts.append(key.replace("_", " "))
    return ", ".join(parts)


def _counts(trace: ReplyTrace) -> str:
    prompt = f" after a prompt of {len(trace.prompt):,}" if trace.prompt else ""
    speed = trace.timings.gen_tps
    rate = f", {speed:,.0f} a second" if speed > 0 else ""
    return f"{len(trace.steps):,}{prompt}{rate}"


def token_text(trace: ReplyTrace, token: int, step: Step | None = None) -> str:
    """A token with every byte to be seen; the piece of its step where the vocabulary lacks it."""
    pieces = trace.vocabulary.pieces
    if not (0 <= token < len(pieces) and pieces[token]) and step is not None and step.piece:
        return visible(step.piece)
    return trace.vocabulary.visible(token) or f"⟨{token}⟩"


def drawn_text(trace: ReplyTrace, step: Step) -> tuple[str, bool]:
    """What a step added to the text; where that is nothing, its token, and that it is none (True)."""
    text = sanitize(step.text)
    return (text, False) if text else (token_text(trace, step.id, step), True)


def summary(step: Step) -> str:
    """The measures of a step on one line."""
    parts = [f"{percent(step.p_raw)} raw", f"{percent(step.p_final)} final", f"rank {step.rank}"]
    if step.p_raw > 0.0:
        parts.append(f"{surprise_bits(step.p_raw):.2f} bit surprise")
    parts.append(f"entropy {step.entropy_bits:.2f} bit")
    return ", ".join(parts)


def candidates(
    trace: ReplyTrace, i: int, top: int, own: Mapping[str, OwnSampler] = {}
) -> list[Chosen]:
    """The `top` most likely candidates of a step by `p_raw`, and the taken one among them."""
    step = trace.steps[i]
    record = step.record
    ids, p_raw, p_final = record.ids, record.p_raw, record.p_final
    rows = list(range(min(top, ids.size)))
    taken = np.flatnonzero(ids == step.id)
    if taken.size and int(taken[0]) not in rows:
        rows.append(int(taken[0]))
    why = _reasons(trace, i, rows, own)
    return [
        Chosen(
            row,
            int(ids[row]),
            float(record.logits[row]),
            float(p_raw[row]) if math.isfinite(record.logits[row]) else 0.0,
            float(p_final[row]),
            step.rank if ids[row] == step.id else row + 1 if row < CONTIGUOUS else 0,
            why[n],
        )
        for n, row in enumerate(rows)
    ]


def _reasons(
    trace: ReplyTrace, i: int, rows: Sequence[int], own: Mapping[str, OwnSampler]
) -> list[str]:
    """Why each cannot be drawn: in numbers where a replay gives what was recorded."""
    step = trace.steps[i]
    cut, p_final = step.record.cut, step.record.p_final
    if all(cut[row] == KEPT and p_final[row] > 0.0 for row in rows):
        return [""] * len(rows)
    settings = trace.settings_at(i)
    again = replay(step, settings, trace.history(i), own)
    return [one_line(why) for why in reasons(step, again, settings, rows)]


def others(step: Step, shown: Sequence[Chosen]) -> tuple[int, float, float]:
    """How many candidates `shown` leaves out, and their raw and final mass."""
    raw = max(0.0, 1.0 - sum(one.p_raw for one in shown))
    final = max(0.0, 1.0 - sum(one.p_final for one in shown))
    return max(0, step.record.n_vocab - len(shown)), raw, 0.0 if final < 1e-6 else final
