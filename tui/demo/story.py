"""The storyteller: tales of fourteen sentences about a hero and a place that somebody names.

Keeps true: every tale has 150 to 168 words whichever sentences are drawn, names its hero and its place as they were asked for,
and holds no sentence and no run of six words twice, because each sentence comes from a beat of
its own and no two beats share such a run (a test checks it).
"""

from __future__ import annotations

import re
from random import Random
from typing import Final

from tui.demo.prose import BIGGER, typed
from tui.demo.turns import Piece, Turn, key_held_out, plain

FEWEST_WORDS: Final = 150
MOST_WORDS: Final = 168

HEROES: Final = (
    "Mira", "Tom", "Anna", "Ben", "Clara", "Otto", "Lena", "Max", "Nora", "Felix", "Ida", "Hugo",
    "Rosa", "Emil", "Greta", "Leo", "Vera", "Jonas", "Alma", "Oskar", "Lucy", "Sam", "Ruth", "Noah",
    "Ella", "Karl", "Maya", "Finn", "Zoe", "Adam",
)  # fmt: skip
_PLACE_ADJECTIVES: Final = (
    "old", "quiet", "little", "green", "stone", "high", "white", "hidden", "windy", "far",
)  # fmt: skip
_PLACE_NOUNS: Final = (
    "harbour", "village", "mill", "tower", "forest", "valley", "island", "castle", "garden",
    "market", "bridge", "farm", "lighthouse", "town", "library", "station",
)  # fmt: skip
_THINGS: Final = (
    "a silver bell", "a glass lamp", "a golden key", "a wooden flute", "a brass clock",
    "a blue kite", "a stone ring", "a paper crown", "a copper horn", "a painted drum",
    "a tin star", "a pearl button",
)  # fmt: skip
_BEASTS: Final = (
    "a red fox", "an old owl", "a small mouse", "a grey goose", "a white hare", "a black cat",
    "a brown bear", "a lame horse", "a shy deer", "a fat toad", "a young crow", "a wise goat",
)  # fmt: skip
_THIEVES: Final = (
    "magpie", "giant", "wolf", "troll", "raven", "wizard", "dwarf", "ghost",
)  # fmt: skip
_WEATHERS: Final = ("rainy", "windy", "sunny", "foggy", "snowy", "quiet", "golden", "frosty")
_HINDRANCES: Final = (
    "deep ditch", "locked gate", "wall of thorns", "frozen lake", "fallen tree", "dark tunnel",
    "field of mud", "row of sharp rocks",
)  # fmt: skip

# One sentence a beat: a beginning and an end. {h} hero, {p} place, {a} thing with its article and
# {t} without, {b} and {n} the same of the beast, {m} thief, {w} weather, {o} hindrance.
# The sentences of a beat are equally long within a word or two: the shortest tale that can be drawn
# has 151 words, so that a model that draws each beat by itself cannot end up below 150.
BEATS: Final[tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = (
    (
        ("One {w} spring morning", "On one {w} day", "Early one {w} evening", "Late one {w} afternoon", "In a {w} autumn"),
        ("{h} came at last to {p}", "{h} walked slowly up to {p}", "a cart brought {h} to {p}", "{h} stood for once before {p}", "{h} was on the way to {p}"),
    ),
    (
        ("The good people of {p}", "All who lived near {p}", "The children all around {p}", "Young and old in {p}"),
        ("were proud of one treasure, {a}", "liked nothing so much as {a}", "told long winter tales about {a}", "kept {a} on a high shelf", "took very great care of {a}"),
    ),
    (
        ("But that very night", "Then, just before breakfast,", "Yet when the sun rose,", "One day later, sadly,"),
        ("the {t} was suddenly gone", "somebody found the {t} missing", "the {t} had vanished completely", "a cry went up: no {t}", "the {t} could not be found"),
    ),
    (
        ("At once {h} stood up", "{h} made a brave promise", "{h} would not give up", "So {h} laced both boots", "{h} took a long stick"),
        ("and packed some fresh bread", "and left well before noon", "and waved to the crowd", "and set out all alone", "and filled a bottle with tea"),
    ),
    (
        ("Behind a low hill", "Beside a cold stream", "Under a tall tree", "Where two roads meet", "In the tall grass"),
        ("{b} was waiting quietly", "sat {b} with bright eyes", "{b} lifted its head", "lay {b}, half asleep", "{b} was looking for company"),
    ),
    (
        ("So the two of them", "Arm in arm they", "Side by side they", "Without any map they", "In good spirits they"),
        ("crossed three fields and a river", "climbed a steep path until dusk", "followed the stream for many hours", "went through a wood of pines", "marched over hills in the rain"),
    ),
    (
        ("A little before midnight", "After many more turns", "Then, without any warning,", "When their legs were tired,", "Far from any house"),
        ("a {o} stopped them both", "they came upon a {o}", "their way ended at a {o}", "a {o} blocked the path"),
    ),
    (
        ("{h} was quite afraid but", "{h} counted to ten and", "With a deep breath {h}", "{h} thought of home and"),
        ("went on all the same", "found a narrow way around", "made a rope out of grass", "carried the {n} safely across", "got past it with torn sleeves"),
    ),
    (
        ("There, in the pale moonlight,", "Just beyond, under dry leaves,", "Inside an empty hollow log", "Upon a wide flat rock", "Wrapped in an old cloth"),
        ("lay the long lost {t}", "they saw the {t} again", "the {t} was shining like new", "the {t} was safe and dry"),
    ),
    (
        ("A lonely {m} had hidden it there", "It was a {m} who took it", "A {m} stepped out with burning cheeks", "Beside it sat a {m} in tears"),
        ("because winter nights are long", "and was truly sorry now", "to show it to the stars", "for want of a friend", "and asked to be forgiven"),
    ),
    (
        ("{h} did not shout", "{h} only smiled kindly", "{h} was angry no longer", "{h} laughed out loud"),
        ("and shared the last of the bread", "and asked the {m} to come along", "and sat down by a small fire", "and gave the {m} a warm blanket"),
    ),
    (
        ("By the next evening", "Only two days later", "As the clock struck noon", "Before the week was over"),
        ("they were home again in {p}", "the lanes of {p} were bright", "a crowd from {p} met them", "they saw the roofs of {p}"),
    ),
    (
        ("There was soup and honey cake", "Drums were heard in every yard", "Flags hung from all the windows", "The feast went on till morning"),
        ("and the {n} danced on a table", "and the {m} learned a merry song", "and even the mayor wore flowers", "and the {n} ate seven plums"),
    ),
    (
        ("From then on", "Since that time", "For ever after", "To this day"),
        ("{h} was never lonely again", "the {t} has belonged to everyone", "people greet {h} by name", "nobody there has locked a door", "a candle burns there for {h}"),
    ),
)  # fmt: skip

_ASKS: Final = (
    "a story about {h} in {p}", "tell me a story about {h} in {p}", "a tale of {h} and {p}",
    "write a story about {h} in {p}", "tell a story with {h} in {p}", "{h} in {p}",
    "a story about {p} and {h}", "now a story about {h} in {p}", "I want a tale about {h} in {p}",
    "a bedtime story with {h} and {p}",
)  # fmt: skip
_ASKS_HERO: Final = ("a story about {h}", "tell a tale of {h}", "another story about {h}", "a tale with {h}")  # fmt: skip
_ASKS_ANY: Final = ("tell me a story", "a story please", "another story", "another one", "one more", "a new story", "surprise me", "a bedtime story")  # fmt: skip
_THANKS: Final = ("thanks", "thank you", "that was nice", "I liked that", "lovely", "great story", "good night")  # fmt: skip
WELCOMES: Final = (
    "I am glad. Name a hero and a place for the next one.",
    "Thank you for listening. Who shall be the next hero?",
    "Sleep well, or ask for another tale.",
)
LOST: Final = (
    f"That is no tale of mine: I am a tiny demo storyteller. {BIGGER}",
    f"I am a tiny demo and only tell short tales. {BIGGER}",
)
_ONSETS: Final = ("b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z", "br", "tr", "st", "sh")  # fmt: skip
_VOWELS: Final = ("a", "e", "i", "o", "u")
_CODAS: Final = ("", "", "n", "l", "r", "s", "k", "m")


def made_up_name(rng: Random) -> str:
    """A name that no list holds: two or three syllables."""
    count = 2 if rng.random() < 0.75 else 3
    name = "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(count))
    return (name + rng.choice(_CODAS)).capitalize()


def hero(rng: Random, unseen: bool = False) -> str:
    """One of the list or a made-up name; with `unseen`, one that training never saw."""
    while True:
        made_up = unseen or rng.random() > 0.55
        name = made_up_name(rng) if made_up else rng.choice(HEROES)
        if not made_up or (name not in HEROES and key_held_out(f"hero {name}") == unseen):
            return name


def place(rng: Random, unseen: bool = False) -> str:
    """A place of two words; with `unseen`, a pair of words that training never saw."""
    while True:
        where = f"the {rng.choice(_PLACE_ADJECTIVES)} {rng.choice(_PLACE_NOUNS)}"
        if key_held_out(f"place {where}") == unseen:
            return where


def tale(rng: Random, name: str, where: str) -> tuple[Piece, ...]:
    """A tale about `name` in `where`; what an earlier word settles is a given piece."""
    thing, beast = rng.choice(_THINGS), rng.choice(_BEASTS)
    slots = {
        "h": name, "p": where, "a": thing, "t": thing.split()[-1], "b": beast,
        "n": beast.split()[-1], "m": rng.choice(_THIEVES), "w": rng.choice(_WEATHERS), "o": rng.choice(_HINDRANCES),
    }  # fmt: skip
    parts = [f"{rng.choice(starts)} {rng.choice(ends)}." for starts, ends in BEATS]
    pieces = []
    for text in re.split(r"( ?\{[hptnm]\})", " ".join(parts)):
        if text:
            pieces.append(Piece(text.format(**slots), given=text[-1] == "}"))
    return tuple(pieces)


def request(rng: Random, name: str, where: str) -> str:
    """How somebody asks for a tale about both."""
    said = rng.choice(_ASKS).format(h=name, p=where)
    if rng.random() < 0.3:
        said = said[0].upper() + said[1:]
    return f"{said}." if rng.random() < 0.2 else said


class Hearth:
    """One conversation with the storyteller."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def ask(self) -> Turn:
        """The next request with its tale, or thanks."""
        rng, pick = self.rng, self.rng.random()
        name, where = hero(rng), place(rng)
        if pick < 0.68:
            said = request(rng, name, where)
        elif pick < 0.78:
            said = rng.choice(_ASKS_HERO).format(h=name)
        elif pick < 0.87:
            # Its own choice: heroes of the list only, so that the names stay ordinary ones.
            name, said = rng.choice(HEROES), typed(rng, rng.choice(_ASKS_ANY))
        else:
            return plain(typed(rng, rng.choice(_THANKS)), rng.choice(WELCOMES), "thanks")
        return Turn(said, tale(rng, name, where), "tale")

    def foreign(self, said: str) -> Turn:
        """Anything else: say how small the storyteller is."""
        return plain(said, self.rng.choice(LOST), "foreign")
