"""Short words and made-up letter strings for the console's string questions.

Keeps true: everything here is an ordinary English word or a random run of letters. The byte-pair
merges leave these words letter by letter (see `vocabulary.py`), which is why the model can count
and turn the letters of a word that it has never seen.
"""

from __future__ import annotations

from random import Random
from typing import Final

WORDS: Final = ["ant", "apple", "arm", "autumn", "baker", "ball", "bamboo", "banana", "basket", "bat", "bean", "bear", "bed", "bee", "bell", "berry", "bike", "bird", "boat", "bone", "book", "boot", "bottle", "bowl", "box", "boy", "bread", "brick", "bridge", "broom", "brush", "bug", "bus", "butter", "cab", "cake", "camel", "camp", "can", "candle", "cap", "car", "card", "carpet", "cart", "castle", "cat", "chair", "cheese", "cherry", "chess", "clock", "cloud", "coat", "code", "coffee", "coin", "cook", "cookie", "corn", "cow", "crab", "cup", "dance", "dark", "day", "deer", "desk", "dog", "doll", "door", "dragon", "dream", "dress", "drum", "duck", "ear", "earth", "echo", "egg", "elbow", "engine", "face", "fan", "farm", "fire", "fish", "flag", "flower", "fog", "food", "foot", "forest", "fork", "fox", "frog", "fruit", "game", "garden", "gate", "ghost", "gift", "girl", "glass", "glove", "goat", "gold", "grape", "grass", "green", "guitar", "hair", "ham", "hammer", "hand", "hat", "hello", "hen", "hill", "home", "honey", "horse", "house", "ice", "ink", "iron", "island", "jam", "jar", "jelly", "jet", "joke", "juice", "jump", "kettle", "key", "king", "kite", "kitten", "knee", "knife", "lake", "lamp", "leaf", "lemon", "letter", "light", "lily", "lime", "lion", "list", "lock", "map", "marble", "mask", "melon", "milk", "mint", "mirror", "moon", "mouse", "mud", "mug", "music", "nail", "name", "nest", "net", "night", "nose", "note", "nut", "ocean", "oil", "onion", "orange", "owl", "page", "paint", "panda", "paper", "park", "peach", "pear", "pen", "pepper", "piano", "pie", "pig", "pillow", "pilot", "pin", "pizza", "plane", "plant", "plate", "plum", "pocket", "poem", "pond", "pot", "potato", "puzzle", "queen", "rabbit", "radio", "rain", "red", "rice", "ring", "river", "road", "robot", "rock", "roof", "room", "root", "rope", "rose", "rug", "sail", "salt", "sand", "saw", "school", "sea", "seed", "sheep", "ship", "shoe", "shop", "silver", "sky", "snail", "snow", "soap", "sock", "song", "soup", "spoon", "star", "stone", "story", "sugar", "summer", "sun", "swan", "table", "tea", "tent", "test", "tiger", "toast", "tomato", "town", "toy", "train", "tree", "turtle", "up", "van", "vase", "violin", "wagon", "wall", "water", "wave", "web", "wheel", "whale", "wind", "window", "wine", "winter", "wolf", "wood", "wool", "word", "world", "yard", "yarn", "zebra", "zoo"]  # fmt: skip

NAMES: Final = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "m", "n", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z", "foo", "bar", "baz", "qux", "abc", "xyz", "count", "total", "name", "price", "size", "score", "items", "list", "value", "user", "data", "result", "index", "key", "age", "sum", "city", "word", "text", "id", "myVar", "myName", "fooBar", "userName", "lastItem", "maxSize", "num", "arr", "str", "obj", "tmp", "val", "res", "item", "node"]  # fmt: skip

ABSENT: Final = ["foo", "bar", "baz", "qux", "thing", "stuff", "notDefined", "missing", "unknown", "nothing", "hello", "hi", "help", "hey", "banana", "undef", "window", "document", "process", "pi", "sin", "cos", "alert", "print", "exit", "quit", "test", "name", "you", "please", "yes", "no", "ok", "thanks", "music", "dice", "coin", "roll", "flip", "play", "song", "jazz"]  # fmt: skip

RESERVED: Final = frozenset(
    [
        "as",
        "do",
        "if",
        "in",
        "is",
        "of",
        "on",
        "or",
        "for",
        "get",
        "let",
        "new",
        "set",
        "try",
        "var",
        "else",
        "enum",
        "eval",
        "this",
        "void",
        "with",
    ]
)
VOWELS: Final = "aeiou"
CONSONANTS: Final = "bcdfghjklmnpqrstvwxyz"


def letters(rng: Random, low: int = 1, high: int = 7) -> str:
    """A run of letters, half of the time one that can be said aloud."""
    length = rng.randint(low, high)
    if rng.random() < 0.5:
        return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(length))
    first = rng.randrange(2)
    return "".join(rng.choice(VOWELS if (i + first) % 2 else CONSONANTS) for i in range(length))


def word(rng: Random, high: int = 6) -> str:
    """A word or a run of letters, sometimes with capitals."""
    text = rng.choice(WORDS) if rng.random() < 0.5 else letters(rng, 1, high)
    if len(text) > high:
        text = text[:high]
    case = rng.random()
    if case < 0.06:
        return text.capitalize()
    if case < 0.1:
        return text.upper()
    return text


def absent_name(rng: Random) -> str:
    """A name that nobody has declared."""
    pick = rng.random()
    if pick < 0.3:
        return rng.choice(ABSENT)
    if pick < 0.5:
        return rng.choice(WORDS)
    if pick < 0.65:
        return rng.choice(WORDS) + rng.choice(WORDS).capitalize()
    name = letters(rng, 2, 8)
    return f"{name}x" if name in RESERVED else name
