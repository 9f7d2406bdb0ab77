"""A reply as an SVG picture: its tokens on lines of equal cells, tinted, with a legend.

Keeps true: it is well-formed XML whatever the tokens are; it holds no script, no link and no font,
and asks for nothing; it looks the same wherever it is opened, light and with a ground of its own.
A pointer that rests on a token shows its numbers, where the viewer can.
"""

import re
import unicodedata
from collections.abc import Iterator
from html import escape
from typing import Final, NamedTuple

from tui.core.export.reply import ReplyTrace
from tui.core.export.told import drawn_text, facts, summary
from tui.core.tint import LEVELS, SCALES, Tint, level

COLUMNS: Final = 88
"""Cells in a line."""
GROUNDS: Final = ("#ffffff", "#fdf3dc", "#fbe3b4", "#f7cb85", "#f0a95a", "#e58334")
"""Behind a token by its level, certain first; dark text is readable on all."""
_CELL: Final = 8.4
_LINE: Final = 22.0
_SIZE: Final = 14
_EDGE: Final = 24.0
_FONT: Final = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TOKENS: Final = 20_000
"""More would be a picture that no viewer opens."""


class _Run(NamedTuple):
    """Neighbouring cells of one token on one line."""

    text: str
    token: int
    column: int
    width: int
    """Cells."""
    dim: bool


def heat_map(trace: ReplyTrace, tint: Tint = Tint.PROBABILITY) -> str:
    """The picture of a reply.

    Args:
        trace: the reply; of a longer one the first 20,000 tokens are drawn.
        tint: what the grounds say.
    """
    lines = _laid_out(trace)
    head = [f"{name}: {text}" for name, text in facts(trace)[:5]]
    if len(trace.steps) > _TOKENS:
        head.append(f"the first {_TOKENS:,} of {len(trace.steps):,} tokens")
    top = _EDGE + 18.0 * len(head) + 34.0
    width = 2 * _EDGE + COLUMNS * _CELL
    height = top + _LINE * len(lines) + _EDGE
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"'
        f' width="{width:g}" height="{height:g}" font-family="{_FONT}" role="img">',
        f"<title>{_xml('A reply, tinted by ' + tint.value)}</title>",
        f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
    ]
    for n, said in enumerate(head):
        short = said if len(said) <= 100 else said[:99] + "…"
        out.append(_text(short, _EDGE, _EDGE + 18.0 * n + 8.0, 12, "#5b6167"))
    out += _legend(tint, _EDGE + 18.0 * len(head) + 4.0)
    for number, line in enumerate(lines):
        y = top + _LINE * number
        out += [_run(trace, run, y, tint) for run in line]
    out.append("</svg>")
    return "\n".join(out) + "\n"


def _legend(tint: Tint, y: float) -> Iterator[str]:
    scale = SCALES.get(tint)
    if scale is None:
        return
    x = _EDGE
    title = f"{tint.value}{f', {scale.unit}' if scale.unit else ''}"
    yield _text(title, x, y + 14.0, 12, "#5b6167")
    x += (len(title) + 2) * 7.4
    for n in range(LEVELS):
        wide = (len(scale.names[n]) + 2) * 7.4
        yield (
            f'<rect x="{x:g}" y="{y:g}" width="{wide:.4g}" height="20" fill="{GROUNDS[n]}"'
            ' stroke="#c9ccc8" stroke-width="0.5"/>'
        )
        yield _text(scale.names[n], x + 7.4, y + 14.0, 12, "#24292d")
        x += wide + 4.0


def _run(trace: ReplyTrace, run: _Run, y: float, tint: Tint) -> str:
    step = trace.steps[run.token]
    x, wide = _EDGE + run.column * _CELL, run.width * _CELL
    fill = GROUNDS[level(tint, step)]
    colour = "#7a7f84" if run.dim else "#1d2125"
    text = (
        f'<text x="{x:.6g}" y="{y + 15.5:.6g}" font-size="{_SIZE}" fill="{colour}"'
        f' textLength="{wide:.6g}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">'
        f"{_xml(run.text)}</text>"
        if run.text.strip()
        else ""
    )
    return (
        f"<g><title>{_xml(f'token {run.token + 1}: {summary(step)}')}</title>"
        f'<rect x="{x:.6g}" y="{y:.6g}" width="{wide:.6g}" height="{_LINE - 2:g}" fill="{fill}"'
        f' stroke="#ffffff" stroke-width="0.6"/>{text}</g>'
    )


def _text(text: str, x: float, y: float, size: int, colour: str) -> str:
    return (
        f'<text x="{x:.6g}" y="{y:.6g}" font-size="{size}" fill="{colour}"'
        f' xml:space="preserve">{_xml(text)}</text>'
    )


def _xml(text: str) -> str:
    return escape(_NO_XML.sub("�", text), quote=True)


def _laid_out(trace: ReplyTrace) -> list[list[_Run]]:
    """Every token on lines of `COLUMNS` cells, broken before a word where that helps."""
    lines: list[list[_Run]] = [[]]
    column = 0
    for token, step in enumerate(trace.steps[:_TOKENS]):
        text, dim = drawn_text(trace, step)
        if not dim:
            text = text.replace("\t", "    ")
        width = sum(map(_cells, text))
        begins = dim or text[:1].isspace() or not text[:1].isalnum()
        if column and column + width > COLUMNS and (begins or width > COLUMNS // 2):
            lines.append([])
            column = 0
        part, wide = "", 0
        for char in text:
            size = _cells(char)
            if char == "\n" or column + wide + size > COLUMNS:
                if char == "\n":
                    part, wide = part + "⏎", wide + 1
                if wide:
                    lines[-1].append(_Run(part, token, column, wide, dim))
                lines.append([])
                part, wide, column = "", 0, 0
                if char == "\n":
                    continue
            part, wide = part + char, wide + size
        if wide or part:
            lines[-1].append(_Run(part, token, column, max(wide, 1), dim))
            column += max(wide, 1)
    return lines


def _cells(char: str) -> int:
    """Cells of a character: two for wide ones, none for marks that stand on another."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
