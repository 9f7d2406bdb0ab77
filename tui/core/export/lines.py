"""A reply as JSON Lines: the trace of `run --json`, and besides all that is needed to open it again.

Keeps true: the keys of the plain trace stay as they are, so that whoever reads that reads this; what
comes besides stands in keys of its own. Never NaN or Infinity but inside the arrays, where a logit
may be -Infinity. Arrays are base64 of little-endian numbers.
"""

import base64
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
import numpy as np

from tui.core import trace as plain
from tui.core.export.reply import ReplyTrace
from tui.core.messages import Finished, PromptReady
from tui.core.model import Vocabulary
from tui.core.own_sampler import OwnSampler
from tui.core.step import Record, Step

VERSION: Final = 1
"""Of what comes besides the plain trace."""
TOP: Final = 10
"""Candidates in words, as `run --json` lists them; the record holds all."""


def json_lines(
    reply: ReplyTrace, top: int = TOP, own: Mapping[str, OwnSampler] = {}
) -> Iterator[str]:
    """The lines of a reply, each with its newline.

    Args:
        reply: what to write.
        top: candidates of a step that are listed in words besides its record.
        own: samplers of one's own, by name.
    """
    told: set[int] = set()
    yield _line(_start(reply, told, own))
    changes = sorted(reply.changes, key=lambda change: change.i)
    for i, step in enumerate(reply.steps):
        while changes and changes[0].i <= i:
            yield _line(_changed(changes.pop(0)))
        line = _step(step, i, reply.vocabulary, top, told)
        if i > 0 and i in reply.begun:
            line["begins"] = True
        yield _line(line)
    for change in changes:
        yield _line(_changed(change))
    if reply.reason:
        yield _line(_end(reply))


def _line(values: dict[str, Any]) -> str:
    return msgspec.json.encode(values).decode("utf-8") + "\n"


def _start(reply: ReplyTrace, told: set[int], own: Mapping[str, OwnSampler]) -> dict[str, Any]:
    prompt = PromptReady(
        run=0, ids=reply.prompt, text="", reused_tokens=reply.reused_tokens, notes=()
    )
    line = plain.start_line(reply.model, reply.settings, reply.seed, prompt, own)
    model = reply.model
    line["version"] = VERSION
    line["info"] = {
        name: getattr(model, name)
        for name in model.__struct_fields__
        if name not in (*line["model"], "chat_template")
    }
    line["prompt"] = {
        "ids": base64_of(np.array(reply.prompt, "<i4").tobytes()),
        "text": reply.text_of(reply.prompt),
        "pieces": _pieces(reply.prompt, reply.vocabulary, told),
    }
    line["turns"] = [{"role": turn.role, "text": turn.text} for turn in reply.turns]
    return line


def _step(
    step: Step, i: int, vocabulary: Vocabulary, top: int, told: set[int]
) -> dict[str, Any]:  # fmt: skip
    if math.isnan(step.record.logit_std):  # it was read from a plain trace, and stays one
        return {**plain.step_line(step, vocabulary, step.record.ids.size), "i": i}
    line = plain.step_line(step, vocabulary, top)
    line["i"] = i
    line["record"] = _record(step, vocabulary, told)
    line["uniforms"] = step.uniforms
    line["state"] = {
        "draws": step.state.draws,
        "mirostat_mu": step.state.mirostat_mu,
        "adaptive": list(step.state.adaptive),
    }
    line["settings_version"] = step.settings_version
    if step.by_hand:
        line["by_hand"] = True
    return line


def _record(step: Step, vocabulary: Vocabulary, told: set[int]) -> dict[str, Any]:
    record = step.record
    found: dict[str, Any] = {
        "ids": base64_of(record.ids.astype("<i4").tobytes()),
        "logits": base64_of(record.logits.astype("<f4").tobytes()),
        "p_final": base64_of(record.p_final.astype("<f4").tobytes()),
        "cut": base64_of(record.cut_bytes),
        **{name: getattr(record, name) for name in _NUMBERS},
        "stages": [
            {"entropy": stage.entropy_bits, "changed": stage.changed} for stage in step.stages
        ],
        "pieces": _pieces([step.id, *record.ids.tolist()], vocabulary, told),
    }
    if record.allowed_bytes:
        found["allowed"] = base64_of(record.allowed_bytes)
    return found


_NUMBERS: Final = tuple(
    name for name in Record.__struct_fields__ if not name.endswith("_bytes")
)  # fmt: skip


def _pieces(ids: Iterable[int], vocabulary: Vocabulary, told: set[int]) -> dict[str, str]:
    """The bytes of those tokens that no line before has told."""
    new = [token for token in dict.fromkeys(ids) if token not in told]
    told.update(new)
    pieces = vocabulary.pieces
    return {str(token): base64_of(pieces[token]) for token in new if 0 <= token < len(pieces)}


def _changed(change: Any) -> dict[str, Any]:
    return {**plain.settings_line(change), "version": change.version}


def _end(reply: ReplyTrace) -> dict[str, Any]:
    return plain.end_line(
        Finished(
            run=0, reason=reply.reason, text=reply.text, timings=reply.timings, error=reply.error
        )
    )


def base64_of(data: bytes) -> str:
    """`data` in base64."""
    return base64.b64encode(data).decode("ascii")
