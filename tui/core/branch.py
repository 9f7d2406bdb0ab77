"""The branches beside a message, as a tree can draw them: where each parts from which other.

Keeps true: reads the conversation and changes nothing; costs what it takes to compare the ids of the
siblings, so it is for a view that is open, not for every refresh.
"""

import msgspec

from tui.core.conversation import Conversation, Message


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """One of the siblings."""

    key: int
    shown: bool
    """Whether the shown path goes through it."""
    role: str
    text: str
    """All of what it says."""
    beside: int | None
    """The sibling made before it, for the first one after it, that it shares the most leading ids
    with; None for one that shares none, and for written messages."""
    at: int
    """Its first step that differs from `beside`'s, 0-based; 0 without one."""
    id: int = -1
    """The token there; -1 where it has none (it was written, or ends where the other goes on)."""
    piece: bytes = b""
    p_raw: float | None = None
    """None where nothing is recorded of the step."""
    p_final: float | None = None
    """0 where a sampler had removed the token and a person took it."""
    by_hand: bool = False
    same: bool = False
    """Whether it says token by token what `beside` says, and no more."""
    reason: str = ""
    """Why the reply ended; empty while it is open, and for written messages."""


def branches(conversation: Conversation, key: int) -> tuple[Branch, ...]:
    """The message `key` and its siblings, in the order they were made."""
    shown = {message.key for message in conversation.path()}
    messages = [conversation[other] for other in conversation.siblings(key)]
    return tuple(
        _branch(message, messages[:place] or messages[1:], message.key in shown)
        for place, message in enumerate(messages)
    )


def _branch(message: Message, others: list[Message], shown: bool) -> Branch:
    shared = [(_shared(message, other), other) for other in others]
    at, beside = max(shared, key=lambda found: found[0], default=(0, message))
    step = message.steps[at] if at < len(message.steps) else None
    recorded = step is not None and bool(step.record.id_bytes)
    return Branch(
        key=message.key,
        shown=shown,
        role=message.role,
        text=message.text,
        beside=beside.key if at else None,
        at=at,
        id=step.id if step else -1,
        piece=step.piece if step else b"",
        p_raw=step.p_raw if step and recorded else None,
        p_final=step.p_final if step and recorded else None,
        by_hand=step.by_hand if step else False,
        same=0 < at == len(message.steps) == len(beside.steps),
        reason=message.reason,
    )


def _shared(one: Message, other: Message) -> int:
    """Leading ids that both have."""
    count = 0
    for a, b in zip(one.steps, other.steps, strict=False):
        if a.id != b.id:
            break
        count += 1
    return count
