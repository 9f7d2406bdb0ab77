"""A reply as one HTML page that needs nothing else: hover, tap or walk the tokens and see each choice.

Keeps true: the page asks for nothing from anywhere (its policy forbids it) and runs one script, its
own, named by its hash; every text is escaped, and none stands in an attribute or in code. Without
scripts, and printed, the tinted text and what it was made with are there still.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from tui.core.effects import stage_label
from tui.core.export.page_script import SCRIPT
from tui.core.export.page_style import STYLE
from tui.core.export.reply import ReplyTrace
from tui.core.export.told import (
    candidates,
    drawn_text,
    facts,
    others,
    token_text,
)
from tui.core.own_sampler import OwnSampler
from tui.core.step import Step
from tui.core.text import sanitize
from tui.core.tint import SCALES, Tint, level

TOP: Final = 10
"""Candidates of a token on the page."""
_TINTS: Final = tuple(tint for tint in Tint if tint is not Tint.NONE)
_SIGNS: Final = {0x2420: "␣"}
"""Signs for what browsers' fonts lack, in place of those of `core.text.visible`."""
_ROLES: Final = {"user": "You", "assistant": "Model", "system": "System"}


def page(
    trace: ReplyTrace,
    top: int = TOP,
    own: Mapping[str, OwnSampler] = {},
    program: str = "",
    tint: Tint = Tint.PROBABILITY,
) -> str:
    """The page of a reply.

    Args:
        trace: the reply.
        top: candidates of each token, the taken one besides.
        own: samplers of one's own, by name; reasons after them need them.
        program: who wrote it, with its version.
        tint: what the page is tinted by when it opens.
    """
    data = json.dumps(_data(trace, top, own), separators=(",", ":"), allow_nan=False)
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src '{_hash(STYLE)}'; script-src '{_hash(SCRIPT)}'"
    )
    title = escape(f"{trace.model.name}: a reply, token by token")
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{_clean(title)}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            f'<body data-tint="{tint.value}">',
            "<header>",
            f"<h1>{escape(_clean(trace.model.name)) or 'A reply'}</h1>",
            *_facts(trace),
            "</header>",
            "<main>",
            '<section id="said">',
            *_before(trace),
            *_legend(),
            f'<h2>Model</h2><div id="reply" dir="auto">{"".join(_tokens(trace))}</div>',
            *_ending(trace, program),
            "</section>",
            '<aside id="panel" aria-live="polite">'
            '<p class="quiet">Point at a token, tap it, or walk with the arrow keys: here stands what'
            " else could have been said.</p>"
            "<noscript><p>The candidates need the page’s own script, which is switched off."
            "</p></noscript></aside>",
            "</main>",
            f'<script type="application/json" id="data">{_inert(data)}</script>',
            f"<script>{SCRIPT}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _inert(data: str) -> str:
    """JSON that cannot end the element it stands in, nor be taken for markup."""
    for char in "<>&\u2028\u2029":
        data = data.replace(char, f"\\u{ord(char):04x}")
    return data


def _clean(text: str) -> str:
    return sanitize(text).replace("\n", " ")


def _facts(trace: ReplyTrace) -> Iterator[str]:
    yield "<dl>"
    for name, text in facts(trace):
        yield f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>"
    yield "</dl>"


def _before(trace: ReplyTrace) -> Iterator[str]:
    """The conversation before the reply; the system text is folded away."""
    if not trace.turns and trace.prompt:
        yield f'<h2>Prompt</h2><div class="turn" dir="auto">{_said(trace.text_of(trace.prompt))}</div>'
    for turn in trace.turns:
        name, said = escape(_ROLES.get(turn.role, _clean(turn.role))), _said(turn.text)
        if turn.role == "system":
            yield f'<details><summary>{name}</summary><div class="turn" dir="auto">{said}</div></details>'
        else:
            yield f'<h2>{name}</h2><div class="turn" dir="auto">{said}</div>'


def _said(text: str) -> str:
    return escape(sanitize(text), quote=True)


def _legend() -> Iterator[str]:
    yield '<div id="tints" role="group" aria-label="tint by">'
    for tint in _TINTS:
        scale = SCALES[tint]
        name = f"{tint.value}, {scale.unit}" if scale.unit else tint.value
        levels = "".join(
            f' <span class="{tint.value[0]}{n}">{escape(level_name)}</span>'
            for n, level_name in enumerate(scale.names)
        )
        yield (
            f'<div class="scale {tint.value}"><span class="quiet">{escape(name)}</span>{levels}</div>'
        )
    yield "</div>"


def _tokens(trace: ReplyTrace) -> Iterator[str]:
    for i, step in enumerate(trace.steps):
        text, dim = drawn_text(trace, step)
        names = " ".join(f"{tint.value[0]}{level(tint, step)}" for tint in _TINTS)
        shown = escape(text.translate(_SIGNS) if dim else text, quote=True)
        if dim:
            names += " no"
        elif not text.strip(" "):
            names += " ws"
        # A newline that is a token has a sign to point at.
        shown = shown.replace("\n", "<i>⏎</i>\n") if not dim else shown
        yield f'<span class="t {names}" id="t{i}">{shown}</span>'


def _ending(trace: ReplyTrace, program: str) -> Iterator[str]:
    if not trace.steps:
        yield '<p class="quiet">The reply has no token.</p>'
    written = f"Written by {program}. " if program else ""
    yield (
        f'<footer class="quiet">{escape(written)}“raw” is the model’s own probability, “final” the'
        " one of the draw.</footer>"
    )


def _data(trace: ReplyTrace, top: int, own: Mapping[str, OwnSampler]) -> dict[str, Any]:
    """What the panel shows, every text once."""
    texts: dict[str, int] = {}

    def text(said: str) -> int:
        return texts.setdefault(said.translate(_SIGNS), len(texts))

    steps = [_step(trace, i, step, top, own, text) for i, step in enumerate(trace.steps)]
    return {"texts": list(texts), "steps": steps}


def _step(
    trace: ReplyTrace, i: int, step: Step, top: int, own: Mapping[str, OwnSampler], text: Any
) -> list[Any]:
    shown = candidates(trace, i, top, own)
    rows = [
        [text(token_text(trace, one.token)), one.token, one.rank, _short(one.p_raw),
         _short(one.p_final), text(one.why)]
        for one in shown
    ]  # fmt: skip
    left, raw, final = others(step, shown)
    stages = [
        [text(stage_label(stage.sampler)), stage.kept, _short(stage.mass),
         _short(stage.entropy_bits), int(stage.changed)]
        for stage in step.stages
    ]  # fmt: skip
    marks = [name for name in ("by_hand", "resampled") if getattr(step, name)]
    return [
        text(token_text(trace, step.id, step)), step.id, step.rank, _short(step.p_raw),
        _short(step.p_final), _short(step.entropy_bits), _short(step.u), rows,
        [left, _short(raw), _short(final)], stages, step.record.n_finite, marks,
    ]  # fmt: skip


def _short(value: float | None) -> float | None:
    """Five digits that count; None for what is not known."""
    return float(f"{value:.5g}") if value is not None and value == value else None
