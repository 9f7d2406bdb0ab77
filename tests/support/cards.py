"""Files of other programs, made by hand: every format, with fields that nobody knows."""

import base64
import io
import json
import struct
import zipfile
import zlib

UNKNOWN = '{"z": 1.50, "a": [1e5, 12345678901234567890, null], "t": "\\u00e9\\ud83d\\ude00"}'
"""Numbers and escapes that a JSON library would write otherwise."""

BOOK = (
    '{"name":"World","scan_depth":3,"token_budget":200,"recursive_scanning":true,'
    f'"extensions":{UNKNOWN},"entries":['
    f'{{"keys":["dragon","wyrm"],"content":"It sleeps.","extensions":{UNKNOWN},"enabled":true,'
    '"insertion_order":5,"case_sensitive":null,"name":"dragon","priority":10,"id":7,"comment":"c",'
    '"selective":true,"secondary_keys":["cave"],"constant":false,"position":"after_char"},'
    '{"keys":["/k(i|a)ng/i"],"content":"@@depth 4\\nHe reigns.","extensions":{},"enabled":false,'
    '"insertion_order":1,"use_regex":true,"x-mine":"kept"}]}'
)

V1 = (
    '{"name":"Ada","description":"{{char}} counts.","personality":"exact","scenario":"London",'
    f'"first_mes":"Good day, {{{{user}}}}.","mes_example":"<START>\\n{{{{char}}}}: Two.","x":{UNKNOWN}}}'
).encode()


def v2(spec: str = "chara_card_v2", version: str = "2.0", more: str = "") -> bytes:
    return (
        f'{{"spec": "{spec}",  "spec_version": "{version}", "create_date": "2023-8-1", '
        f'"first_mes": "Good day, {{{{user}}}}.", "outer": {UNKNOWN}, "data": {{"name": "Ada", '
        '"description": "{{char}} counts.\\nA \\"quoted\\" word.", "personality": "exact", '
        '"scenario": "London", "first_mes": "Good day, {{user}}.", '
        '"mes_example": "<START>\\n{{char}}: Two.", "creator_notes": "for people", '
        '"system_prompt": "Be {{char}}. {{original}}", "post_history_instructions": "Stay exact.", '
        f'"alternate_greetings": ["Hm?", "Yes?"], "character_book": {BOOK}, '
        '"tags": ["history", "maths"], "creator": "someone", "character_version": "1.2", '
        f'"extensions": {{"talkativeness": 0.50, "deep": {UNKNOWN}, "fav": false}}, '
        f'"unheard_of": {UNKNOWN}{more}}}}}'
    ).encode()


V2 = v2()
V3 = v2(
    "chara_card_v3", "3.0",
    ', "nickname": "Countess", "group_only_greetings": ["all"], "source": ["x:1"],'
    ' "assets": [{"type":"icon","uri":"ccdefault:","name":"main","ext":"png"}],'
    ' "creation_date": 1700000000, "creator_notes_multilingual": {"fr": "pour les gens"}',
)  # fmt: skip

MODELFILE = b'''\
# my model
FROM llama3.1:8b
ADAPTER ./lora.gguf

parameter temperature 0.7
PARAMETER num_ctx 4096
PARAMETER stop "<|im_end|>"
PARAMETER stop User:
PARAMETER num_predict 128   
PARAMETER top_k 30
TEMPLATE """{{ if .System }}<|sys|>{{ .System }}{{ end }}
{{ .Prompt }}"""
SYSTEM """
You are "Mario".
Answer as he does."""
MESSAGE user Is Toronto in Canada?
MESSAGE assistant """yes
it is"""
LICENSE """
free # as it is
"""
REQUIRES 0.9.0
'''

WEBUI = b"""\
# a character
name: Chiharu   # her name
greeting: |-
  *She waves.*

  Hello, {{user}}!
context: "Chiharu's persona: she builds computers.\\n{{user}}: hi\\n"
turn_template: '<|user|>'
odd: [1, {two: 3}]
when: 2020-01-01
"""

AICHAT = """\
---
model: openai:gpt-4o   # which
temperature: 0.2
use_tools: web_search
---
Answer with one emoji.

### INPUT:
joy

### OUTPUT:
😀
""".encode()

TAVERN = (
    b'{"temp": 1.25, "top_p": 0.92, "top_k": 0, "typical_p": 1, "tfs": 0.95, "min_p": 0.05,'
    b' "rep_pen": 1.10, "rep_pen_range": 512, "freq_pen": 0, "presence_pen": 0,'
    b' "dry_multiplier": 0.8, "dry_sequence_breakers": "[\\"\\\\n\\", \\":\\"]", "dynatemp": true,'
    b' "min_temp": 0.5, "max_temp": 1.5, "mirostat_mode": 0, "nsigma": 1.50,'
    b' "samplers": ["dry", "top_k", "min_p", "temperature", "unheard"],'
    b' "logit_bias": [{"text": " delve", "value": -5.0}], "streaming": true, "odd": 1.500}'
)


def png(*texts: tuple[str, bytes], extra: bytes = b"picture") -> bytes:
    """A picture with these texts, and a chunk that nobody knows."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    inner = [(b"IHDR", head), (b"prVt", extra), (b"IDAT", zlib.compress(b"\0abc"))]
    inner += [(b"tEXt", key.encode() + b"\0" + text) for key, text in texts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(k, b) for k, b in [*inner, (b"IEND", b"")])


def card_png() -> bytes:
    coded = [("Chara", base64.b64encode(V2)), ("ccv3", base64.b64encode(V3))]
    return png(("Software", b"hand"), *coded)


def charx(members: dict[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in (members or {"card.json": V3, "assets/icon/a.png": png()}).items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 2, 3, 4, 6)), body)
    return out.getvalue()


FILES = {
    "one.json": V1, "two.json": V2, "three.json": V3, "ada.png": card_png(), "ada.charx": charx(),
    "Modelfile": MODELFILE, "chiharu.yaml": WEBUI, "emoji.md": AICHAT,
}  # fmt: skip
"""Every format of a persona, by the name of a file."""


def same_json(one: bytes, other: bytes) -> bool:
    return json.loads(one) == json.loads(other)
