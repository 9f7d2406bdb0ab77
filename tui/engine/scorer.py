"""What a model thinks of a text that is there: every token against what was expected in its place.

Keeps true: never more than `handle.OUTPUTS` rows of logits at once, so that memory stays flat; the
text is evaluated on a spare sequence, and the conversation's cache stays as it was. Where there is no
room for both, or the model keeps one sequence alone, the conversation is put aside for it, and that
is told. A cancel is heard in the middle of an evaluation.
"""

from collections.abc import Sequence
from contextlib import closing
from typing import Final

import msgspec

from tui.core.messages import PromptReady, Score, Scored
from tui.core.score import TEMPLATE, ScoredToken
from tui.core.text import IncrementalText
from tui.engine.desk import Desk
from tui.engine.ending import Ending, broken_off, finish
from tui.engine.handle import OUTPUTS
from tui.engine.inbox import Arrived
from tui.engine.measure import Measured, measure
from tui.engine.owner import owners
from tui.engine.prefill import Stopped
from tui.engine.prompt import Prompt
from tui.engine.sequences import Sequences

_SPARE: Final = 1
_ITSELF: Final = 0
_KEPT: Final = (
    "there was no room beside the conversation: it was put aside, and comes back as it was"
)
_GONE: Final = "there was no room beside the conversation: its cache is evaluated again"


class Scorer:
    """Scores one text.

    Args:
        arrived: the `Score`.
        prompt: made from its turns.
        desk: what to work with.
    """

    def __init__(self, arrived: Arrived, prompt: Prompt, desk: Desk) -> None:
        assert isinstance(arrived.request, Score)
        self._request: Score = arrived.request
        self._arrived = arrived
        self._ids = arrived.request.ids or prompt.ids
        self._notes = prompt.notes
        self._desk = desk
        self._turns = self._owners(prompt)
        self._text = IncrementalText()

    def make(self) -> None:
        """Do all of it; exactly one `Finished`."""
        try:
            ending = self._make()
        # What was scored is not lost with what broke.
        except Exception as broken:
            ending = broken_off(broken, self._desk.context)
        finish(self._desk, self._request.run, ending)

    def _make(self) -> Ending:
        context, n = self._desk.context, len(self._ids)
        if not n:
            return Ending("error", "The text is empty.\nThere is nothing to score.")
        # Nothing follows on the last token, so it need not be evaluated.
        if n - 1 > context.n_ctx:
            return Ending(
                "error",
                f"The text has {n} tokens.\nThe context has {context.n_ctx}.\n"
                "Load the model with a larger -c.",
            )
        beside = context.n_seq > 1 and n - 1 <= context.room
        if not beside and context.ids:
            self._notes += (_KEPT if context.put_aside() else _GONE,)
        self._desk.say(
            PromptReady(
                run=self._request.run, ids=self._ids, text=self._desk.tokenizer.text(self._ids),
                reused_tokens=0, notes=self._notes,
            )
        )  # fmt: skip
        self._tell(0, [self._token(0)])
        with closing(Sequences(context)) as sequences:
            try:
                self._evaluate(sequences, _SPARE if beside else _ITSELF)
            finally:
                if beside:
                    sequences.drop(_SPARE)
                else:
                    context.clear()
        return Ending("done")

    def _evaluate(self, sequences: Sequences, sequence: int) -> None:
        last = len(self._ids) - 1
        for start in range(0, last, OUTPUTS):
            self._desk.between()
            ids = self._ids[start : min(start + OUTPUTS, last)]
            rows = sequences.rows(sequence, ids, start, self._stopped)
            if rows is None:
                raise Stopped
            at = start + 1
            found = measure(rows, self._ids[at : at + len(ids)], self._request.top)
            self._tell(at, [self._token(at + n, one) for n, one in enumerate(found)])

    def _stopped(self) -> bool:
        return self._desk.inbox.stopped(self._arrived)

    def _tell(self, start: int, tokens: Sequence[ScoredToken]) -> None:
        self._desk.say(Scored(run=self._request.run, start=start, tokens=tuple(tokens)))

    def _owners(self, prompt: Prompt) -> tuple[int, ...]:
        """The turn of every token; of exact ids as far as they are what the turns make."""
        pieces = self._desk.tokenizer.pieces
        made = owners(prompt.chunks, [pieces[token] for token in prompt.ids])
        ids, turns = self._request.ids, self._request.turns
        if not ids:
            return made
        same = next((n for n, (a, b) in enumerate(zip(ids, prompt.ids, strict=False)) if a != b),
                    min(len(ids), len(prompt.ids)))  # fmt: skip
        own = len(ids) - len(turns[-1].ids) if turns else len(ids)
        rest = [len(turns) - 1 if at >= own else TEMPLATE for at in range(same, len(ids))]
        return (*made[:same], *rest)

    def _token(self, at: int, measured: Measured | None = None) -> ScoredToken:
        token, tokenizer = self._ids[at], self._desk.tokenizer
        piece = tokenizer.pieces[token]
        return ScoredToken(
            id=token,
            piece=piece,
            text=self._text.feed(piece),
            control=token in tokenizer.silent,
            turn=self._turns[at],
            **(msgspec.structs.asdict(measured) if measured else {}),
        )
