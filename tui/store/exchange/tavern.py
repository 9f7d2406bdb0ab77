"""SillyTavern's sampler presets (text completion): to our settings, and back over their own text.

Keeps true: a key that was not edited keeps its very bytes. Its names and llama-server's differ; what it
says besides sampling has no setting and is named.
"""

import json
from typing import Any, Final

import msgspec

from tui.core.samplers import NAMES
from tui.core.settings import DEFAULTS
from tui.core.values import apply_values
from tui.store.exchange.carried import Carried, Fields, Written, load_json, refuse

SAME: Final = (
    "top_k", "top_p", "min_p", "typical_p", "mirostat_tau", "mirostat_eta", "dry_multiplier",
    "dry_base", "dry_allowed_length", "dry_penalty_last_n", "xtc_probability", "xtc_threshold",
    "dynatemp_exponent", "adaptive_target", "adaptive_decay", "min_keep", "seed",
)  # fmt: skip
OTHER: Final = {
    "temp": "temperature", "tfs": "tfs_z", "rep_pen": "repeat_penalty",
    "rep_pen_range": "repeat_last_n", "freq_pen": "frequency_penalty",
    "presence_pen": "presence_penalty", "mirostat_mode": "mirostat", "nsigma": "top_n_sigma",
    "ban_eos_token": "ignore_eos", "grammar_string": "grammar",
}  # fmt: skip
_NUMBERS: Final = {**{name: name for name in SAME}, **OTHER}
Raw = dict[str, msgspec.Raw]


def is_preset(found: object) -> bool:
    """Whether a JSON value looks like such a preset."""
    return (
        isinstance(found, dict) and "spec" not in found and bool({"temp", "rep_pen"} & found.keys())
    )


def read_preset(data: bytes) -> Carried:
    """A preset as the keys of `presets/NAME.toml`.

    Raises:
        PersonaError: it is none.
    """
    found = load_json(data)
    if not is_preset(found):
        raise refuse("It is no preset.", "It has neither `temp` nor `rep_pen`.")
    fields = Fields(found)
    values: dict[str, Any] = {}
    for theirs, ours in _NUMBERS.items():
        value = fields.any(theirs)
        if value is None or value == "":
            continue
        if apply_values(DEFAULTS, {ours: value})[1]:
            fields.tell(theirs, f"{str(value)[:40]} is no value of {ours}")
        else:
            values[ours] = value
    _temperature(fields, values)
    _breakers(fields, values)
    _order(fields, values)
    _bias(fields, values)
    return Carried(
        format="sillytavern", values=values, kept=tuple(fields.rest("it is no sampler's"))
    )


def _temperature(fields: Fields, values: dict[str, Any]) -> None:
    """`min_temp` to `max_temp` is a middle and a range here."""
    on, low, high = (fields.any(name) for name in ("dynatemp", "min_temp", "max_temp"))
    if on is not True:
        return
    if all(isinstance(end, int | float) and 0 <= end <= 100 for end in (low, high)) and low <= high:
        values["temperature"] = round((low + high) / 2, 6)
        values["dynatemp_range"] = round((high - low) / 2, 6)
    else:
        fields.tell("dynatemp", "its ends are no temperatures")


def _breakers(fields: Fields, values: dict[str, Any]) -> None:
    """A list as JSON in a text, or a list."""
    given = fields.any("dry_sequence_breakers")
    if isinstance(given, str) and given:
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            given = None
    if isinstance(given, list) and given and all(isinstance(one, str) for one in given):
        values["dry_sequence_breakers"] = given


def _order(fields: Fields, values: dict[str, Any]) -> None:
    given = fields.any("samplers")
    if isinstance(given, list) and given and all(isinstance(one, str) for one in given):
        known = [one for one in given if one.lower() in NAMES]
        if len(known) < len(given):
            fields.tell("samplers", "not all of its stages are known")
        if known and not apply_values(DEFAULTS, {"samplers": known})[1]:
            values["samplers"] = known


def _bias(fields: Fields, values: dict[str, Any]) -> None:
    given = fields.any("logit_bias")
    if not isinstance(given, list) or not given:
        return
    pairs = [[one.get("text"), one.get("value")] for one in given if isinstance(one, dict)]
    good = [pair for pair in pairs if isinstance(pair[0], str) and isinstance(pair[1], int | float)]
    if len(good) < len(given):
        fields.tell("logit_bias", "not all of it is a text and a number")
    if good and not apply_values(DEFAULTS, {"logit_bias": good})[1]:
        values["logit_bias"] = good


def write_preset(values: dict[str, Any], original: bytes | None = None) -> Written:
    """Settings as such a preset, over the one that they came from, if they did."""
    before = read_preset(original).values if original else {}
    out: Raw = (
        msgspec.json.decode(original.removeprefix(b"\xef\xbb\xbf"), type=Raw) if original else {}
    )
    now: dict[str, Any] = {
        key: list(value) if isinstance(value, tuple) else value for key, value in values.items()
    }
    back = {ours: theirs for theirs, ours in _NUMBERS.items()}
    lost: list[str] = []
    for key, value in now.items():
        if original and value == before.get(key):
            continue
        if key in back:
            out[back[key]] = _json(value)
        elif key == "samplers":
            out[key] = _json(value)
        elif key == "dry_sequence_breakers":
            out[key] = _json(json.dumps(value))
        elif key == "logit_bias" and isinstance(value, list):
            out[key] = _json([{"text": str(text), "value": amount} for text, amount in value])
        elif key != "dynatemp_range":
            lost.append(f"{key}: there is no place for it")
    for key in before.keys() - now.keys():
        out.pop(back.get(key, key), None)
    if now.get("dynatemp_range") != before.get("dynatemp_range") or (
        now.get("dynatemp_range") and now.get("temperature") != before.get("temperature")
    ):
        middle = float(now.get("temperature", DEFAULTS.temperature))
        span = float(now.get("dynatemp_range", 0))
        out["dynatemp"] = _json(bool(span))
        out["min_temp"], out["max_temp"] = _json(middle - span), _json(middle + span)
    if original and now == before:
        return Written(original, tuple(lost))
    data = msgspec.json.encode(out)
    return Written(data if original else msgspec.json.format(data, indent=4) + b"\n", tuple(lost))


def _json(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
