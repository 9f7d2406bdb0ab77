"""Ollama's Modelfiles: read by directive, and written over the lines that they came from.

Keeps true: directives that were not edited keep their very lines; `TEMPLATE` is Go and never run; a path
in `FROM` or `ADAPTER` is never opened. Follows Ollama's own reader: a text in three quotes ends where a
line ends with three.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from tui.core.persona import Opening, Persona
from tui.core.settings import DEFAULTS
from tui.core.text import one_line
from tui.core.values import apply_values
from tui.store.exchange.carried import Carried, Written, clean_name, filled, refuse, utf8
from tui.store.exchange.flat import flat

SAMPLING: Final = (
    "temperature", "top_k", "top_p", "min_p", "typical_p", "tfs_z", "repeat_last_n",
    "repeat_penalty", "presence_penalty", "frequency_penalty", "mirostat", "mirostat_tau",
    "mirostat_eta", "seed",
)  # fmt: skip
"""Parameters that have the same name here."""
_WORDS: Final = (
    "FROM", "PARAMETER", "TEMPLATE", "SYSTEM", "ADAPTER", "LICENSE", "MESSAGE", "REQUIRES",
)  # fmt: skip
_LINE: Final = re.compile(r"[ \t]*([A-Za-z]+)[ \t]+")
_OWN: Final = ("name", "sampling", "stop", "messages", "model", "greetings")
_QUOTES: Final = '"""'


class Directive(msgspec.Struct):
    """One directive, or lines that are none (comments, blanks): `word` is empty then."""

    word: str
    key: str
    """Of a parameter, or the role of a message."""
    value: str
    raw: str
    """Its lines as they stand."""


def parse(text: str) -> list[Directive]:
    """Every directive in order; joined, their lines are the text."""
    found: list[Directive] = []
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    at = 0
    while at < len(lines):
        line = lines[at]
        head = _LINE.match(line)
        if not line.strip() or line.lstrip().startswith("#"):
            found.append(Directive("", "", "", line))
            at += 1
            continue
        if head is None or head[1].upper() not in _WORDS:
            word = one_line(line.split()[0], 40)
            raise refuse(f"It is no Modelfile: line {at + 1} begins with {word!r}.",
                         f"Directives are {', '.join(_WORDS)}.")  # fmt: skip
        word, key, begun = head[1].upper(), "", at
        rest = line[head.end() :]
        if word in ("PARAMETER", "MESSAGE"):
            key, rest = (*rest.split(None, 1), "", "")[:2]
            rest = rest or "\n"
        value, at = _value(rest, lines, at)
        found.append(Directive(word, key.lower(), value, "".join(lines[begun:at])))
    if not any(one.word for one in found):
        raise refuse("It is no Modelfile.", "It has no directive.")
    return found


def _value(rest: str, lines: list[str], at: int) -> tuple[str, int]:
    """A value that may go on over several lines, and the line after it."""
    text = rest.lstrip()
    quote = _QUOTES if text.startswith(_QUOTES) else '"' if text.startswith('"') else ""
    if not quote:
        return text.strip(), at + 1
    begun = at
    while True:
        whole = text.strip()
        if len(whole) >= 2 * len(quote) and whole.endswith(quote):
            return whole[len(quote) : -len(quote)], at + 1
        at += 1
        if at == len(lines):
            raise refuse(f"It is no whole Modelfile: the quotes of line {begun + 1} stay open.")
        text += lines[at]


def read_modelfile(data: bytes, fallback: str) -> Carried:
    """A Modelfile as the keys of a persona file.

    Raises:
        PersonaError: it is none.
    """
    values: dict[str, Any] = {"name": clean_name("", fallback)}
    sampling: dict[str, Any] = {}
    model: dict[str, Any] = {}
    stop: list[str] = []
    messages: list[dict[str, str]] = []
    kept: list[str] = []
    for one in parse(utf8(data)):
        match one.word:
            case "SYSTEM":
                values["system"] = one.value
            case "FROM":
                model["name"] = _model_name(one.value)
                if _is_path(one.value):
                    kept.append("FROM: a path is not opened; its name is the hint")
            case "MESSAGE" if one.key in ("system", "user", "assistant"):
                messages.append({"role": one.key, "content": one.value})
            case "PARAMETER" if one.key == "stop" and one.value:
                stop.append(one.value)
            case "PARAMETER" if one.key == "num_ctx" and one.value.isdecimal():
                model["n_ctx"] = min(int(one.value[:10]), (1 << 31) - 1)
            case "PARAMETER" if one.key in SAMPLING and _number(one.key, one.value) is not None:
                sampling[one.key] = _number(one.key, one.value)
            case "":
                pass
            case _:
                name = f"{one.word} {one.key}".strip()
                kept.append(f"{one_line(name, 80)}: there is no key for it")
    if "system" not in values:
        values["system"] = ""
    values |= filled(
        {"sampling": sampling, "stop": stop, "messages": messages, "model": filled(model)}
    )
    return Carried(format="modelfile", values=values, kept=tuple(kept))


def _number(key: str, text: str) -> float | int | None:
    try:
        number = float(text)
    except ValueError:
        return None
    value = int(number) if number.is_integer() else number
    return None if apply_values(DEFAULTS, {key: value})[1] else value


def _is_path(name: str) -> bool:
    return name.startswith((".", "/", "~", "\\")) or name.lower().endswith(".gguf")


def _model_name(name: str) -> str:
    if _is_path(name):
        name = re.split(r"[/\\]", name)[-1].removesuffix(".gguf")
    return one_line(name.removesuffix(":latest").rpartition("/")[2], 200)


def write_modelfile(persona: Persona, original: bytes | None = None) -> Written:
    """The persona as a Modelfile, over the one that it came from, if it did."""
    made = flat(persona, own=_OWN)
    lines = parse(utf8(original)) if original else [_directive("FROM", _from(persona))]
    before = _parts(_came_from(original, persona)) if original else {}
    for name, wanted in _parts(persona).items():
        if wanted != before.get(name, []):
            lines = _replaced(lines, name, wanted)
    missing = not any(one.word == "FROM" for one in lines)
    if missing:  # there is no Modelfile without it
        lines = [_directive("FROM", _from(persona)), *lines]
    text = "".join(one.raw for one in lines)
    told = [*made.told]
    if (missing or not original) and not (persona.model.name or persona.model.repo):
        told.append(f"FROM: the persona names no model; {_from(persona)} stands there")
    if persona.sampling.keys() - set(SAMPLING):
        told.append("sampling: only what Ollama has a parameter for")
    return Written(text.encode(), tuple(told))


def _came_from(original: bytes, persona: Persona) -> Persona:
    return msgspec.convert({"id": "x", **read_modelfile(original, persona.name).values}, Persona)


def _parts(persona: Persona) -> dict[str, list[Directive]]:
    """The directives that a persona asks for, by what they stand in place of."""
    made = flat(persona, own=_OWN)
    opening = [*made.messages]
    if made.greeting:
        opening.append(Opening(role="assistant", content=made.greeting))
    parts = {
        "FROM": [_directive("FROM", persona.model.name)] if persona.model.name else [],
        "SYSTEM": [_directive("SYSTEM", made.system)] if made.system else [],
        "MESSAGE": [_directive("MESSAGE", one.content, one.role) for one in opening],
        "PARAMETER stop": [_directive("PARAMETER", text, "stop") for text in persona.stop],
    }
    values = {"num_ctx": persona.model.n_ctx or None} | {
        key: persona.sampling.get(key) for key in SAMPLING
    }
    for key, value in values.items():
        given = [] if value is None else [_directive("PARAMETER", str(value), key)]
        parts[f"PARAMETER {key}"] = given
    return parts


def _from(persona: Persona) -> str:
    return persona.model.name or persona.model.repo or "llama3.2"


def _directive(word: str, value: str, key: str = "") -> Directive:
    if any(line.rstrip().endswith(_QUOTES) for line in value.split("\n")):
        raise refuse(
            f"A Modelfile cannot hold the text of {word}.",
            f"A line of it ends with {_QUOTES}, which ends a text there.",
        )
    plain = value and "\n" not in value and value == value.strip() and value[0] != '"'
    shown = value if plain and word != "SYSTEM" else f"{_QUOTES}{value}{_QUOTES}"
    return Directive(word, key, value, f"{f'{word} {key}'.strip()} {shown}\n")


def _replaced(lines: list[Directive], name: str, new: Iterable[Directive]) -> list[Directive]:
    """The lines with these directives in the place of those called `name`."""
    word, _, key = name.partition(" ")
    hit = [n for n, one in enumerate(lines) if one.word == word and key in ("", one.key)]
    at = hit[0] if hit else len(lines)
    rest = [one for n, one in enumerate(lines) if n not in hit]
    at -= sum(1 for n in hit if n < at)
    if at and not rest[at - 1].raw.endswith("\n"):
        rest[at - 1] = msgspec.structs.replace(rest[at - 1], raw=rest[at - 1].raw + "\n")
    return [*rest[:at], *new, *rest[at:]]
