"""A lorebook: texts that join the prompt when their keywords are spoken of.

Keeps true: keywords are plain text, never patterns, so that a stranger's book costs time in
proportion to what is scanned and to its keys, and nothing more; what joins the prompt stays within
the book's budget, and what was left out is told. Tokens are counted by the caller's function, or about right by bytes.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

SCAN_DEPTH: Final = 4
TOKEN_BUDGET: Final = 512
SCAN_CHARS: Final = 16384
"""Newest characters of the messages that are scanned, whatever the depth."""
MAX_ROUNDS: Final = 8
"""How far entries may lead to others."""
MAX_KEYS: Final = 20_000
"""Of all entries together: more are no book, and would be looked for with every message."""
_PART: Final = re.compile("[^\\W_\u2e80-\U0010ffff]+|.", re.DOTALL)
"""A whole word, or one other character. From U+2E80 on scripts put no blanks between words."""
_LISTED: Final = 32
"""Parts of the longest rows that are listed."""
_ONE_BY_ONE: Final = 200
"""Rows of one length that are searched for before all are listed."""


class Lore(msgspec.Struct, frozen=True, kw_only=True):
    """One entry."""

    keys: tuple[str, ...] = ()
    content: str
    name: str = ""
    """For people; never in the prompt."""
    secondary_keys: tuple[str, ...] = ()
    """Where there are any, one of these must be spoken of too."""
    constant: bool = False
    """Always in the prompt, as far as the budget goes."""
    enabled: bool = True
    case_sensitive: bool = False
    order: int = 100
    """A lower one stands higher in the prompt."""
    priority: int = 100
    """A lower one is left out first when the budget is spent."""
    position: str = "before"
    """`before` or `after` the description."""


class Lorebook(msgspec.Struct, frozen=True, kw_only=True):
    """The entries, and how they are looked for."""

    name: str = ""
    scan_depth: int = SCAN_DEPTH
    """Newest messages that are scanned."""
    token_budget: int = TOKEN_BUDGET
    """Most tokens of all entries together; 0 = no bound."""
    recursive: bool = False
    """Whether an entry that was found is scanned for the keywords of others."""
    entries: tuple[Lore, ...] = ()


class Found(msgspec.Struct, frozen=True):
    """What a scan found."""

    entries: tuple[Lore, ...] = ()
    """In the order of the prompt."""
    left_out: tuple[Lore, ...] = ()
    """For want of budget."""
    tokens: int = 0


def about_tokens(text: str) -> int:
    """About how many tokens a text is: a quarter of its UTF-8 bytes, rounded up.

    English is near it, Chinese some way below it, code above it.
    """
    return (len(text.encode("utf-8", "replace")) + 3) // 4


def scan(book: Lorebook, said: Sequence[str], count: Callable[[str], int] = about_tokens) -> Found:
    """The entries whose keywords are in the newest of the messages `said`, within the budget."""
    texts = list(said[-book.scan_depth :]) if book.scan_depth else []
    waiting = [_Wanted(entry) for entry in book.entries if entry.enabled and entry.content]
    found: list[Lore] = []
    for _ in range(MAX_ROUNDS if book.recursive else 1):
        newest = "\n".join(texts)[-SCAN_CHARS:]
        as_is, folded = _Words(newest), _Words(newest.casefold())
        met = [one.met(as_is, folded) for one in waiting]
        new = [one.entry for one, yes in zip(waiting, met, strict=True) if yes]
        found += new
        waiting = [one for one, yes in zip(waiting, met, strict=True) if not yes]
        texts = [entry.content for entry in new]
        if not new or not waiting:
            break
    return _within(book, found, count)


def _within(book: Lorebook, found: Iterable[Lore], count: Callable[[str], int]) -> Found:
    kept: list[Lore] = []
    left_out: list[Lore] = []
    spent = 0
    for entry in sorted(found, key=lambda entry: (-entry.priority, entry.order)):
        tokens = count(entry.content)
        if book.token_budget and spent + tokens > book.token_budget:
            left_out.append(entry)
        else:
            kept.append(entry)
            spent += tokens
    kept.sort(key=lambda entry: entry.order)
    return Found(tuple(kept), tuple(left_out), spent)


_Parts = tuple[str, ...]


def _parts(key: str) -> _Parts:
    """A key as whole words and single other characters; nothing of an empty one."""
    return tuple(_PART.findall(key.strip()))


class _Words:
    """One text to look keys up in, taken apart once.

    A key stands at the borders of words just where its parts stand in a row. Each part is one
    character of `_coded`, so that looking cannot hit inside of a word, and hits once or never.
    """

    def __init__(self, text: str) -> None:
        parts = _PART.findall(text)
        self._signs = {part: chr(n) for n, part in enumerate(dict.fromkeys(parts))}
        self._coded = "".join(map(self._signs.__getitem__, parts))
        self._met: dict[str, bool] = {}
        self._asked: Counter[int] = Counter()
        self._rows: dict[int, set[str]] = {}

    def has(self, key: _Parts) -> bool:
        """Whether `key` is in the text, as a whole word where its script has words.

        >>> _Words("concatenate").has(_parts("cat")), _Words("the cat.").has(_parts("cat"))
        (False, True)
        >>> _Words("那条龙来了").has(_parts("龙")), _Words("an o' nine").has(_parts("o' nine"))
        (True, True)
        """
        signs = self._signs
        if not key or key[0] not in signs:
            return False
        if len(key) == 1:
            return True
        coded = [signs.get(part, "") for part in key]
        if not all(coded):
            return False
        row = "".join(coded)
        if row not in self._met:
            self._met[row] = self._look(row)
        return self._met[row]

    def _look(self, row: str) -> bool:
        """A few rows are searched for one by one; of many, all of that length are listed first."""
        length = len(row)
        self._asked[length] += 1
        if length > _LISTED or self._asked[length] <= _ONE_BY_ONE:
            return row in self._coded
        if length not in self._rows:
            last = len(self._coded) - length + 1
            self._rows[length] = {self._coded[at : at + length] for at in range(last)}
        return row in self._rows[length]


class _Wanted:
    """An entry, with its keys taken apart once for all rounds."""

    def __init__(self, entry: Lore) -> None:
        self.entry = entry
        self._keys = self._apart(entry.keys)
        self._secondary = self._apart(entry.secondary_keys)

    def _apart(self, keys: Iterable[str]) -> list[_Parts]:
        as_is = self.entry.case_sensitive
        return [_parts(key if as_is else key.casefold()) for key in dict.fromkeys(keys)]

    def met(self, as_is: _Words, folded: _Words) -> bool:
        """Whether the entry joins the prompt after this text."""
        entry, has = self.entry, (as_is if self.entry.case_sensitive else folded).has
        return entry.constant or (
            any(map(has, self._keys))
            and (not entry.secondary_keys or any(map(has, self._secondary)))
        )
