"""The page of the samplers: each stage's definition, its values, and what it does to one distribution.

Drawn from the table (`core.samplers`) and from the written definitions (`core.definitions`), whose
docstrings it quotes and whose functions make the pictures.
"""

import json
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from tui.core.definitions import cut, draw, reshape
from tui.core.definitions.candidate import Candidates
from tui.core.samplers import CHARS, DEFAULT_ORDER, PARAMS, STAGES, Kind, Param, Stage
from tui.core.settings import DEFAULTS

BEFORE: Final = (0.31, 0.22, 0.15, 0.10, 0.07, 0.05, 0.04, 0.03, 0.02, 0.01)
"""Ten tokens, the most likely first."""
_BAR: Final = 24

Apply = Callable[[Candidates], Candidates]
Example = tuple[str, tuple[Callable[..., object], ...], Apply]

EXAMPLES: Final[dict[str, Example]] = {
    "logit_bias": (
        "token 4 with +1.5, token 0 banned", (reshape.logit_bias,),
        lambda c: reshape.logit_bias(c, [(4, 1.5), (0, -np.inf)]),
    ),
    "penalties": (
        "repeat_penalty 1.5 with tokens 0 and 2 in the window", (reshape.penalties,),
        lambda c: reshape.penalties(c, [0, 2], last_n=64, repeat=1.5),
    ),
    "dry": (
        "multiplier 0.8 after the tokens 3 4 0 3 4", (reshape.dry,),
        lambda c: reshape.dry(c, [3, 4, 0, 3, 4], multiplier=0.8),
    ),
    "top_n_sigma": ("n = 1", (cut.top_n_sigma,), lambda c: cut.top_n_sigma(c, 1.0)),
    "top_k": ("k = 4", (cut.top_k,), lambda c: cut.top_k(c, 4)),
    "tfs_z": ("z = 0.9", (cut.tfs_z,), lambda c: cut.tfs_z(c, 0.9)),
    "typ_p": ("p = 0.5", (cut.typ_p,), lambda c: cut.typ_p(c, 0.5)),
    "top_p": ("p = 0.75", (cut.top_p,), lambda c: cut.top_p(c, 0.75)),
    "min_p": ("p = 0.25", (cut.min_p,), lambda c: cut.min_p(c, 0.25)),
    "xtc": (
        "threshold 0.09, and the coin says yes", (cut.xtc,),
        lambda c: cut.xtc(c, coin=0.0, probability=1.0, threshold=0.09),
    ),
    "temperature": ("temperature 0.5", (reshape.temperature,), lambda c: reshape.temperature(c, 0.5)),
    "adaptive_p": (
        "target 0.1, at the start of a reply",
        (draw.adaptive_p, draw.adaptive_target, draw.adaptive_start, draw.adaptive_update),
        lambda c: draw.adaptive_p(
            c, 0.5, target=0.1, sums=draw.adaptive_start(0.1, 0.9)
        ).candidates,
    ),
    "greedy": ("no number drawn token 0, the most likely, is taken. The distribution stays", (draw.greedy,), lambda c: c),
    "dist": ("u = 0.6 token 2 is taken: there the running sum passes 0.6. The distribution stays", (draw.dist,), lambda c: c),
    "mirostat": (
        "mirostat 2 and mu = 3 bits",
        (draw.mirostat_2, draw.mirostat_1, draw.mirostat_k, draw.mirostat_update),
        lambda c: draw.mirostat_2(c, 0.5, mu=3.0).candidates,
    ),
}  # fmt: skip
"""Stage -> what the picture shows, the definitions it quotes, and the definition at work."""

GRAMMAR: Final[Example] = (
    "a grammar that refuses token 0, which was drawn, and tokens 3 to 9", (cut.grammar,),
    lambda c: cut.grammar(c, np.isin(c.ids, (1, 2))),
)  # fmt: skip

_KINDS: Final = {
    Kind.BIAS: "adds to logits; always first",
    Kind.RESHAPE: "changes probabilities, removes nothing",
    Kind.CUT: "removes candidates",
    Kind.DRAW: "takes one candidate; always last",
}


def sampler_page() -> str:
    """`docs/reference/samplers.md`."""
    lines = [
        "# Samplers",
        "",
        "A chain takes the model's logits, changes and cuts them stage by stage, and draws a token"
        " from what is left. The order between the bias and the draw is free, a stage may stand"
        " twice, and each can be switched off. Names are those of llama.cpp's `--samplers`.",
        "",
        "The pictures show ten tokens with the probabilities on the left, and what the stage makes"
        " of them on the right. How they were checked is in [exactness](exactness.md); how to use"
        " them is in [the guide](../guide/samplers.md).",
        "",
        f"`min_keep` (`{PARAMS['min_keep'].flags[0]}`, default {PARAMS['min_keep'].default}) stands with no"
        " stage: it is how many candidates top-p, min-p, typical, tail-free and XTC leave at least.",
        "",
        f"Default order: `{' → '.join(('logit_bias', *DEFAULT_ORDER, 'dist'))}`.",
        "",
        "| `--sampler-seq` | stage |",
        "|---|---|",
        *(f"| `{char}` | [{STAGES[name].label}](#{name}) |" for char, name in CHARS.items()),
    ]
    for stage in STAGES.values():
        lines += ["", *_stage(stage)]
    lines += [
        "",
        "## `grammar`",
        "",
        "**grammar**: keeps the reply to a grammar (`--grammar`, `--grammar-file`) or to a JSON"
        " schema (`-j`, `-jf`). It checks the draw. What it cannot keep of a schema is in"
        " [exactness](exactness.md#a-json-schema).",
        "",
        *_quoted(GRAMMAR),
        *_shown(GRAMMAR),
    ]
    return "\n".join(lines) + "\n"


def _stage(stage: Stage) -> Iterator[str]:
    example = EXAMPLES[stage.name]
    yield f"## `{stage.name}`"
    yield ""
    yield f"**{stage.label}**: {stage.help}. A stage that {_KINDS[stage.kind]}."
    yield ""
    yield from _quoted(example)
    if stage.aliases:
        yield f"Also written {', '.join(f'`{name}`' for name in stage.aliases)}."
        yield ""
    if stage.params:
        yield "| setting | flag | default | neutral | range | |"
        yield "|---|---|---|---|---|---|"
        yield from (_param(PARAMS[key]) for key in stage.params)
        yield ""
    if not any("Source:" in (one.__doc__ or "") for one in example[1]):
        yield f"Source: {stage.source}."
        yield ""
    yield from _shown(example)


def _quoted(example: Example) -> Iterator[str]:
    definitions = example[1]
    for definition in definitions:
        yield from quote(definition, name=definition.__name__ if len(definitions) > 1 else "")
        yield ""


def _shown(example: Example) -> Iterator[str]:
    about, _, apply = example
    yield f"With {about}:"
    yield ""
    yield "```text"
    yield from picture(apply)
    yield "```"


def quote(definition: Callable[..., object], name: str = "") -> list[str]:
    """A definition's docstring without its examples, behind its `name` where one is given."""
    text = (definition.__doc__ or "").split("    >>>")[0]
    if name:
        text = f"`{name}`: {text}"
    return [f"> {line.strip()}".rstrip() for line in text.strip().splitlines()]


def picture(apply: Apply) -> Iterator[str]:
    """Ten rows: probability before, probability after, or why there is none."""
    after = apply(Candidates.of_probabilities(BEFORE)).by_id()
    most = max(BEFORE[0], *after.values())
    for token, p in enumerate(BEFORE):
        left = f"{token} {p:5.2f} {_bar(p, most):{_BAR}}"
        right = f"{after[token]:5.2f} {_bar(after[token], most)}" if token in after else "    -"
        yield f"{left} {right}".rstrip()


def _bar(p: float, most: float) -> str:
    return "█" * max(1 if p > 0.001 else 0, round(_BAR * p / most))


def _param(param: Param) -> str:
    flags = ", ".join(f"`{flag}`" for flag in param.flags)
    return (
        f"| `{param.key}` | {flags} | {value(getattr(DEFAULTS, param.key))} | {value(param.neutral)}"
        f" | {span(param)} | {param.help} |"
    )


def span(param: Param) -> str:
    """The range of a parameter."""
    if param.minimum is None or param.maximum is None:
        return ""
    return f"{value(param.minimum)} … {value(param.maximum)}"


def value(number: float | int | str | tuple[str, ...] | None) -> str:
    """A value as it is typed."""
    if isinstance(number, tuple):
        return " ".join(f"`{json.dumps(text)}`" for text in number)
    if number is None or number == "":
        return ""
    return str(number) if isinstance(number, int) else f"{number:g}"
