"""Who replies: the personas there are, the one in force, and what a change of either does.

Keeps true: nothing that was said is lost or overwritten by a change of persona; a persona that
changed on the disk holds from the next message on, in every conversation that has it; one that is
gone or broken there goes on as it was read last. Knows no widget and no file.
"""

from collections.abc import Iterable

from tui.control.preview import FIRST, Asked
from tui.control.probe import Probe
from tui.control.update import Update
from tui.core.conversation import Conversation
from tui.core.persona import BrokenPersona, Persona, find_usable
from tui.core.profile import Profile

NEW = "This conversation is new: nothing has been said in it yet."


class Personas(Probe):
    """Owns the persona; see `Replies` for the arguments."""

    def choose_persona(self, persona_id: str, *, branch: bool = False) -> None:
        """Take this persona, with its settings.

        Args:
            persona_id: whose file is without problems.
            branch: the conversation goes on under it, as a branch beside the one that is shown.
                Otherwise a conversation begins with its greeting. Where nothing has been said,
                there is nothing to go on with, and one begins.
        """
        if not self.may_change():
            return
        persona = find_usable(self.personas, persona_id)
        if persona is None:
            self._refuse(f"The persona {persona_id} cannot be used; its problems are in the list.")
            return

        def begin() -> None:
            if persona.id == self.profile.persona.id and self._is_new():
                # Its values once more; another greeting beside the same greeting is no use.
                self._use(persona)
                self._refuse(NEW)
                return
            self._switched = True
            if branch and self.spoken_to():
                self._carry_over(persona)
            else:
                self._use(persona)
                self._greet()
            self._path_changed()

        self._after_reply(begin)

    def _carry_over(self, persona: Persona) -> None:
        """The shown messages once more, under another persona."""
        copies = self.conversation.carry_over()
        last = copies[-1]
        told = f"From here on {persona.name} replies."
        last.note = "\n".join(part for part in (last.note, told) if part)
        self._root_personas[copies[0].key] = persona
        self._use(persona)

    def spoken_to(self) -> bool:
        """Whether a person has said anything in the conversation that is shown."""
        return any(message.role == "user" for message in self.conversation.path())

    def new_conversation(self) -> None:
        """Begin again with the same persona; the branch before stays beside it."""
        if not self.may_change():
            return
        if self._is_new():
            self._refuse(NEW)
            return

        def begin() -> None:
            self._greet()
            self._path_changed()

        self._after_reply(begin)

    def _is_new(self) -> bool:
        """Whether there is nothing but a greeting that nobody has answered."""
        said = self.conversation.path()
        return not said or (len(said) == 1 and bool(said[0].scene) and said[0].role == "assistant")

    def say(self, notice: str) -> None:
        """Tell a person something."""
        self._refuse(notice)

    def take_personas(self, personas: Iterable[Persona | BrokenPersona], notice: str = "") -> None:
        """These are the personas now: those in use hold as they are from the next message on."""
        self.personas = tuple(personas)
        usable = {p.id: p for p in self.personas if isinstance(p, Persona)}
        self._root_personas = {
            root: usable.get(persona.id, persona) for root, persona in self._root_personas.items()
        }
        fresh = usable.get(self.profile.persona.id)
        before = self.profile.persona
        if fresh is not None and fresh != before:
            self.profile.renew(fresh)
            self._check(None)
            if fresh.greetings != before.greetings and not self.spoken_to():
                self._greet_anew(fresh)
        self._outbox.put(Update(persona=True, settings=True, notice=notice), now=True)

    def _greet_anew(self, persona: Persona) -> None:
        """Other greetings in place of those that nobody has answered."""
        for root in self.conversation.roots:
            unanswered = not self.conversation[root].children
            if unanswered and self._root_personas.get(root, persona).id == persona.id:
                self.conversation.remove(root)
        self._greet()
        self._outbox.put(Update(path=True))

    def preview_prompt(self, persona: Persona, first: str = "") -> None:
        """Have the engine say which prompt a conversation with this persona begins with.

        Args:
            persona: whose; it need not be in force.
            first: what the user says first.
        """
        said = first.strip() or FIRST

        def asked() -> Asked:
            other, talk = Profile(self.profile.launch, persona), Conversation()
            seed = max(0, other.settings.seed)
            other.greet(talk, seed)
            made = other.compose(talk, talk.add("user", said), seed)
            return Asked(made.turns, made.notes, other.template)

        self.previews.ask(persona, said, asked, self.status)

    def _use(self, persona: Persona) -> None:
        if persona.id != self.profile.persona.id:
            self._switched = True
        self.profile.use(persona)
        told = "; ".join(self.profile.told)
        self._outbox.put(Update(persona=True, settings=True, notice=told))
        self._check(None)
