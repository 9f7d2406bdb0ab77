"""Settings from what a file, a request or a flag says: JSON-ready values, checked one by one.

Keeps true: every problem is collected and names its key; a value with a problem leaves what was there;
no value, however odd, raises. Text that cannot be written as UTF-8 and a schema that is no JSON end
here, since neither a model nor a request can take them.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

from tui.core.errors import Problem, nearest
from tui.core.number import no_number
from tui.core.samplers import NAMES, PARAMS
from tui.core.settings import Settings, check_value, counted, parse_names
from tui.core.text import one_line

_TEXTS: Final[dict[str, type]] = {"grammar": str, "json_schema": str, "ignore_eos": bool}
_KINDS: Final = {"grammar": "text", "json_schema": "text", "ignore_eos": "true or false"}
_KEYS: Final = (*PARAMS, *_TEXTS, "samplers", "off", "custom", "logit_bias", "logit_bias_variants")

_ID: Final = re.compile(r"-?[0-9]+\Z")
_DIGITS: Final = 20
_MOST: Final = 1 << 63
_ENDLESS: Final = 10**300
_DEEPEST: Final = 500
"""Levels of a value, a schema's included; what writes it goes by recursion."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def apply_values(base: Settings, values: Mapping[str, Any]) -> tuple[Settings, list[Problem]]:
    """`base` with the JSON-ready `values` over it: presets, persona tables, llama-server JSON.

    Every problem is collected; a value with a problem is left as it was in `base`.
    """
    good: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in values.items():
        found: list[Problem] = []
        if why := _unfit(value):
            found = [Problem(key=key, message=why)]
        elif key == "samplers":
            names = (
                [_word(v) for v in value]
                if isinstance(value, list | tuple)
                else _word(value).split(";")
            )
            good[key], found = parse_names(names)
        elif key == "logit_bias":
            good["logit_bias"], good["logit_bias_text"], found = _bias(value)
        elif key == "logit_bias_variants":
            ids, good[key], found = _bias(value)
            found += [
                Problem(key=key, message=f"{token} is no text", suggestion="ids: logit_bias")
                for token, _ in ids
            ]
        elif key == "dry_sequence_breakers":
            good[key] = tuple(map(_word, value if isinstance(value, list | tuple) else (value,)))
        elif key == "off" and isinstance(value, list | tuple):
            good[key], found = _off([_word(name) for name in value])
        elif key == "off":
            found = [Problem(key=key, message=f"{_shown(value)} is not a list of stages",
                             suggestion='write for example ["top_k"]')]  # fmt: skip
        elif key == "custom":
            good[key], found = _custom(value)
        elif key in _TEXTS:
            good[key], found = _text(key, value)
            if found:
                del good[key]
        elif key in PARAMS:
            number = counted(key, value)
            problem = check_value(key, number)
            if problem is None:
                good[key] = int(number) if PARAMS[key].kind == "int" else float(number)
            else:
                found = [problem]
        else:
            found = [Problem(key=key, message="no setting has this name",
                             suggestion=nearest(key, _KEYS))]  # fmt: skip
        problems += found
    if good.get("grammar") and good.get("json_schema"):
        problems.append(Problem(key="json_schema", message="there is a grammar too",
                                suggestion="set one of the two"))  # fmt: skip
        del good["grammar"], good["json_schema"]
    for one, other in (("grammar", "json_schema"), ("json_schema", "grammar")):
        if good.get(one):
            good[other] = ""
    return base.changed(**good), problems


def _text(key: str, value: Any) -> tuple[Any, list[Problem]]:
    """A grammar, a schema (its text, or what it says) or a switch."""
    if key == "json_schema" and isinstance(value, Mapping):
        return json.dumps(value), []
    if not isinstance(value, _TEXTS[key]):
        return None, [Problem(key=key, message=f"{_shown(value)} is no {_KINDS[key]}")]
    if key == "json_schema" and value and (why := no_schema(str(value))):
        return None, [Problem(key=key, message=why)]
    return value, []


def no_schema(text: str) -> str:
    """Why a text is no JSON, and so no schema; empty where it is."""
    try:
        json.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        return "the schema is nested too deeply"
    except ValueError as error:
        return f"the schema is no JSON: {error}"
    return ""


def _word(value: Any) -> str:
    return value if isinstance(value, str) else _shown(value)


def _shown(value: Any) -> str:
    """A value in a message: short, whatever it is."""
    try:
        return one_line(repr(value), 60)
    except (ValueError, RecursionError):  # a number of thousands of digits; a list in itself
        return f"a {type(value).__name__}"


def _unfit(value: Any) -> str:
    """Why a value cannot be looked at or written at all; empty where it can."""
    left = [(value, 0)]
    while left:
        one, depth = left.pop()
        if depth > _DEEPEST:
            return "it is nested too deeply"
        if isinstance(one, str) and _SURROGATE.search(one):
            return f"{_shown(one)} holds half a surrogate pair: it is no text"
        inner = [*one, *one.values()] if isinstance(one, Mapping) else one
        if isinstance(inner, list | tuple):
            left += [(part, depth + 1) for part in inner]
    return ""


def _off(names: list[str]) -> tuple[tuple[str, ...], list[Problem]]:
    """Stages by any of their spellings; what has no place in the order, bias and grammar, too."""
    known = {**NAMES, "logit_bias": "logit_bias", "grammar": "grammar"}
    problems = [
        Problem(key="off", message=f"no stage is called {name!r}", suggestion=nearest(name, known))
        for name in names if name not in known and not name.startswith("custom:")
    ]  # fmt: skip
    return tuple(known.get(name, name) for name in names
                 if name in known or name.startswith("custom:")), problems  # fmt: skip


def _custom(value: Any) -> tuple[dict[str, dict[str, float]], list[Problem]]:
    """Values of samplers of one's own; what their ranges are is known to them alone."""
    if not isinstance(value, Mapping):
        return {}, [Problem(key="custom", message=f"{_shown(value)} is not a table of samplers")]
    good: dict[str, dict[str, float]] = {}
    problems: list[Problem] = []
    for name, given in value.items():
        if not isinstance(given, Mapping):
            problems.append(
                Problem(key=f"custom.{name}", message=f"{_shown(given)} is not a table")
            )
            continue
        for key, number in given.items():
            problem = no_number(f"custom.{name}.{key}", number)
            if problem is None:
                good.setdefault(str(name), {})[str(key)] = number
            else:
                problems.append(problem)
    return good, problems


def _amount(bias: Any) -> float | None:
    """A bias; minus infinity for one that is lower than any number, None for what is none."""
    if isinstance(bias, bool) or not isinstance(bias, int | float):
        return None
    if bias < -_ENDLESS:
        return -math.inf
    return float(bias) if bias < _ENDLESS else None


def _bias(
    value: Any,
) -> tuple[tuple[tuple[int, float], ...], tuple[tuple[str, float], ...], list[Problem]]:
    """llama-server's forms: `[[id or text, bias or false], ...]`, `{"id": bias}`, and what it
    prints itself, `[{"token": id, "bias": bias}, ...]`."""
    if not isinstance(value, Mapping | list | tuple):
        return (
            (),
            (),
            [Problem(key="logit_bias", message=f"{_shown(value)} is not a list of pairs")],
        )
    pairs: list[Any] = list(value.items()) if isinstance(value, Mapping) else list(value)
    ids: list[tuple[int, float]] = []
    texts: list[tuple[str, float]] = []
    problems: list[Problem] = []
    for given in pairs:
        printed = isinstance(given, Mapping) and given.keys() == {"token", "bias"}
        pair = (given["token"], given["bias"]) if printed else given
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            problems.append(Problem(key="logit_bias", message=f"{_shown(pair)} is not a pair",
                                    suggestion="write [token, bias]"))  # fmt: skip
            continue
        what, bias = pair
        # llama-server prints a ban as null: JSON has no -Infinity.
        amount = -math.inf if bias is False or (printed and bias is None) else _amount(bias)
        if amount is None:
            problems.append(Problem(key="logit_bias", message=f"{_shown(bias)} is not a bias",
                                    suggestion="a number, or false for a ban"))  # fmt: skip
            continue
        shown = _shown(what)
        if isinstance(value, Mapping) and _ID.match(str(what)):
            what = int(what) if len(what) < _DIGITS else _MOST
        if not isinstance(what, int) or isinstance(what, bool):
            texts.append((str(what), amount))
        elif abs(what) < _MOST:
            ids.append((what, amount))
        else:
            problems.append(Problem(key="logit_bias", message=f"{shown} is no token's id"))
    return tuple(ids), tuple(texts), problems
