"""The settings of a chain, as one immutable value.

A field's name is llama-server's request field and its default is llama.cpp's, so that a settings
value that nobody touched samples exactly as llama.cpp does. Rules of range come from the table in
`samplers.py`. Which stage really runs is decided in `plan.py`, not here.
"""

import math
from collections.abc import Iterable
from typing import Any, Final, Self

import msgspec

from tui.core.errors import Problem, nearest
from tui.core.number import no_number, plain_number
from tui.core.samplers import CHARS, DEFAULT_ORDER, NAMES, PARAMS

DRY_BREAKERS: Final = ("\n", ":", '"', "*")
"""llama.cpp's default breakers."""

MAX_STAGES: Final = 64
"""Longest `samplers`; a record counts stages in a byte."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that the next token's choice depends on, besides the model and the history."""

    repeat_last_n: int = 64
    repeat_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    dry_multiplier: float = 0.0
    dry_base: float = 1.75
    dry_allowed_length: int = 2
    dry_penalty_last_n: int = 64
    dry_sequence_breakers: tuple[str, ...] = DRY_BREAKERS
    top_n_sigma: float = -1.0
    top_k: int = 40
    tfs_z: float = 1.0
    typical_p: float = 1.0
    top_p: float = 0.95
    min_p: float = 0.05
    xtc_probability: float = 0.0
    xtc_threshold: float = 0.1
    temperature: float = 0.8
    dynatemp_range: float = 0.0
    dynatemp_exponent: float = 1.0
    mirostat: int = 0
    mirostat_tau: float = 5.0
    mirostat_eta: float = 0.1
    adaptive_target: float = -1.0
    adaptive_decay: float = 0.9
    min_keep: int = 0
    seed: int = -1
    ignore_eos: bool = False
    grammar: str = ""
    """GBNF text; empty = no grammar."""
    json_schema: str = ""
    """JSON text of a schema; empty = none. At most one of `grammar` and `json_schema` is set."""
    logit_bias: tuple[tuple[int, float], ...] = ()
    """(token id, bias); a ban is `-inf`."""
    logit_bias_text: tuple[tuple[str, float], ...] = ()
    """(text, bias): every token of the text, as llama-server does; resolved where the model is."""
    logit_bias_variants: tuple[tuple[str, float], ...] = ()
    """(text, bias): every spelling of it (capitals, a blank before) that is one token of the
    model; resolved where the model is."""
    samplers: tuple[str, ...] = DEFAULT_ORDER
    """Order between the bias and the draw; a name may stand twice. `adaptive_p` or `greedy`
    anywhere in it replaces the draw."""
    off: tuple[str, ...] = ()
    """Stages that are switched off whatever their values say."""
    custom: dict[str, dict[str, float]] = {}
    """Values of users' own samplers, by stage and parameter."""

    @property
    def in_force(self) -> tuple[str, str]:
        """Grammar and schema that a reply obeys; both empty where there is none, or it is off."""
        return ("", "") if "grammar" in self.off else (self.grammar, self.json_schema)

    def changed(self, **values: Any) -> Self:
        """A copy with these fields replaced."""
        return msgspec.structs.replace(self, **values)

    def difference(self, newer: "Settings") -> dict[str, Any]:
        """The fields of `newer` that differ from this one, as JSON-ready values."""
        old, new = self.to_json(full=True), newer.to_json(full=True)
        return {key: value for key, value in new.items() if old.get(key) != value}

    def to_json(self, *, full: bool = False) -> dict[str, Any]:
        """llama-server's request fields; only those that differ from llama.cpp unless `full`.

        Never Infinity: a ban is `false`, as in llama-server.
        """
        values: dict[str, Any] = {}
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if not full and value == getattr(DEFAULTS, name):
                continue
            values[name] = list(value) if isinstance(value, tuple) else value
        bias = [*values.pop("logit_bias", ()), *values.pop("logit_bias_text", ())]
        if bias or full:
            values["logit_bias"] = _pairs(bias)
        if "logit_bias_variants" in values:
            values["logit_bias_variants"] = _pairs(values["logit_bias_variants"])
        return values


def _pairs(bias: Iterable[tuple[int | str, float]]) -> list[list[int | str | float | bool]]:
    return [[what, amount if math.isfinite(amount) else False] for what, amount in bias]


DEFAULTS: Final = Settings()

PRESETS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "default": ("llama.cpp defaults", {}),
    "neutral": ("neutral", {"top_k": 0, "top_p": 1.0, "min_p": 0.0, "temperature": 1.0}),
    "greedy": ("greedy", {"temperature": 0.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}),
}
"""Built-in presets: id -> (label, what differs from llama.cpp's defaults)."""


def preset(name: str) -> Settings:
    """A built-in preset as a whole value."""
    return DEFAULTS.changed(**PRESETS[name][1])


def check_value(key: str, value: Any) -> Problem | None:
    """Whether `value` may be given to the parameter `key`; None when it may."""
    param = PARAMS[key]
    if param.kind not in ("int", "float"):
        return None
    if (problem := no_number(key, value)) is not None:
        return problem
    if param.kind == "int" and value != int(value):
        return Problem(key=key, message=f"{value} is not a whole number")
    if (param.minimum is not None and value < param.minimum) or (
        param.maximum is not None and value > param.maximum
    ):
        ends = [plain_number(end) for end in (param.minimum, param.maximum) if end is not None]
        return Problem(
            key=key,
            message=f"{plain_number(value)} is out of range",
            suggestion=f"it goes from {' to '.join(ends)}",
        )
    return None


def counted(key: str, value: Any) -> Any:
    """`value`, or the smallest one of the parameter where llama.cpp takes a smaller for that."""
    param = PARAMS[key]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if param.below and param.minimum is not None and number and -(1 << 31) <= value < param.minimum:
        return param.minimum
    return value


def parse_order(text: str) -> tuple[tuple[str, ...], list[Problem]]:
    """`--samplers`: names between `;` (or `,`), in any of their spellings."""
    return parse_names([part.strip() for part in text.replace(",", ";").split(";") if part.strip()])


def parse_sequence(text: str) -> tuple[tuple[str, ...], list[Problem]]:
    """`--sampler-seq`: one letter a stage."""
    problems = [
        Problem(key="sampler-seq", message=f"no sampler has the letter {char!r}",
                suggestion=f"letters are {''.join(sorted(CHARS))}")
        for char in text if char not in CHARS
    ]  # fmt: skip
    return _bounded("sampler-seq", [CHARS[char] for char in text if char in CHARS], problems)


def parse_names(names: list[str]) -> tuple[tuple[str, ...], list[Problem]]:
    """An order as a list of names, in any of their spellings."""
    problems = [
        Problem(key="samplers", message=f"no sampler is called {name!r}",
                suggestion=nearest(name.lower(), NAMES))
        for name in names if name.lower() not in NAMES and not name.startswith("custom:")
    ]  # fmt: skip
    known = [NAMES.get(name.lower(), name) for name in names
             if name.lower() in NAMES or name.startswith("custom:")]  # fmt: skip
    return _bounded("samplers", known, problems)


def _bounded(
    key: str, order: list[str], problems: list[Problem]
) -> tuple[tuple[str, ...], list[Problem]]:
    if len(order) > MAX_STAGES:
        problems.append(Problem(key=key, message=f"{len(order)} stages are too many",
                                suggestion=f"{MAX_STAGES} at most"))  # fmt: skip
    return tuple(order[:MAX_STAGES]), problems
