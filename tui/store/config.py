"""`config.toml`: what holds for every start.

Keeps true: a file with problems is not half used; all its problems are told and the start is
refused, because a setting that is silently dropped is worse than none.
"""

from pathlib import Path
from typing import Any, Final

import msgspec

from tui.core.errors import Problem, UsageError
from tui.store.key import Key, read_keys
from tui.store.persona import check_sampling
from tui.store.toml import read_document


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says; every key may be missing."""

    persona: str = ""
    theme: str = ""
    mouse: bool = True
    ascii: bool = False
    slow: bool = False
    samplers: tuple[str, ...] = ()
    sampling: dict[str, Any] = {}
    keys: dict[str, str] = {}

    @property
    def values(self) -> dict[str, Any]:
        """What it says about the chain."""
        return {**self.sampling, **({"samplers": list(self.samplers)} if self.samplers else {})}


KEYS: Final = (
    Key("persona", str, "a text", "id of the persona to begin with"),
    Key("theme", str, "a text", "name of the workbench's theme"),
    Key("mouse", bool, "true or false", "whether the workbench takes the mouse (true)"),
    Key("ascii", bool, "true or false", "draw with ASCII characters only (false)"),
    Key("slow", bool, "true or false", "fewer screen updates, for a slow line (false)"),
    Key("samplers", tuple[str, ...], "a list of names", "the order of the chain"),
    Key("sampling", dict[str, Any], "a table", "settings, with llama-server's names"),
    Key("keys", dict[str, str], "a table of texts", "binding id = keys, with commas between"),
)
"""Every key of `config.toml`."""


def read_config(path: Path) -> Config:
    """The configuration, empty where there is no file.

    Raises:
        UsageError: the file has problems; all of them are told.
    """
    if not path.exists():
        return Config()
    read = read_document(path)
    if isinstance(read, Problem):
        raise broken(path, [read])
    if isinstance(read.values.get("keys"), dict):
        read.values["keys"] = _flat(read.values["keys"])
    values, problems = read_keys(read, KEYS)
    problems += check_sampling(read, values)
    if problems:
        raise broken(path, problems)
    return Config(**values)


def _flat(table: dict[str, Any], above: str = "") -> dict[str, Any]:
    """`prompt.send = "f5"` as one key; TOML reads it as a table in a table."""
    out: dict[str, Any] = {}
    for key, value in table.items():
        out |= _flat(value, f"{above}{key}.") if isinstance(value, dict) else {above + key: value}
    return out


def broken(path: Path, problems: list[Problem]) -> UsageError:
    """The error for a file with problems."""
    return UsageError(
        f"{path} cannot be used.",
        "\n".join(f"  {problem}" for problem in sorted(problems, key=lambda p: p.line)),
        "Correct it, or move it away to start without it.",
    )
