"""A conversation: a tree of messages, each made of token ids where the model made it.

Keeps true: nothing is ever overwritten. A regenerated, edited or forked message is a sibling; the
shown conversation is the path from the root to `leaf`. A reply grows only by `extend`, and only
while it is open. No I/O and no rendering here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, overload

from tui.core.messages import SettingsChanged, Timings, Turn
from tui.core.settings import DEFAULTS, Settings, apply_values
from tui.core.step import Step


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

    def _insert(self, role: str, text: str, parent: int | None) -> Message:
        message = Message(self._next, parent, role, text)
        self._next += 1
        self._messages[message.key] = message
        (self._roots if parent is None else self._messages[parent].children).append(message.key)
        self.leaf = message.key
        return message

    def extend(self, key: int, steps: Iterable[Step]) -> None:
        """Let a reply grow by `steps`."""
        message = self._messages[key]
        for step in steps:
            message.steps.append(step)
            message.text += step.text

    def path(self) -> list[Message]:
        """The shown messages, oldest first."""
        found: list[Message] = []
        key = self.leaf
        while key is not None:
            found.append(self._messages[key])
            key = self._messages[key].parent
        return found[::-1]

    def siblings(self, key: int) -> list[int]:
        """The message and its alternatives, in the order they were made."""
        parent = self._messages[key].parent
        return list(self._roots if parent is None else self._messages[parent].children)

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

    def turns(self, *, system: str = "") -> tuple[Turn, ...]:
        """The shown path as a prompt, the system text first when there is one."""
        first = (Turn(role="system", text=system),) if system else ()
        return first + tuple(
            message.turn for message in self.path() if message.text or message.steps
        )

    def __iter__(self) -> Iterator[Message]:
        return iter(self._messages.values())
