import numpy as np

from tui.core.conversation import Conversation
from tui.core.settings import DEFAULTS
from tui.core.tint import is_forced
from tui.engine.invented import InventedVocabulary, invent
from tui.widgets.transcript_walk import WHOLE, Walk


def path(*replies: str) -> Walk:
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
    return Walk(conversation.path())


def test_a_walk_crosses_messages_without_tokens() -> None:
    said = path("a b", "c d e")
    assert said.beside((3, 0), -1) == (1, 1)
    assert said.beside((1, 1), 1) == (3, 0)
    assert said.beside((1, 0), 4) == (3, 2)


def test_a_walk_ends_at_the_first_and_the_last_token() -> None:
    said = path("a b", "c d e")
    assert said.beside((1, 0), -1) == (1, 0)
    assert said.beside((3, 2), 1) == (3, 2)
    assert said.newest() == (3, 2)
    assert Walk(said.path[:1]).newest() is None


def test_a_jump_goes_to_the_next_of_its_kind_over_borders() -> None:
    said = path("a B c", "d E")
    assert said.matching((1, 0), 1, is_forced) == (1, 1)
    assert said.matching((1, 1), 1, is_forced) == (3, 1)
    assert said.matching((3, 1), 1, is_forced) is None
    assert said.matching((3, 0), -1, is_forced) == (1, 1)
    assert said.matching((1, 1), -1, is_forced) is None


def test_a_jump_without_a_cursor_begins_at_an_end() -> None:
    said = path("a B c", "d E f")
    assert said.matching(None, -1, is_forced) == (3, 1)
    assert said.matching(None, 1, is_forced) == (1, 1)


def test_a_walk_off_a_message_without_tokens_goes_to_its_neighbours() -> None:
    said = path("a b", "c d")
    assert said.beside((2, WHOLE), -1) == (1, 1)
    assert said.beside((2, WHOLE), 1) == (3, 0)
    assert said.beside((0, WHOLE), -1) == (0, WHOLE)


def test_a_place_settles_when_tokens_become_known_and_when_they_go() -> None:
    said = path("a b", "c d")
    scored = Walk(said.path, {2: said.tokens(1)})
    assert scored.settle((2, WHOLE)) == (2, 0)
    assert said.settle((2, 1)) == (2, WHOLE)
    assert said.settle((9, 0)) is None


def test_scored_words_are_walked_like_drawn_ones() -> None:
    said = path("a b", "c d")
    scored = Walk(said.path, {2: said.tokens(1)})
    assert scored.beside((1, 1), 1) == (2, 0)
    assert scored.beside((3, 0), -1) == (2, 1)


def test_the_place_is_told_in_words() -> None:
    said = path("a b", "c d e")
    assert said.reading((3, 1)).state == "token 2 of 3"
    assert said.reading(None).state == "newest of 3"
    assert said.reading((2, WHOLE)).state == "not measured"
    assert Walk().reading(None).state == ""
