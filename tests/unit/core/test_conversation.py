from tui.core.conversation import Conversation


def talk() -> tuple[Conversation, int, int]:
    conversation = Conversation()
    question = conversation.add("user", "2 + 3")
    answer = conversation.add("assistant", "5")
    return conversation, question.key, answer.key


def test_messages_follow_each_other():
    conversation, _, _ = talk()
    assert [m.text for m in conversation.path()] == ["2 + 3", "5"]
    conversation.add("assistant")
    assert [m.role for m in conversation.spoken()] == ["user", "assistant"]


def test_a_regenerated_reply_stands_beside_the_old_one():
    conversation, _, answer = talk()
    other = conversation.sibling(answer, "five")
    assert [m.text for m in conversation.path()] == ["2 + 3", "five"]
    assert conversation.siblings(answer) == [answer, other.key]
    assert conversation[answer].text == "5"


def test_walking_siblings_wraps_and_shows_what_followed():
    conversation, _, answer = talk()
    conversation.add("user", "and 4 + 4?")
    conversation.sibling(answer, "five")
    assert conversation.walk_siblings(conversation.leaf, 1) == answer
    assert [m.text for m in conversation.path()] == ["2 + 3", "5", "and 4 + 4?"]


def test_an_edited_question_starts_a_branch_and_keeps_the_old_one():
    conversation, question, _ = talk()
    conversation.sibling(question, "2 + 4")
    assert [m.text for m in conversation.path()] == ["2 + 4"]
    conversation.show(question)
    assert [m.text for m in conversation.path()] == ["2 + 3", "5"]
    assert len(conversation) == 3
