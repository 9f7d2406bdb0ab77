"""A reply with its trace, as one value: what every export is made from and what a file gives back.

Keeps true: it holds all that is needed to look at the reply without the model. Makes no text and
reads no file.
"""

from collections.abc import Sequence

import msgspec

from tui.core.conversation import Conversation, History, Message
from tui.core.messages import SettingsChanged, Timings, Turn
from tui.core.model import ModelInfo, Vocabulary
from tui.core.settings import DEFAULTS, Settings
from tui.core.step import Step
from tui.core.values import apply_values


class ReplyTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One reply: what it was made with, its steps, and how it ended."""

    model: ModelInfo
    vocabulary: Vocabulary
    settings: Settings = DEFAULTS
    """As the first token was drawn."""
    seed: int = 0
    """Resolved, 0..2^32-1; `settings.seed` may still be -1."""
    prompt: tuple[int, ...] = ()
    """Token ids before the first step; empty where they are not known."""
    reused_tokens: int = 0
    turns: tuple[Turn, ...] = ()
    """The conversation before the reply, the system text first; empty without a template."""
    steps: tuple[Step, ...] = ()
    begun: tuple[int, ...] = (0,)
    """Steps that a chain of its own began with: the first, and where the reply was continued."""
    changes: tuple[SettingsChanged, ...] = ()
    """`i` counts from the first step of the reply."""
    reason: str = ""
    """As in `Finished`; empty while the reply is being made."""
    text: str = ""
    error: str = ""
    timings: Timings = Timings()

    def settings_at(self, i: int) -> Settings:
        """The settings that the step at `i`, 0-based, was drawn with."""
        found = self.settings
        for change in self.changes:
            if change.i <= i:
                found, _ = apply_values(found, change.changed)
        return found

    def history(self, i: int) -> Sequence[int]:
        """Every token id before the step at `i`, 0-based."""
        return History(self.prompt, self.steps, i)

    def text_of(self, ids: Sequence[int]) -> str:
        """What token ids say together, control tokens by their names."""
        pieces = self.vocabulary.pieces
        known = (pieces[token] for token in ids if 0 <= token < len(pieces))
        return b"".join(known).decode("utf-8", "replace")


def reply_trace(
    message: Message, before: Sequence[Turn], model: ModelInfo, vocabulary: Vocabulary
) -> ReplyTrace:
    """A reply of a conversation.

    Args:
        message: the reply; it has steps.
        before: the conversation that it answers, the system text first.
        model: the one that made it.
        vocabulary: the model's.
    """
    return ReplyTrace(
        model=model,
        vocabulary=vocabulary,
        settings=message.settings or DEFAULTS,
        seed=message.seed or 0,
        prompt=message.prompt,
        turns=tuple(before),
        steps=tuple(message.steps),
        begun=tuple(message.begun) or (0,),
        changes=tuple(message.changes),
        reason=message.reason,
        text=message.text,
        error=message.note if message.reason == "error" else "",
        timings=message.timings or Timings(),
    )


def shown_again(trace: ReplyTrace, note: str = "") -> Conversation:
    """The conversation that a trace was taken from, as far as the trace tells it.

    Args:
        trace: what was opened.
        note: a line for the reader, under the reply.
    """
    found = Conversation()
    for turn in trace.turns:
        if turn.role != "system":
            found.add(turn.role, turn.text)
    if not trace.turns and trace.prompt:
        found.add("user", trace.text_of(trace.prompt))
    message = found.add("assistant", trace.text)
    message.steps = list(trace.steps)
    message.begun = list(trace.begun)
    message.changes = list(trace.changes)
    message.prompt = trace.prompt
    message.settings = trace.settings
    message.seed = trace.seed
    message.timings = trace.timings
    message.reason = trace.reason or "error"
    message.note = "\n".join(part for part in (trace.error, note) if part)
    return found
