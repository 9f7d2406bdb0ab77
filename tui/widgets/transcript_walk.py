"""Where the token cursor goes: pure steps over the messages that are shown.

Keeps true: a step over the border of a message goes on in the next one that has tokens; a walk never
leaves the path. Knows no rows and no screen.
"""

from collections.abc import Callable, Iterator, Sequence

from tui.core.conversation import Message
from tui.core.tint import Tellable

At = tuple[int, int]
"""(message, token)."""


def tokens_of(message: Message) -> Sequence[Tellable]:
    """The tokens of a message that something is known of."""
    return message.steps


def newest(path: Sequence[Message]) -> At | None:
    """The last token that is shown."""
    return next(((m.key, len(m.steps) - 1) for m in reversed(path) if m.steps), None)


def beside(path: Sequence[Message], here: At, by: int) -> At:
    """The token `by` places on; the first or last one of all where there is none so far."""
    around = [message for message in path if tokens_of(message)]
    number = _number(around, here[0])
    index = here[1] + by
    while index < 0 and number > 0:
        number -= 1
        index += len(tokens_of(around[number]))
    while index >= len(tokens_of(around[number])) and number + 1 < len(around):
        index -= len(tokens_of(around[number]))
        number += 1
    last = len(tokens_of(around[number])) - 1
    return around[number].key, min(max(index, 0), last)


def matching(
    path: Sequence[Message], here: At | None, by: int, wanted: Callable[[Tellable], bool]
) -> At | None:
    """The next token in the direction of `by` (1 or -1) that is wanted; None when none is.

    Without `here`, from the end backwards and from the start onwards.
    """
    return next((at for at, token in _from(path, here, by) if wanted(token)), None)


def _from(path: Sequence[Message], here: At | None, by: int) -> Iterator[tuple[At, Tellable]]:
    around = [message for message in path if tokens_of(message)][::by]
    begun = here is None
    for message in around:
        tokens = tokens_of(message)
        start = 0 if by > 0 else len(tokens) - 1
        if not begun and here is not None:
            if message.key != here[0]:
                continue
            begun, start = True, here[1] + by
        for index in range(start, len(tokens) if by > 0 else -1, by):
            yield (message.key, index), tokens[index]


def _number(around: Sequence[Message], key: int) -> int:
    return next(n for n, message in enumerate(around) if message.key == key)
