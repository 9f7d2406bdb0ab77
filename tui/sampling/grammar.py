"""What a grammar lets through.

Keeps true: libllama is never given a token that the grammar refuses (it aborts the process). Text
that is no grammar raises with the line and column that llama.cpp stopped at. When a grammar is
asked, and what happens to a token that it refuses, is the chain's business.
"""

import os
import re
import sys
import tempfile
from itertools import accumulate
from typing import Any

import numpy as np

from tui.core.errors import UsageError
from tui.core.settings import Settings
from tui.sampling import library
from tui.sampling.candidate import Candidates, Ids
from tui.sampling.library import Sampler
from tui.sampling.repetition import notes, wrong_count
from tui.sampling.schema import schema_grammar

_LIMIT = 1 << 18
"""Characters of a grammar, at most: llama.cpp walks its rules by recursion, on one stack."""
_DEEP = 1000
"""Brackets inside one another, at most, for the same reason."""


def grammar_text(settings: Settings) -> tuple[str, list[str]]:
    """The grammar that the settings ask for, as GBNF (empty for none), and what to know of it.

    Raises:
        UsageError: the schema is not JSON, or says what GBNF cannot.
    """
    grammar, schema = settings.in_force
    return schema_grammar(schema) if schema else (grammar, [])


class Grammar:
    """A GBNF grammar and how far the reply has come in it."""

    def __init__(self, vocab: Any, text: str) -> None:
        """Parse `text`.

        Args:
            vocab: `llama_vocab *`.
            text: GBNF with a rule `root`.

        Raises:
            UsageError: it cannot be parsed, or there is no model to use it with.
        """
        if not vocab:
            raise UsageError("A grammar needs a model.", hint="Load a model, or take it away.")
        self.name = "grammar"
        self.text = text
        self.sampler = _parsed(vocab, text)
        self.notes = notes(text)
        """What llama.cpp makes of it that it does not say."""
        self._one = Candidates(1)

    def allows(self, token: int) -> bool:
        """Whether the reply may go on with this token."""
        self._one.load(np.array([token]), np.ones(1, np.float32), is_sorted=False)
        self.sampler.apply(self._one.address)
        return bool(self._one.rows()["logit"][0] > -np.inf)

    def verdicts(self, ids: Ids, scratch: Candidates) -> bytes:
        """Whether the reply may go on with each of these, which are all different; 1 or 0."""
        scratch.load(ids, np.ones(len(ids), np.float32), is_sorted=False)
        self.sampler.apply(scratch.address)
        return (scratch.rows()["logit"] > -np.inf).tobytes()

    def apply(self, candidates: Candidates) -> None:
        """Take the logit of every token that it refuses."""
        self.sampler.apply(candidates.address)

    def accept(self, token: int) -> None:
        """Go on by a token that it allows."""
        self.sampler.accept(token)

    def close(self) -> None:
        """Free it."""
        self.sampler.close()


def _parsed(vocab: Any, text: str) -> Sampler:
    if re.search("[\ud800-\udfff]", text):
        raise _broken("it holds half a surrogate pair", text, -1)
    if "\0" in text:
        raise _broken("it holds a NUL", text, text.index("\0"))
    if len(text) > _LIMIT:
        raise _broken(f"it is longer than {_LIMIT} characters", text, -1)
    if (wrong := wrong_count(text)) is not None:
        raise _broken(wrong[0], text, wrong[1])
    depth = accumulate((char == "(") - (char == ")") for char in text)
    if max(depth, default=0) > _DEEP:
        raise _broken(f"more than {_DEEP} brackets stand inside one another", text, -1)
    with tempfile.TemporaryFile() as said:
        sys.stderr.flush()
        kept = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            sampler = library.grammar(vocab, text)
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        said.seek(0)
        words = said.read(8 * _LIMIT).decode("utf-8", "replace")
    if sampler.address:
        return sampler
    raise _broken(*_reason(words, text))


def _reason(words: str, text: str) -> tuple[str, str, int]:
    """What llama.cpp said about the text, the text, and the offset that it means (-1: none)."""
    found = re.search(r"error parsing grammar: (.*)", words, re.DOTALL)
    if not found:
        if not re.search(r"^[ \t]*root[ \t]*::=", text, re.MULTILINE):
            return "it has no rule called root", text, -1
        return "a rule begins with itself (left recursion)", text, -1
    # llama.cpp prints the text behind its words; the process may log more behind that.
    said = found[1].rpartition(f"\n\n{text}")[0]
    for at in re.finditer(" at ", said):
        rest = said[at.end() :]
        if text.endswith(rest):
            return said[: at.start()], text, len(text) - len(rest)
    if said.startswith("unexpected end"):
        return said, text, len(text)
    name = re.search(r"'([^']*)'", said)
    used = re.search(rf"(?<![\w-]){re.escape(name[1])}(?![\w-])", text) if name else None
    return said.split("\n")[0], text, used.start() if used else -1


def _broken(why: str, text: str, offset: int) -> UsageError:
    if offset < 0:
        return UsageError("The grammar cannot be used.", f"{why[:200]}.")
    before = text[:offset]
    line, column = before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
    here = text[offset:].split("\n")[0][:40]
    found = f", found {here!r}" if here else "" if "unexpected end" in why else ", found its end"
    return UsageError(
        f"The grammar is broken at line {line}, column {column}.", f"{why[:200]}{found}."
    )
