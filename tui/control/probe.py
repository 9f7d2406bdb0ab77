"""Looking closer: token by token, the scores of a text, several settings side by side.

Keeps true: a text is scored and replies are compared only while no reply is being made; neither
changes the conversation, until a lane is kept. Knows no widget and nothing of Textual.
"""

from collections.abc import Sequence

import msgspec

from tui.control.engine_life import EngineLife
from tui.control.update import Update
from tui.core import messages as wire
from tui.core.conversation import Message
from tui.core.pause import PauseWhen
from tui.core.settings import Settings
from tui.core.status import Activity
from tui.core.step import Step


class Probe(EngineLife):
    """See the module, and `Replies` for the arguments."""

    # --- step by step -----------------------------------------------------------------------------

    @property
    def waiting(self) -> Step | None:
        """The step that waits to be taken, numbered as in its message."""
        return self._run.waiting if self._run else None

    @property
    def waiting_in(self) -> Message | None:
        """The reply that the waiting step would go on; None while none waits."""
        return self._run.message if self._run and self._run.waiting else None

    @property
    def waiting_why(self) -> str:
        """The condition that it met, in words."""
        return self._run.waiting_why if self._run and self._run.waiting else ""

    @property
    def stepping(self) -> bool:
        """Whether every token waits."""
        return self.pause.every

    def set_stepping(self, on: bool) -> None:
        """Let every token wait until it is taken, or none but those that `set_pause` names."""
        self._set_pause(msgspec.structs.replace(self.pause, every=on))

    def set_pause(self, when: PauseWhen) -> None:
        """Let the tokens wait that meet one of these conditions; `when.every` is not looked at."""
        self._set_pause(msgspec.structs.replace(when, every=self.pause.every))

    def take(self, token: int | None = None, *, leave_grammar: bool = False) -> None:
        """Take the token that waits, or another in its place.

        Args:
            token: any id; None = the drawn one.
            leave_grammar: where a grammar refuses the token, go on without the grammar.
        """
        run = self._run
        if run is None or run.waiting is None:
            self._refuse("No token waits to be taken.")
            return
        i = run.step_number(run.waiting.i)
        token = -1 if token is None else token
        self.engine.send(wire.Take(run=run.number, i=i, token=token, leave_grammar=leave_grammar))

    def step_back(self) -> None:
        """Take back the newest token; the one before it waits again.

        Before the first token of a fork or a continued reply stand tokens of an earlier one: going
        back there begins a branch of its own, and the earlier reply stays as it is.
        """
        run = self._run
        if run is None or run.waiting is None:
            self._refuse("No token waits; only then one can be taken back.")
        elif run.can_go_back:
            self.engine.send(wire.StepBack(run.number, run.step_number(run.waiting.i)))
        elif not run.message.steps or not self.engine.capabilities.can_fork:
            self._refuse("This is where the reply began; there is no token to take back.")
        else:
            kept, key = len(run.message.steps) - 1, run.message.key
            before = run.message.forked_from

            def rejoin() -> None:
                found = key if key in self.conversation else before
                if found is not None and found in self.conversation and self._ready():
                    old = self.conversation[found]
                    held = old.settings_at(kept) if old.settings else self.profile.settings
                    self._start(self.conversation.fork(found, kept), held, old.resume(kept))

            self._after_reply(rejoin)

    def run_on(self) -> None:
        """Take the token that waits as drawn and leave step by step; `set_pause` still holds."""
        run, waited = self._run, self.waiting
        self.set_stepping(False)
        if run is not None and waited is not None:
            self.take()

    def _cannot(self, what: str) -> None:
        """Refuse what the engine is not able to do."""
        if self.may_change():
            self._refuse(f"This engine cannot {what}.")

    def _set_pause(self, pause: PauseWhen) -> None:
        if pause.active and not self.engine.capabilities.can_step:
            self._cannot("let a token wait")
            return
        self.pause = pause
        if self._run is not None:
            self.engine.send(wire.ChangePause(self._run.number, pause))
        self._outbox.put(Update(waiting=True), now=True)

    # --- scores and lanes -------------------------------------------------------------------------

    def score(self, key: int | None = None) -> None:
        """Score every token of the conversation down to the message `key` (default: the leaf).

        The system prompt is part of it; `scores.by_key[key]` grows while it is made.
        """
        message = self._message(key)
        if message is None:
            self._refuse("There is nothing to score yet.")
        elif not self.engine.capabilities.can_score:
            self._cannot("score a text")
        elif self.status.replying:
            self._refuse("The reply is still being made.")
        elif self._ready():
            asked = self.profile.compose(
                self.conversation, message, self._seeded(self.profile.settings).seed
            )
            spoken = self.conversation.spoken(message.key)
            owners = tuple(spoken[n].key if n >= 0 else None for n in asked.places)
            model, ids = self.status.model, tuple[int, ...]()
            if message.prompt and model is not None and message.model == model.path:
                ids = message.prompt + tuple(step.id for step in message.steps)
            request = wire.Score(
                run=self._next_run(),
                turns=asked.turns,
                ids=ids,
                special_input=self.profile.launch.special_input,
                template=self.profile.template,
            )
            self.scores.begin(request, message.key, owners)
            self._set(scoring=0.0)
            self._outbox.put(Update(scores=frozenset((message.key,))), now=True)

    def compare(self, settings: Sequence[Settings]) -> None:
        """Let several settings answer the same prompt with the same dice; see `lanes`.

        The prompt is the one of the shown leaf where that is a reply, else the leaf itself.
        """
        leaf = self._message(None)
        if leaf is not None and leaf.role == "assistant":
            seed, leaf = leaf.seed, self._message(leaf.parent) if leaf.parent is not None else None
        else:
            seed = None
        if leaf is None:
            self._refuse("There is no question yet that could be answered.")
        elif not self.engine.capabilities.can_compare:
            self._cannot("compare")
        elif self.lanes.running or self._run is not None:
            self._refuse("The reply is still being made.")
        elif self._ready():
            given = self.profile.settings
            seed = self._seeded(given).seed if seed is None or given.seed >= 0 else seed
            asked = self.profile.compose(self.conversation, leaf, seed)
            held = [one.changed(seed=seed) for one in settings]
            request = wire.Compare(
                lanes=tuple(
                    wire.Lane(run=self._next_run(), settings=one, seed=seed) for one in held
                ),
                turns=asked.turns,
                predict=self.profile.launch.predict,
                stop=self.profile.stop,
                special_input=self.profile.launch.special_input,
                template=self.profile.template,
            )
            self._set(activity=Activity.PROMPT, fraction=0.0, seed=seed)
            self.lanes.begin(leaf.key, held, request, asked)
            for lane in self.lanes.lanes:
                lane.message.model = self.status.model.path if self.status.model else ""
            self._outbox.put(Update(lanes=True), now=True)

    def keep(self, place: int) -> None:
        """Put a lane into the tree as a branch, and show it."""
        if not 0 <= place < len(self.lanes.lanes):
            self._refuse("There is no such reply.")
        elif self.lanes.lanes[place].running:
            self._refuse("The reply is still being made.")
        else:
            try:
                self.lanes.keep(place)
            except KeyError:
                self._refuse("The message that it replies to is gone.")
            else:
                self._path_changed()
