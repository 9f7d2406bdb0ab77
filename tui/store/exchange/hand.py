"""Handing out: a persona in another program's format, over the file that it came from, if it did.

Keeps true: a persona that was brought in and not edited comes out as the very bytes that it was; after
edits the fields that were edited change and all others stay. What a format has no place for is named.
"""

import base64
import hashlib
import zlib
from pathlib import Path
from typing import Final

from tui.core.persona import Persona
from tui.store.exchange import charx, png
from tui.store.exchange.aichat import write_aichat
from tui.store.exchange.card import read_card, write_card
from tui.store.exchange.carried import Written, normal, persona_values
from tui.store.exchange.modelfile import write_modelfile
from tui.store.exchange.source import CARDS, card_text, read_bytes, read_source
from tui.store.exchange.tavern import write_preset
from tui.store.exchange.webui import write_webui
from tui.store.preset import preset_layer

_WIDE, _HIGH = 256, 384
_OTHERS: Final = {"modelfile": write_modelfile, "tgw": write_webui, "aichat": write_aichat}
FORMATS: Final = (*CARDS, *_OTHERS, "sillytavern")
"""What a persona can be handed out as; `sillytavern` are its settings alone."""


def form_of(persona: Persona) -> str:
    """The format that a persona came in, else a card V2, which most programs read."""
    return persona.origin.format if persona.origin and persona.origin.format in FORMATS else "v2"


def hand_out(persona: Persona, form: str) -> Written:
    """The persona in a format.

    Args:
        persona: see there.
        form: one of `FORMATS`.

    Raises:
        PersonaError: its original is there and cannot be read, or the format cannot hold a text.
    """
    original, told = _original(persona)
    came = persona.origin.format if persona.origin and original is not None else ""
    if original is not None and came == form and not _edited(persona, original):
        return Written(original)
    if form == "sillytavern":
        values = dict(persona.sampling)
        if persona.samplers:
            values["samplers"] = list(persona.samplers)
        written = write_preset(values)
        others = [
            key for key in persona_values(persona) if key not in ("name", "sampling", "samplers")
        ]
        return Written(
            written.data,
            (*told, *written.lost, *(f"{key}: these are settings alone" for key in others)),
        )
    if form in _OTHERS:
        written = _OTHERS[form](persona, original if came == form else None)
    else:
        written = _card(persona, form, original if came in CARDS else None, came)
    return Written(written.data, (*told, *written.lost))


def hand_out_preset(name: str, folder: Path) -> Written:
    """A preset of one's own in SillyTavern's format, over the file that it came from, if it did.

    Raises:
        UsageError: there is none of this name, or it has problems.
    """
    values = preset_layer(name, folder).values
    original = folder / f"{name}.original.json"
    return write_preset(values, read_bytes(original) if original.is_file() else None)


def _original(persona: Persona) -> tuple[bytes | None, tuple[str, ...]]:
    """The bytes that a persona was brought in from, and a word where they are gone."""
    if persona.origin is None:
        return None, ()
    path = Path(persona.path).parent / persona.origin.file
    if not path.is_file():
        return None, (f"{persona.origin.file}: the original is gone, and what only it had with it",)
    data, told = read_bytes(path), persona.origin.sha256.lower()
    if told and hashlib.sha256(data).hexdigest() != told:
        return None, (f"{path.name}: it is not the file that was brought in, and is not used",)
    return data, ()


def _edited(persona: Persona, original: bytes) -> bool:
    name, form = (persona.origin.file, persona.origin.format) if persona.origin else ("", "")
    carried = read_source(original, name, persona.name, form)
    return persona_values(persona) != normal(carried.values)


def _card(persona: Persona, form: str, original: bytes | None, came: str) -> Written:
    new = old = None
    if original is not None:
        new, old = card_text(original, came), card_text(original, came, old=True)
    if form in ("v1", "v2", "v3"):
        version = int(form[1:])
        return _as_card(persona, old if version < 3 else new, version)
    third = _as_card(persona, new, 3)
    if form == "charx":
        base = original if came == "charx" else None
        return Written(charx.with_card(base, third.data), third.lost)
    second = _as_card(persona, old, 2)
    base = original if came == "png" and original is not None else _picture(persona)
    coded = {"chara": base64.b64encode(second.data), "ccv3": base64.b64encode(third.data)}
    lost = tuple(dict.fromkeys((*second.lost, *third.lost)))
    return Written(png.with_texts(base, coded), lost)


def _as_card(persona: Persona, raw: bytes | None, version: int) -> Written:
    if raw is not None and _same(persona, raw, version):
        return Written(raw)
    return write_card(persona, version, raw)


def _same(persona: Persona, raw: bytes, version: int) -> bool:
    """Whether the card says of this version what the persona says."""
    carried = read_card(raw, persona.name)
    return carried.format == f"v{version}" and normal(carried.values) == persona_values(persona)


def _picture(persona: Persona) -> bytes:
    """One colour by the name; a card needs a picture to be in."""
    mark = zlib.crc32(persona.name.encode())
    return png.picture(
        _WIDE, _HIGH, (64 + mark % 128, 64 + (mark >> 8) % 128, 64 + (mark >> 16) % 128)
    )
