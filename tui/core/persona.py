"""A persona: who the model is asked to be, and how it is sampled.

A value; reading it from TOML, with every problem's line, is `store/persona.py`; what prompt it makes
is `core/compose.py`. Texts are as their author wrote them: macros are not expanded here.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from tui.core.errors import Problem
from tui.core.lorebook import Lorebook
from tui.core.macro import USER
from tui.core.model import ModelInfo

DEMO_TAG: Final = "demo"
"""Tag of the personas that the shipped model has learnt."""

ROLES: Final = ("system", "user", "assistant")

TEMPLATES: Final = {
    "model": "",
    "plain": "plain",
    "chatml": (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    ),
}
"""Names that `chat_template` may have: the model's own, lines with names before them, ChatML."""


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A message that every conversation begins with, before the greeting."""

    role: str
    content: str


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who the persona talks to."""

    name: str = ""
    """What `{{user}}` is; empty = `User`."""
    description: str = ""


class ModelHint(msgspec.Struct, frozen=True, kw_only=True):
    """The model that a persona is meant for: hints, nothing is loaded or refused for them."""

    name: str = ""
    """Words that the model's name or file has."""
    repo: str = ""
    """Where it can be had: `USER/REPO` or `USER/REPO:QUANT`."""
    n_ctx: int = 0
    """Tokens of context that the persona needs; 0 = any."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a persona was brought in from."""

    format: str
    """As `personas export --format` names it, or a format that can only be read."""
    file: str
    """Name of the untouched original, beside the persona's file."""
    sha256: str = ""
    """Of the original, in hexadecimal digits: another card's does not pass for it. May be empty."""


class Persona(msgspec.Struct, frozen=True, kw_only=True):
    """One persona file."""

    id: str
    """File name without `.toml`."""
    name: str
    system: str = ""
    """The instructions; where there are none, a description stands under a general one."""
    nickname: str = ""
    """What `{{char}}` is, where it is not the name."""
    description: str = ""
    personality: str = ""
    scenario: str = ""
    greetings: tuple[str, ...] = ()
    """Sibling first messages of the model; the first is shown."""
    example_dialogue: str = ""
    """Blocks that begin with `<START>`, lines that begin with `{{user}}:` and `{{char}}:`."""
    messages: tuple[Opening, ...] = ()
    post_history_instructions: str = ""
    """Stands after the newest message of the user."""
    tags: tuple[str, ...] = ()
    creator: str = ""
    version: str = ""
    creator_notes: str = ""
    """For people; never in the prompt."""
    sampling: dict[str, Any] = {}
    """Settings over the lower layers; keys as in `core.settings`."""
    samplers: tuple[str, ...] = ()
    """Chain order; empty = inherited."""
    stop: tuple[str, ...] = ()
    chat_template: str = ""
    """A name of `TEMPLATES`, or Jinja text; empty = the model's own."""
    user: Person = Person()
    model: ModelHint = ModelHint()
    lorebook: Lorebook = Lorebook()
    extensions: dict[str, Any] = {}
    """Anything; kept, and never read here."""
    origin: Origin | None = None
    path: str = ""
    """Where it was read from."""
    built_in: bool = False

    @property
    def char(self) -> str:
        """What `{{char}}` is."""
        return self.nickname or self.name

    @property
    def user_name(self) -> str:
        """What `{{user}}` is."""
        return self.user.name or USER

    @property
    def template(self) -> str:
        """What an engine takes: empty for the model's own, `plain`, or Jinja text."""
        return TEMPLATES.get(self.chat_template, self.chat_template)


class BrokenPersona(msgspec.Struct, frozen=True, kw_only=True):
    """A persona file with problems: listed with them, stops nothing."""

    id: str
    path: str
    problems: tuple[Problem, ...]
    built_in: bool = False


def find_usable(personas: Iterable[Persona | BrokenPersona], persona_id: str) -> Persona | None:
    """The persona with this id, unless its file has problems."""
    return next((p for p in personas if p.id == persona_id and isinstance(p, Persona)), None)


def _bare(text: str) -> str:
    """`llama3.1:8b` and `Llama 3.1 8B` are the same name."""
    return "".join(char for char in text.casefold() if char.isalnum())


def misfits(persona: Persona, model: ModelInfo) -> tuple[str, ...]:
    """What the persona hopes for and this model is not, in words."""
    told: list[str] = []
    hint = persona.model
    has = _bare(f"{model.name} {model.path.rpartition('/')[2]}")
    if any(_bare(word) not in has for word in hint.name.split()):
        where = f" ({hint.repo})" if hint.repo else ""
        told.append(f"{persona.name} is meant for the model {hint.name}{where}")
    if hint.n_ctx > model.n_ctx:
        told.append(
            f"{persona.name} needs a context of {hint.n_ctx} tokens and this one has "
            f"{model.n_ctx} (-c {hint.n_ctx} where the model allows it)"
        )
    return tuple(told)
