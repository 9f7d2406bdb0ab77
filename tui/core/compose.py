"""From a persona and what was said to the turns of a prompt.

Keeps true: a persona that has a system prompt and nothing else makes exactly that prompt; what a
person typed is never changed; the same persona, conversation and scene make the same turns. What was
added or left out is told in notes. Which tokens the turns become is the engine's part.

The system text is, with a blank line between: the system prompt, entries of the lorebook, the
description, personality, scenario, entries that come after, who the user is, example dialogue. Then
come the messages to begin with, the conversation, and, after the newest message of the user, the
instructions that stand after the history.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from tui.core.lorebook import Found, Lore, about_tokens, scan
from tui.core.macro import Scene, expand
from tui.core.messages import Turn
from tui.core.persona import Persona
from tui.core.text import one_line

DEFAULT_SYSTEM: Final = (
    "You are {{char}}. Write the next reply of {{char}} to {{user}}, and stay in character."
)
"""For a persona that is described and has no system prompt; `{{original}}` in one stands for it."""

BLANK: Final = "\n\n"
_START: Final = re.compile(r"<START>", re.IGNORECASE)
_ORIGINAL: Final = re.compile(r"\{\{\s*original\s*\}\}", re.IGNORECASE)
_LONGEST: Final = 60
"""Of a name or a draw in a note."""
_TOLD: Final = 6
"""Names of entries that a note lists."""


class Composed(msgspec.Struct, frozen=True, kw_only=True):
    """The turns, and what goes with them."""

    turns: tuple[Turn, ...]
    places: tuple[int, ...]
    """For each turn the index in what was said, or -1 where the persona's file says it."""
    notes: tuple[str, ...] = ()
    """What was done, for the reader."""
    scene: Scene
    """The conversation's, with what was drawn."""
    reply: Scene
    """The reply's, with what was drawn for the text after the history."""


def compose(
    persona: Persona,
    said: Sequence[Turn],
    scene: Scene,
    reply: Scene | None = None,
    *,
    system: str | None = None,
    count: Callable[[str], int] = about_tokens,
) -> Composed:
    """The turns for an engine.

    Args:
        persona: who is to speak.
        said: the conversation, oldest first; a last turn of `assistant` is one to be continued.
        scene: of the conversation; draws of the persona's texts are made once and recorded in it.
        reply: of this reply; the text after the history is drawn anew in each.
        system: stands in place of everything that the persona says of itself; taken as it is.
        count: tokens of a text, for the lorebook's budget.
    """
    scene = msgspec.structs.replace(scene, char=persona.char, user=persona.user_name)
    reply = msgspec.structs.replace(reply or scene, char=scene.char, user=scene.user)
    before_scene, before_reply = scene.drawn, reply.drawn
    found = scan(persona.lorebook, [turn.text for turn in said], count)
    writer = _Writer(scene)
    sections = _sections(persona, found, writer) if system is None else [
        system, *writer.lore(found, "before"), *writer.lore(found, "after")
    ]  # fmt: skip
    text = BLANK.join(section for section in sections if section)
    turns = [Turn(role="system", text=text)] if text else []
    turns += [
        Turn(role=m.role, text=writer.expand(m.content, f"messages[{n}]"))
        for n, m in enumerate(persona.messages)
    ]
    after, reply = expand(
        _ORIGINAL.sub("", persona.post_history_instructions), reply, "post_history_instructions"
    )
    places = [*(-1 for _ in turns), *range(len(said))]
    turns += said
    newest = max((n for n, turn in enumerate(said) if turn.role == "user"), default=-1)
    if after.strip() and newest >= 0:
        at = len(turns) - len(said) + newest + 1
        turns.insert(at, Turn(role="system", text=after))
        places.insert(at, -1)
    notes = [
        *_lore_notes(found),
        *_draw_notes(before_scene, writer.scene),
        *_draw_notes(before_reply, reply),
    ]
    if after.strip() and newest < 0:
        notes.append("the instructions after the history wait for a message of the user")
    return Composed(
        turns=tuple(turns),
        places=tuple(places),
        notes=tuple(notes),
        scene=writer.scene,
        reply=reply,
    )


def stops(persona: Persona) -> tuple[str, ...]:
    """The persona's stop texts with the names in them."""
    scene = Scene(char=persona.char, user=persona.user_name)
    return tuple(expand(text, scene)[0] for text in persona.stop)


class _Writer:
    """Expands the texts of one prompt; the scene goes from one to the next."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def expand(self, text: str, place: str) -> str:
        expanded, self.scene = expand(text, self.scene, place)
        return expanded

    def titled(self, title: str, text: str, place: str) -> str:
        text = self.expand(text, place)
        return f"{title}: {text}" if text.strip() else ""

    def lore(self, found: Found, position: str) -> list[str]:
        return [
            self.expand(without_decorators(entry.content), f"lorebook {entry.name or entry.keys}")
            for entry in found.entries
            if entry.position == position
        ]


def _sections(persona: Persona, found: Found, writer: _Writer) -> list[str]:
    described = any(
        text.strip()
        for text in (
            persona.description, persona.personality, persona.scenario, persona.example_dialogue
        )
    )  # fmt: skip
    system = persona.system or (DEFAULT_SYSTEM if described else "")
    return [
        writer.expand(_ORIGINAL.sub(lambda _: DEFAULT_SYSTEM, system), "system"),
        *writer.lore(found, "before"),
        writer.expand(persona.description, "description"),
        writer.titled("Personality", persona.personality, "personality"),
        writer.titled("Scenario", persona.scenario, "scenario"),
        *writer.lore(found, "after"),
        writer.titled(f"About {writer.scene.user}", persona.user.description, "user"),
        _examples(writer.expand(persona.example_dialogue, "example_dialogue"), writer.scene.char),
    ]


def _examples(text: str, char: str) -> str:
    blocks = [block.strip() for block in _START.split(text) if block.strip()]
    return BLANK.join([f"This is how {char} talks:", *blocks]) if blocks else ""


def without_decorators(content: str) -> str:
    """An entry's text without the lines of `@@` words that may stand at its beginning."""
    lines = content.split("\n")
    while lines and lines[0].startswith("@@"):
        del lines[0]
    return "\n".join(lines)


def _lore_notes(found: Found) -> list[str]:
    notes = []
    if found.entries:
        notes.append(f"lorebook, about {found.tokens} tokens: {_names(found.entries)}")
    if found.left_out:
        notes.append(f"the lorebook's budget left out: {_names(found.left_out)}")
    return notes


def _names(entries: Sequence[Lore]) -> str:
    names = [
        one_line(entry.name or ", ".join(entry.keys) or "an entry", _LONGEST) for entry in entries
    ]
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return "; ".join(names[:_TOLD]) + more


def _draw_notes(before: dict[str, str], after: Scene) -> list[str]:
    """The dice and the choices that fell just now."""
    new = {key: value for key, value in after.drawn.items() if key not in before}
    told = list(new.items())[:_TOLD]
    macros = ["{{" + key.partition("{{")[2].rpartition(" ")[0] for key, _ in told]
    return [
        f"{one_line(macro, _LONGEST)} was {one_line(value, _LONGEST)}"
        for macro, (_, value) in zip(macros, told, strict=True)
    ]
