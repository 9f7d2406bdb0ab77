"""Who the model is asked to be and how it is sampled, from every layer that has a say.

Keeps true: the order of the layers is llama.cpp's defaults, the model's own values, the
configuration, the persona, the preset, the flags, the panel; each key's source can be named. A
persona that is chosen takes the panel's values away, since its own are to apply. What macros stood for
is left on the messages, so that a branch says the same when it is walked back to.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from tui.core.compose import BLANK, Composed, compose, stops
from tui.core.conversation import Conversation, Message
from tui.core.errors import Problem
from tui.core.launch import Launch, Layer, persona_layer, stack
from tui.core.macro import expand, scene_at
from tui.core.model import ModelInfo
from tui.core.persona import Persona, misfits
from tui.core.settings import Settings

NOBODY = Persona(id="", name="", system="")
"""No persona: no prompt, no greeting, no settings."""


class Profile:
    """The persona and the settings in force.

    Args:
        launch: what the workbench was opened with.
        persona: who is to speak first.
        now: the clock of `{{date}}` and `{{time}}`.
    """

    def __init__(
        self,
        launch: Launch,
        persona: Persona | None = None,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self.launch = launch
        self.persona = persona or NOBODY
        self.settings = Settings()
        self.sources: dict[str, str] = {}
        """Where a setting's value comes from; keys that are llama.cpp's own default are absent."""
        self.problems: tuple[Problem, ...] = ()
        """What the layers hold that cannot be used."""
        self._now = now
        self._loaded: ModelInfo | None = None
        self._model: Layer | None = None
        self._by_hand: list[Layer] = []
        self._restack()

    @property
    def stop(self) -> tuple[str, ...]:
        """Texts that end a reply."""
        return (*self.launch.stop, *stops(self.persona))

    @property
    def template(self) -> str:
        """The persona's chat template, for `Generate`; a flag's lies over it."""
        return "" if self.launch.options.chat_template else self.persona.template

    @property
    def told(self) -> tuple[str, ...]:
        """What a person should know of these layers and of this model with this persona."""
        fit = misfits(self.persona, self._loaded) if self._loaded and self.persona.id else ()
        return (*map(str, self.problems), *fit)

    def greet(self, conversation: Conversation, seed: int) -> list[int]:
        """Begin a conversation: every greeting is a branch, the first is shown; their keys."""
        conversation.leaf = None
        roots: list[int] = []
        for n, greeting in enumerate(self.persona.greetings):
            scene = scene_at(
                self._now(), char=self.persona.char, user=self.persona.user_name, seed=seed
            )
            text, scene = expand(greeting, scene, f"greetings[{n}]")
            conversation.leaf = None
            root = conversation.add("assistant", text)
            root.scene = scene
            roots.append(root.key)
        conversation.leaf = roots[0] if roots else None
        return roots

    def compose(self, conversation: Conversation, to: Message, seed: int) -> Composed:
        """The turns down to the message `to`; what was drawn for them is left on the messages.

        Args:
            conversation: where `to` is.
            to: a reply that is begun or goes on, or a question.
            seed: of dice that have not been thrown.
        """
        root = conversation.path(to.key)[0]
        scene = root.scene or scene_at(self._now(), seed=seed)
        is_reply = to.role == "assistant" and to is not root
        of_reply = to.scene if is_reply and to.scene else None
        made = compose(
            self.persona,
            [message.turn for message in conversation.spoken(to.key)],
            scene,
            of_reply or msgspec.structs.replace(scene, seed=seed, drawn={}),
            system=self.launch.system,
        )
        root.scene = made.scene
        if is_reply and made.reply.drawn:
            to.scene = made.reply
        return made

    def written(self, conversation: Conversation) -> str:
        """What the persona's file puts into the prompt of the shown conversation, to be read.

        Draws nothing that stays: a macro that was not drawn yet may say something else when it is.
        """
        path = conversation.path()
        scene = (path[0].scene if path else None) or scene_at(self._now())
        reply = path[-1].scene if path and path[-1].role == "assistant" else None
        made = compose(
            self.persona, [message.turn for message in conversation.spoken()], scene, reply,
            system=self.launch.system,
        )  # fmt: skip
        texts = (turn.text for turn, at in zip(made.turns, made.places, strict=True) if at < 0)
        return BLANK.join(texts)

    def model_loaded(self, model: ModelInfo) -> None:
        """Let the model's own values lie under the others."""
        self._loaded = model
        self._model = Layer("model", dict(model.sampling)) if model.sampling else None
        self._restack()

    def use(self, persona: Persona) -> None:
        """Take this persona; what was set by hand goes."""
        self.persona = persona
        self._by_hand.clear()
        self._restack()

    def renew(self, persona: Persona) -> None:
        """Take the same persona as it is by now; what was set by hand stays."""
        self.persona = persona
        self._restack()

    def set_by_hand(self, settings: Settings, source: str) -> bool:
        """Take what differs in `settings` as set by `source`; False when nothing does."""
        changed = self.settings.difference(settings)
        if not changed:
            return False
        if self._by_hand and self._by_hand[-1].source == source:
            changed = {**self._by_hand.pop().values, **changed}
        self._by_hand.append(Layer(source, changed))
        self._restack()
        return True

    def _restack(self) -> None:
        layers = [self._model] if self._model else []
        layers += self.launch.below
        if self.persona.id:
            layers.append(persona_layer(self.persona))
        layers += [*self.launch.above, *self._by_hand]
        self.settings, self.sources, problems = stack(layers, self.launch.own)
        self.problems = tuple(problems)
