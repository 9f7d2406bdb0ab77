"""A reply to take away: HTML, SVG, CSV, JSON Lines; and JSON Lines read back.

reply.py        the value that every export is made from
told.py         what is said of it in words
page.py         HTML, with page_style.py and page_script.py
heat_map.py     SVG
table.py        CSV
lines.py        JSON Lines; line.py, record.py and read.py read them

`written` chooses by a file's name; whoever calls it writes the file.
"""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Final

from tui import __version__
from tui.core.errors import UsageError, nearest
from tui.core.export.heat_map import heat_map
from tui.core.export.lines import TOP, json_lines
from tui.core.export.page import page
from tui.core.export.reply import ReplyTrace
from tui.core.export.table import candidate_table, token_table
from tui.core.own_sampler import OwnSampler
from tui.core.tint import Tint

FORMATS: Final = {
    ".html": "a page: hover shows the candidates",
    ".svg": "a picture of the tinted text",
    ".csv": "a row a token; NAME.candidates.csv: a row a candidate",
    ".jsonl": "the whole trace; `logitscope open` shows it again",
}
"""Ending of a file's name -> what is written."""


def format_of(name: str) -> str:
    """The format that a file's name asks for: one of `FORMATS`.

    Raises:
        UsageError: it asks for none of them.

    >>> format_of("reply.HTML")
    '.html'
    """
    ending = PurePath(name).suffix.lower()
    if ending in FORMATS:
        return ending
    guess = nearest(ending, FORMATS) if ending else ""
    raise UsageError(
        f"A reply cannot be exported as {name!r}.",
        "The name's ending says what is written, and this one says nothing known.",
        " ".join(filter(None, (guess.capitalize(), f"There are: {', '.join(FORMATS)}."))),
    )


def written(
    reply: ReplyTrace,
    name: str,
    top: int = TOP,
    own: Mapping[str, OwnSampler] = {},
    tint: Tint = Tint.PROBABILITY,
) -> str:
    """The text of a file for a reply, in the format that the file's name asks for.

    Args:
        reply: what to write.
        name: of the file.
        top: candidates of a token that a page and a plain reader of the trace get.
        own: samplers of one's own, by name; reasons after them need them.
        tint: what a picture is tinted by, and a page when it opens.

    Raises:
        UsageError: the name asks for no format.
    """
    match format_of(name):
        case ".html":
            return page(reply, max(top, 1), own, f"logitscope {__version__}", tint)
        case ".svg":
            return heat_map(reply, tint)
        case ".csv" if name.lower().endswith(".candidates.csv"):
            return candidate_table(reply)
        case ".csv":
            return token_table(reply)
        case _:
            return "".join(json_lines(reply, top, own))
