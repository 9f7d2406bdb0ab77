"""Counts of repetitions in a grammar, read before llama.cpp reads them.

Keeps true: libllama is never given `{m,n}` with n below m: it subtracts the one from the other
without a look and fills the memory with rules. Nor one whose m is above its own limit, whose n it
would silently take for "no limit": the first is an error, the second a note. Everything else about
a grammar is llama.cpp's business.
"""

import re
from typing import Final

MOST: Final = 2000
"""Repetitions that llama.cpp counts; `MAX_REPETITION_THRESHOLD` of its `llama-grammar.cpp`."""
_DIGITS: Final = 18
"""More than these are no number of llama.cpp's."""

_BLANK: Final = r"(?:[ \t\r\n]|#[^\r\n]*+)*+"
_SCAN: Final = re.compile(
    r'"(?:\\.|[^"\\])*+"?|\[(?:\\.|[^\]\\])*+\]?|<[^>]*+>?|#[^\r\n]*+'
    rf"|\{{{_BLANK}(?P<least>[0-9]++){_BLANK}(?:,{_BLANK}(?P<most>[0-9]*+){_BLANK})?+\}}",
    re.DOTALL,
)
"""What a `{` in it does not count in (texts, classes, tokens, comments), or a count."""


def wrong_count(text: str) -> tuple[str, int] | None:
    """The first count that cannot be used: why, and its offset.

    >>> wrong_count('root ::= "a"{3,2}')
    ('{3,2} asks for at most 2 and at least 3', 12)
    >>> wrong_count('root ::= "{3,2}" [{3,2}] "b"{2,3}') is None
    True
    """
    for found in _SCAN.finditer(text):
        least, most = found["least"], found["most"]
        if least is None:
            continue
        least, most = least.lstrip("0") or "0", most and (most.lstrip("0") or "0")
        if len(least) > _DIGITS or int(least) > MOST:
            return f"{_short(least)} repetitions are more than {MOST}", found.start()
        if most and len(most) > _DIGITS:
            return f"{_short(most)} repetitions are more than {MOST}", found.start()
        if most and int(most) < int(least):
            return f"{{{least},{most}}} asks for at most {most} and at least {least}", found.start()
    return None


def notes(text: str) -> list[str]:
    """What llama.cpp makes of counts that are above its limit."""
    return [
        f"grammar: {{{found['least']},{found['most']}}} counts as no limit: "
        f"more than {MOST} repetitions are not counted"
        for found in _SCAN.finditer(text)
        if found["most"] and int(found["most"]) > MOST
    ]


def _short(digits: str) -> str:
    return digits if len(digits) <= _DIGITS else f"{digits[:_DIGITS]}..."
