"""The rows of all that is shown, one block a message, and what stands where.

Pure: no Textual. Keeps true: bringing it up to date costs what has changed, finding a row or a token
does not grow with the length of the chat. Rows of one message are `transcript_rows`.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Final

from tui.core.binding import KeyNames
from tui.core.conversation import Message
from tui.core.status import Trouble
from tui.core.text import sanitize
from tui.widgets.candidate_cell import plain
from tui.widgets.transcript_rows import Block, Scored
from tui.widgets.transcript_walk import SYSTEM, WHOLE, At
from tui.widgets.transcript_wrap import Row, plain_rows

_NOTHING: Final = "Nothing has been said yet. Type below and press {}."
_BLANK: Final = Row(())


class Sheet:
    """Blocks of rows, one under the other, and the foot under them.

    Args:
        ascii_only: whether text is drawn in ASCII.
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        self.nothing = ""
        """Said where nothing is said yet, in place of how to begin."""
        self.blocks: list[Block] = []
        self.width = 0
        """Cells in a row; 0 until it is known."""
        self._ascii = ascii_only
        self._path: list[Message] = []
        self._branches: Callable[[int], tuple[int, int]] = lambda key: (0, 1)
        self._scores: Mapping[int, Sequence[Scored]] = {}
        self._system: Message | None = None
        """The persona's text."""
        self._open = False
        self.keys = KeyNames()
        self._ends: list[int] = []
        """Row after the last one of each block."""
        self._foot: list[Row] = []
        """Rows after the last message."""

    @property
    def said_rows(self) -> int:
        """Rows of messages."""
        return self._ends[-1] if self._ends else 0

    @property
    def total(self) -> int:
        """Rows of messages and of the foot."""
        return self.said_rows + len(self._foot)

    def take_system(self, text: str) -> bool:
        """The persona's text, to be shown; False where it is not new."""
        same = (self._system.text if self._system else "") == text
        self._system = Message(SYSTEM, None, "system", text) if text else None
        return not same

    def fold(self) -> bool:
        """Fold the persona's text or open it, to be shown; False where there is none."""
        if self._system is not None:
            self._open = not self._open
        return self._system is not None

    def show(
        self,
        path: Sequence[Message],
        branches: Callable[[int], tuple[int, int]],
        scores: Mapping[int, Sequence[Scored]],
    ) -> list[Message]:
        """These messages from now on; to be brought up to date.

        Returns:
            Those whose text is shown, the persona's before them where it is open.

        Args:
            path: oldest first.
            branches: see `Transcript.show`.
            scores: see `Transcript.show_scores`.
        """
        system = [self._system] if self._system else []
        self._path, self._branches, self._scores = [*system, *path], branches, scores
        kept = {block.key: block for block in self.blocks}
        self.blocks = [kept.get(said.key) or self._block(said.key) for said in self._path]
        return self._path if self._open else list(path)

    def widen(self, width: int) -> bool:
        """Rows of another width, to be brought up to date; False where it is the same."""
        self.width = width
        if all(block.width == width for block in self.blocks):
            return False
        self.blocks = [self._block(block.key) for block in self.blocks]
        return True

    def update(self, keys: Iterable[int] | None, trouble: Trouble | None) -> int:
        """Bring these messages (None: all) and the foot up to date; the first row that may differ."""
        wanted = None if keys is None else set(keys)
        changed: list[tuple[int, int]] = []
        for number, said in enumerate(self._path):
            if wanted is None or said.key in wanted:
                row = self._update(number, said)
                if row is not None:
                    changed.append((number, row))
        if changed or len(self._ends) != len(self.blocks):
            self._ends = list(accumulate(len(block.rows) for block in self.blocks))
        self._foot = self._foot_rows(trouble)
        if not changed:
            return self.said_rows
        number, row = min(changed)
        return self._start(number) + row

    def _update(self, number: int, said: Message) -> int | None:
        block = self.blocks[number]
        if said.key != SYSTEM:
            scored = self._scores.get(said.key, ())
            return block.update(said, self._label(said), _aside(said), scored)
        label = f"Persona  {len(said.text):,} characters"
        aside = f"{self.keys('view.persona')} {'folds' if self._open else 'shows'} it"
        shown = said if self._open else Message(SYSTEM, None, "system", "", reason="folded")
        return block.update(shown, label, aside, self._scores.get(SYSTEM, ()))

    def row(self, y: int) -> Row:
        """What stands there; a blank row below the end."""
        if y >= self.said_rows:
            n = y - self.said_rows
            return self._foot[n] if n < len(self._foot) else _BLANK
        number = bisect_right(self._ends, y)
        return self.blocks[number].rows[y - self._start(number)]

    def place(self, at: At | None, row: int) -> tuple[int, int, int] | None:
        """Row, column and width of a token; of a whole message, those of a row of its block."""
        for number, block in enumerate(self.blocks if at is not None else ()):
            if at is not None and block.key == at[0]:
                if at[1] == WHOLE:
                    row = min(max(row, 1), len(block.rows) - 1)
                    width = sum(span.width for span in block.rows[row].spans)
                    return self._start(number) + row, 0, width
                place = block.place(at[1])
                return self._start(number) + place.row, place.column, place.width
        return None

    def row_in_block(self, y: int) -> int:
        """Which row of its block a row is."""
        return y - self._start(bisect_right(self._ends, y))

    def whole_at(self, y: int) -> At | None:
        """The written message on that row, for a cursor on the whole of it."""
        row = self.row(y)
        written = row.first < 0 and any(span.style in ("user", "text") for span in row.spans)
        return (row.key, WHOLE) if written else None

    def token_at(self, column: int, y: int, *, near: bool = True) -> At | None:
        """The token at a cell; with `near`, else the last one before it."""
        row = self.row(y)
        found: At | None = None
        for span in row.spans:
            if span.token >= 0 and span.width and (found is None or column >= 0):
                found = (row.key, span.token)
            column -= span.width
            if column < 0 and found:
                return found
        return found if near else None

    def text(self) -> str:
        """Every row as plain text."""
        return "\n".join(self.row(y).text.rstrip() for y in range(self.total))

    def _start(self, number: int) -> int:
        return self._ends[number - 1] if number else 0

    def _block(self, key: int) -> Block:
        return Block(key, self.width, ascii_only=self._ascii)

    def _foot_rows(self, trouble: Trouble | None) -> list[Row]:
        if trouble is None:
            words = self.nothing or _NOTHING.format(self.keys("prompt.send"))
            return [] if self._path else plain_rows(words, self.width, "dim")
        log = (f"  {line}" for line in trouble.log)
        lines = [trouble.what, trouble.why, trouble.hint, *log]
        text = sanitize("\n".join(line for line in lines if line.strip()))
        text = plain(text) if self._ascii else text
        return [*plain_rows(text, self.width, "error"), Row(())]

    def _label(self, said: Message) -> str:
        place, count = self._branches(said.key)
        name = "You" if said.role == "user" else "Model"
        left, right = ("<", ">") if self._ascii else ("‹", "›")
        return f"{name}  {left}{place + 1}/{count}{right}" if count > 1 else name


def _aside(said: Message) -> str:
    return f"seed {said.seed}" if said.seed is not None else ""
