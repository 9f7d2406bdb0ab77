"""The tokeniser: byte-level BPE whose merges are chosen, not counted alone.

Keeps true: all 256 bytes are tokens; digits stay single (the `smollm` split); words inside string
literals stay letter by letter, because lower-case merges exist only for the console's own names
(grown outwards from a rare pair of letters) and other merges start at a space or a capital letter,
or join the bytes of one Chinese character or emoji. The template's lines between two messages are
one control token each, so the frame of a turn costs four tokens. llama.cpp gives the same ids for
the same text (`tokenizer.ggml.model = "gpt2"`, `tokenizer.ggml.pre = "smollm"`). It reads no
files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from tui.demo.corpus import sample, text_of
from tui.demo.words import NAMES, WORDS

SIZE: Final = 2560
END_OF_TEXT: Final = "<|endoftext|>"
START: Final = "<|im_start|>"
END: Final = "<|im_end|>"
FIRST: Final = {role: f"{START}{role}\n" for role in ("system", "user", "assistant")}
NEXT: Final = {role: f"\n{START}{role}\n" for role in ("user", "assistant")}
"""How a message begins: the first of a conversation, and any other."""
SPECIAL: Final = (END_OF_TEXT, START, END, *FIRST.values(), *NEXT.values())
SEED: Final = 20_001

# Digits one by one, then GPT-2's split; a letter is \w without digits and the underscore.
_SPLIT: Final = re.compile(r"\d|'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")
_CONSOLE_NAMES: Final = (
    "length", "toUpperCase", "toLowerCase", "typeof", "includes", "indexOf", "slice", "reverse",
    "repeat", "charAt", "startsWith", "endsWith", "substring", "filter", "undefined", "true",
    "false", "Math",
)  # fmt: skip
_SIGNS: Final = (
    ("=", "="), ("==", "="), ("!", "="), ("!=", "="), ("=", ">"), ("<", "="), (">", "="),
    ("&", "&"), ("|", "|"), ("(", ")"), ("*", "*"),
    *(("Ġ", sign) for sign in ("+", "-", "*", "/", "%", "<", ">", "=", "===", "==", "!==", "!=",
                               "=>", "<=", ">=", "&&", "||", "**", "?", ":", "[")),
)  # fmt: skip
_WHOLE: Final = (
    "Ġheads", "Ġtails", "Ġis", "Ġnot", "Ġdefined", "ReferenceError", "SyntaxError", "TypeError",
    "Unexpected", "Ġtoken", "Ġfunction",
)  # fmt: skip


def byte_letters() -> dict[int, str]:
    """GPT-2's printable stand-in for each byte."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {byte: chr(byte) for byte in kept}
    others = (byte for byte in range(256) if byte not in table)
    table.update({byte: chr(256 + i) for i, byte in enumerate(others)})
    return dict(sorted(table.items()))


LETTERS: Final = byte_letters()
BYTES: Final = {letter: byte for byte, letter in LETTERS.items()}


def split(text: str) -> list[str]:
    """The pieces that no merge crosses, in the stand-in alphabet."""
    pieces = []
    for part in re.split(r"(\d)", text):
        pieces += _SPLIT.findall(part)
    return ["".join(LETTERS[byte] for byte in piece.encode()) for piece in pieces]


def merge_all(parts: list[str], ranks: dict[tuple[str, str], int]) -> list[str]:
    """Merge the best-ranked neighbours until none is left."""
    while len(parts) > 1:
        best = min(pairwise(parts), key=lambda p: ranks.get(p, 1 << 30))
        if best not in ranks:
            break
        parts = merge_pair(parts, best)
    return parts


def merge_pair(parts: list[str], pair: tuple[str, str]) -> list[str]:
    """Merge every occurrence of one pair, left to right."""
    merged, i = [], 0
    while i < len(parts):
        if i + 1 < len(parts) and (parts[i], parts[i + 1]) == pair:
            merged.append(parts[i] + parts[i + 1])
            i += 2
        else:
            merged.append(parts[i])
            i += 1
    return merged


def _named_merges() -> list[tuple[str, str]]:
    """Merges for the console's names, grown from the pair that is rarest in ordinary words."""
    common = Counter(w[i : i + 2] for w in (*WORDS, *NAMES) for i in range(len(w) - 1))
    merges: list[tuple[str, str]] = []
    for name in _CONSOLE_NAMES:
        ranks = {pair: i for i, pair in enumerate(merges)}
        while len(parts := merge_all(list(name), ranks)) > 1:
            pairs = list(pairwise(parts))
            grown = [p for p in pairs if len(p[0] + p[1]) > 2]
            pair = min(grown or pairs, key=lambda p: (common[p[0] + p[1]], p))
            ranks[pair] = len(merges)
            merges.append(pair)
    return merges


def _allowed(parts: list[str]) -> Iterator[tuple[str, str]]:
    """The neighbours that a counted merge may join: at the start of a word with its space or its
    capital letter, and inside one character above ASCII."""
    first = parts[0][1:2] if parts[0][0] == "Ġ" else parts[0][0]
    first = first or parts[1][0]
    if BYTES[first] < 128 and first.isalpha() and (parts[0][0] == "Ġ" or first.isupper()):
        yield parts[0], parts[1]
    for left, right in pairwise(parts):
        if BYTES[left[0]] >= 0xC0 and all(0x80 <= BYTES[letter] < 0xC0 for letter in right):
            yield left, right


def learn(texts: Iterable[str], size: int) -> list[tuple[str, str]]:
    """The merge list: the fixed ones, then the most frequent allowed ones."""
    merges = [*_SIGNS, *_named_merges()]
    merges = list(dict.fromkeys(merges))
    ranks = {pair: i for i, pair in enumerate(merges)}
    counts = Counter(piece for text in texts for piece in split(text))
    counts.update(dict.fromkeys(_WHOLE, 1_000_000))
    # A made-up name does not get merges of its own.
    counts = Counter({piece: n for piece, n in counts.items() if n > 3})
    words = {piece: merge_all(list(piece), ranks) for piece in sorted(counts)}
    known = {a + b for a, b in merges}
    # How often each pair that may be joined stands side by side, kept up to date word by word.
    found: Counter[tuple[str, str]] = Counter()
    for piece, parts in words.items():
        _count(found, parts, counts[piece])
    while len(merges) < size - 256 - len(SPECIAL):
        pair = min(
            (p for p, n in found.items() if n > 0 and p[0] + p[1] not in known),
            key=lambda p: (-found[p], p),
            default=None,
        )
        if pair is None:
            break
        merges.append(pair)
        known.add(pair[0] + pair[1])
        for piece, parts in words.items():
            if pair[0] in parts:
                _count(found, parts, -counts[piece])
                words[piece] = merge_pair(parts, pair)
                _count(found, words[piece], counts[piece])
    return merges


def _count(found: Counter[tuple[str, str]], parts: list[str], times: int) -> None:
    """Add the pairs of one word, `times` often."""
    if len(parts) > 1:
        for allowed in _allowed(parts):
            found[allowed] += times


class Vocabulary:
    """Text to ids and back; ids 0-255 are bytes, then the merges, then the control tokens."""

    def __init__(self, merges: list[tuple[str, str]]) -> None:
        self.merges = merges
        self.tokens = [*LETTERS.values(), *(a + b for a, b in merges), *SPECIAL]
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        if len(self.ids) != len(self.tokens):
            raise ValueError("two tokens have the same text")
        self._ranks = {pair: i for i, pair in enumerate(merges)}
        self._seen: dict[str, tuple[int, ...]] = {}

    def encode(self, text: str) -> list[int]:
        """Ids of plain text; control tokens cannot be written this way."""
        ids: list[int] = []
        for piece in split(text):
            found = self._seen.get(piece)
            if found is None:
                parts = merge_all(list(piece), self._ranks)
                found = tuple(self.ids[part] for part in parts)
                if len(self._seen) < 200_000:
                    self._seen[piece] = found
            ids += found
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """Text of ids, control tokens left out."""
        letters = "".join(self.tokens[i] for i in ids if self.tokens[i] not in SPECIAL)
        return bytes(BYTES[letter] for letter in letters).decode("utf-8", "replace")


def build() -> Vocabulary:
    """The demo model's vocabulary, the same on every machine."""
    texts = []
    for talk in sample(SEED, 2400):
        reads_code = "JavaScript" in text_of(talk[0])
        for message in talk:
            text = text_of(message)
            # Operands and strings of the console are not words; its errors and prompts are.
            words = not reads_code or not (message.learnt or message.role == "user")
            if words or ("Error: " in text and "defined" not in text):
                texts.append(text)
    return Vocabulary(learn(texts, SIZE))
