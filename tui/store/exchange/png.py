"""Texts in a PNG picture: chunks by hand.

Keeps true: lengths are checked against what is there, and the sum of a chunk that is used against its
data; nothing is decompressed. Only `tEXt` is read: cards stand in no other chunk.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

from tui.store.exchange.carried import TEXT_LIMIT_BYTES, refuse

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS: Final = 65536
_NAMED: Final = 80
"""Longest keyword of a text, and its end."""


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(type, start, end) of every chunk, start and end with its length and sum.

    Raises:
        PersonaError: it is no PNG, or it is cut off.
    """
    if not data.startswith(SIGNATURE):
        raise refuse("It is no PNG picture.")
    at = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        if at + 12 > len(data):
            raise refuse("The picture is cut off.", "It has no end.")
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data):
            raise refuse("The picture is cut off.", f"A chunk of {length} bytes is not all there.")
        yield kind, at, end
        if kind == b"IEND":
            return
        at = end
    raise refuse("The picture has too many chunks.", f"{MAX_CHUNKS} are the most.")


def texts(data: bytes) -> dict[str, bytes]:
    """Every `tEXt` by its keyword in small letters; the first of each counts.

    Raises:
        PersonaError: it is no whole PNG, or a text is too big or damaged.
    """
    found: dict[str, bytes] = {}
    for kind, start, end in chunks(data):
        if kind != b"tEXt":
            continue
        keyword = _keyword(data, start, end)
        if keyword in found or keyword not in ("chara", "ccv3"):
            continue
        if end - start > TEXT_LIMIT_BYTES * 4 // 3 + 1024:
            raise refuse("The card in the picture is too big.")
        (told,) = struct.unpack(">I", data[end - 4 : end])
        if zlib.crc32(data[start + 4 : end - 4]) != told:
            raise refuse("The card in the picture is damaged.", "Its check sum is wrong.")
        found[keyword] = data[start + 8 : end - 4].partition(b"\0")[2]
    return found


def with_texts(data: bytes, new: Mapping[str, bytes]) -> bytes:
    """The picture with these texts in place of those of the same keywords, and all else as it is."""
    out = [SIGNATURE]
    for kind, start, end in chunks(data):
        if kind == b"tEXt" and _keyword(data, start, end) in new:
            continue
        if kind == b"IEND":
            out += [chunk(b"tEXt", k.encode("latin-1") + b"\0" + text) for k, text in new.items()]
        out.append(data[start:end])
    return b"".join(out)


def picture(width: int, height: int, rgb: tuple[int, int, int]) -> bytes:
    """A picture of one colour that darkens to its foot, for a card that has none."""
    rows = b"".join(
        b"\0" + bytes(part * (2 * height - y) // (2 * height) for part in rgb) * width
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")
    return SIGNATURE + b"".join(chunk(kind, body) for kind, body in parts)


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk, with its length and sum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _keyword(data: bytes, start: int, end: int) -> str:
    head = data[start + 8 : min(end - 4, start + 8 + _NAMED)]
    return head.partition(b"\0")[0].decode("latin-1").lower()
