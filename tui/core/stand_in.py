"""Visible signs in place of characters that must not reach a terminal, so that a text can be edited.

Keeps true: `restore(disguise(text))` is `text`, byte for byte, whatever is in it; what `disguise`
makes has one kind of line break and draws safely. Unlike `core.text.sanitize` nothing is lost.
"""

from typing import Final

import msgspec

from tui.core.text import sanitize

_SIGNS: Final = tuple(
    chr(code)
    for codes in (range(0x2460, 0x24FF), range(0x2776, 0x2794), range(0x2801, 0x2900))
    for code in codes
)
"""More than there are characters to stand for."""
_BREAKS: Final = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""What else breaks a line for some."""


class Disguised(msgspec.Struct, frozen=True):
    """A text that can be drawn and edited."""

    text: str
    signs: dict[str, str]
    """Sign -> the character it stands for."""
    windows: bool = False
    """Whether every line ended with CR LF."""

    def restore(self, text: str) -> str:
        """What an edited `text` stands for."""
        plain = text.translate({ord(sign): char for sign, char in self.signs.items()})
        return plain.replace("\n", "\r\n") if self.windows else plain


def disguise(text: str) -> Disguised:
    """A text with signs in place of what must not be drawn.

    >>> disguise("a\\x1b[2Jb").text, disguise("a␛\\x1b").signs
    ('a␛[2Jb', {'①': '\\x1b'})
    """
    windows = "\n" in text and text.count("\r\n") == text.count("\n") == text.count("\r")
    if windows:
        text = text.replace("\r\n", "\n")
    hostile = {char for char in set(text) if char in _BREAKS or char == "\r" or _unsafe(char)}
    taken = set(text)
    free = iter([sign for sign in _SIGNS if sign not in taken])
    signs: dict[str, str] = {}
    for char in sorted(hostile):
        picture = chr(0x2400 + ord(char)) if ord(char) < 0x20 else ""
        sign = picture if picture and picture not in taken else next(free)
        signs[sign] = char
    shown = {ord(char): sign for sign, char in signs.items()}
    return Disguised(text.translate(shown) if shown else text, signs, windows)


def _unsafe(char: str) -> bool:
    return char not in "\n\t" and sanitize(char) != char
