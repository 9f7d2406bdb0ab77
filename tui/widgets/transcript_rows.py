"""From messages to rows: label, tinted text, notes, and where each token stands.

Pure: no Textual. Keeps true: all text is sanitised here; a message that only grew is wrapped again
from its last row on. Does not decide colours: spans carry the names of styles.
"""

from typing import Final, NamedTuple

from tui.core.conversation import Message
from tui.core.text import plain_number, sanitize
from tui.widgets.candidate_cell import plain
from tui.widgets.transcript_wrap import Piece, Row, Span, Wrapper, plain_rows

_CHANGES: Final = 4
"""Most changes of settings that are told under a reply, the newest."""


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

    def update(self, message: Message, label: str, aside: str = "") -> int | None:
        """Bring the rows up to date with the message.

        Returns:
            The first row that may look different; None when none does.

        Args:
            message: as it is now.
            label: who speaks.
            aside: dim text at the right end of the label's row.
        """
        ended = bool(message.reason)
        state = (len(message.steps), len(message.text), message.note, ended,
                 len(message.changes), label, aside)  # fmt: skip
        if state == self._shown:
            return None
        same = 1 + len(self._text.done) if self._shown[-2:] == state[-2:] else 0
        before = self._text
        self._shown = state
        self._feed(message)
        body = [*self._text.done, self._text.tail]
        if len(body) > 1 and not body[-1].spans:
            body.pop()
        if not message.text and not message.steps:
            waiting = () if ended else (Span(self._ellipsis, "dim", -1, len(self._ellipsis)),)
            body = [Row(waiting, self.key)] if waiting else []
        self.rows = [self._label(message, label, aside), *body, *self._notes(message), Row(())]
        return same if self._text is before else 0

    def _feed(self, message: Message) -> None:
        if not message.steps:
            if message.text:
                style = "user" if message.role == "user" else "text"
                self._text = Wrapper(self.width - 1, self.key)
                self._text.feed([Piece(self._clean(message.text), style)])
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
        style = "you" if message.role == "user" else "model"
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
            + ", ".join(f"{key} {_value(value)}" for key, value in changed.items())
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
        for number, row in enumerate(self.rows):
            if row.last < token:
                continue
            column = 0
            for span in row.spans:
                if span.token >= token and span.width:
                    return Place(number, column, span.width)
                column += span.width
        ends = [n for n, row in enumerate(self.rows) if row.last >= 0]
        number = ends[-1] if ends else 0
        return Place(number, sum(span.width for span in self.rows[number].spans), 0)


def _value(value: object) -> str:
    return plain_number(value) if isinstance(value, int | float) else str(value)
