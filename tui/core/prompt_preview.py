"""The exact prompt that a persona makes with the loaded model, as a value to look at."""

import msgspec

from tui.core.persona import Persona
from tui.core.text import IncrementalText


class PromptPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of it."""

    persona: Persona
    first: str
    """The first message of the user that it is made with."""
    ids: tuple[int, ...] = ()
    """Token ids; empty until the engine has answered."""
    notes: tuple[str, ...] = ()
    """What was done to the prompt."""
    reused_tokens: int = 0
    """Leading tokens that the cache holds already."""
    why_not: str = ""
    """Why there is no prompt, or not yet."""
    failed: bool = False
    """Whether `why_not` is an error."""


def prompt_parts(
    ids: tuple[int, ...], pieces: tuple[bytes, ...], control: frozenset[int]
) -> list[tuple[str, bool]]:
    """The prompt's text, as (text, whether it is control tokens), in order.

    >>> prompt_parts((0, 1), (b"<s>", b"Hi"), frozenset({0}))
    [('<s>', True), ('Hi', False)]
    """
    parts: list[tuple[str, bool]] = []
    decoder = IncrementalText()

    def add(text: str, is_control: bool) -> None:
        if text and parts and parts[-1][1] == is_control:
            parts[-1] = (parts[-1][0] + text, is_control)
        elif text:
            parts.append((text, is_control))

    for token in ids:
        piece = pieces[token] if 0 <= token < len(pieces) else b"\xef\xbf\xbd"
        if token in control:
            add(decoder.finish(), False)
            add(piece.decode("utf-8", "replace"), True)
            decoder = IncrementalText()
        else:
            add(decoder.feed(piece), False)
    add(decoder.finish(), False)
    return parts
