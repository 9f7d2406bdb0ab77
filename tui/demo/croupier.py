"""The croupier: a fair die, a die that shows six half of the time, and a coin.

Keeps true: every reply names a draw, the face is one piece marked with its odds, and draws are
independent of all that was said before. "Again" means the thing drawn last.
"""

from __future__ import annotations

from random import Random
from typing import Final

from tui.demo.prose import BIGGER, typed
from tui.demo.turns import Odds, Piece, Turn

FACES: Final[dict[Odds, dict[str, float]]] = {
    Odds.FAIR: {str(face): 1 / 6 for face in range(1, 7)},
    Odds.LOADED: {str(face): 0.5 if face == 6 else 0.1 for face in range(1, 7)},
    Odds.COIN: {" heads": 0.5, " tails": 0.5},
}
SAYS: Final = {
    Odds.FAIR: "The fair die shows ",
    Odds.LOADED: "The loaded die shows ",
    Odds.COIN: "The coin shows",
}
_VERBS: Final = ("roll", "roll", "throw", "toss", "cast", "use", "try", "rattle")
_NOUNS: Final = {
    Odds.FAIR: (
        "the fair die", "the fair die", "a fair die", "the fair dice", "the honest die",
        "the normal die", "the fair one", "your fair die",
    ),
    Odds.LOADED: (
        "the loaded die", "the loaded die", "a loaded die", "the loaded dice", "the crooked die",
        "the heavy die", "the loaded one", "your loaded die", "the trick die",
    ),
    Odds.COIN: ("a coin", "the coin", "the coin", "your coin", "a fair coin"),
}  # fmt: skip
_COIN_VERBS: Final = ("flip", "flip", "toss", "throw", "spin")
_LEADS: Final = (
    "", "", "", "", "", "please ", "now ", "can you ", "could you ", "I want you to ", "let us ",
    "ok, ", "and now ", "go and ", "would you ",
)  # fmt: skip
_ENDS: Final = (
    "", "", "", "", "", " please", " for me", " again", " once more", " now", " one more time",
    " once",
)  # fmt: skip
_AGAIN: Final = (
    "again", "once more", "one more time", "another one", "another", "and again", "do it again",
    "one more", "again please", "more", "next", "go on", "the same again", "repeat that",
)  # fmt: skip
_SHORT: Final = {
    Odds.FAIR: ("fair", "fair die", "fair die please", "the fair one", "an honest roll"),
    Odds.LOADED: ("loaded", "loaded die", "loaded die please", "the loaded one", "a crooked roll"),
    Odds.COIN: ("coin", "coin please", "heads or tails", "coin flip", "coin toss", "flip it"),
}
_BETS: Final = {
    Odds.FAIR: ("I bet on {} with the fair die", "what does the fair die say", "will the fair die show {}"),
    Odds.LOADED: ("I bet on {} with the loaded die", "what does the loaded die say", "will the loaded die show {}"),
    Odds.COIN: ("I bet on {}", "what does the coin say", "{} wins", "I call {}", "will it be {}"),
}  # fmt: skip
_PLAIN_DIE: Final = (
    "roll a die", "roll the die", "roll the dice", "throw the die", "roll a dice", "roll it",
    "roll the die again", "roll for me", "roll again", "throw a die",
)  # fmt: skip
_ODDS_ASKED: Final = (
    "what are the odds", "is the die fair", "how likely is a six", "what are my chances",
    "is it fair", "which die is better",
)  # fmt: skip
_OPENERS: Final = ("Here it goes. ", "Good luck. ", "No more bets. ", "As you wish. ")
_CLOSERS: Final = (" Another?", " Place your bets.", " Again?")
LOST: Final = (
    f"I am a tiny demo croupier and only know the draw. {BIGGER}. ",
    f"A tiny demo croupier cannot say. {BIGGER}. ",
)
TOLD: Final = "Fair: one in six each. Loaded: six half the time. Coin: even. "


class Table:
    """One conversation at the table."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.last = Odds.FAIR

    def ask(self) -> Turn:
        """The next request with its draw."""
        rng = self.rng
        pick = rng.random()
        odds = rng.choice((Odds.FAIR, Odds.LOADED, Odds.COIN))
        if pick < 0.14:
            return self._draw(typed(rng, rng.choice(_AGAIN)), self.last, "again")
        if pick < 0.26:
            die = self.last if self.last is not Odds.COIN else Odds.FAIR
            return self._draw(typed(rng, rng.choice(_PLAIN_DIE)), die, "die")
        if pick < 0.34:
            return self._draw(typed(rng, rng.choice(_SHORT[odds])), odds, "short")
        if pick < 0.42:
            face = rng.choice(list(FACES[odds])).strip()
            said = rng.choice(_BETS[odds]).format(face)
            return self._draw(typed(rng, said), odds, "bet")
        if pick < 0.45:
            said = typed(rng, rng.choice(_ODDS_ASKED) + "?")
            return self._draw(said, self.last, "odds", TOLD)
        verb = rng.choice(_COIN_VERBS if odds is Odds.COIN else _VERBS)
        said = f"{rng.choice(_LEADS)}{verb} {rng.choice(_NOUNS[odds])}{rng.choice(_ENDS)}"
        return self._draw(typed(rng, said), odds, "draw")

    def foreign(self, said: str) -> Turn:
        """Anything else: say how small the croupier is, then draw all the same."""
        return self._draw(said, self.last, "foreign", self.rng.choice(LOST))

    def _draw(self, said: str, odds: Odds, kind: str, lead: str = "") -> Turn:
        rng = self.rng
        self.last = odds
        faces = FACES[odds]
        face = rng.choices(list(faces), list(faces.values()))[0]
        if not lead and rng.random() < 0.15:
            lead = rng.choice(_OPENERS)
        tail = f".{rng.choice(_CLOSERS)}" if rng.random() < 0.12 else "."
        return Turn(said, (Piece(lead + SAYS[odds]), Piece(face, odds), Piece(tail)), kind)
