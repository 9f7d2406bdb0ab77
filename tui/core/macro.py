"""Macros in a persona's texts: `{{char}}`, `{{user}}`, `{{date}}`, `{{roll:2d6}}`, `{{random:a,b}}`.

Keeps true: the same text in the same scene gives the same text; what a die or a choice showed is
recorded in the scene, and a recorded draw is taken as it is, so that a conversation can be repeated
from plain data. What is not known stays as it is written, and what a macro stands for is never read
for macros again. Linear in the text; not applied to what a person types.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

USER: Final = "User"
"""What `{{user}}` is where a persona does not say."""
MAX_DICE: Final = 100
MAX_SIDES: Final = 1_000_000
MAX_DEPTH: Final = 8
"""Macros inside macros; what is deeper stays as it is written."""

MACROS: Final = (
    ("{{char}}", "the nickname, else the name; also `<CHAR>` and `<BOT>`"),
    ("{{user}}", "`user.name`, else `User`; also `<USER>`"),
    ("{{date}}", "the day on which the conversation began, `2026-11-28`"),
    ("{{time}}", "the time, `14:05`"),
    ("{{roll:2d6}}", "the sum of dice, `{{roll:d20+3}}` and `{{roll:6}}` too"),
    ("{{random:a,b}}", "one of these; `\\,` is a comma; `{{random::a::b}}` and `{{pick:…}}` too"),
    ("{{original}}", "in `system`: the general instructions that it stands in place of"),
    ("{{newline}}", "a line break"),
    ("{{// a note}}", "nothing"),
)
"""Every macro, for the reference."""

_MARK: Final = re.compile(r"\{\{|\}\}|<(?:user|char|bot)>", re.IGNORECASE)
_DICE: Final = re.compile(
    r"\s*(?:(\d{0,4})\s*d)?\s*(\d{1,8})\s*([+-]\s*\d{1,8})?\s*", re.IGNORECASE
)
_COMMA: Final = re.compile(r"(?<!\\),")


class Scene(msgspec.Struct, frozen=True):
    """What macros stand for in one conversation, or in one reply. Plain data."""

    char: str = ""
    user: str = USER
    date: str = ""
    """`2026-11-28`."""
    time: str = ""
    """`14:05`."""
    seed: int = 0
    """Of the draws that are not recorded yet."""
    drawn: dict[str, str] = {}
    """What each draw showed, by place, macro and its number there: `system {{roll:d6}} 1` -> `4`."""


def scene_at(now: datetime, *, char: str = "", user: str = USER, seed: int = 0) -> Scene:
    """A scene that begins now."""
    return Scene(char, user, f"{now:%Y-%m-%d}", f"{now:%H:%M}", seed)


def expand(text: str, scene: Scene, place: str = "") -> tuple[str, Scene]:
    """The text with its macros replaced, and the scene with what was drawn.

    Args:
        text: a persona's.
        scene: names, date, time, and what was drawn before.
        place: tells draws of one text from those of another.

    >>> expand("I am {{char}}. {{what}}", Scene(char="Ada"))[0]
    'I am Ada. {{what}}'
    >>> expand("{{roll:2d6}}", Scene(drawn={" {{roll:2d6}} 1": "12"}))[0]
    '12'
    """
    if not _MARK.search(text):
        return text, scene
    drawn = dict(scene.drawn)
    counts: dict[str, int] = {}

    def draw(macro: str, choose: Callable[[Callable[[int], int]], str]) -> str:
        counts[macro] = counts.get(macro, 0) + 1
        key = f"{place} {macro} {counts[macro]}"
        if key not in drawn:
            drawn[key] = choose(_Dice(f"{scene.seed} {key}").below)
        return drawn[key]

    open_parts: list[list[str]] = [[]]
    at = 0
    for mark in _MARK.finditer(text):
        open_parts[-1].append(text[at : mark.start()])
        at = mark.end()
        if mark[0] == "{{" and len(open_parts) <= MAX_DEPTH:
            open_parts.append([])
        elif mark[0] == "{{":
            open_parts[-1].append("{{")
        elif mark[0] != "}}":
            open_parts[-1].append(scene.user if mark[0].lower() == "<user>" else scene.char)
        elif len(open_parts) == 1:
            open_parts[-1].append("}}")
        else:
            body = "".join(open_parts.pop())
            open_parts[-1].append(_value(body, scene, draw))
    open_parts[-1].append(text[at:])
    whole = "{{".join("".join(parts) for parts in open_parts)
    return whole, msgspec.structs.replace(scene, drawn=drawn)


def _value(
    body: str, scene: Scene, draw: Callable[[str, Callable[[Callable[[int], int]], str]], str]
) -> str:
    """What `{{body}}` stands for; itself where it is not known."""
    whole = f"{{{{{body}}}}}"
    if body.lstrip().startswith("//"):
        return ""
    name, colon, rest = body.partition(":")
    match name.strip().lower():
        case "char" if not colon:
            return scene.char
        case "user" if not colon:
            return scene.user
        case "date" if not colon:
            return scene.date
        case "time" if not colon:
            return scene.time
        case "newline" if not colon:
            return "\n"
        case "random" | "pick" if rest.strip(": "):
            choices = _choices(rest)
            return draw(whole, lambda below: choices[below(len(choices))])
        case "roll":
            dice = _dice(rest.removeprefix(":"))
            return whole if dice is None else draw(whole, dice)
    return whole


def _choices(rest: str) -> list[str]:
    """`a,b`, where `\\,` is a comma; `:a::b` is another tool's way to write it."""
    if rest.startswith(":"):
        return [part.strip() for part in rest[1:].split("::")]
    return [part.replace("\\,", ",").strip() for part in _COMMA.split(rest)]


def _dice(text: str) -> Callable[[Callable[[int], int]], str] | None:
    """`2d6`, `d20+1`, or `6` for one die of six sides; None where it is none of these."""
    found = _DICE.fullmatch(text)
    if found is None:
        return None
    count, sides = int(found[1] or 1), int(found[2])
    plus = int("".join((found[3] or "0").split()))
    if not (1 <= count <= MAX_DICE and 1 <= sides <= MAX_SIDES):
        return None
    return lambda below: str(sum(below(sides) + 1 for _ in range(count)) + plus)


class _Dice:
    """Numbers that depend on a text alone, on every machine and in every version."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._thrown = 0

    def below(self, n: int) -> int:
        """0..n-1. The bias of the remainder is below 2^-44 at the largest `n`."""
        self._thrown += 1
        data = f"{self._seed} {self._thrown}".encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big") % n
