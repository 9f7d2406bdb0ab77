"""DRY's sequence breakers: from texts to tokens.

Keeps true: the same pairs that `llama_sampler_init_dry` makes from the same vocabulary.
"""

from collections.abc import Callable, Sequence

MAX_BYTES = 40
"""Longer breakers are cut to this many bytes."""
MAX_TAIL = 20
"""Tokens of a tail that are compared."""

Tokenise = Callable[[bytes], Sequence[int]]
"""Token ids of a text, without control tokens before or after it."""


def breaker_tokens(
    texts: Sequence[str], pieces: Sequence[bytes], tokenise: Tokenise | None = None
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Every token that is, holds or begins one of the `texts`, with the tokens that must follow.

    `pieces` are the bytes of every token by id. A text that spans several tokens needs `tokenise`
    for its rest; without it, only tokens that hold the whole text are found.
    Source: `get_overlapping_token_sequences` of `llama-sampler.cpp`.

    >>> breaker_tokens([":"], [b"a", b":", b"b: "])
    ((1, ()), (2, ()))
    >>> breaker_tokens(["ab"], [b"a", b"b", b"xa"], lambda rest: [1])
    ((0, (1,)), (2, (1,)))
    """
    found: dict[tuple[int, tuple[int, ...]], None] = {}
    for text in texts:
        wanted = text.encode()[:MAX_BYTES]
        if not wanted:
            continue
        for token, piece in enumerate(pieces):
            if wanted in piece:
                found[token, ()] = None
            elif tokenise is not None:
                for size in range(1, min(len(wanted), len(piece) + 1)):
                    if piece.endswith(wanted[:size]):
                        found[token, tuple(tokenise(wanted[size:])[:MAX_TAIL])] = None
    return tuple(found)
