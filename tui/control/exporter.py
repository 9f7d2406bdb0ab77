"""From the conversation to a file: which reply, what it is called, and the writing.

Keeps true: what is written is the reply as it stood when it was asked for, while another may be made;
making the text and writing it happen beside the event loop. Knows no widget.
"""

import asyncio
import os

from tui.controller import Controller
from tui.core.errors import UsageError
from tui.core.export import format_of, written
from tui.core.export.reply import ReplyTrace, reply_trace
from tui.core.tint import Tint
from tui.store.target import Target, find_target

__all__ = ["Target", "export", "free_name", "look_at", "reply_of"]


def reply_of(controller: Controller, key: int | None) -> ReplyTrace | None:
    """The reply at the message `key`, or the nearest before it; None where there is none."""
    conversation, model = controller.conversation, controller.status.model
    path = conversation.path(key) if key is not None else []
    message = next((said for said in reversed(path) if said.steps), None)
    if message is None or model is None or controller.vocabulary is None:
        return None
    turns = controller.profile.compose(conversation, message, message.seed or 0).turns
    if turns and turns[-1].role == message.role:
        turns = turns[:-1]
    return reply_trace(message, turns, model, controller.vocabulary)


def free_name(reply: ReplyTrace, ending: str = ".html") -> str:
    """A name for the reply that no file of the working folder has."""
    stem = f"reply-{reply.seed}"
    names = (f"{stem}-{n}{ending}" if n > 1 else f"{stem}{ending}" for n in range(1, 1000))
    return next((name for name in names if not os.path.lexists(name)), f"{stem}{ending}")


def look_at(name: str) -> Target | str:
    """The file that a typed name means, or why nothing can be written there."""
    name = name.strip()
    try:
        format_of(name)
    except UsageError as error:
        return error.hint
    try:
        return find_target(name)
    except UsageError as error:
        return f"{error.what} {error.why}"


async def export(
    reply: ReplyTrace, target: Target, controller: Controller, tint: Tint = Tint.PROBABILITY
) -> int:
    """Write the reply, tinted as asked; the size of the file in bytes.

    Raises:
        LogitscopeError: it cannot be written.
    """
    own = controller.profile.launch.own

    def write() -> int:
        text = written(reply, target.path.name, own=own, tint=tint)
        target.write(text)
        return len(text.encode("utf-8"))

    return await asyncio.to_thread(write)
