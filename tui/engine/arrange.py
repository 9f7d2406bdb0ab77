"""Ways to arrange a conversation for templates that refuse some of it.

Keeps true: nothing that was said is left out, and every arrangement says what it did. Whether a
template takes an arrangement is found out elsewhere, by rendering it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

SEPARATOR: Final = "\n\n"
"""Between two texts that become one message."""


class Part(msgspec.Struct, frozen=True):
    """A text of its own inside a message, with its tokens where a model made it."""

    text: str
    ids: tuple[int, ...] = ()
    turn: int = -1
    """Index of the turn that says it."""


class Entry(msgspec.Struct, frozen=True):
    """One message for a template."""

    role: str
    parts: tuple[Part, ...]

    def content(self, texts: Sequence[str]) -> str:
        """The message's text, from one text for each part."""
        return SEPARATOR.join(texts)


Entries = tuple[Entry, ...]
_MERGED: Final = "neighbouring messages of one role were merged"
_FOLDED: Final = "the greeting was moved into the system prompt"
_SYSTEM: Final = "the system prompt was merged into the first user turn"
_LATER: Final = "instructions after a message were merged into it"


def arrangements(entries: Entries) -> Iterator[tuple[Entries, tuple[str, ...]]]:
    """The conversation as it is, then in every way that keeps less of its form, with notes."""
    seen: list[Entries] = []
    for fold in (False, True):
        for system in range(3):
            for merge in (False, True):
                found, notes = entries, []
                for wanted, change, note in (
                    (fold, fold_greeting, _FOLDED),
                    (system >= 1, later_system_into_user, _LATER),
                    (system == 2, system_into_user, _SYSTEM),
                    (merge or system == 2, merge_neighbours, _MERGED),
                ):
                    changed = change(found) if wanted else found
                    if changed != found:
                        notes.append(note)
                    found = changed
                if found not in seen:
                    seen.append(found)
                    yield found, tuple(notes)


def merge_neighbours(entries: Entries) -> Entries:
    """Messages of one role in a row become one."""
    out: list[Entry] = []
    for entry in entries:
        if out and out[-1].role == entry.role:
            out[-1] = Entry(entry.role, out[-1].parts + entry.parts)
        else:
            out.append(entry)
    return tuple(out)


def system_into_user(entries: Entries) -> Entries:
    """System texts go in front of the first user turn, or become one."""
    system = tuple(part for entry in entries if entry.role == "system" for part in entry.parts)
    rest = [entry for entry in entries if entry.role != "system"]
    if not system:
        return entries
    for place, entry in enumerate(rest):
        if entry.role == "user":
            rest[place] = Entry("user", system + entry.parts)
            return tuple(rest)
    return (Entry("user", system), *rest)


def later_system_into_user(entries: Entries) -> Entries:
    """A system text behind a user turn becomes the end of that turn."""
    out: list[Entry] = []
    for entry in entries:
        if entry.role == "system" and out and out[-1].role == "user":
            out[-1] = Entry("user", out[-1].parts + entry.parts)
        else:
            out.append(entry)
    return tuple(out)


def fold_greeting(entries: Entries) -> Entries:
    """What the assistant says before any user turn becomes a line of the system text."""
    spoken: list[Part] = []
    rest: list[Entry] = []
    for place, entry in enumerate(entries):
        if entry.role == "user":
            rest += entries[place:]
            break
        if entry.role == "assistant":
            spoken += entry.parts
        else:
            rest.append(entry)
    if not spoken:
        return entries
    told = tuple(
        Part(f"You have opened the conversation with: {part.text}", turn=part.turn)
        for part in spoken
    )
    for place, entry in enumerate(rest):
        if entry.role == "system":
            rest[place] = Entry("system", entry.parts + told)
            return tuple(rest)
    return (Entry("system", told), *rest)
