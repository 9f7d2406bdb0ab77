"""What can go wrong, as values a person can act on.

    LogitscopeError            exit 1
      UsageError               exit 2   bad flag, value, prompt, persona, config or grammar
        PersonaError           exit 2
        PromptTooLong          exit 2
        NoTerminal             exit 2
      ModelLoadError           exit 3   missing, not a GGUF, damaged, unsupported, too big
      EngineDied               exit 4

Every error says what happened, why, and what to do next; none of the three is ever a traceback.
`Problem` is for files: all of a file's problems are collected, none is raised alone.
"""

import difflib
from collections.abc import Iterable
from typing import ClassVar, Final

import msgspec

INTERRUPTED: Final = 130
"""Exit code after Ctrl+C."""


class LogitscopeError(Exception):
    """Something a person should read: what happened, why, what to do next."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.why, self.hint) if part)


class UsageError(LogitscopeError):
    """A flag, value, prompt or file that cannot be used as it is."""

    exit_code = 2


class PersonaError(UsageError):
    """A persona that is missing or has problems."""


class PromptTooLong(UsageError):
    """The prompt alone fills the context."""


class NoTerminal(UsageError):
    """The workbench needs a terminal and there is none."""


class ModelLoadError(LogitscopeError):
    """The model is missing, not a GGUF, damaged, unsupported or too big."""

    exit_code = 3


class EngineDied(LogitscopeError):
    """The engine process ended without being asked to."""

    exit_code = 4


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with a file or a set of values."""

    message: str
    """What is wrong, in words."""
    path: str = ""
    """The file, or empty for values that came from somewhere else."""
    key: str = ""
    """Dotted key, e.g. `sampling.top_k`."""
    line: int = 0
    """1-based; 0 when unknown."""
    suggestion: str = ""
    """The nearest known name, or what to write instead."""

    def __str__(self) -> str:
        place = ":".join(p for p in (self.path, str(self.line) if self.line else "") if p)
        parts = [p for p in (place, self.key) if p]
        text = ": ".join([*parts, self.message])
        return f"{text} ({self.suggestion})" if self.suggestion else text


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like `name`, as a question, or an empty string.

    >>> nearest("temprature", ["temperature", "top_k"])
    'did you mean temperature?'
    """
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean {found[0]}?" if found else ""
