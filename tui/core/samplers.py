"""The table of samplers, declared once.

Panel, flags, validation, help, reference pages and the chain itself are drawn from `PARAMS` and
`STAGES`. Names of stages are llama.cpp's `--samplers` names; keys of parameters are llama-server's
request fields; both gain `tfs_z`, which llama.cpp dropped. Defaults are llama.cpp's
(`common/common.h`). This module computes nothing.
"""

from enum import StrEnum
from typing import Final

import msgspec


class Kind(StrEnum):
    """What a stage does to the candidates."""

    BIAS = "bias"
    """Adds to logits; pinned first."""
    RESHAPE = "reshape"
    """Changes logits, removes nothing."""
    CUT = "cut"
    """Removes candidates."""
    DRAW = "draw"
    """Takes one candidate; pinned last."""


class Param(msgspec.Struct, frozen=True, kw_only=True):
    """One number or text that a person can set."""

    key: str
    """llama-server's request field."""
    label: str
    kind: str = "float"
    """`float`, `int`, `text`, `texts`."""
    default: float | int | str = 0.0
    neutral: float | int | str | None = None
    """The value at which the stage does nothing (None: this parameter alone has none)."""
    minimum: float | int | None = None
    """Smallest value that is accepted."""
    maximum: float | int | None = None
    """Largest value that is accepted."""
    below: bool = False
    """Flags and files: a value below `minimum` counts as it, as in llama.cpp."""
    low: float | int = 0.0
    """Left end of the slider."""
    high: float | int = 1.0
    """Right end of the slider."""
    step: float | int = 0.01
    """One press of an arrow key."""
    decimals: int = 2
    flags: tuple[str, ...] = ()
    """Command-line spellings, llama.cpp's first."""
    help: str = ""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One sampler of the chain."""

    name: str
    """llama.cpp's `--samplers` name."""
    label: str
    kind: Kind
    params: tuple[str, ...] = ()
    """Keys, the main one first."""
    aliases: tuple[str, ...] = ()
    char: str = ""
    """Its letter in `--sampler-seq`."""
    help: str = ""
    source: str = ""
    """Where the definition comes from."""


def _p(key: str, label: str, flags: str, help: str, **rest: object) -> Param:  # noqa: A002
    fields = {"key": key, "label": label, "flags": tuple(flags.split()), "help": help, **rest}
    return msgspec.convert(fields, Param)


_PARAMS: Final = (
    _p("repeat_last_n", "last n", "--repeat-last-n", "tokens that the penalties look back over; 0 is off",
       kind="int", default=64, neutral=0, minimum=0, maximum=1 << 20, high=512, step=8, decimals=0),
    _p("repeat_penalty", "repeat", "--repeat-penalty",
       "divides positive logits, multiplies negative ones, of tokens in the window",
       default=1.0, neutral=1.0, minimum=1e-6, maximum=100.0, low=0.5, high=2.0),
    _p("frequency_penalty", "frequency", "--frequency-penalty",
       "subtracted once for every time a token stands in the window",
       default=0.0, neutral=0.0, minimum=-100.0, maximum=100.0, low=-2.0, high=2.0),
    _p("presence_penalty", "presence", "--presence-penalty",
       "subtracted once from every token that stands in the window",
       default=0.0, neutral=0.0, minimum=-100.0, maximum=100.0, low=-2.0, high=2.0),
    _p("dry_multiplier", "multiplier", "--dry-multiplier", "strength of DRY; 0 is off",
       default=0.0, neutral=0.0, minimum=0.0, maximum=100.0, high=2.0),
    _p("dry_base", "base", "--dry-base", "growth of the DRY penalty per repeated token",
       default=1.75, minimum=0.0, maximum=100.0, low=1.0, high=4.0),
    _p("dry_allowed_length", "allowed length", "--dry-allowed-length",
       "longest repeat that DRY lets pass",
       kind="int", default=2, minimum=0, maximum=1 << 20, high=20, step=1, decimals=0),
    _p("dry_penalty_last_n", "last n", "--dry-penalty-last-n", "tokens that DRY looks back over",
       kind="int", default=64, minimum=0, maximum=1 << 20, high=1024, step=16, decimals=0),
    _p("dry_sequence_breakers", "breakers", "--dry-sequence-breaker",
       "texts that end a repeat for DRY", kind="texts", default=""),
    _p("top_n_sigma", "top-n-sigma", "--top-nsigma --top-n-sigma",
       "keep logits within n standard deviations of the best; -1 is off",
       default=-1.0, neutral=-1.0, minimum=-1.0, below=True, maximum=1000.0, low=-1.0, high=5.0, step=0.1),
    _p("top_k", "top-k", "--top-k", "keep the k most likely; 0 is off",
       kind="int", default=40, neutral=0, minimum=0, below=True, maximum=1 << 24, high=200, step=1, decimals=0),
    _p("tfs_z", "tail-free", "--tfs --tfs-z",
       "cut the tail where the curve of probabilities stops bending; 1 is off",
       default=1.0, neutral=1.0, minimum=0.0, maximum=1.0),
    _p("typical_p", "typical", "--typical --typical-p",
       "keep the tokens whose surprise is nearest to the entropy; 1 is off",
       default=1.0, neutral=1.0, minimum=0.0, below=True, maximum=1.0),
    _p("top_p", "top-p", "--top-p", "keep the most likely until they hold this much mass; 1 is off",
       default=0.95, neutral=1.0, minimum=0.0, below=True, maximum=1.0),
    _p("min_p", "min-p", "--min-p",
       "keep tokens at least this fraction as likely as the best; 0 is off, 1 and more keep the best",
       default=0.05, neutral=0.0, minimum=0.0, below=True, maximum=2.0, high=1.0),
    _p("xtc_probability", "chance", "--xtc-probability",
       "chance that the most likely choices are left out; 0 is off",
       default=0.0, neutral=0.0, minimum=0.0, below=True, maximum=1.0),
    _p("xtc_threshold", "threshold", "--xtc-threshold",
       "what counts as a top choice for XTC; above 0.5 is off",
       default=0.1, minimum=0.0, below=True, maximum=1.0),
    _p("temperature", "temperature", "--temp --temperature",
       "divides the logits; 1 is off; 0 takes the most likely, without a dynamic range",
       default=0.8, neutral=1.0, minimum=0.0, below=True, maximum=100.0, high=2.0, step=0.05),
    _p("dynatemp_range", "dynamic range", "--dynatemp-range",
       "temperature moves this far up and down with the entropy; 0 is off",
       default=0.0, neutral=0.0, minimum=0.0, below=True, maximum=100.0, high=2.0, step=0.05),
    _p("dynatemp_exponent", "dynamic exponent", "--dynatemp-exp --dynatemp-exponent",
       "how entropy maps to dynamic temperature",
       default=1.0, minimum=0.0, maximum=100.0, high=4.0, step=0.05),
    _p("mirostat", "mirostat", "--mirostat", "0 off, 1 Mirostat, 2 Mirostat 2; replaces the chain",
       kind="int", default=0, neutral=0, minimum=0, maximum=2, high=2, step=1, decimals=0),
    _p("mirostat_tau", "target entropy", "--mirostat-ent", "surprise that mirostat aims at, in bits",
       default=5.0, minimum=0.0, maximum=100.0, high=10.0, step=0.1),
    _p("mirostat_eta", "learning rate", "--mirostat-lr", "how fast mirostat corrects",
       default=0.1, minimum=0.0, maximum=1.0),
    _p("adaptive_target", "target", "--adaptive-target",
       "probability that adaptive-p aims at; negative is off",
       default=-1.0, neutral=-1.0, minimum=-1.0, below=True, maximum=1.0, low=-1.0),
    _p("adaptive_decay", "decay", "--adaptive-decay", "how slowly adaptive-p forgets",
       default=0.9, minimum=0.0, below=True, maximum=0.99, high=0.99),
    _p("min_keep", "min keep", "--min-keep", "candidates that top-p, min-p, typical, tail-free and XTC leave",
       kind="int", default=0, minimum=0, maximum=1 << 20, high=20, step=1, decimals=0),
    _p("seed", "seed", "-s --seed", "start of the random numbers, from the next reply on; -1 draws one",
       kind="int", default=-1, minimum=-1, maximum=(1 << 32) - 1, high=100, step=1, decimals=0),
)  # fmt: skip

PARAMS: Final[dict[str, Param]] = {param.key: param for param in _PARAMS}
"""Every parameter by its key."""

_STAGES: Final = (
    Stage(name="logit_bias", label="logit bias", kind=Kind.BIAS,
          help="adds to the logits of named tokens", source="llama_sampler_init_logit_bias"),
    Stage(name="penalties", label="penalties", kind=Kind.RESHAPE, char="e",
          params=("repeat_penalty", "repeat_last_n", "frequency_penalty", "presence_penalty"),
          help="makes tokens of the recent past less likely",
          source="llama_sampler_init_penalties; arXiv:1909.05858"),
    Stage(name="dry", label="DRY", kind=Kind.RESHAPE, char="d",
          params=("dry_multiplier", "dry_base", "dry_allowed_length", "dry_penalty_last_n",
                  "dry_sequence_breakers"),
          help="makes the next word of a repeated phrase less likely",
          source="llama_sampler_init_dry"),
    Stage(name="top_n_sigma", label="top-n-sigma", kind=Kind.CUT, char="s", aliases=("top-n-sigma", "topnsigma"),
          params=("top_n_sigma",), help="keeps logits within n standard deviations of the best",
          source="llama_sampler_init_top_n_sigma; arXiv:2411.07641"),
    Stage(name="top_k", label="top-k", kind=Kind.CUT, char="k", aliases=("top-k", "topk"),
          params=("top_k",), help="keeps the k most likely", source="llama_sampler_init_top_k"),
    Stage(name="tfs_z", label="tail-free", kind=Kind.CUT, char="f",
          aliases=("tfs", "tail_free", "tail-free", "tfs-z", "tfsz"), params=("tfs_z",),
          help="cuts the tail where the curve stops bending",
          source="llama.cpp before October 2024; trentonbricken.com/Tail-Free-Sampling"),
    Stage(name="typ_p", label="typical", kind=Kind.CUT, char="y",
          aliases=("typical", "typical_p", "typical-p", "typicalp", "typ-p", "typp", "typ"), params=("typical_p",),
          help="keeps the tokens whose surprise is nearest to the entropy",
          source="llama_sampler_init_typical; arXiv:2202.00666"),
    Stage(name="top_p", label="top-p", kind=Kind.CUT, char="p", aliases=("top-p", "topp", "nucleus"),
          params=("top_p",), help="keeps the most likely until they hold mass p",
          source="llama_sampler_init_top_p; arXiv:1904.09751"),
    Stage(name="min_p", label="min-p", kind=Kind.CUT, char="m", aliases=("min-p", "minp"),
          params=("min_p",), help="keeps tokens at least p times as likely as the best",
          source="llama_sampler_init_min_p; arXiv:2407.01082"),
    Stage(name="xtc", label="XTC", kind=Kind.CUT, char="x",
          params=("xtc_probability", "xtc_threshold"),
          help="sometimes leaves out the most likely choices", source="llama_sampler_init_xtc"),
    Stage(name="temperature", label="temperature", kind=Kind.RESHAPE, char="t", aliases=("temp",),
          params=("temperature", "dynatemp_range", "dynatemp_exponent"),
          help="flattens or sharpens", source="llama_sampler_init_temp_ext; arXiv:2309.02772"),
    Stage(name="adaptive_p", label="adaptive-p", kind=Kind.DRAW, char="a", aliases=("adaptive-p", "adaptivep"),
          params=("adaptive_target", "adaptive_decay"),
          help="draws near a target probability", source="llama_sampler_init_adaptive_p"),
    Stage(name="greedy", label="greedy", kind=Kind.DRAW,
          help="takes the most likely, draws nothing", source="llama_sampler_init_greedy"),
    Stage(name="dist", label="dist", kind=Kind.DRAW, params=("seed",),
          help="draws by probability", source="llama_sampler_init_dist"),
    Stage(name="mirostat", label="mirostat", kind=Kind.DRAW,
          params=("mirostat", "mirostat_tau", "mirostat_eta"),
          help="keeps the surprise of the text near a target; replaces the chain",
          source="llama_sampler_init_mirostat, _v2; arXiv:2007.14966"),
)  # fmt: skip

STAGES: Final[dict[str, Stage]] = {stage.name: stage for stage in _STAGES}
"""Every stage by its name."""

DEFAULT_ORDER: Final = (
    "penalties", "dry", "top_n_sigma", "top_k", "tfs_z", "typ_p", "top_p", "min_p", "xtc",
    "temperature",
)  # fmt: skip
"""What lies between `logit_bias` and the draw: llama.cpp's order with tail-free in its old place."""

NAMES: Final[dict[str, str]] = {
    spelling: stage.name
    for stage in _STAGES
    for spelling in (stage.name, *stage.aliases)
    if stage.name not in ("logit_bias", "dist", "mirostat")
}
"""Every spelling that may stand in `--samplers`, to its stage."""

CHARS: Final[dict[str, str]] = {stage.char: stage.name for stage in _STAGES if stage.char}
"""Letters of `--sampler-seq`."""
