"""The candidates of one step: in which order, which rank, and why a removed one was removed.

Keeps true: numbers are those of the reading; the chosen candidate is told by its id, not by its
probability; a removed one keeps its place and names the stage. Needs no model and no widget; what
is asked of a line is made when it is asked, so only those in sight cost anything.
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from tui.core.effects import stage_label
from tui.core.model import Vocabulary
from tui.core.reason import reason as reason_in_numbers
from tui.core.replay.tail import CONTIGUOUS
from tui.core.step import KEPT
from tui.core.text import one_line, visible
from tui.core.whatif import Reading

_ROUNDING = 1e-6
"""Sums of float32 probabilities miss 1 by less than this."""


class CandidateTable:
    """The candidates of a reading, in an order."""

    def __init__(
        self, reading: Reading, vocabulary: Vocabulary | None, *, by_final: bool = False
    ) -> None:
        self.reading = reading
        self.step = reading.step
        self.by_final = by_final
        self._vocabulary = vocabulary
        record = self.step.record
        self.ids = record.ids
        self.p_raw = record.p_raw
        self.p_final = reading.p_final
        self.cut = reading.cut
        self._reasons: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def order(self) -> npt.NDArray[np.intp]:
        """Positions in the record, first line first."""
        if self.by_final:
            return np.argsort(-self.p_final, kind="stable")
        return np.arange(len(self.ids))

    @cached_property
    def chosen(self) -> int:
        """The line of the chosen candidate; -1 when the record lacks it."""
        return self._line(self.step.id)

    @cached_property
    def other(self) -> int:
        """The line of what the same dice take under other settings; -1 where that is the chosen."""
        token = self.reading.token
        return -1 if token is None or token == self.step.id else self._line(token)

    def _line(self, token: int) -> int:
        found = np.flatnonzero(self.ids[self.order] == token)
        return int(found[0]) if len(found) else -1

    def line_at(self, place: int) -> int:
        """The line of a place in the record."""
        return int(np.flatnonzero(self.order == place)[0])

    def rank(self, line: int) -> int:
        """Rank by `p_raw`, 1 = most likely; 0 when it is not known."""
        at = int(self.order[line])
        if self.ids[at] == self.step.id:
            return self.step.rank
        return at + 1 if at < CONTIGUOUS else 0

    def token_id(self, line: int) -> int:
        """The id of a line's token."""
        return int(self.ids[self.order[line]])

    def token(self, line: int, *, ascii_only: bool) -> str:
        """The token, every byte of it visible."""
        return self.name(self.token_id(line), ascii_only=ascii_only)

    def name(self, token: int, *, ascii_only: bool) -> str:
        """Any token, every byte of it visible."""
        if self._vocabulary is not None and 0 <= token < len(self._vocabulary.pieces):
            return self._vocabulary.visible(token, ascii_only=ascii_only)
        if token == self.step.id and self.step.piece:
            return visible(self.step.piece, ascii_only=ascii_only)
        return f"<{token}>" if ascii_only else f"⟨{token}⟩"

    def matches(self, line: int, wanted: str) -> bool:
        """Whether a line's token has this id, or this text in it (capitals or not)."""
        token = self.token_id(line)
        if wanted.isdecimal() and str(token) == wanted:
            return True
        piece = self.step.piece if token == self.step.id else b""
        if self._vocabulary is not None and 0 <= token < len(self._vocabulary.pieces):
            piece = self._vocabulary.pieces[token]
        texts = (piece.decode("utf-8", "replace"), self.name(token, ascii_only=False))
        return any(wanted.casefold() in text.casefold() for text in texts)

    def reason(self, line: int) -> str:
        """What removed a candidate; empty for one that was left."""
        at = int(self.order[line])
        cut = int(self.cut[at])
        stages = self.reading.stages
        if cut != KEPT:
            return f"cut by {stage_label(stages[cut].sampler)}" if cut < len(stages) else "cut"
        if not self.p_final[at] > 0.0 and self.reading.draw == "mirostat":
            return "cut by mirostat"
        return "cut by grammar" if self.refused(line) else ""

    def numbers(self, line: int) -> str:
        """Why a candidate cannot be drawn, in numbers where they are known; empty for one that can."""
        at = int(self.order[line])
        if at not in self._reasons:
            why, again = self.reason(line), self.reading.again
            if again is not None and (why or not self.p_final[at] > 0.0):
                why = reason_in_numbers(self.step, again, self.reading.settings, at) or why
            self._reasons[at] = one_line(why)
        return self._reasons[at]

    def refused(self, line: int) -> bool:
        """Whether the grammar that was active refuses the candidate."""
        allowed = self.step.record.allowed
        return bool(allowed.size) and not allowed[self.order[line]]

    def detail(self, line: int, *, ascii_only: bool) -> tuple[str, str]:
        """One candidate in words: its token and id; and why it cannot be drawn, in numbers."""
        name = f"{self.token(line, ascii_only=ascii_only)} id {self.token_id(line)}"
        drawn = self.step.u is not None  # a text that was written is scored without a draw
        left = "was left to the draw" if drawn else "is a candidate; nothing was drawn here"
        why = self.numbers(line) or left
        if self.refused(line) and why != self.reason(line):
            why += "; the grammar refuses it"
        return name, why

    def in_sight(self, top: int, count: int) -> list[int]:
        """The lines that `count` rows show from line `top` on.

        A chosen candidate that lies further down takes the last row, and what the same dice take
        the one above it: they are what the table is about.
        """
        lines = list(range(top, min(top + count, len(self))))
        pinned = sorted({line for line in (self.chosen, self.other) if lines and line > lines[-1]})
        if pinned and len(lines) > len(pinned):
            lines[-len(pinned) :] = pinned
        elif pinned:
            lines[-1] = self.chosen if self.chosen in pinned else pinned[-1]
        return lines

    def others(self, lines: list[int]) -> tuple[int, float, float]:
        """How many candidates `lines` leave out, and their raw and final mass."""
        seen = self.order[lines]
        total = max(self.step.record.n_vocab, len(self.ids))
        raw = max(0.0, 1.0 - float(self.p_raw[seen].sum()))
        final = max(0.0, 1.0 - float(self.p_final[seen].sum(dtype=np.float64)))
        if total == len(seen):
            raw = final = 0.0
        return total - len(seen), raw, 0.0 if final < _ROUNDING else final
