"""Roles of aichat: a prompt in Markdown, with YAML between two lines of dashes above it.

Keeps true: a prompt that was not edited keeps its very bytes, the YAML likewise. `### INPUT:` and
`### OUTPUT:` in a prompt are messages; `__INPUT__` has no twin here and is named.
"""

import re
from typing import Any, Final

import msgspec

from tui.core.persona import Opening, Persona
from tui.core.settings import DEFAULTS
from tui.core.text import one_line
from tui.core.values import apply_values
from tui.store.exchange.carried import Carried, Written, clean_name, filled, utf8, whole
from tui.store.exchange.flat import flat
from tui.store.exchange.plain_yaml import Mapped, document

_FRONT: Final = re.compile(r"---[ \t]*\r?\n(.*?)(?:^|\n)---[ \t]*(?:\r?\n|$)", re.DOTALL)
_SPOKEN: Final = re.compile(r"^###[ \t]*(INPUT|OUTPUT):[ \t]*\r?$", re.MULTILINE)
_SAMPLING: Final = ("temperature", "top_p")
_OWN: Final = ("name", "model", "sampling", "messages")


def split(text: str) -> tuple[str, str]:
    """The YAML and the prompt."""
    found = _FRONT.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


def read_aichat(data: bytes, fallback: str) -> Carried:
    """A role as the keys of a persona file.

    Raises:
        PersonaError: its YAML is none.
    """
    front, prompt = split(utf8(data))
    mapped = Mapped(front.encode()) if front.strip() else None
    system, messages = _spoken(prompt)
    values: dict[str, Any] = {"name": clean_name("", fallback), "system": system}
    sampling: dict[str, Any] = {}
    kept: list[str] = []
    for key in mapped.nodes if mapped else ():
        text = mapped.text_of(key) if mapped else None
        number = _number(key, text or "")
        if key == "model" and text:
            values["model"] = {"name": one_line(text.rpartition(":")[2].rpartition("/")[2], 200)}
        elif key in _SAMPLING and number is not None:
            sampling[key] = number
        else:
            kept.append(f"{one_line(key, 80)}: there is no key for it")
    if "__INPUT__" in prompt:
        kept.append("__INPUT__: the question follows the prompt here; it is not written into it")
    values |= filled({"sampling": sampling, "messages": messages})
    return Carried(format="aichat", values=values, kept=tuple(kept))


def _spoken(prompt: str) -> tuple[str, list[dict[str, str]]]:
    """The prompt, and the messages that follow it."""
    parts = _SPOKEN.split(whole(prompt))
    if len(parts) == 1:
        return parts[0].strip(), []
    roles = {"INPUT": "user", "OUTPUT": "assistant"}
    messages = [
        {"role": roles[word], "content": text.strip()}
        for word, text in zip(parts[1::2], parts[2::2], strict=True)
        if text.strip()
    ]
    return parts[0].strip(), messages


def _number(key: str, text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return None if key not in _SAMPLING or apply_values(DEFAULTS, {key: value})[1] else value


def write_aichat(persona: Persona, original: bytes | None = None) -> Written:
    """The persona as a role, over the one that it came from, if it did."""
    made = flat(persona, own=_OWN)
    told = [*made.told]
    if persona.sampling.keys() - set(_SAMPLING):
        told.append("sampling: a role has temperature and top_p only")
    if any(one.role == "system" for one in persona.messages):
        told.append("messages: a role has no system messages among them")
    before = Persona(id="x", name="")
    front, prompt = split(utf8(original)) if original else ("", "")
    if original:
        carried = read_aichat(original, persona.name)
        before = msgspec.convert({"id": "x", **carried.values}, Persona)
    head = {key: persona.sampling[key] for key in _SAMPLING if key in persona.sampling}
    head = {key: value for key, value in head.items() if value != before.sampling.get(key)}
    if persona.model.name and persona.model.name != before.model.name:
        head = {"model": persona.model.name, **head}
    gone = {key for key in _SAMPLING if key in before.sampling and key not in persona.sampling}
    if before.model.name and not persona.model.name:
        gone.add("model")
    if front.strip() and (head or gone):
        front = Mapped(front.encode()).changed(head, gone).decode()
    elif head:
        front = document(head).decode()
    was = flat(before, own=_OWN)
    if original is None or (made.system, made.messages) != (was.system, was.messages):
        prompt = _prompt(made.system, made.messages)
    if original and not head and not gone:
        begun = len(utf8(original)) - len(split(utf8(original))[1])
        return Written((utf8(original)[:begun] + prompt).encode(), tuple(told))
    lines = f"---\n{front.rstrip()}\n---\n" if front.strip() else ""
    return Written((lines + prompt).encode(), tuple(told))


def _prompt(system: str, messages: tuple[Opening, ...]) -> str:
    words = {"user": "INPUT", "assistant": "OUTPUT"}
    spoken = [f"### {words[one.role]}:\n{one.content}" for one in messages if one.role in words]
    return "\n\n".join([system.strip(), *spoken]) + "\n"
