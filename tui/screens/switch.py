"""How another persona is taken up: asked once, then remembered until the workbench is closed."""

from collections.abc import Callable
from typing import Final

from textual.app import App

from tui.controller import Controller
from tui.core.persona import find_usable
from tui.core.text import one_line
from tui.screens.ask import Answer, AskScreen

ASK: Final = ""
BRANCH: Final = "branch"
NEW: Final = "new"
_WORDS: Final = {
    ASK: "Another persona: asks again whether to branch or to begin anew.",
    BRANCH: "Another persona continues the conversation, as a branch.",
    NEW: "Another persona begins a new conversation.",
}
_ORDER: Final = (ASK, BRANCH, NEW)


class Switch:
    """Takes up personas.

    Args:
        controller: of the conversation.
        ascii_only: draw with ASCII alone.
    """

    def __init__(self, controller: Controller, *, ascii_only: bool = False) -> None:
        self.answer = ASK
        self._controller, self._ascii = controller, ascii_only

    def choose(self, app: App[None], persona_id: str, said: Callable[[str], None]) -> None:
        """Take this persona, after a question where the answer is not known."""
        controller = self._controller
        persona = find_usable(controller.personas, persona_id)
        new = persona_id == controller.profile.persona.id or not controller.spoken_to()
        if persona is None or new or self.answer:
            controller.choose_persona(persona_id, branch=self.answer == BRANCH and not new)
            return

        def answered(answer: str | None) -> None:
            if answer:
                self.answer = answer
                controller.choose_persona(persona_id, branch=answer == BRANCH)
            else:
                said("The persona was not changed.")

        name = one_line(persona.name, 40) or persona.id
        key, palette, before, after = map(
            controller.keys,
            ("library.switching", "palette.open", "branch.previous", "branch.next"),
        )
        app.push_screen(
            AskScreen(
                f"{name} is to reply from here on. What becomes of this conversation?",
                (
                    Answer(BRANCH, "b", "it goes on, as a branch beside this one"),
                    Answer(NEW, "n", f"a new one begins, with {name}'s greeting"),
                ),
                f"Nothing said so far is lost: {before} and {after} walk between both. The answer "
                f"holds until you quit; {key} in the persona library, or {palette}, changes it.",
                ascii_only=self._ascii,
            ),
            answered,
        )

    def step(self) -> str:
        """The next way; returns it in words."""
        self.answer = _ORDER[(_ORDER.index(self.answer) + 1) % len(_ORDER)]
        return _WORDS[self.answer]
