"""Which format a stranger's file is, and what it carries.

Keeps true: a file is read once, up to a bound, and only if it is a regular one; what it is is told by
how its name ends, by its bytes where that does not tell. An original is what it was brought in as.
"""

import base64
import binascii
from pathlib import Path
from typing import Final

import msgspec

from tui.core.errors import PersonaError
from tui.store.exchange import charx, png
from tui.store.exchange.aichat import read_aichat
from tui.store.exchange.card import read_card
from tui.store.exchange.carried import Carried, load_json, refuse
from tui.store.exchange.modelfile import read_modelfile
from tui.store.exchange.plain_yaml import Mapped
from tui.store.exchange.tavern import is_preset, read_preset
from tui.store.exchange.webui import is_webui, read_webui

LIMIT_BYTES: Final = 64 << 20
"""A larger file is not read."""

SUFFIX: Final = {
    "v1": "json", "v2": "json", "v3": "json", "png": "png", "charx": "charx",
    "modelfile": "modelfile", "tgw": "yaml", "aichat": "md", "sillytavern": "json",
}  # fmt: skip
"""Format -> how its files end."""
_ENDINGS: Final = {
    **{ending: ending for ending in SUFFIX.values()}, "yml": "yaml", "markdown": "md",
}  # fmt: skip
CARDS: Final = ("v1", "v2", "v3", "png", "charx")
READ: Final = (
    "character cards (JSON, PNG, .charx), Ollama Modelfiles, characters of text-generation-webui"
    " (YAML), roles of aichat (.md) and SillyTavern's sampler presets (JSON)"
)


def read_bytes(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        PersonaError: there is none, it is no regular file, or it is too big.
    """
    try:
        if not path.exists():
            raise refuse(f"There is no file {path}.")
        if not path.is_file():
            raise refuse(f"{path} is not a regular file.")
        with path.open("rb") as file:
            data = file.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise refuse(f"{path} cannot be read.", f"{error.strerror or error}.") from error
    if len(data) > LIMIT_BYTES:
        raise refuse(f"{path} is too big.", f"{LIMIT_BYTES >> 20} MiB are the most.")
    return data


def read_source(data: bytes, name: str, stem: str, form: str = "") -> Carried:
    """What a file carries.

    Args:
        data: its bytes.
        name: its name, which tells some formats apart.
        stem: the persona's name where the file has none.
        form: the format that it is known to have; empty = to be told from the file.

    Raises:
        PersonaError: it is nothing that is known, or it is damaged or hostile.
    """
    try:
        match _kind(SUFFIX.get(form, ""), data) if form in SUFFIX else _kind_of(data, name.lower()):
            case "png":
                return _as(read_card(card_text(data, "png"), stem), "png")
            case "charx":
                return _as(read_card(charx.card_of(data), stem), "charx")
            case "json":
                return read_preset(data) if is_preset(load_json(data)) else read_card(data, stem)
            case "modelfile":
                return read_modelfile(data, stem)
            case "yaml":
                if not _braced(data) and not is_webui(Mapped(data)):
                    raise refuse("It is no character.", "It has no name, context or greeting.")
                return read_webui(data, stem)
            case "md":
                return read_aichat(data, stem)
    except PersonaError as error:
        raise PersonaError(f"{name} cannot be brought in.", f"{error.what} {error.why}".strip(),
                           error.hint) from error  # fmt: skip
    raise PersonaError(f"{name} is no file that can be brought in.", "", f"These can: {READ}.")


def _kind_of(data: bytes, low: str) -> str:
    """One of the endings of `SUFFIX`; empty where nothing tells."""
    ending = _ENDINGS.get(low.rpartition(".")[2], "") if "." in low else ""
    if ending:
        return _kind(ending, data)
    for start, kind in ((png.SIGNATURE, "png"), (b"PK\3\4", "charx")):
        if data.startswith(start):
            return kind
    if _braced(data):
        return "json"
    return "modelfile" if "modelfile" in low else ""


def _kind(ending: str, data: bytes) -> str:
    """A picture and an archive may have each other's name, a card in JSON that of either."""
    if ending not in ("png", "charx", "json"):
        return ending
    if data.startswith(png.SIGNATURE):
        return "png"
    if data.startswith(b"PK\3\4"):
        return "charx"
    return "json" if _braced(data) else ending


def _braced(data: bytes) -> bool:
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"{") and not start.startswith(b"{{")


def _as(carried: Carried, name: str) -> Carried:
    return msgspec.structs.replace(carried, format=name)


def card_text(data: bytes, form: str, *, old: bool = False) -> bytes:
    """The JSON of a card in a file of this format.

    Args:
        data: the file.
        form: one of `CARDS`.
        old: of two cards in a picture, the one of version 2.

    Raises:
        PersonaError: there is none, or it is damaged.
    """
    if form == "charx":
        return charx.card_of(data)
    if form != "png":
        return data
    found = png.texts(data)
    names = ("chara", "ccv3") if old else ("ccv3", "chara")
    coded = next((found[name] for name in names if name in found), None)
    if coded is None:
        raise refuse("The picture has no card in it.")
    try:
        return base64.b64decode(b"".join(coded.split()), validate=True)
    except binascii.Error as error:
        raise refuse("The card in the picture is damaged.", f"{error}.") from error
