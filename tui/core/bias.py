"""Biases of single tokens and of all spellings of a text, as changes of settings.

Keeps true: a bias of 0 is no bias; a ban is `-inf`; biases of other tokens and texts stay as they
are and where they are. Needs no model: which tokens a text has is `core.lexicon`'s matter.
"""

import math
from collections.abc import Callable
from typing import Final

from tui.core.number import plain_number
from tui.core.settings import Settings
from tui.core.text import one_line

BAN: Final = -math.inf
MOST: Final = 1e9
"""A bias below minus this is a ban, one above it a slip: it would leave the others no digits."""
STEP: Final = 1.0
"""What one press adds: a factor of e between two candidates."""


def usable(amount: float) -> float | None:
    """The bias as the chain adds it; None for a slip, which it leaves out and warns of.

    >>> usable(2.0), usable(-1e10), usable(1e10)
    (2.0, -inf, None)
    """
    if not amount <= MOST:
        return None
    return amount if amount > -MOST else BAN


def token_bias(settings: Settings, token: int) -> float:
    """What is added to the logit of a token by its id; `BAN` for a banned one."""
    return sum(amount for other, amount in settings.logit_bias if other == token)


def text_bias(settings: Settings, text: str) -> float:
    """What is added to every spelling of a text."""
    return sum(amount for other, amount in settings.logit_bias_variants if other == text)


def with_token(settings: Settings, token: int, amount: float) -> Settings:
    """The bias of a token set; 0 takes it away.

    >>> with_token(with_token(Settings(), 5, 1.0), 5, BAN).logit_bias
    ((5, -inf),)
    """
    others = tuple(pair for pair in settings.logit_bias if pair[0] != token)
    return settings.changed(logit_bias=(*others, (token, amount)) if amount else others)


def with_text(settings: Settings, text: str, amount: float) -> Settings:
    """The bias of every spelling of a text set; 0 takes it away."""
    others = tuple(pair for pair in settings.logit_bias_variants if pair[0] != text)
    return settings.changed(logit_bias_variants=(*others, (text, amount)) if amount else others)


def stepped(amount: float, by: float) -> float:
    """A bias one press further: from a ban the first press leads to no bias."""
    return 0.0 if amount == BAN else amount + by * STEP


def bias_words(amount: float) -> str:
    """A bias for people.

    >>> bias_words(2.0), bias_words(BAN), bias_words(0.0)
    ('bias +2', 'banned', '')
    """
    if amount == BAN:
        return "banned"
    return f"bias {amount:+g}" if amount else ""


def changed_words(key: str, value: object, name: Callable[[int], str] = "id {}".format) -> str:
    """A setting that was changed, for people.

    Args:
        key: of the setting.
        value: as a settings line of a trace has it.
        name: how a token is called.

    >>> changed_words("temperature", 0.5), changed_words("logit_bias", [[54, False], [50, 2.0]])
    ('temperature 0.5', 'id 54 banned, id 50 bias +2')
    >>> changed_words("logit_bias_variants", [["heads", False]]), changed_words("logit_bias", [])
    ("every spelling of 'heads' banned", 'no logit bias')
    >>> changed_words("off", []), changed_words("dry_sequence_breakers", ["\\n", ":"])
    ('every stage on', "dry_sequence_breakers '\\\\n';:")
    """
    if key in ("logit_bias", "logit_bias_variants") and isinstance(value, list | tuple):
        every = "every spelling of " if key == "logit_bias_variants" else ""
        told = [
            f"{name(what) if isinstance(what, int) else every + repr(one_line(str(what), 40))} "
            f"{bias_words(BAN if amount is False else float(amount)) or 'bias 0'}"
            for what, amount in value
        ]
        return ", ".join(told) or f"no {'bias of spellings' if every else 'logit bias'}"
    if key == "off" and not value:
        return "every stage on"
    return f"{key} {_plain(value)}"


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return ";".join(map(_plain, value))
    if isinstance(value, str) and not value.isprintable():
        return one_line(repr(value), 60)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return plain_number(value) if number else str(value)  # type: ignore[arg-type]
