"""A few values of settings as one line that a person can read and type: `temp 1.3, top-k 0`.

Keeps true: what `edits_text` writes `parse_edits` reads back; names are those of the flags or of the
settings; a line with a problem changes nothing. Texts that do not fit on a line (grammars, schemas)
are left out of the line and stay as they are.
"""

import json
import re
from typing import Any, Final

from tui.core.errors import Problem, nearest
from tui.core.number import plain_number
from tui.core.samplers import PARAMS
from tui.core.settings import Settings
from tui.core.values import apply_values

_ITEM: Final = re.compile(r"\s*([\w-]+)\s*(?:=|\s)\s*(.*?)\s*\Z", re.DOTALL)
_SHORT: Final = {
    key: next((flag[2:] for flag in param.flags if flag.startswith("--")), key)
    for key, param in PARAMS.items()
    if param.kind in ("int", "float")
}
"""What a value is called on a line."""
_KEYS: Final = {
    "samplers": "samplers",
    **{
        name.lstrip("-").replace("-", "_"): key
        for key, param in PARAMS.items() if key in _SHORT
        for name in (key, *param.flags)
    },
}  # fmt: skip
LIMIT_CHARS: Final = 2000


def edits_text(base: Settings, settings: Settings) -> str:
    """What differs, as a line; empty when nothing does that a line can say.

    >>> edits_text(Settings(), Settings(temperature=1.3, top_k=0))
    'top-k 0, temp 1.3'
    """
    changed = base.difference(settings)
    items = [
        f"{_SHORT[key]} {plain_number(value)}" for key, value in changed.items() if key in _SHORT
    ]
    if "samplers" in changed:
        items.append(f"samplers {';'.join(settings.samplers)}")
    return ", ".join(items)


def parse_edits(base: Settings, text: str) -> tuple[Settings, list[Problem]]:
    """`base` with the values of a line over it; `base` itself where there is a problem.

    >>> parse_edits(Settings(), "temp 1.3, top_k=0")[0].temperature
    1.3
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    if len(text) > LIMIT_CHARS:
        return base, [Problem(message=f"the line is longer than {LIMIT_CHARS} characters")]
    for item in filter(str.strip, text.split(",")):
        found = _ITEM.match(item)
        if found is None or not found[2]:
            problems.append(Problem(message=f"{item.strip()!r} is no value",
                                    suggestion="write for example temp 1.3, top-k 0"))  # fmt: skip
            continue
        name = found[1].lstrip("-").lower().replace("-", "_")
        if name not in _KEYS:
            problems.append(Problem(message=f"no setting is called {found[1]!r}",
                                    suggestion=nearest(name, _KEYS)))  # fmt: skip
            continue
        values[_KEYS[name]] = _value(found[2])
    settings, more = apply_values(base, values)
    problems += more
    return (base, problems) if problems else (settings, [])


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, int | float) else text
