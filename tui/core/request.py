"""Settings as llama-server's request JSON, both ways.

Keeps true: what is written, a llama-server samples with the same chain, as far as it has the stages
(`lacking` names those it has not); what is read, a request or the answer of `/props`, gives back the
settings that it was written from. Keys that say nothing about sampling are told, never an error.
Follows `task_params::to_json` and `server-schema.cpp` of llama.cpp.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any, Final

from tui.core.errors import Problem
from tui.core.plan import OFF, make_plan
from tui.core.samplers import CHARS, NAMES, PARAMS
from tui.core.settings import Settings, parse_sequence

KEYS: Final = (
    *PARAMS, "samplers", "off", "logit_bias", "logit_bias_variants", "ignore_eos", "grammar",
    "json_schema", "custom",
)  # fmt: skip
"""Every key that is read; the others are told as not used."""

_OURS: Final = ("tfs_z", "greedy")
"""Stages that llama-server does not have."""
_ANY_SEED: Final = (1 << 32) - 1
"""What llama-server prints where no seed was given."""


def request_of(settings: Settings) -> dict[str, Any]:
    """The settings as fields of a request. Stages that are off are left out of its order."""
    values = settings.to_json(full=True)
    off = values.pop("off")
    values["samplers"] = [name for name in settings.samplers if name not in off]
    if "logit_bias" in off:
        values["logit_bias"] = []
        values["ignore_eos"] = False
    if not values["logit_bias_variants"] or "logit_bias" in off:
        del values["logit_bias_variants"]
    if not values["custom"]:
        del values["custom"]
    if "grammar" in off:
        values["grammar"] = values["json_schema"] = ""
    # llama-server refuses an empty list; an empty text is no breaker.
    values["dry_sequence_breakers"] = values["dry_sequence_breakers"] or [""]
    # What this seed draws with here, where llama-server would draw another each time.
    values["seed"] = settings.seed if settings.seed < _ANY_SEED else _ANY_SEED - 1
    # llama-server does not look at a schema where there is a grammar, were it an empty one.
    schema = values.pop("json_schema")
    if not values["grammar"]:
        del values["grammar"]
    if schema:
        values["json_schema"] = json.loads(schema)
    return values


def lacking(settings: Settings) -> tuple[str, ...]:
    """Stages and values of these settings that llama-server does not have and leaves out."""
    plan = make_plan(settings)
    names = [name for name in plan.names if name in _OURS or name not in NAMES.values()]
    found = [name for name in names if name not in ("logit_bias", "dist", "mirostat")]
    biased = any(stage.name == "logit_bias" and stage.reason != OFF for stage in plan.stages)
    if settings.logit_bias_variants and biased:
        found.append("logit_bias_variants")
    return tuple(dict.fromkeys(found))


def read_request(
    request: Mapping[str, Any],
) -> tuple[dict[str, Any], tuple[str, ...], list[Problem]]:
    """The settings in a request, or in what `/props` answers, as values for `apply_values`.

    Returns:
        The values; keys that are not used; problems of the order where it is given in letters.
    """
    for inner in ("default_generation_settings", "params"):
        if isinstance(found := request.get(inner), Mapping):
            request = found
    values = {
        key: _shorter(value) for key, value in request.items() if key in KEYS and value is not None
    }
    unused = tuple(str(key) for key in request if key not in KEYS)
    problems: list[Problem] = []
    letters = values.get("samplers")
    if isinstance(letters, str) and _are_letters(letters):
        order, problems = parse_sequence(letters)
        values["samplers"] = list(order)
    if values.get("seed") == _ANY_SEED:
        values["seed"] = -1
    if values.get("dry_sequence_breakers") == [""]:
        values["dry_sequence_breakers"] = []
    return values, unused, problems


def _are_letters(order: str) -> bool:
    """Whether an order is one letter a stage, as llama-server reads every text: `temp` is four."""
    names = ";" in order or order.lower() in NAMES
    return not names or all(char in CHARS for char in order)


def _shorter(value: Any) -> Any:
    """A number that llama-server prints with all the digits of a float32, as a person wrote it."""
    if not isinstance(value, float) or not abs(value) < 1e30:
        return value
    single = struct.pack("<f", value)
    if struct.unpack("<f", single)[0] != value:
        return _shorter_double(value)
    return next(
        short for digits in range(1, 18)
        if struct.pack("<f", short := float(f"{value:.{digits}g}")) == single
    )  # fmt: skip


def _shorter_double(value: float) -> float:
    """JSON libraries may print a float32 with 15 to 17 digits, not exactly itself."""
    single = struct.unpack("<f", struct.pack("<f", value))[0]
    near = abs(value - single) <= 1e-15 * abs(value)
    return float(_shorter(single)) if near else value
