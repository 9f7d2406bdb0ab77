"""The whole conversation as the rows of a tree: every message once, under the one it follows.

Keeps true: rows are in the order of the conversation, a message above all that follows it; only a
place where branches part is indented, so that a long talk stays at the left. Pure; costs one pass
over the messages, and what `branches` costs where there are siblings.
"""

from typing import Final

import msgspec

from tui.core.branch import Branch, branches
from tui.core.conversation import Conversation

LIMIT_ROWS: Final = 5000
"""More rows are not made; that some are missing is said by the view."""
_DEEPEST: Final = 60
"""Characters of a prefix from which on branches inside branches are not indented further."""


class TreeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One message in the tree."""

    prefix: str
    """Lines of the tree before it, of `│ ├╴└`; empty at the root of a talk that has no branches."""
    branch: Branch
    place: int
    """Among its siblings, from 0."""
    siblings: int
    """How many there are with it."""
    below: int
    """Messages under it, of all its branches."""


def tree_rows(conversation: Conversation) -> list[TreeRow]:
    """Every message, at most `LIMIT_ROWS` of them."""
    found: list[tuple[str, Branch, int, int]] = []
    parents: dict[int, int] = {}
    open_groups = _group(conversation, conversation.roots, "")
    while open_groups and len(found) < LIMIT_ROWS:
        prefix, inside, branch, place, siblings = open_groups.pop()
        parents[branch.key] = len(found)
        found.append((prefix, branch, place, siblings))
        open_groups += _group(conversation, conversation[branch.key].children, inside)
    below = [0] * len(found)
    for number in range(len(found) - 1, -1, -1):
        parent = conversation[found[number][1].key].parent
        if parent is not None:
            below[parents[parent]] += below[number] + 1
    return [
        TreeRow(prefix=prefix, branch=branch, place=place, siblings=siblings, below=count)
        for (prefix, branch, place, siblings), count in zip(found, below, strict=True)
    ]


def _group(
    conversation: Conversation, keys: list[int], base: str
) -> list[tuple[str, str, Branch, int, int]]:
    """Siblings, the last one first: (prefix, prefix of what is below, branch, place, siblings)."""
    if not keys:
        return []
    group = branches(conversation, keys[0])
    if len(group) == 1:
        return [(base, base, group[0], 0, 1)]
    last = len(group) - 1
    deeper = len(base) < _DEEPEST
    return [
        (
            base + ("└╴" if place == last else "├╴"),
            base + ("  " if place == last else "│ ") * deeper,
            branch,
            place,
            len(group),
        )
        for place, branch in reversed(list(enumerate(group)))
    ]
