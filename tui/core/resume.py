"""Where inside an earlier reply another one begins: what an engine needs to go on from there.

A value; `core.conversation.Message.resume` makes it, an engine turns it into a cache and a chain.
"""

from typing import Final

import msgspec

from tui.core.step import ChainState

GRAMMAR_REFUSES: Final = (
    "The grammar refuses that token; it can be taken by leaving the grammar here."
)
"""What is said of a token that comes next only with `leave_grammar`."""


class Resume(msgspec.Struct, frozen=True, kw_only=True):
    """The beginning of a reply that is kept, and what comes after it."""

    prompt: tuple[int, ...] = ()
    """Ids that were evaluated before the reply; empty where they are not known: the request's turns
    then make them."""
    ids: tuple[int, ...] = ()
    """The reply's ids that are kept, end-of-generation tokens of a continued one included."""
    state: ChainState | None = None
    """What the chain carried into the next step; None where it is not known: a fresh chain then
    goes on."""
    begun: int = 0
    """How many of the last `ids` the chain of that step had taken: stop texts, and characters of
    several tokens, reach back so far."""
    read: int = 0
    """How many of the last `ids` a grammar has read."""
    token: int = -1
    """The token that comes next; -1 = it is drawn."""
    drawn: bool = False
    """`token` is what was drawn there under the same settings, so it was not taken by hand."""
    leave_grammar: bool = False
    """Where a grammar refuses `token`, go on without the grammar."""
