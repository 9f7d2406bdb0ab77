"""Written texts and what the model thinks of them: from the controller's scores to the transcript.

Keeps true: a text that is being scored is drawn again only when its scores have grown by half, so
that a long one costs in all a few times its drawing once.
"""

from tui.control.update import Update
from tui.controller import Controller
from tui.core.score import ScoredToken, Scoring
from tui.core.scored import as_step, by_message
from tui.core.step import Step
from tui.widgets.transcript import Transcript
from tui.widgets.transcript_walk import SYSTEM


class ScoredTexts:
    """See the module."""

    def __init__(self, controller: Controller, transcript: Transcript) -> None:
        self._controller = controller
        self._transcript = transcript
        self._shown: dict[int, Scoring] = {}
        self._models: dict[int, str] = {}
        """The model that each text was scored with, by its path."""
        self._model = ""
        self._step: tuple[ScoredToken, Step] | None = None

    def take(self, update: Update) -> None:
        """Show what the update brings of the path; scores of another model are not shown."""
        model = self._controller.status.model
        another = model is not None and model.path != self._model
        if model is not None:
            self._model = model.path
        self._models |= dict.fromkeys(update.scores, self._model)
        for key in update.scores:
            self._tell(self._controller.scores.by_key.get(key))
        if not (update.path or update.persona or update.scores or another):
            return
        conversation = self._controller.conversation
        profile = self._controller.profile
        self._transcript.show_system(profile.written(conversation))
        known = self._controller.scores.by_key
        wanted = {
            said.key: known[said.key]
            for said in conversation.path()
            if said.key in known and self._models.get(said.key) == self._model
        }
        shown = {key: self._grown(key, scoring) for key, scoring in wanted.items()}
        if shown != self._shown:
            self._shown = shown
            found = by_message(shown.values())
            self._transcript.show_scores(
                {SYSTEM if owner is None else owner: tokens for owner, tokens in found.items()}
            )

    def _tell(self, scoring: Scoring | None) -> None:
        """Say how it ended."""
        if scoring is not None and scoring.reason:
            words = {
                "done": f"Scored {len(scoring.tokens):,} tokens.", "cancelled": "Scoring was stopped.",
            }.get(scoring.reason, f"Scoring failed. {scoring.error}")  # fmt: skip
            told = "; ".join((words.removesuffix(".") if scoring.notes else words, *scoring.notes))
            self._transcript.post_message(Transcript.Noticed(told))

    def _grown(self, key: int, scoring: Scoring) -> Scoring:
        """The scores to show: those that are shown already, until there are many more."""
        before = self._shown.get(key)
        if before is None or scoring.reason or not scoring.tokens:
            return scoring
        return scoring if 2 * len(scoring.tokens) >= 3 * len(before.tokens) else before

    def ask(self, key: int | None) -> None:
        """Score a message and all before it; with None the whole conversation."""
        if key == SYSTEM:
            path = self._controller.conversation.path()
            key = path[0].key if path else None
        self._controller.score(key)

    def step(self) -> tuple[Step, tuple[int, int]] | None:
        """The scored token under the cursor as a step, and its place: 1-based number, and of how many."""
        reading = self._transcript.reading
        token = None if reading.index is None else reading.tokens[reading.index]
        if reading.index is None or not isinstance(token, ScoredToken) or token.p_raw is None:
            return None
        if self._step is None or self._step[0] is not token:
            vocabulary = self._controller.vocabulary
            n_vocab = len(vocabulary.pieces) if vocabulary else 0
            self._step = (token, as_step(token, reading.index, n_vocab))
        return self._step[1], (reading.index + 1, len(reading.tokens))
