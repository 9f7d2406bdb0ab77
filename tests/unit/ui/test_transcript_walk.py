import numpy as np

from tui.core.conversation import Conversation, Message
from tui.core.settings import DEFAULTS
from tui.core.tint import is_forced
from tui.engine.invented import InventedVocabulary, invent
from tui.widgets.transcript_walk import beside, matching, newest


def path(*replies: str) -> list[Message]:
    """Questions and replies by turns; a word in capitals was forced."""
    conversation = Conversation()
    for reply in replies:
        conversation.add("user", "go")
        message = conversation.add("assistant")
        words = reply.split()
        vocabulary = InventedVocabulary([word.encode() for word in words])
        conversation.extend(message.key, [
            invent(vocabulary, vocabulary.id(word.encode()), word, i=i, version=0,
                   settings=DEFAULTS.changed(
                       **({"top_k": 1} if word.isupper() else {"samplers": ("temperature",)})
                   ), rng=np.random.default_rng(i))
            for i, word in enumerate(words)
        ])  # fmt: skip
    return conversation.path()


def test_a_walk_crosses_messages_without_tokens() -> None:
    said = path("a b", "c d e")
    assert beside(said, (3, 0), -1) == (1, 1)
    assert beside(said, (1, 1), 1) == (3, 0)
    assert beside(said, (1, 0), 4) == (3, 2)


def test_a_walk_ends_at_the_first_and_the_last_token() -> None:
    said = path("a b", "c d e")
    assert beside(said, (1, 0), -1) == (1, 0)
    assert beside(said, (3, 2), 1) == (3, 2)
    assert newest(said) == (3, 2)
    assert newest(said[:1]) is None


def test_a_jump_goes_to_the_next_of_its_kind_over_borders() -> None:
    said = path("a B c", "d E")
    assert matching(said, (1, 0), 1, is_forced) == (1, 1)
    assert matching(said, (1, 1), 1, is_forced) == (3, 1)
    assert matching(said, (3, 1), 1, is_forced) is None
    assert matching(said, (3, 0), -1, is_forced) == (1, 1)
    assert matching(said, (1, 1), -1, is_forced) is None


def test_a_jump_without_a_cursor_begins_at_an_end() -> None:
    said = path("a B c", "d E f")
    assert matching(said, None, -1, is_forced) == (3, 1)
    assert matching(said, None, 1, is_forced) == (1, 1)
