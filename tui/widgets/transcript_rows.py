"""From messages to rows: label, tinted text, notes, and where each token stands.

Pure: no Textual. Keeps true: all text is sanitised here; a message that only grew is wrapped again
from its last row on. Does not decide colours: spans carry the names of styles.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple, Protocol

from tui.core.bias import changed_words
from tui.core.conversation import Message
from tui.core.text import sanitize
from tui.core.tint import Tellable
from tui.widgets.candidate_cell import plain
from tui.widgets.transcript_wrap import Piece, Row, Span, Wrapper, plain_rows

_BLANKS: Final = re.compile(r"\s*")
_CHANGES: Final = 4
"""Most changes of settings that are told under a reply, the newest."""


class Scored(Tellable, Protocol):
    """A token of a written text."""

    @property
    def text(self) -> str:
        """What it adds to the decoded text; empty until a character is complete."""


def laid_over(text: str, tokens: Sequence[Scored], style: str) -> list[Piece]:
    """A written text in the pieces of its tokens.

    Blanks that a template trimmed belong to no token; what is not scored yet stands at the end. A
    token whose text is not what was written (a control token, a marker that stands for a blank) is
    drawn as it is.
    """
    pieces: list[Piece] = []
    at = 0
    for n, token in enumerate(tokens):
        found = token.text
        blanks = _BLANKS.match(text, at).end() - at  # type: ignore[union-attr]
        for skipped, wanted in ((0, found), (blanks, found), (blanks, found.lstrip())):
            if wanted and text.startswith(wanted, at + skipped):
                if skipped:
                    pieces.append(Piece(text[at : at + skipped], style))
                at += skipped + len(wanted)
                found = wanted
                break
        pieces.append(Piece(found, style, n))
    return [*pieces, Piece(text[at:], style)]


class Place(NamedTuple):
    """Where a token stands."""

    row: int
    """In the block."""
    column: int
    width: int
    """0 for a token without cells of its own at the end of the text."""


class Block:
    """The rows of one message: label, text, notes, and a blank one.

    Args:
        key: of the message.
        width: cells in a row.
        ascii_only: whether text is drawn in ASCII.
    """

    def __init__(self, key: int, width: int, *, ascii_only: bool = False) -> None:
        self.key = key
        self.width = width
        self.rows: list[Row] = []
        self._ascii = ascii_only
        self._ellipsis = "..." if ascii_only else "…"
        self._text = Wrapper(width - 1, key)
        self._taken = 0
        """Steps, or characters of a written text, that were wrapped."""
        self._length = 0
        """Characters of the steps that were wrapped."""
        self._shown: tuple[object, ...] = ()
        self._scored: Sequence[Scored] = ()
        self._reach: list[int] = []
        """The last token that stands in each row or before it."""

    def update(
        self, message: Message, label: str, aside: str = "", scored: Sequence[Scored] = ()
    ) -> int | None:
        """Bring the rows up to date with the message.

        Returns:
            The first row that may look different; None when none does.

        Args:
            message: as it is now.
            label: who speaks.
            aside: dim text at the right end of the label's row.
            scored: tokens of a written text, as far as they are known.
        """
        ended = bool(message.reason)
        state = (len(message.steps), len(message.text), message.note, ended,
                 len(message.changes), len(scored), label, aside)  # fmt: skip
        if state == self._shown and scored is self._scored:
            return None
        same = 1 + len(self._text.done) if self._shown[-2:] == state[-2:] else 0
        before = self._text
        self._shown, self._scored = state, scored
        self._feed(message, scored)
        body = [*self._text.done, self._text.tail]
        if len(body) > 1 and not body[-1].spans:
            body.pop()
        if not message.text and not message.steps:
            waiting = () if ended else (Span(self._ellipsis, "dim", -1, len(self._ellipsis)),)
            body = [Row(waiting, self.key)] if waiting else []
        self._reach = []
        self.rows = [self._label(message, label, aside), *body, *self._notes(message), Row(())]
        return same if self._text is before else 0

    def _feed(self, message: Message, scored: Sequence[Scored]) -> None:
        if not message.steps:
            self._text = Wrapper(self.width - 1, self.key)
            if message.text:
                style = "user" if message.role == "user" else "text"
                laid = laid_over(message.text, scored, style)
                self._text.feed(piece._replace(text=self._clean(piece.text)) for piece in laid)
            return
        grown = self._length <= len(message.text) and self._taken <= len(message.steps)
        if not grown:
            self._text = Wrapper(self.width - 1, self.key)
            self._taken = self._length = 0
        pieces: list[Piece] = []
        for token in range(self._taken, len(message.steps)):
            step = message.steps[token]
            text = step.text[: max(0, len(message.text) - self._length)]
            self._length += len(text)
            pieces.append(Piece(self._clean(text), "text", token))
        self._taken = len(message.steps)
        self._text.feed(pieces)

    def _clean(self, text: str) -> str:
        clean = sanitize(text)
        return plain(clean) if self._ascii else clean

    def _label(self, message: Message, label: str, aside: str) -> Row:
        style = {"user": "you", "system": "dim"}.get(message.role, "model")
        spans = [Span(label, style, -1, len(label))]
        gap = self.width - len(label) - len(aside)
        if aside and gap > 1:
            spans += [Span(" " * gap, "dim", -1, gap), Span(aside, "dim", -1, len(aside))]
        return Row(tuple(spans), self.key)

    def _notes(self, message: Message) -> list[Row]:
        at: dict[int, dict[str, object]] = {}
        for change in message.changes:
            at[change.i] = {**at.get(change.i, {}), **change.changed}
        lines = [
            f"from token {i + 1}: "
            + ", ".join(changed_words(key, value) for key, value in changed.items())
            for i, changed in at.items()
        ]
        if len(lines) > _CHANGES:
            lines[:-_CHANGES] = [f"{len(lines) - _CHANGES} changes of settings before"]
        if message.note:
            lines.append(message.note)
        text = self._clean("\n".join(lines))
        style = "error" if message.reason in ("error", "banned", "context") else "dim"
        return plain_rows(text, self.width, style, self.key) if lines else []

    def place(self, token: int) -> Place:
        """Where a token stands; one that only begins a character stands where it is completed."""
        if len(self._reach) != len(self.rows):
            self._reach = list(accumulate((row.last for row in self.rows), max))
        number = bisect_left(self._reach, token)
        for at in range(number, min(number + 2, len(self.rows))):
            column = 0
            for span in self.rows[at].spans:
                if span.token >= token and span.width:
                    if span.text.isspace() and self._goes_on(at, span):
                        break
                    return Place(at, column, span.width)
                column += span.width
        number = next((n for n in range(len(self.rows) - 1, 0, -1) if self.rows[n].last >= 0), 0)
        return Place(number, sum(span.width for span in self.rows[number].spans), 0)

    def _goes_on(self, row: int, span: Span) -> bool:
        """Whether the blank that ends a row is the beginning of the next row's first token."""
        below = self.rows[row + 1] if row + 1 < len(self.rows) else None
        return below is not None and span is self.rows[row].spans[-1] and below.first == span.token
