"""`.charx`: a card V3 in a ZIP, with its pictures.

Keeps true: no member is ever unpacked to the disk; names, number, sizes and the ratio of packing are
checked before anything is read; only `card.json` is looked into.
"""

import io
import stat
import zipfile
import zlib
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Final

from tui.store.exchange.carried import TEXT_LIMIT_BYTES, refuse

CARD: Final = "card.json"
MAX_MEMBERS: Final = 2000
MAX_BYTES: Final = 256 << 20
"""Of all members unpacked."""
MAX_RATIO: Final = 200
"""Unpacked to packed, of a member above a mebibyte."""
_ERRORS: tuple[type[Exception], ...] = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, zlib.error,
)  # fmt: skip
with suppress(ImportError):  # a Python without it reads no such member either
    from lzma import LZMAError

    _ERRORS = (*_ERRORS, LZMAError)


def card_of(data: bytes) -> bytes:
    """The text of `card.json`.

    Raises:
        PersonaError: it is no such file, or one that is not to be trusted.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check(archive)
            return _read(archive, archive.getinfo(CARD), TEXT_LIMIT_BYTES)
    except _ERRORS as error:
        raise refuse("It is no whole .charx file.", f"{error}.") from error


def with_card(data: bytes | None, card: bytes) -> bytes:
    """The file with this card and all other members as they are; a new one where there is none.

    Raises:
        PersonaError: as `card_of`.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        if data is None:
            new.writestr(_info(CARD), card)
            return _closed(new, out)
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                _check(archive)
                for info in archive.infolist():
                    body = card if info.filename == CARD else _read(archive, info, MAX_BYTES)
                    new.writestr(info, body, info.compress_type)
        except _ERRORS as error:
            raise refuse("It is no whole .charx file.", f"{error}.") from error
        return _closed(new, out)


def _closed(archive: zipfile.ZipFile, out: io.BytesIO) -> bytes:
    archive.close()
    return out.getvalue()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


def _check(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise refuse("The file has too many members.", f"{MAX_MEMBERS} are the most.")
    if sum(info.file_size for info in members) > MAX_BYTES:
        raise refuse("The file is too big when unpacked.", f"{MAX_BYTES >> 20} MiB are the most.")
    names = [info.filename for info in members]
    if names.count(CARD) != 1:
        raise refuse(f"It has {names.count(CARD)} members {CARD}.", "A .charx file has one.")
    for info in members:
        _check_member(info)


def _check_member(info: zipfile.ZipInfo) -> None:
    path = PurePosixPath(info.filename)
    if (
        path.is_absolute() or ".." in path.parts or "\\" in info.filename or ":" in info.filename
        or "\0" in info.filename or not path.parts
    ):  # fmt: skip
        raise refuse("A member's name leads out of the file.", repr(info.filename[:80]))
    if stat.S_ISLNK(info.external_attr >> 16):
        raise refuse("A member is a link.", repr(info.filename[:80]))
    if info.flag_bits & 1:
        raise refuse("A member is encrypted.", repr(info.filename[:80]))
    if info.file_size > 1 << 20 and info.file_size > MAX_RATIO * max(1, info.compress_size):
        raise refuse("A member is packed too tightly to be one.", repr(info.filename[:80]))


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """A member's bytes, whatever size it claims."""
    with archive.open(info) as member:
        body = member.read(min(most, info.file_size) + 1)
    if len(body) > most or len(body) != info.file_size:
        raise refuse(f"{info.filename[:80]!r} has not the size that it claims, or is too big.")
    return body
