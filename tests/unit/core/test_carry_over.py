"""The shown messages once more, for another persona."""

import numpy as np

from tui.core.conversation import Conversation
from tui.core.settings import DEFAULTS
from tui.core.step import Step
from tui.engine.invented import InventedVocabulary, invent

VOCABULARY = InventedVocabulary([b"red", b" blue"])


def step(i: int, piece: bytes) -> Step:
    rng = np.random.default_rng(i)
    return invent(VOCABULARY, VOCABULARY.id(piece), piece.decode(), i=i, settings=DEFAULTS,
                  version=0, rng=rng)  # fmt: skip


def test_it_is_a_conversation_of_its_own_and_the_first_one_stays() -> None:
    talk = Conversation()
    talk.add("assistant", "Hello.")
    talk.add("user", "colour?")
    reply = talk.add("assistant")
    reply.prompt = (7, 8)
    talk.extend(reply.key, [step(0, b"red")])
    first = [said.key for said in talk.path()]
    copies = talk.carry_over()
    assert [said.text for said in talk.path()] == ["Hello.", "colour?", "red"]
    assert talk.siblings(copies[0].key) == [first[0], copies[0].key]
    talk.extend(copies[-1].key, [step(1, b" blue")])
    assert (talk[first[-1]].text, copies[-1].text) == ("red", "red blue")
    # What the steps were drawn under is kept; what goes on from them has the other prompt.
    assert copies[-1].prompt == (7, 8)
    assert copies[-1].resume(1).prompt == ()
    assert talk[first[-1]].resume(1).prompt == (7, 8)
