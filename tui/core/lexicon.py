"""What a vocabulary says about settings that name tokens by their text or by their role.

Keeps true: what is resolved here is what the engine resolves from the same vocabulary; what would
need its tokenizer is a doubt, in words, and never a guess. No model and no file.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tui.core.bias import usable
from tui.core.definitions.breaker import breaker_tokens
from tui.core.definitions.reshape import Breakers
from tui.core.settings import Settings


def spellings(text: str) -> list[str]:
    """A text as it is, with capitals and without, each with and without a blank before it.

    >>> spellings("yes")
    ['yes', ' yes', 'Yes', ' Yes', 'YES', ' YES']
    """
    bare = text.removeprefix(" ")
    cased = dict.fromkeys([bare, bare.lower(), bare[:1].upper() + bare[1:], bare.upper()])
    return [blank + one for one in cased for blank in ("", " ")]


@dataclass(frozen=True)
class Resolved:
    """Settings in tokens."""

    settings: Settings
    bias: tuple[tuple[int, float], ...]
    """(token, bias) in the order in which they are added."""
    breakers: Breakers
    doubt: str
    """What could not be resolved; empty when everything was."""


class Lexicon:
    """Tokens by their text.

    Args:
        pieces: bytes of every token by id.
        eog: every end-of-generation token.
        silent: tokens that stand for no text: control tokens and the like.
        whole: whether every piece is there; of a vocabulary that a trace tells they are not.
    """

    def __init__(
        self,
        pieces: Sequence[bytes],
        *,
        eog: Sequence[int] = (),
        silent: Sequence[int] = (),
        whole: bool = True,
    ) -> None:
        self._pieces = pieces
        self._eog = tuple(eog)
        self._silent = frozenset(silent)
        self._whole = whole
        self._last: Resolved | None = None
        self._breakers: dict[tuple[str, ...], Breakers] = {}

    @cached_property
    def _spelled(self) -> dict[bytes, list[int]]:
        found: dict[bytes, list[int]] = {}
        for token, piece in enumerate(self._pieces):
            if token not in self._silent:
                found.setdefault(piece, []).append(token)
        return found

    def ends(self, token: int) -> bool:
        """Whether the token ends a reply."""
        return token in self._eog

    def text(self, token: int) -> str | None:
        """The text of a token; None for one without: control tokens, pieces of a character."""
        if token in self._silent or not 0 <= token < len(self._pieces):
            return None
        try:
            return self._pieces[token].decode("utf-8") or None
        except UnicodeDecodeError:
            return None

    def variants(self, text: str) -> list[int]:
        """Every token that is a spelling of `text`."""
        found = [self._spelled.get(one.encode("utf-8", "replace"), []) for one in spellings(text)]
        return list(dict.fromkeys(token for tokens in found for token in tokens))

    def resolve(self, settings: Settings) -> Resolved:
        """The tokens that these settings are about."""
        if self._last is None or self._last.settings is not settings:
            self._last = self._resolve(settings)
        return self._last

    def _resolve(self, settings: Settings) -> Resolved:
        pairs: list[tuple[int, float]] = []
        doubt = ""
        if "logit_bias" not in settings.off:
            wanted = list(settings.logit_bias)
            if settings.logit_bias_text:
                doubt = "a bias by text needs the model's tokenizer"
            for text, amount in settings.logit_bias_variants:
                wanted += [(token, amount) for token in self.variants(text)]
            if settings.logit_bias_variants and not self._whole:
                doubt = "a bias by text needs every token, and the trace names some"
            for token, amount in wanted:
                added = usable(amount)
                if 0 <= token < len(self._pieces) and added is not None:
                    pairs.append((token, added))
            if settings.ignore_eos:
                pairs += [(token, -math.inf) for token in self._eog]
        breakers: Breakers = ()
        if settings.dry_multiplier:
            breakers = self._breaker_tokens(settings.dry_sequence_breakers)
            if any(len(text.encode()) > 1 for text in settings.dry_sequence_breakers):
                doubt = doubt or "a breaker of several bytes needs the model's tokenizer"
        return Resolved(settings, tuple(pairs), breakers, doubt)

    def _breaker_tokens(self, texts: tuple[str, ...]) -> Breakers:
        if texts not in self._breakers:
            self._breakers[texts] = breaker_tokens(texts, self._pieces)
        return self._breakers[texts]
