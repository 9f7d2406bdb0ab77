"""Finding personas: by words, by tags, favourites first.

Keeps true: whatever is typed, nothing is interpreted; a text of any length costs one pass over at
most `LIMIT_CHARS` of it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from tui.core.persona import BrokenPersona, Persona

LIMIT_CHARS: Final = 200_000
"""Of one persona's texts, searched."""


def tags_of(persona: Persona | BrokenPersona) -> tuple[str, ...]:
    """Its tags; a broken one has none that could be read."""
    return tuple(getattr(persona, "tags", ()))


def all_tags(personas: Iterable[Persona | BrokenPersona]) -> list[tuple[str, int]]:
    """Every tag and how many have it, the most common first.

    Tags that differ in capitals alone are one.
    """
    counted: Counter[str] = Counter()
    spelled: dict[str, str] = {}
    for persona in personas:
        for tag in {tag.casefold(): tag for tag in tags_of(persona)}.items():
            counted[tag[0]] += 1
            spelled.setdefault(*tag)
    return sorted(
        ((spelled[key], count) for key, count in counted.items()), key=lambda t: (-t[1], t[0])
    )


def haystack(persona: Persona | BrokenPersona) -> str:
    """All that is searched in, folded: id, name, tags, texts, problems."""
    parts: list[str] = []
    length = 0
    for text in _texts(persona):
        parts.append(text[: LIMIT_CHARS - length])
        length += len(parts[-1]) + 1
        if length >= LIMIT_CHARS:
            break
    return "\n".join(parts).casefold()


def wanted(persona: Persona | BrokenPersona, text: str, typed: str, tag: str) -> bool:
    """Whether it has every word that was typed, and the tag.

    Args:
        persona: which.
        text: its `haystack`.
        typed: words; one that begins with `#` is the beginning of a tag.
        tag: a whole tag, or empty.
    """
    tags = [own.casefold() for own in tags_of(persona)]
    if tag and tag.casefold() not in tags:
        return False
    for word in typed.casefold().split():
        if word.startswith("#"):
            if not any(own.startswith(word[1:]) for own in tags):
                return False
        elif word not in text:
            return False
    return True


def in_order(
    personas: Iterable[Persona | BrokenPersona], favourites: frozenset[str]
) -> list[Persona | BrokenPersona]:
    """Favourites first, then by name; of one name, by id."""
    return sorted(
        personas,
        key=lambda p: (p.id not in favourites, getattr(p, "name", p.id).casefold(), p.id),
    )


def _texts(persona: Persona | BrokenPersona) -> Iterator[str]:
    yield persona.id
    for field in msgspec.structs.fields(persona):
        if field.name not in ("id", "path"):
            yield from _strings(getattr(persona, field.name), field.name == "extensions")


def _strings(value: Any, with_keys: bool = False) -> Iterator[str]:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        match value:
            case str():
                yield value
            case dict():
                waiting += [*reversed(value.values()), *(value if with_keys else ())]
            case tuple() | list():
                waiting += reversed(value)
            case msgspec.Struct():
                waiting += [getattr(value, name) for name in reversed(value.__struct_fields__)]
            case _:
                pass
