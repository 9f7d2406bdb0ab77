"""Which format a stranger's file is, and what it carries.

Keeps true: a file is read once, up to a bound, and only if it is a regular one; what it is is told by
its bytes first, by its name where bytes do not tell.
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


def read_source(data: bytes, name: str, stem: str) -> Carried:
    """What a file carries.

    Args:
        data: its bytes.
        name: its name, which tells some formats apart.
        stem: the persona's name where the file has none.

    Raises:
        PersonaError: it is nothing that is known, or it is damaged or hostile.
    """
    low = name.lower()
    try:
        if data.startswith(png.SIGNATURE):
            return _as(read_card(card_text(data, "png"), stem), "png")
        if data.startswith(b"PK"):
            return _as(read_card(charx.card_of(data), stem), "charx")
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            if low.endswith((".yaml", ".yml")):
                return read_webui(data, stem)
            return read_preset(data) if is_preset(load_json(data)) else read_card(data, stem)
        if "modelfile" in low:
            return read_modelfile(data, stem)
        if low.endswith((".yaml", ".yml")):
            mapped = Mapped(data)
            if not is_webui(mapped):
                raise refuse("It is no character.", "It has no name, context or greeting.")
            return read_webui(data, stem)
        if low.endswith((".md", ".markdown")):
            return read_aichat(data, stem)
    except PersonaError as error:
        raise PersonaError(f"{name} cannot be brought in.", f"{error.what} {error.why}".strip(),
                           error.hint) from error  # fmt: skip
    raise PersonaError(f"{name} is no file that can be brought in.", "", f"These can: {READ}.")


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
