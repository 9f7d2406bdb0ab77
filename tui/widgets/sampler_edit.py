"""What a hand does to settings: one press, one typed value, one switch, as pure functions.

Keeps true: every result lies inside the ranges of the table; a typed value that does not is a
`Problem` and changes nothing. Knows neither rows nor keys.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from tui.core.errors import Problem
from tui.core.number import read_number
from tui.core.samplers import DEFAULT_ORDER, Param
from tui.core.settings import PRESETS, Settings, preset
from tui.core.values import no_schema
from tui.widgets.sampler_table import SamplerTable

DRAWS: Final = ("dist", "adaptive_p", "greedy")
"""What may stand last, in the order in which the panel walks them."""

HAND: Final = "panel"
"""The source of a value that was set in the panel."""
EDITED: Final = "edited"
"""What settings are called that equal no preset and were changed by hand."""

_KEPT: Final = ("seed", "ignore_eos", "grammar", "json_schema", "logit_bias", "logit_bias_text",
                "logit_bias_variants", "custom")  # fmt: skip
"""What a preset leaves as it is: the task, not the taste."""

LONGEST_GRAMMAR: Final = 1 << 18
"""Characters of a typed or pasted grammar, at most."""
_ESCAPES: Final = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", " ": "\\s"}


def apply_preset(settings: Settings, name: str) -> Settings:
    """The built-in preset `name`, with seed, biases and grammar left as they are."""
    kept = {key: getattr(settings, key) for key in _KEPT}
    return preset(name).changed(**kept, off=tuple(n for n in settings.off if n == "grammar"))


def preset_of(settings: Settings) -> str | None:
    """The id of the built-in preset that these settings equal, or None when they are edited."""
    return next((name for name in PRESETS if apply_preset(settings, name) == settings), None)


def origin(settings: Settings, sources: Mapping[str, str]) -> str:
    """Where settings come from that equal no preset; `edited` when a hand had a part in it.

    >>> origin(Settings(top_k=5), {"top_k": "persona croupier"})
    'persona croupier'
    """
    keys = apply_preset(settings, "default").difference(settings)
    names = list(dict.fromkeys(sources.get(key, HAND) for key in keys))
    return EDITED if HAND in names else " + ".join(names)


def show(param: Param, value: Any) -> str:
    """A value as the panel shows it: always the same decimals for the same parameter."""
    key = param.key
    if param.kind == "texts":
        return show_texts(value)
    if key == "seed" and value == -1:
        return "random"
    if key == "mirostat" and value == 0:
        return "off"
    return f"{value:.{param.decimals}f}"


def show_texts(texts: tuple[str, ...]) -> str:
    r"""Texts as they are typed: spaces between, with `\n`, `\t`, `\s` for what cannot be seen."""
    table = str.maketrans(_ESCAPES)
    return " ".join(text.translate(table) for text in texts)


def _read_texts(typed: str) -> tuple[str, ...]:
    codes = {escaped[1]: raw for raw, escaped in _ESCAPES.items()}
    found = []
    for word in typed.split():
        out, chars = "", iter(word)
        for char in chars:
            if char == "\\":
                follower = next(chars, "")
                out += codes.get(follower, char + follower)
            else:
                out += char
        found.append(out)
    return tuple(found)


def type_value(table: SamplerTable, settings: Settings, key: str, typed: str) -> Settings | Problem:
    """Take a typed value; a `Problem` says what is wrong with it, and nothing has changed."""
    param = table.params[key]
    if param.kind == "texts":
        return table.put(settings, {key: _read_texts(typed)})
    text = typed.strip()
    if key == "seed" and text.lower() == "random":
        text = "-1"
    if key == "mirostat" and text.lower() == "off":
        text = "0"
    try:
        number = read_number(text)
    except ValueError:
        return Problem(key=key, message=f"{text!r} is not a number" if text else "type a number")
    problem = table.check(key, number)
    if problem is not None:
        return problem
    value = int(text) if param.kind == "int" and text.lstrip("+-").isdigit() else number
    return table.put(settings, {key: int(value) if param.kind == "int" else value})


def grammar_of(settings: Settings) -> str:
    """The grammar or schema that is set, on or off; empty where there is none."""
    return settings.grammar or settings.json_schema


def type_grammar(settings: Settings, typed: str) -> Settings | Problem:
    """Take a typed grammar; what begins with a brace is a JSON schema, and nothing lifts it.

    >>> type_grammar(Settings(), 'root ::= "yes" | "no"').in_force
    ('root ::= "yes" | "no"', '')
    """
    text = typed.strip().replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > LONGEST_GRAMMAR:
        return Problem(key="grammar", message=f"it is longer than {LONGEST_GRAMMAR} characters")
    on = settings.changed(off=tuple(name for name in settings.off if name != "grammar"))
    if text.startswith("{"):
        if why := no_schema(text):
            return Problem(key="json_schema", message=why)
        return on.changed(grammar="", json_schema=text)
    if text and not re.search(r"^[ \t]*[\w-]+\s*::=", text, re.MULTILINE):
        return Problem(key="grammar", message="a grammar begins with root ::=, a schema with {")
    return on.changed(grammar=text, json_schema="")


def nudge(table: SamplerTable, settings: Settings, key: str, presses: int) -> Settings:
    """Move a number by `presses` of its steps, on the grid of its step, inside its range.

    Where -1 means off and everything up to 0 does too, that stretch is one press.
    """
    param = table.params[key]
    old = table.value(settings, key)
    new = _snap(param, old + presses * param.step)
    if new == old and presses:
        new = old + presses * param.step
    if param.neutral == -1 and -1 < new < 0:
        new = 0 if presses > 0 else -1
    return table.put(settings, {key: _inside(param, new)})


def slide(table: SamplerTable, settings: Settings, key: str, fraction: float) -> Settings:
    """Put a number where `fraction` (0..1) of its slider is, on the grid of its step."""
    param = table.params[key]
    fraction = min(max(fraction, 0.0), 1.0)
    value = _snap(param, param.low + fraction * (param.high - param.low))
    if param.neutral == -1 and -1 < value < 0:
        value = -1
    return table.put(settings, {key: _inside(param, value)})


def _snap(param: Param, value: float) -> float:
    return round(round(value / param.step) * param.step, 9)


def _inside(param: Param, value: float) -> float | int:
    low = value if param.minimum is None else max(value, param.minimum)
    both = low if param.maximum is None else min(low, param.maximum)
    return int(both) if param.kind == "int" else float(both)


def make_neutral(table: SamplerTable, settings: Settings, keys: tuple[str, ...]) -> Settings:
    """Set those of `keys` that have a neutral value to it."""
    neutral = {key: table.params[key].neutral for key in keys}
    return table.put(settings, {key: v for key, v in neutral.items() if v is not None})


def make_default(
    table: SamplerTable, settings: Settings, keys: tuple[str, ...], stage: str = ""
) -> Settings:
    """Set `keys` to llama.cpp's values and, when `stage` is given, switch it on."""
    on = settings.changed(off=tuple(name for name in settings.off if name != stage))
    return table.put(on, {key: table.default(key) for key in keys})


def switch(settings: Settings, stage: str) -> Settings:
    """Switch a stage off, or on again; its values stay. One that is not in the chain joins it."""
    if stage in settings.off:
        return settings.changed(off=tuple(name for name in settings.off if name != stage))
    if stage not in (*settings.samplers, "logit_bias", "grammar"):
        return settings.changed(samplers=_joined(settings.samplers, stage))
    return settings.changed(off=(*settings.off, stage))


def _joined(order: tuple[str, ...], stage: str) -> tuple[str, ...]:
    """`order` with `stage` in it: where llama.cpp's order has it, an own one before temperature."""
    later = DEFAULT_ORDER[DEFAULT_ORDER.index(stage) + 1 :] if stage in DEFAULT_ORDER else ()
    ahead = later or ("temperature",)
    at = next((i for i, name in enumerate(order) if name in ahead or name in DRAWS), len(order))
    return (*order[:at], stage, *order[at:])


def move(settings: Settings, place: int, by: int) -> tuple[Settings, int]:
    """Exchange the stage at `place` of the order with its neighbour; also returns its new place."""
    order = list(settings.samplers)
    other = place + by
    if not (0 <= place < len(order) and 0 <= other < len(order)):
        return settings, place
    order[place], order[other] = order[other], order[place]
    return settings.changed(samplers=tuple(order)), other


def draw_of(settings: Settings) -> str:
    """The draw that is asked for while mirostat is off."""
    named = [
        n for n in ("adaptive_p", "greedy") if n in settings.samplers and n not in settings.off
    ]
    return named[0] if named else "dist"


def next_draw(settings: Settings, by: int) -> Settings:
    """Ask for the draw `by` places further on in `DRAWS` (it wraps round)."""
    name = DRAWS[(DRAWS.index(draw_of(settings)) + by) % len(DRAWS)]
    order = tuple(n for n in settings.samplers if n not in DRAWS)
    return settings.changed(
        samplers=order if name == "dist" else (*order, name),
        off=tuple(n for n in settings.off if n not in DRAWS),
    )
