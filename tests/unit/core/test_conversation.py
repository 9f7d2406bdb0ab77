from tui.core.conversation import Conversation, Message
from tui.core.messages import SettingsChanged
from tui.core.settings import Settings
from tui.core.step import ChainState, Record, Step


def talk() -> tuple[Conversation, int, int]:
    conversation = Conversation()
    question = conversation.add("user", "2 + 3")
    answer = conversation.add("assistant", "5")
    return conversation, question.key, answer.key


def step(i: int) -> Step:
    record = Record(b"", b"", b"", b"", 0.0, 0, 0, 0.0, 0.0, 0.0)
    return Step(
        i=i, id=i, piece=b"", text="", p_raw=1.0, p_final=1.0, rank=1, entropy_bits=0.0, u=None,
        record=record, state=ChainState({"dist": i}, 0.0, (0.0, 0.0)),
    )  # fmt: skip


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


def test_a_reply_that_is_gone_on_with_reads_the_grammar_from_where_it_began():
    reply = Message(0, None, "assistant", "", settings=Settings(grammar="a", off=("grammar",)))
    reply.changes = [
        SettingsChanged(1, 1, {"off": ["grammar", "top_k"]}, 1),
        SettingsChanged(1, 2, {"off": []}, 2),
        SettingsChanged(1, 3, {"temperature": 0.5}, 3),
    ]
    reply.steps = [step(i) for i in range(5)]
    reply.begun = [0]
    assert reply.resume(5).read == 3
    assert reply.resume(1).read == 1
