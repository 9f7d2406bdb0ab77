"""What every kind of work on a loaded model works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tui.core.messages import Event
from tui.core.own_sampler import OwnSampler
from tui.engine.handle import Context
from tui.engine.inbox import Inbox
from tui.engine.tokenizer import Tokenizer
from tui.sampling.vocab import Vocab


@dataclass(frozen=True, eq=False)
class Desk:
    """The model's parts and the ways in and out."""

    context: Context
    """Its cache is reused as far as it holds the beginning of a prompt."""
    tokenizer: Tokenizer
    vocab: Vocab
    """The tokenizer for a chain."""
    own: Mapping[str, OwnSampler]
    """Samplers of one's own, by name."""
    inbox: Inbox
    """Where changes and cancels come from."""
    say: Callable[[Event], None]
    """Where events go."""
    between: Callable[[], None]
    """Called between two tokens, for questions that can wait no longer."""
    load_s: float
    """How long the model took to load."""
