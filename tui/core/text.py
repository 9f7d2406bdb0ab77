"""The one border that text from a model, a file or the network crosses on its way to a screen.

Keeps true: nothing that leaves `sanitize` or `visible` can move a cursor, set a title, write a
clipboard, or turn the reading direction round. Text is stored raw and cleaned when drawn.
Does not do markup: callers build `Content`/`Text` objects from plain strings.
"""

import codecs
import re

_C0_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"}
_DROPPED = {
    0xFEFF: "",
    **dict.fromkeys(range(917504, 917632), ""),
    **dict.fromkeys((8206, 8207, 1564, *range(8234, 8239), *range(8294, 8298)), "�"),
    **dict.fromkeys(range(55296, 57344), "�"),
}
_C1 = dict.fromkeys(range(128, 160), "�")
_HOSTILE = {**_C0_PICTURES, **_C1, **_DROPPED, 0x2028: "\n", 0x2029: "\n"}
_MULTILINE = {code: text for code, text in _HOSTILE.items() if code not in (0x09, 0x0A)}
_SPACES = {0x20: "␠", 0x0A: "⏎", 0x09: "⇥", 0x0D: "␍", 0xA0: "⍽"}
_PLAIN = re.compile(r"[ -~\n\t]*\Z")


def sanitize(text: str) -> str:
    """Make `text` safe to draw over several lines: newlines and tabs stay, controls become pictures.

    >>> sanitize("a\\x1b]52;c;eA==\\x07b")
    'a␛]52;c;eA==␇b'
    """
    if _PLAIN.match(text):
        return text
    return text.replace("\r\n", "\n").translate(_MULTILINE)


def one_line(text: str, limit: int = 200) -> str:
    """Make `text` safe to draw on one row: newlines and tabs become spaces, long text is cut."""
    clean = " ".join(sanitize(text).split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def visible(piece: bytes, *, ascii_only: bool = False) -> str:
    """Draw a token so that every byte of it can be seen: `␠blue`, `⏎`, `⟨E2 96⟩`.

    Bytes that are not whole UTF-8 characters are shown in hexadecimal. With `ascii_only` the
    result is printable ASCII: `_blue`, `\\n`, `<E2 96>`.
    """
    out: list[str] = []
    pending: list[int] = []

    def flush() -> None:
        if pending:
            inner = " ".join(f"{byte:02X}" for byte in pending)
            out.append(f"<{inner}>" if ascii_only else f"⟨{inner}⟩")
            pending.clear()

    for char in piece.decode("utf-8", "surrogateescape"):
        code = ord(char)
        if 0xDC80 <= code <= 0xDCFF:
            pending.append(code - 0xDC00)
            continue
        flush()
        if ascii_only:
            out.append("_" if char == " " else ascii(char)[1:-1])
        elif code in _SPACES:
            out.append(_SPACES[code])
        elif code in _HOSTILE:
            out.append(_C0_PICTURES.get(code) or f"⟨U+{code:04X}⟩")
        else:
            out.append(char)
    flush()
    return "".join(out)


class IncrementalText:
    """Decodes a stream of token bytes; a character appears when its last byte has arrived."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, piece: bytes) -> str:
        """The characters that `piece` completes; empty while one is unfinished."""
        return self._decoder.decode(piece)

    def finish(self) -> str:
        """What is left when the stream ends: `�` for a character that never ended."""
        return self._decoder.decode(b"", final=True)
