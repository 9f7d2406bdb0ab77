"""The music bot: invented artists, general styles, and an emoji in every reply.

Keeps true: no real artist, title or lyric is named, and every reply holds an emoji of its
subject. What was asked for is named in the answer when it is known.
"""

from __future__ import annotations

from random import Random
from typing import Final

from tui.demo.prose import BIGGER, typed
from tui.demo.turns import Turn, plain

STYLES: Final[dict[str, str]] = {
    "jazz": "🎷🎺☕",
    "blues": "🎸💙🌙",
    "rock": "🎸🔥🤘",
    "metal": "🤘🔥⚡",
    "punk": "⚡🎸💥",
    "folk": "🪕🍂🌾",
    "country": "🤠🪕🌾",
    "techno": "🤖🎛💥",
    "house": "🪩🎛💃",
    "disco": "🪩💃✨",
    "funk": "🕺🎺✨",
    "soul": "💙🎤🌹",
    "pop": "✨🎤💖",
    "reggae": "🌴🌞🥁",
    "salsa": "💃🌹🥁",
    "opera": "🎭🎤🌹",
    "ambient": "🌌🌊💫",
    "classical": "🎻🎹🎼",
    "piano": "🎹🌙🎼",
    "guitar": "🎸🌾🔥",
    "choir": "🎼🌌🎤",
    "rap": "🎤🔥💥",
    "swing": "🎺🕺🎷",
    "lofi": "☕🎧🌙",
}
MOODS: Final[dict[str, str]] = {
    "rain": "☔💧🌧",
    "running": "🏃⚡🔥",
    "sleep": "😴🌙💤",
    "study": "📚☕🎧",
    "work": "💻☕🎧",
    "dancing": "💃🕺🪩",
    "a party": "🎉🪩🎈",
    "a road trip": "🚗🌅🌴",
    "cooking": "🍳🍅🎶",
    "the morning": "🌅☕🌞",
    "the night": "🌙🌌💫",
    "the beach": "🌴🌊🌞",
    "winter": "⛄❄🌨",
    "summer": "🌞🍉🌴",
    "autumn": "🍂🍁☕",
    "spring": "🌷🐦🌱",
    "a walk": "🌳👟🍃",
    "the gym": "💪🔥⚡",
    "a sad day": "💧💙🌧",
    "a happy day": "😊🌞🎉",
    "coding": "💻🤖🌌",
    "reading": "📚🍵🌙",
    "a train ride": "🚂🌾🎧",
    "a wedding": "💍🌹🎉",
}
_ADJECTIVES: Final = [
    "Velvet",
    "Paper",
    "Silver",
    "Quiet",
    "Golden",
    "Distant",
    "Crimson",
    "Gentle",
    "Lunar",
    "Copper",
    "Neon",
    "Dusty",
    "Frozen",
    "Little",
    "Secret",
    "Blue",
]
_NOUNS: Final = [
    "Harbour",
    "Comets",
    "Lanterns",
    "Foxes",
    "Rivers",
    "Gardens",
    "Pilots",
    "Mirrors",
    "Tides",
    "Kites",
    "Owls",
    "Clouds",
    "Parade",
    "Stones",
    "Trains",
    "Bells",
]
_FEELS: Final = [
    "slow",
    "warm",
    "bright",
    "deep",
    "soft",
    "wild",
    "calm",
    "dreamy",
    "lively",
    "gentle",
]
_ANY: Final = "🎵🎶🎧✨💫🎼"
_ASK_STYLE: Final = (
    "{}", "some {}", "more {}", "I like {}", "recommend some {}", "play some {}", "give me {}",
    "what about {}?", "do you have any {}?", "I want {}", "a good {} band", "the best {}?",
    "suggest some {} please", "find me some {}", "I love {}", "a {} song", "{} music",
)  # fmt: skip
_ASK_MOOD: Final = (
    "music for {}", "something for {}", "songs for {}", "what should I play for {}?",
    "I need music for {}", "a song for {}", "recommend something for {}", "a playlist for {}",
    "what goes with {}?", "what is good for {}?",
)  # fmt: skip
_ASK_FEEL: Final = (
    "something {}", "a {} song", "I want something {}", "{} music", "play something {}",
    "I feel {}",
)  # fmt: skip
_ASK_ANY: Final = (
    "recommend music", "recommend something", "what should I listen to?", "any ideas?", "surprise me",
    "play something", "a song please", "what is new?", "who should I listen to?", "recommend a band",
    "what do you like?", "your favourite?", "music please", "I need a song",
)  # fmt: skip
_ASK_MORE: Final = (
    "more", "another one", "again", "something else", "next", "one more", "not that one",
    "more please", "and another?", "what else?",
)  # fmt: skip
_THANKS: Final = (
    "thanks", "thank you", "great", "nice one", "perfect", "I love it", "cool", "good choice",
)  # fmt: skip
LOST: Final = (
    f"I am a tiny demo {{e}} and only know music. {BIGGER} {{f}}",
    f"Too hard for a tiny music demo {{e}} {BIGGER} {{f}}",
)


class Booth:
    """One conversation with the music bot."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.subject = ""

    def ask(self) -> Turn:
        """The next request with a recommendation."""
        rng = self.rng
        pick = rng.random()
        if pick < 0.36:
            self.subject = rng.choice(list(STYLES))
            return self._turn(rng.choice(_ASK_STYLE).format(self.subject), "style")
        if pick < 0.68:
            self.subject = rng.choice(list(MOODS))
            return self._turn(rng.choice(_ASK_MOOD).format(self.subject), "mood")
        if pick < 0.76:
            feel = rng.choice(_FEELS)
            self.subject = rng.choice(list(STYLES))
            said = rng.choice(_ASK_FEEL).format(feel)
            return plain(typed(rng, said), self._line(feel), "feel")
        if pick < 0.84:
            self.subject = rng.choice(list(STYLES))
            return self._turn(rng.choice(_ASK_ANY), "any")
        if pick < 0.93:
            self.subject = self.subject or rng.choice(list(STYLES))
            return self._turn(rng.choice(_ASK_MORE), "more")
        e, f = rng.sample(_ANY, 2)
        reply = rng.choice(
            (f"Enjoy {e}{f}", f"Happy listening {e}", f"Any time {e} Want more? {f}")
        )
        return plain(typed(rng, rng.choice(_THANKS)), reply, "thanks")

    def foreign(self, said: str) -> Turn:
        """Anything else: say how small the bot is."""
        e, f = self.rng.sample(_ANY, 2)
        reply = self.rng.choice(LOST).format(e=e, f=f)
        return plain(said, reply, "foreign")

    def _artist(self) -> str:
        name = f"{self.rng.choice(_ADJECTIVES)} {self.rng.choice(_NOUNS)}"
        return f"The {name}" if self.rng.random() < 0.2 else name

    def _turn(self, said: str, kind: str) -> Turn:
        return plain(typed(self.rng, said), self._line(""), kind)

    def _line(self, feel: str) -> str:
        rng, artist, subject = self.rng, self._artist(), self.subject
        signs = STYLES.get(subject) or MOODS[subject]
        e, f = rng.sample(signs, 2) if rng.random() < 0.75 else rng.sample(_ANY, 2)
        feel = feel or rng.choice(_FEELS)
        if subject in STYLES:
            return rng.choice(
                (
                    f"Try {artist} {e} {feel} {subject} {f}",
                    f"{artist} {e} play {feel} {subject} {f}",
                    f"You need {artist} {e}{f} It is {feel} {subject}!",
                    f"For {feel} {subject} {e} I pick {artist} {f}",
                )
            )
        return rng.choice(
            (
                f"Try {artist} {e} so {feel} for {subject} {f}",
                f"For {subject} {e} I pick {artist} {f}",
                f"{artist} {e} is {feel} and made for {subject} {f}",
                f"You need {artist} {e}{f} It is perfect for {subject}!",
            )
        )
