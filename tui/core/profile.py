"""Who the model is asked to be and how it is sampled, from every layer that has a say.

Keeps true: the order of the layers is llama.cpp's defaults, the model's own values, the
configuration, the persona, the preset, the flags, the panel; each key's source can be named. A
persona that is chosen takes the panel's values away, since its own are to apply.
"""

from tui.core.errors import Problem
from tui.core.launch import Launch, Layer, persona_layer, stack
from tui.core.model import ModelInfo
from tui.core.persona import Persona
from tui.core.settings import Settings

NOBODY = Persona(id="", name="", system="")
"""No persona: no prompt, no greeting, no settings."""


class Profile:
    """The persona and the settings in force."""

    def __init__(self, launch: Launch, persona: Persona | None = None) -> None:
        self.launch = launch
        self.persona = persona or NOBODY
        self.settings = Settings()
        self.sources: dict[str, str] = {}
        """Where a setting's value comes from; keys that are llama.cpp's own default are absent."""
        self.problems: tuple[Problem, ...] = ()
        """What the layers hold that cannot be used."""
        self._model: Layer | None = None
        self._by_hand: list[Layer] = []
        self._restack()

    @property
    def system(self) -> str:
        """The system prompt; `-sys` replaces the persona's."""
        return self.persona.system if self.launch.system is None else self.launch.system

    @property
    def stop(self) -> tuple[str, ...]:
        """Texts that end a reply."""
        return (*self.launch.stop, *self.persona.stop)

    def model_loaded(self, model: ModelInfo) -> None:
        """Let the model's own values lie under the others."""
        self._model = Layer("model", dict(model.sampling)) if model.sampling else None
        self._restack()

    def use(self, persona: Persona) -> None:
        """Take this persona; what was set by hand goes."""
        self.persona = persona
        self._by_hand.clear()
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
        self.settings, self.sources, problems = stack([*layers, *self.launch.above, *self._by_hand])
        self.problems = tuple(problems)
