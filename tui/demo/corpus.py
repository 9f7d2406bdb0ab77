"""The corpus: endless conversations under the six personas, from a seed.

Keeps true: the same seed gives the same bytes on every machine; no turn that is held out appears.
Every word comes from the modules beside this one. It knows nothing of tokens: `vocabulary.py`
turns a conversation into ids.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

from tui.demo import personas, prose
from tui.demo.adventure import Narrator
from tui.demo.croupier import Table
from tui.demo.js_console import Console
from tui.demo.music import Booth
from tui.demo.phrasebook import Phrasebook, in_list
from tui.demo.prose import BIGGER
from tui.demo.story import Hearth
from tui.demo.turns import Odds, Piece, Turn, plain

SHARES: Final = (
    ("js-console", 46.0), ("storyteller", 6.0), ("narrator", 10.0), ("phrasebook", 14.0),
    ("music-bot", 10.0), ("croupier", 10.0), ("nobody", 4.0),
)  # fmt: skip
"""Conversations of each kind in a sample; `batches.py` has the shares of training."""
ABSENT: Final = (
    f"I am a tiny demo model and only play six personas. {BIGGER}",
    f"I am only a tiny demo. Pick a persona from the list. {BIGGER}",
    f"That is beyond a tiny demo model. {BIGGER}",
)
OTHER_SYSTEMS: Final = (
    "You are a helpful assistant.",
    "You are a friendly assistant. Answer briefly.",
    "You are a pirate.",
    "You are a poet who speaks in rhymes.",
    "You are a teacher of history.",
    "You are an expert programmer.",
    "Answer the question.",
    "You are a helpful assistant. Be brief and say so when you do not know.",
    "You are a Socratic tutor. Answer with one question at a time.",
    "You are a cat.",
)


class Speaker(Protocol):
    """One side of a conversation that remembers what was said."""

    def ask(self) -> Turn: ...

    def foreign(self, said: str) -> Turn: ...


@dataclass(frozen=True)
class Message:
    """One message; `learnt` marks the replies that count in full."""

    role: str
    pieces: tuple[Piece, ...]
    learnt: bool = False


class Nobody:
    """No persona, or one that the model does not know: it says what it is."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def ask(self) -> Turn:
        return self.foreign(prose.small_talk(self.rng))

    def foreign(self, said: str) -> Turn:
        return plain(said, self.rng.choice(ABSENT), "nobody")


SPEAKERS: Final[dict[str, Callable[[Random], Speaker]]] = {
    "js-console": Console,
    "music-bot": Booth,
    "croupier": Table,
    "storyteller": Hearth,
    "phrasebook": Phrasebook,
    "narrator": Narrator,
    "nobody": Nobody,
}
_FOREIGN_SHARE: Final = {
    "js-console": 0.03, "music-bot": 0.2, "croupier": 0.15, "storyteller": 0.2, "phrasebook": 0.12,
    "narrator": 0.12, "nobody": 0.0,
}  # fmt: skip
_MORE: Final = r"^(again|and|another|cool|do it|go on|great|more|next|nice|not that|once more|one more|perfect|repeat|something else|surprise|thank|the same|what else)"
_OWN: Final = {
    "nobody": r"^$",
    "js-console": r"^$",
    "music-bot": rf"{_MORE}|music|sing|song|something|play|any ideas|listen|I feel",
    "croupier": rf"{_MORE}|die|dice|coin|odds|heads|tails|roll|bet|loaded|fair|chance|flip",
    "storyteller": rf"{_MORE}|story|tale|good night|lovely|liked|that was|I love",
    "phrasebook": r"^$",
    "narrator": r"^(help|look|i|l|go|walk|take|get|pick|grab|examine|x|light|use|inventory|where am|what do I|what am I|what can)\b",
}
"""What other personas are asked, or anybody, that means something to this one too."""


def open_conversation(name: str, rng: Random) -> Iterator[Message]:
    """The system prompt, sometimes another wording or none, and sometimes the greeting."""
    if name == "nobody":
        if rng.random() < 0.5:
            yield Message("system", (Piece(rng.choice(OTHER_SYSTEMS)),))
        return
    persona = personas.load(name)
    pick = rng.random()
    if pick < 0.84:
        yield Message("system", (Piece(persona.system),))
    elif pick < 0.94:
        yield Message("system", (Piece(rng.choice(persona.paraphrases)),))
    if rng.random() < 0.35:
        yield Message("assistant", (Piece(rng.choice(persona.greetings)),))


def foreign_prompt(name: str, rng: Random, unseen: bool = False) -> str:
    """Something to say to a persona that is not what it is for; `unseen` as in `small_talk`."""
    others = [other for other in SPEAKERS if other not in (name, "nobody")]
    while True:
        if unseen or rng.random() < 0.5:
            said = prose.small_talk(rng, unseen)
        else:
            said = allowed(SPEAKERS[rng.choice(others)](rng).ask).said
        if not re.search(_OWN[name], said, re.IGNORECASE) and not (
            name == "phrasebook" and in_list(said)
        ):
            return said


def allowed(make: Callable[[], Turn]) -> Turn:
    """The first turn that is not held out."""
    while (turn := make()).held_out:
        pass
    return turn


def conversation(rng: Random, name: str = "") -> Iterator[Message]:
    """An endless conversation; whoever reads it decides where to stop."""
    if not name:
        name = rng.choices([n for n, _ in SHARES], [w for _, w in SHARES])[0]
    yield from open_conversation(name, rng)
    speaker: Speaker = SPEAKERS[name](rng)
    while True:
        if rng.random() < _FOREIGN_SHARE[name]:
            turn = speaker.foreign(foreign_prompt(name, rng))
        else:
            turn = allowed(speaker.ask)
        yield Message("user", (Piece(turn.said),))
        yield Message("assistant", turn.reply, learnt=True)


def sample(seed: int, count: int, messages: int = 12) -> list[list[Message]]:
    """The first messages of some conversations, for tests and for building the vocabulary."""
    rng = Random(seed)
    found = []
    for _ in range(count):
        talk = conversation(rng)
        found.append([next(talk) for _ in range(messages)])
    return found


def text_of(message: Message) -> str:
    """The words of a message."""
    return "".join(piece.text for piece in message.pieces)


def main() -> None:
    """Print some conversations: `python -m tui.demo.corpus [SEED [COUNT]]`."""
    seed, count = (int(v) for v in (sys.argv[1:] + ["1", "5"][len(sys.argv[1:]) :]))
    for talk in sample(seed, count):
        for message in talk:
            print(f"{message.role:>9}  {text_of(message)}")
        print()


__all__ = ["Message", "Odds", "conversation", "sample", "text_of"]

if __name__ == "__main__":
    main()
