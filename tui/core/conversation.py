"""A conversation: a tree of messages, each made of token ids where the model made it.

Keeps true: nothing is ever overwritten. A regenerated, edited or forked message is a sibling; the
shown conversation is the path from the root to `leaf`. A reply grows only by `extend`, and only
while it is open; `shorten` takes back what was said last while it is being made. What is removed is
given back whole and can be put where it was. No I/O and no rendering here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, overload

import msgspec

from tui.core.macro import Scene
from tui.core.messages import SettingsChanged, Timings, Turn
from tui.core.resume import Resume
from tui.core.settings import DEFAULTS, Settings
from tui.core.step import Step
from tui.core.values import apply_values


class History(Sequence[int]):
    """The token ids before a step. Reads them where they are: making one costs nothing."""

    def __init__(self, prompt: Sequence[int], steps: Sequence[Step], count: int) -> None:
        self._prompt, self._steps, self._count = prompt, steps, count

    def __len__(self) -> int:
        return len(self._prompt) + self._count

    @overload
    def __getitem__(self, at: int) -> int: ...

    @overload
    def __getitem__(self, at: slice) -> list[int]: ...

    def __getitem__(self, at: int | slice) -> int | list[int]:
        """One id, or some."""
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        place = range(len(self))[at]
        before = len(self._prompt)
        return self._prompt[place] if place < before else self._steps[place - before].id


FAILED: Final = ("error", "banned", "context")
"""Reasons of a reply that did not end well."""


@dataclass
class Message:
    """One message of the tree."""

    key: int
    parent: int | None
    role: str
    text: str
    """What a person or a persona wrote, or what the steps decode to."""
    steps: list[Step] = field(default_factory=list)
    """The trace of a reply; empty for written messages."""
    changes: list[SettingsChanged] = field(default_factory=list)
    """Settings that changed while it was made."""
    reason: str = ""
    """Why a reply ended; empty while it is open, and for written messages."""
    note: str = ""
    """A line for the reader: an error, a transformation of the prompt."""
    seed: int | None = None
    """The resolved seed that a reply was begun with; `changes` has those of its other parts."""
    settings: Settings | None = None
    """What a reply was begun with; `changes` lie over it."""
    timings: Timings | None = None
    prompt: tuple[int, ...] = ()
    """Token ids before a reply's first step; empty for written messages."""
    model: str = ""
    """Path of the model that made a reply; empty for written messages and where it is not known."""
    begun: list[int] = field(default_factory=list)
    """Steps that a chain of its own began with: the first, and where the reply was continued."""
    forked_from: int | None = None
    """The reply that this one parted from."""
    forked_at: int | None = None
    """The step at which it did, 0-based; the steps before it are the other's."""
    scene: Scene | None = None
    """What macros stood for: on a first message in the conversation, on a reply in itself."""
    carried: bool = False
    """Copied to stand under another persona's prompt; `prompt` is still that of the steps."""
    children: list[int] = field(default_factory=list)

    @property
    def turn(self) -> Turn:
        """The message as the prompt needs it."""
        return Turn(role=self.role, text=self.text, ids=tuple(step.id for step in self.steps))

    def history(self, i: int) -> "History":
        """Every token id before the step at `i`, 0-based."""
        return History(self.prompt, self.steps, i)

    def settings_at(self, i: int) -> Settings:
        """The settings that the step at `i`, 0-based, was drawn with."""
        found = self.settings or DEFAULTS
        for change in self.changes:
            if change.i <= i:
                found, _ = apply_values(found, change.changed)
        return found

    def resume(self, i: int) -> Resume:
        """What an engine needs to make the step at `i`, 0-based, again; no token named.

        `i` may be the number of steps: then the reply goes on from its end, with a fresh chain.
        """
        begun = max((at for at in self.begun if at <= i), default=0)
        read, settings = begun, self.settings or DEFAULTS
        for change in self.changes:
            newer, _ = apply_values(settings, change.changed)
            if begun < change.i <= i and newer.in_force != settings.in_force:
                read = change.i
            settings = newer
        known = i < len(self.steps) and bool(self.steps[i].state.draws)
        return Resume(
            prompt=() if self.carried else self.prompt,
            ids=tuple(step.id for step in self.steps[:i]),
            state=self.steps[i].state if known else None,
            begun=i - begun,
            read=i - read,
        )

    def extend(self, steps: Iterable[Step]) -> None:
        """Grow by `steps`, which are numbered on from those that are there."""
        for step in steps:
            i = len(self.steps)
            self.steps.append(step if step.i == i else msgspec.structs.replace(step, i=i))
            self.text += step.text

    def shorten(self, count: int) -> None:
        """Go back to the first `count` steps."""
        gone = "".join(step.text for step in self.steps[count:])
        self.text = self.text.removesuffix(gone)
        del self.steps[count:]
        self.changes = [change for change in self.changes if change.i <= count]


@dataclass(frozen=True)
class Removed:
    """A branch that was taken out of the tree, for `Conversation.restore`."""

    messages: tuple[Message, ...]
    """The branch's first message, then everything below it."""
    place: int
    """Among its siblings."""
    leaf: int | None
    """What was shown."""


class Conversation:
    """The tree and the path through it that is shown."""

    def __init__(self) -> None:
        self._messages: dict[int, Message] = {}
        self._roots: list[int] = []
        self._next = 0
        self.leaf: int | None = None
        """Last message of the shown path."""

    def __len__(self) -> int:
        return len(self._messages)

    def __getitem__(self, key: int) -> Message:
        return self._messages[key]

    def __contains__(self, key: object) -> bool:
        return key in self._messages

    def add(self, role: str, text: str = "", *, parent: int | None = None) -> Message:
        """Append a message under `parent` (default: the shown leaf) and show it."""
        above = self.leaf if parent is None else parent
        return self._insert(role, text, above)

    def ask(self, text: str) -> Message:
        """Append a question; it takes the place of one that got no reply at all."""
        failed = self.unanswered()
        return self.sibling(failed.key, text) if failed else self.add("user", text)

    def unanswered(self) -> Message | None:
        """The last question, where every reply to it failed before its first token."""
        leaf = None if self.leaf is None else self._messages[self.leaf]
        if leaf is None or leaf.parent is None or leaf.reason not in FAILED:
            return None
        question = self._messages[leaf.parent]
        tried = [self._messages[key] for key in question.children]
        return None if any(reply.steps for reply in tried) else question

    def sibling(self, key: int, text: str = "") -> Message:
        """A new branch beside the message `key`, with its role; shown from now on."""
        beside = self._messages[key]
        return self._insert(beside.role, text, beside.parent)

    def fork(self, key: int, i: int) -> Message:
        """A new branch beside the reply `key` with its first `i` steps; shown from now on."""
        old = self._messages[key]
        new = self._insert(old.role, "", old.parent)
        new.extend(old.steps[:i])
        new.changes = [change for change in old.changes if change.i < i]
        new.begun = [at for at in old.begun if at < i]
        new.prompt, new.settings, new.seed = old.prompt, old.settings, old.seed
        new.scene = old.scene
        new.model = old.model
        new.forked_from, new.forked_at = key, i
        return new

    def carry_over(self) -> list[Message]:
        """The shown messages once more as a conversation of their own; shown from now on.

        For another persona: a branch under another system prompt has another beginning.
        """
        path, self.leaf = self.path(), None
        copies = [self._insert(old.role, old.text, self.leaf) for old in path]
        for old, new in zip(path, copies, strict=True):
            new.steps, new.changes, new.begun = old.steps[:], old.changes[:], old.begun[:]
            new.prompt, new.settings, new.seed = old.prompt, old.settings, old.seed
            new.timings, new.reason, new.note = old.timings, old.reason, old.note
            new.carried = True
        return copies

    def adopt(self, message: Message) -> Message:
        """Put a message that was made outside the tree under its parent, and show it."""
        message.key = self._next
        return self._place(message)

    def outside(self, role: str, parent: int | None) -> Message:
        """A message that is not in the tree, for `adopt`."""
        return Message(-1, parent, role, "")

    def _insert(self, role: str, text: str, parent: int | None) -> Message:
        return self._place(Message(self._next, parent, role, text))

    def _place(self, message: Message) -> Message:
        self._next += 1
        self._messages[message.key] = message
        self._around(message.parent).append(message.key)
        self.leaf = message.key
        return message

    def _around(self, parent: int | None) -> list[int]:
        return self._roots if parent is None else self._messages[parent].children

    def remove(self, key: int) -> Removed:
        """Take a message and everything below it out of the tree.

        Where that was shown, the nearest sibling is shown instead, or what stood before it.
        """
        below = [self._messages[key]]
        for message in below:
            below += [self._messages[child] for child in message.children]
        gone = {message.key for message in below}
        around = self._around(below[0].parent)
        removed = Removed(tuple(below), around.index(key), self.leaf)
        around.remove(key)
        for message in below:
            del self._messages[message.key]
        if self.leaf in gone:
            if around:
                self.show(around[max(0, removed.place - 1)])
            else:
                self.leaf = below[0].parent
        return removed

    def restore(self, removed: Removed) -> None:
        """Put a branch back where it was, and show what was shown then.

        Raises:
            KeyError: the message that it stood under is gone too.
        """
        first = removed.messages[0]
        around = self._around(first.parent)
        around.insert(min(removed.place, len(around)), first.key)
        self._messages |= {message.key: message for message in removed.messages}
        self.leaf = removed.leaf if removed.leaf in self._messages else self.leaf

    def extend(self, key: int, steps: Iterable[Step]) -> None:
        """Let a reply grow by `steps`."""
        self._messages[key].extend(steps)

    @property
    def roots(self) -> list[int]:
        """The first messages, in the order they were made."""
        return list(self._roots)

    def path(self, to: int | None = None) -> list[Message]:
        """The messages down to `to` (default: the shown leaf), oldest first."""
        found: list[Message] = []
        key = self.leaf if to is None else to
        while key is not None:
            found.append(self._messages[key])
            key = self._messages[key].parent
        return found[::-1]

    def siblings(self, key: int) -> list[int]:
        """The message and its alternatives, in the order they were made."""
        return list(self._around(self._messages[key].parent))

    def show(self, key: int) -> None:
        """Show the branch through `key`, down to its newest leaf."""
        while self._messages[key].children:
            key = self._messages[key].children[-1]
        self.leaf = key

    def walk_siblings(self, key: int, by: int) -> int:
        """Show the sibling `by` places after `key` (it wraps round) and return its key."""
        around = self.siblings(key)
        other = around[(around.index(key) + by) % len(around)]
        self.show(other)
        return other

    def spoken(self, to: int | None = None) -> list[Message]:
        """The messages of `path` that say something: those that a prompt is made of."""
        return [message for message in self.path(to) if message.text or message.steps]

    def __iter__(self) -> Iterator[Message]:
        return iter(self._messages.values())
