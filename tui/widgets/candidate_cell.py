"""Text and bars cut to a number of terminal cells, for the widgets that draw their own lines.

Keeps true: what comes out is exactly as wide as was asked, however wide its characters are. Lines
are plain pairs of text and style name, so that what a panel says can be read without a screen. Does
not clean text: that is `core.text`, before it comes here.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Part = tuple[str, str]
"""A text and the name of its style (the part after `--` of a component class; empty = plain)."""

_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_PLAIN: Final = str.maketrans(
    {"→": "->", "≥": ">=", "≤": "<=", "·": "-", "…": "...", "▏": "|", "⟨": "<", "⟩": ">", "␡": "^?"}
    | {"‹": "<", "›": ">", "←": "<-", "↑": "^", "↓": "v", "×": "x", "≈": "~", "≠": "!="}
    | {"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "μ": "mu", "σ": "sigma"}
    | {chr(0x2400 + code): f"^{chr(0x40 + code)}" for code in range(0x20)}
)


def plain(text: str) -> str:
    """`text` in printable ASCII; a character that has no near one becomes `?`.

    >>> plain("logits → π␛")
    'logits -> ?^['
    """
    return text.translate(_PLAIN).encode("ascii", "replace").decode()


def fit(text: str, width: int, *, ascii_only: bool = False) -> str:
    """`text` in exactly `width` cells, cut with an ellipsis or filled with spaces.

    >>> fit("temperature", 6)
    'tempe…'
    """
    if width <= 0:
        return ""
    text = plain(text) if ascii_only else text
    if cell_len(text) > width:
        dots = "." if ascii_only else "…"
        text = set_cell_size(text, width - 1).rstrip() + dots
    return set_cell_size(text, width)


def fit_right(text: str, width: int, *, ascii_only: bool = False) -> str:
    """`text` in exactly `width` cells, at their right end.

    >>> fit_right("40", 5)
    '   40'
    """
    text = plain(text) if ascii_only else text
    short = fit(text, min(width, cell_len(text)), ascii_only=ascii_only)
    return " " * (width - cell_len(short)) + short


def bar(fraction: float, width: int, *, ascii_only: bool = False) -> str:
    """A bar of `fraction` (0..1) of `width` cells, to an eighth of a cell (a whole one in ASCII).

    >>> bar(0.5, 4)
    '██  '
    """
    fraction = min(max(fraction, 0.0), 1.0)
    if ascii_only:
        return ("#" * round(fraction * width)).ljust(width)
    whole, part = divmod(round(fraction * width * 8), 8)
    return ("█" * whole + (_EIGHTHS[part] if part else "")).ljust(width)


def wrap(text: str, width: int, limit: int, *, ascii_only: bool = False) -> list[str]:
    """`text` in at most `limit` (>= 1) lines of at most `width` cells, broken at spaces where it can be."""
    lines: list[str] = []
    line = ""
    width = max(1, width)  # a widget that is not laid out yet has none
    words = (plain(text) if ascii_only else text).split()[::-1]
    while words and len(lines) <= limit:
        word = words.pop()
        if cell_len(line) + bool(line) + cell_len(word) <= width:
            line = f"{line} {word}" if line else word
        elif line:
            lines.append(line)
            line = ""
            words.append(word)
        else:
            head = set_cell_size(word, width).rstrip() or word[0]
            lines.append(head)
            words.append(word[len(head) :])
    if line:
        lines.append(line)
    if len(lines) <= limit:
        return lines
    cut = fit(f"{lines[limit - 1]} {lines[limit]}", width, ascii_only=ascii_only)
    return [*lines[: limit - 1], cut.rstrip()]


def text_of(parts: Iterable[Part]) -> str:
    """What a line says, without its styles."""
    return "".join(text for text, _ in parts)


def strip_of(parts: Iterable[Part], width: int, styles: Mapping[str, Style]) -> Strip:
    """The line as a strip of exactly `width` cells; what no part covers has the plain style."""
    segments = [Segment(text, styles[name]) for text, name in parts if text]
    return Strip(segments).adjust_cell_length(width, styles[""])
