"""What a person does to the conversation: branches, edits, settings.

Keeps true: nothing that was said is overwritten; whatever needs the engine first stops the reply that
is being made. How a reply is made and ended is in `control.replies`, looking closer at tokens in `control.probe`,
who replies in `control.personas`. Knows no widget and nothing of Textual.
"""

import msgspec

from tui.control.personas import Personas
from tui.control.update import Update
from tui.core import messages as wire
from tui.core.conversation import Message, Removed
from tui.core.resume import GRAMMAR_REFUSES
from tui.core.settings import Settings
from tui.core.step import Step
from tui.core.values import apply_values


class Controller(Personas):
    """Owns the branches that were removed, the last one last; see `Replies` for the arguments."""

    _removed: tuple[Removed, ...] = ()

    # --- branches ---------------------------------------------------------------------------------

    def regenerate(self, key: int | None = None) -> None:
        """Make a reply again as a sibling; for a written message, make another reply to it."""

        def again() -> None:
            message = self._message(key)
            if message is None or not self._ready():
                return
            if message.role == "user":
                self.conversation.leaf = message.key
                self._reply()
            elif message.parent is None:
                before, after = map(self.keys, ("branch.previous", "branch.next"))
                self._refuse(
                    f"A greeting has no other reply; {before} and {after} walk the greetings."
                )
            else:
                self._start(self.conversation.sibling(message.key))

        self._after_reply(again)

    def edit(self, key: int, text: str) -> None:
        """A changed message as a sibling; a changed question gets its own reply."""

        if not self.may_change():
            return

        def changed() -> None:
            if self.conversation[key].role == "user":
                if self._ready():
                    self.conversation.sibling(key, text)
                    self._reply()
            else:
                self.conversation.sibling(key, text)
                self._path_changed()

        self._after_reply(changed)

    def continue_reply(self) -> None:
        """Let the last reply go on from where it ended."""
        leaf = self._message(None)
        if self._run is not None:
            self._refuse("The reply is still being made.")
        elif leaf is None or not leaf.steps:
            self._refuse("There is no reply to continue.")
        elif leaf.reason == "stop":
            again = self.keys("reply.regenerate")
            self._refuse(f"The reply ended at its stop text; {again} makes another.")
        elif self._ready():
            self._start(leaf)

    def walk(self, key: int, by: int) -> None:
        """Show the branch `by` places after the message's own."""
        if len(self.conversation.siblings(key)) < 2:
            again, edit = map(self.keys, ("reply.regenerate", "message.edit"))
            self._refuse(f"This message has no other branch; {again} or {edit} makes one.")
            return
        self.conversation.walk_siblings(key, by)
        self._shown()

    def _shown(self) -> None:
        """Another branch is shown; with another conversation comes its persona."""
        path = self.conversation.path()
        persona = self._root_personas.get(path[0].key) if path else None
        if persona is not None and persona != self.profile.persona:
            self._use(persona)
        self._path_changed()

    def fork(
        self,
        key: int,
        i: int,
        token: int,
        *,
        settings: Settings | None = None,
        leave_grammar: bool = False,
    ) -> None:
        """Take the other road: a sibling of a reply with its first steps and then `token`.

        The chain goes on as it was at that step, so that the token that was drawn there brings the
        same continuation. A branch that cannot be begun leaves nothing behind but a notice.

        Args:
            key: the reply.
            i: the step, 0-based, in place of which `token` comes.
            token: any id, also one that a sampler had removed.
            settings: to draw with (what if); None = those of that step. The seed is that step's.
            leave_grammar: where a grammar refuses the token, go on without the grammar.
        """

        def other_road() -> None:
            if key not in self.conversation or i >= len(self.conversation[key].steps):
                self._refuse("There is no such token any more.")
            elif self._ready():
                self._fork(self.conversation[key], i, token, settings, leave_grammar)

        if not self.may_change():
            return
        if self.engine.capabilities.can_fork:
            self._after_reply(other_road)
        else:
            self._refuse("This engine cannot go on from the middle of a reply.")

    def _fork(
        self, old: Message, i: int, token: int, what_if: Settings | None, leave_grammar: bool
    ) -> None:
        model = self.status.model
        if old.model and model is not None and old.model != model.path:
            again = self.keys("reply.regenerate")
            self._refuse(f"Another model made this reply; {again} makes it again with this one.")
            return
        step, resume = old.steps[i], old.resume(i)
        held = old.settings_at(i) if old.settings is not None else self.profile.settings
        settings = held if what_if is None else what_if.changed(seed=held.seed)
        same_grammar = held.in_force == settings.in_force
        if same_grammar and not leave_grammar and _refused(step, token):
            self._refuse(GRAMMAR_REFUSES, token)
            return
        resume = msgspec.structs.replace(
            resume,
            token=token,
            drawn=what_if is None and token == step.id and not step.by_hand,
            read=resume.read if same_grammar else 0,
            leave_grammar=leave_grammar,
        )
        self._start(self.conversation.fork(old.key, i), settings, resume)

    def show(self, key: int) -> None:
        """Show the branch through the message `key`, down to its newest leaf."""
        self.conversation.show(key)
        self._shown()

    def remove(self, key: int) -> None:
        """Take a branch out of the tree: the message and everything below it.

        A reply that is being made there is stopped first. `restore` brings it back.
        """

        if not self.may_change():
            return

        def gone() -> None:
            if key not in self.conversation:
                return
            self._removed += (self.conversation.remove(key),)
            self._shown()
            self._refuse("The branch is removed; it can be brought back.")

        if self._run is not None and key in {
            m.key for m in self.conversation.path(self._run.message.key)
        }:
            self._after_reply(gone)
        else:
            gone()

    def restore(self) -> None:
        """Bring back the branch that was removed last; again, the one before it."""
        if not self._removed:
            self._refuse("No branch was removed.")
            return
        *earlier, removed = self._removed
        self._removed = tuple(earlier)
        parent = removed.messages[0].parent
        if parent is not None and parent not in self.conversation:
            self._refuse("The message that the branch stood under is gone too.")
        else:
            self.conversation.restore(removed)
            self._shown()
            self._refuse("The branch is back.")

    # --- settings ---------------------------------------------------------------------------------

    def change_settings(self, settings: Settings, source: str = "panel") -> None:
        """New settings, for the next token where a reply is being made."""
        before = self.profile.settings
        if not self.profile.set_by_hand(settings, source):
            return
        self._outbox.put(Update(settings=True), now=True)
        run = self._run
        if run is not None and self.engine.capabilities.live_settings:
            # What was changed and no more: a fork goes on with the settings of its step.
            changed = before.difference(self.profile.settings)
            live = apply_values(run.settings, changed)[0].changed(seed=run.settings.seed)
            if live != run.settings:
                run.settings = live
                self.engine.send(wire.ChangeSettings(run.number, live))
        elif run is None:
            self._check(before)


def _refused(step: Step, token: int) -> bool:
    """Whether it is recorded that the grammar of the step refuses the token."""
    allowed = step.record.allowed
    if not allowed.size:
        return False
    place = (step.record.ids == token).nonzero()[0]
    return bool(place.size and not allowed[place[0]])
