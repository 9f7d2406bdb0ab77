"""A lorebook: texts that join the prompt when their keywords are spoken of.

Keeps true: keywords are plain text, never patterns, so that a stranger's book costs time in
proportion to what is scanned and nothing more; what joins the prompt stays within the book's budget,
and what was left out is told. Tokens are counted by the caller's function, or about right by bytes.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

SCAN_DEPTH: Final = 4
TOKEN_BUDGET: Final = 512
SCAN_CHARS: Final = 16384
"""Newest characters of the messages that are scanned, whatever the depth."""
MAX_ROUNDS: Final = 8
"""How far entries may lead to others."""
_SPACED: Final = 0x2E80
"""Below this scripts put blanks between words: there a key is a whole word."""


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
    waiting = [entry for entry in book.entries if entry.enabled and entry.content]
    found: list[Lore] = []
    for _ in range(MAX_ROUNDS if book.recursive else 1):
        ready = _Scanned(texts)
        met = [entry.constant or _spoken_of(entry, ready) for entry in waiting]
        new = [entry for entry, yes in zip(waiting, met, strict=True) if yes]
        found += new
        waiting = [entry for entry, yes in zip(waiting, met, strict=True) if not yes]
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


class _Scanned:
    """Texts to look in, folded once."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.as_is = "\n".join(texts)[-SCAN_CHARS:]
        self.folded = self.as_is.casefold()


def _spoken_of(entry: Lore, texts: _Scanned) -> bool:
    def any_of(keys: Iterable[str]) -> bool:
        if entry.case_sensitive:
            return any(_has(texts.as_is, key) for key in keys)
        return any(_has(texts.folded, key.casefold()) for key in keys)

    return any_of(entry.keys) and (not entry.secondary_keys or any_of(entry.secondary_keys))


def _has(text: str, key: str) -> bool:
    """Whether `key` is in `text`, as a whole word where its script has words.

    >>> _has("concatenate", "cat"), _has("the cat.", "cat"), _has("那条龙来了", "龙")
    (False, True, True)
    """
    key = key.strip()
    at = text.find(key) if key else -1
    while at >= 0:
        end = at + len(key)
        if not (_joined(text[at - 1 : at], key[0]) or _joined(key[-1], text[end : end + 1])):
            return True
        at = text.find(key, at + 1)
    return False


def _joined(left: str, right: str) -> bool:
    """Whether two characters are inside one word."""
    return all(c.isalnum() and ord(c) < _SPACED for c in (left, right) if c) and bool(
        left and right
    )
