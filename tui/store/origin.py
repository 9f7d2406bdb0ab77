"""Which original a persona's file names, and letting it name another one.

Keeps true: one line of the file changes, comments and all else stay; a text where that cannot be done
stays as it is.
"""

import re
import tomllib
from typing import Any, Final

_FILE: Final = re.compile(r"""(?m)(\bfile[ \t]*=[ \t]*)(?:"[^"\n]*"|'[^'\n]*')""")


def original_of(text: str) -> str:
    """Name of the original that the text of a persona's file names; empty where it names none."""
    origin = _values(text).get("origin")
    name = origin.get("file") if isinstance(origin, dict) else None
    return name if isinstance(name, str) else ""


def pointed(text: str, file: str) -> str:
    """The text with another original, whose name needs no escapes.

    >>> pointed('name = "A"\\n[origin]\\nformat = "v2"\\nfile = "a.json" # mine\\n', "b.json")
    'name = "A"\\n[origin]\\nformat = "v2"\\nfile = "b.json" # mine\\n'
    """
    wanted = _values(text)
    if not isinstance(wanted.get("origin"), dict) or "file" not in wanted["origin"]:
        return text
    wanted["origin"]["file"] = file
    # A line like it may stand in a text of several lines, or in another table.
    for found in reversed(list(_FILE.finditer(text))[-_MOST:]):
        made = f'{text[: found.start()]}{found[1]}"{file}"{text[found.end() :]}'
        if _values(made) == wanted:
            return made
    return text


_MOST: Final = 32
"""Lines that are tried: in a file that was brought in it is the last one but one."""


def _values(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}
