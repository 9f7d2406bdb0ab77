"""The rows of the tree of branches."""

from tui.core.conversation import Conversation
from tui.core.tree import LIMIT_ROWS, tree_rows


def shape(conversation: Conversation) -> list[str]:
    return [f"{row.prefix}{row.branch.text} {row.below}" for row in tree_rows(conversation)]


def test_only_a_parting_of_ways_is_indented() -> None:
    talk = Conversation()
    talk.add("assistant", "hello")
    asked = talk.add("user", "a?")
    first = talk.add("assistant", "A")
    talk.add("user", "b?")
    talk.add("assistant", "B")
    talk.sibling(first.key, "A2")
    talk.sibling(asked.key, "c?")
    assert shape(talk) == [
        "hello 6", "├╴a? 4", "│ ├╴A 2", "│ │ b? 1", "│ │ B 0", "│ └╴A2 0", "└╴c? 0",
    ]  # fmt: skip
    assert [row.branch.text for row in tree_rows(talk) if row.branch.shown] == ["hello", "c?"]


def test_several_beginnings_stand_side_by_side() -> None:
    talk = Conversation()
    for text in ("one", "two"):
        talk.leaf = None
        talk.add("assistant", text)
    assert shape(talk) == ["├╴one 0", "└╴two 0"]
    assert shape(Conversation()) == []


def test_a_tree_without_end_is_cut_and_one_without_breadth_stays_at_the_left() -> None:
    talk = Conversation()
    for _ in range(LIMIT_ROWS + 10):
        talk.add("user", "x")
    rows = tree_rows(talk)
    assert len(rows) == LIMIT_ROWS
    assert {row.prefix for row in rows} == {""}


def test_branches_in_branches_are_indented_only_so_far() -> None:
    talk = Conversation()
    for _ in range(200):
        talk.sibling(talk.add("user", "x").key, "y")
    assert max(len(row.prefix) for row in tree_rows(talk)) < 70
