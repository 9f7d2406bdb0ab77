"""Whose a token of a prompt is: the template's, or that of one of the turns.

Keeps true: nothing is claimed that the text does not show; a token that stands on the border of a
turn's text is the turn's.
"""

from collections.abc import Iterator, Sequence

import msgspec

from tui.core.score import TEMPLATE


class Chunk(msgspec.Struct, frozen=True):
    """Ids of a prompt that were tokenised together."""

    count: int
    segments: tuple[tuple[str, int], ...]
    """Their text in order: (text, index of its turn or `TEMPLATE`)."""


def owners(chunks: Sequence[Chunk], pieces: Sequence[bytes]) -> tuple[int, ...]:
    """The turn of every token, or `TEMPLATE`.

    Args:
        chunks: of the prompt, in order.
        pieces: bytes of every token of the prompt, control tokens by name.
    """
    found: list[int] = []
    for chunk in chunks:
        found += _owners(chunk, pieces[len(found) : len(found) + chunk.count])
    return tuple(found + [TEMPLATE] * (len(pieces) - len(found)))


def _owners(chunk: Chunk, pieces: Sequence[bytes]) -> list[int]:
    turns = {turn for _, turn in chunk.segments}
    if len(turns) == 1:
        return [*turns] * chunk.count
    told = b"".join(text.encode("utf-8", "replace") for text, _ in chunk.segments)
    joined = b"".join(pieces)
    if not joined.endswith(told):
        return [TEMPLATE] * chunk.count
    found: list[int] = []
    # The blank of a beginning, which an SPM tokenizer adds, is before the text.
    at = len(told) - len(joined)
    for piece in pieces:
        inside = [turn for turn in _between(chunk, at, at + len(piece)) if turn != TEMPLATE]
        found.append(inside[0] if inside else TEMPLATE)
        at += len(piece)
    return found


def _between(chunk: Chunk, start: int, end: int) -> Iterator[int]:
    """The turns that bytes from `start` to `end` of the text belong to."""
    at = 0
    for text, turn in chunk.segments:
        after = at + len(text.encode("utf-8", "replace"))
        if at < end and start < after:
            yield turn
        at = after


def located(text: str, parts: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """The segments of a text that a template made in its own way, as far as they can be told.

    Args:
        text: what it made.
        parts: (text, turn) of what was said, in order.
    """
    found: list[tuple[str, int]] = []
    at = 0
    for said, turn in parts:
        wanted = said.strip()
        place = text.find(wanted, at) if wanted and text.count(wanted) == 1 else -1
        if place >= 0:
            found += [(text[at:place], TEMPLATE), (wanted, turn)]
            at = place + len(wanted)
    return (*found, (text[at:], TEMPLATE))
