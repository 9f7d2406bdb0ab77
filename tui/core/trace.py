"""The lines of `run --json`: plain JSON-ready values made from the values of a reply.

Keeps true: the shape that the documentation promises, and never NaN or Infinity (a logit that is
not finite is `false`, as in llama-server). Writes nothing.
"""

import base64
import math
from collections.abc import Mapping
from typing import Any

from tui.core.messages import Finished, PromptReady, SettingsChanged, Timings
from tui.core.model import ModelInfo, Vocabulary
from tui.core.own_sampler import OwnSampler
from tui.core.plan import make_plan
from tui.core.settings import Settings
from tui.core.step import KEPT, Step


def start_line(
    model: ModelInfo,
    settings: Settings,
    seed: int,
    prompt: PromptReady,
    own: Mapping[str, OwnSampler] | None = None,
) -> dict[str, Any]:
    """What the reply is made with and from.

    Args:
        model: the loaded model.
        settings: as the first token is drawn.
        seed: resolved, 0..2^32-1; `settings.seed` may still be -1.
        prompt: the prompt as the engine made it.
        own: samplers of one's own, by name: one with neutral values is no part of the chain.
    """
    return {
        "type": "start",
        "model": {
            "path": model.path,
            "name": model.name,
            "arch": model.arch,
            "quant": model.quant,
            "n_vocab": model.n_vocab,
            "n_ctx": model.n_ctx,
        },
        "seed": seed,
        "samplers": list(make_plan(settings, own).names),
        "settings": settings.to_json(full=True),
        "prompt_tokens": len(prompt.ids),
        "reused_tokens": prompt.reused_tokens,
    }


def step_line(step: Step, vocabulary: Vocabulary, top: int) -> dict[str, Any]:
    """One token, with its `top` most likely candidates by `p_raw` and itself among them."""
    line: dict[str, Any] = {
        "type": "step",
        "i": step.i,
        "id": step.id,
        "text": step.text,
        "bytes": base64.b64encode(step.piece).decode("ascii"),
        "p_raw": _number(step.p_raw),
        "p_final": _number(step.p_final),
        "rank": step.rank,
        "entropy": _number(step.entropy_bits),
        "u": step.u,
        "stages": [
            {"sampler": stage.sampler, "kept": stage.kept, "mass": _number(stage.mass)}
            for stage in step.stages
        ],
        "top": _candidates(step, vocabulary, top),
    }
    if step.resampled:
        line["resampled"] = True
    return line


def settings_line(change: SettingsChanged) -> dict[str, Any]:
    """A change that holds from step `i` on."""
    return {"type": "settings", "i": change.i, "changed": change.changed}


def end_line(finished: Finished) -> dict[str, Any]:
    """How the reply ended."""
    line: dict[str, Any] = {
        "type": "end",
        "reason": finished.reason,
        "text": finished.text,
        "timings": _timings(finished.timings),
    }
    if finished.error:
        line["error"] = finished.error
    return line


def failed_line(error: str, *, text: str = "", timings: Timings | None = None) -> dict[str, Any]:
    """The last line of a run that could not be made or finished."""
    return end_line(
        Finished(run=0, reason="error", text=text, timings=timings or Timings(), error=error)
    )


def _candidates(step: Step, vocabulary: Vocabulary, top: int) -> list[dict[str, Any]]:
    record = step.record
    ids = record.ids.tolist()
    rows = list(range(min(top, len(ids))))
    if step.id in ids and (chosen := ids.index(step.id)) not in rows:
        rows.append(chosen)
    p_raw, p_final, cut = record.p_raw, record.p_final, record.cut
    return [
        {
            "id": ids[row],
            "text": _text(vocabulary, ids[row]),
            "logit": _logit(float(record.logits[row])),
            "p_raw": _number(float(p_raw[row])),
            "p_final": _number(float(p_final[row])),
            "cut_by": None if cut[row] == KEPT else step.stages[cut[row]].sampler,
        }
        for row in rows
    ]


def _text(vocabulary: Vocabulary, token: int) -> str:
    pieces = vocabulary.pieces
    return pieces[token].decode("utf-8", "replace") if 0 <= token < len(pieces) else ""


def _logit(value: float) -> float | bool:
    return _shorter(value) if math.isfinite(value) else False


def _number(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _shorter(value: float) -> float:
    """A float32 as the shortest decimal that reads back as the same float32."""
    return float(f"{value:.9g}")


def _timings(timings: Timings) -> dict[str, Any]:
    values = {name: getattr(timings, name) for name in timings.__struct_fields__}
    return {name: round(_number(v), 6) if isinstance(v, float) else v for name, v in values.items()}
