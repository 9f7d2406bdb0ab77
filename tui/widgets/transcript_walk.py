"""Where the token cursor goes: pure steps over the messages that are shown.

Keeps true: token by token a walk goes over every token that something is known of, and on over the
borders of messages; it never leaves the path. Knows no rows and no screen.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tui.core.conversation import Message
from tui.core.tint import Tellable

At = tuple[int, int]
"""(message, token); token `WHOLE` for a message none of whose tokens is known."""
WHOLE = -1
SYSTEM = -2
"""Key of the persona's text, which is no message of the conversation."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text of which something is known, and the place in it."""

    key: int | None
    """Of the message; None when there is none."""
    tokens: Sequence[Tellable]
    index: int | None
    state: str
    """Where the cursor stands, in words."""


class Walk:
    """The messages that are shown and what is known of their tokens.

    Args:
        path: oldest first.
        scores: tokens of written texts that were scored, by message.
    """

    def __init__(
        self, path: Sequence[Message] = (), scores: Mapping[int, Sequence[Tellable]] | None = None
    ) -> None:
        self.path = list(path)
        self.scores = scores or {}
        self._said = {message.key: message for message in path}

    def __contains__(self, key: int) -> bool:
        return key in self._said

    def tokens(self, key: int) -> Sequence[Tellable]:
        """What is known of the tokens of a message: as they were drawn, or as they were scored."""
        message = self._said.get(key)
        return (message.steps if message else ()) or self.scores.get(key, ())

    def is_drawn(self, at: At | None) -> bool:
        """Whether a token was drawn, so that it has a step."""
        message = self._said.get(at[0]) if at else None
        return at is not None and message is not None and 0 <= at[1] < len(message.steps)

    def newest(self) -> At | None:
        """The last token that was drawn."""
        return next(((m.key, len(m.steps) - 1) for m in reversed(self.path) if m.steps), None)

    def settle(self, at: At | None) -> At | None:
        """The same place where tokens became known or were forgotten since; None when it is gone."""
        if at is None or at[0] not in self:
            return None
        count = len(self.tokens(at[0]))
        return at[0], min(max(at[1], 0), count - 1) if count else WHOLE

    def beside(self, here: At, by: int) -> At:
        """The token `by` places on; the first or last one of all where there is none so far."""
        around = [m.key for m in self.path if self.tokens(m.key) or m.key == here[0]]
        number = around.index(here[0])
        if here[1] == WHOLE and by:
            return self._off(around, number, by) or here
        index = here[1] + by
        while index < 0 and number > 0:
            number -= 1
            index += len(self.tokens(around[number]))
        while index >= len(self.tokens(around[number])) and number + 1 < len(around):
            index -= len(self.tokens(around[number]))
            number += 1
        last = len(self.tokens(around[number])) - 1
        return around[number], min(max(index, 0), last)

    def _off(self, around: list[int], number: int, by: int) -> At | None:
        """The token nearest to a message that has none."""
        if by > 0 and number + 1 < len(around):
            return around[number + 1], 0
        if by < 0 and number > 0:
            return around[number - 1], len(self.tokens(around[number - 1])) - 1
        return None

    def matching(self, here: At | None, by: int, wanted: Callable[[Tellable], bool]) -> At | None:
        """The next token in the direction of `by` (1 or -1) that is wanted; None when none is.

        Without `here`, from the end backwards and from the start onwards.
        """
        return next((at for at, token in self._from(here, by) if wanted(token)), None)

    def _from(self, here: At | None, by: int) -> Iterator[tuple[At, Tellable]]:
        begun = here is None
        for message in self.path[::by]:
            tokens = self.tokens(message.key)
            start = 0 if by > 0 else len(tokens) - 1
            if not begun and here is not None:
                if message.key != here[0]:
                    continue
                begun = True
                start = here[1] + by if here[1] != WHOLE else start
            for index in range(start, len(tokens) if by > 0 else -1, by):
                yield (message.key, index), tokens[index]

    def reading(self, here: At | None) -> Reading:
        """The text under the cursor, or without one the newest reply."""
        at = here or self.newest()
        if at is None:
            return Reading(None, (), None, "")
        tokens = self.tokens(at[0])
        if at[1] == WHOLE:
            return Reading(at[0], tokens, None, "not measured")
        place = f"token {at[1] + 1} of {len(tokens)}"
        return Reading(at[0], tokens, at[1], place if here else f"newest of {len(tokens)}")
