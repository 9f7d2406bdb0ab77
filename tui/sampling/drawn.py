"""What `sample` leaves for `record`: everything is measured, little is an object yet.

Keeps true: nothing of it changes when the chain goes on, so that it may be read in another thread.
"""

from struct import Struct
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from tui.core.step import ChainState

HEAD: Final = Struct("4q9d4q")
"""`struct head`."""
TRACE: Final = Struct("2d2q")
"""`struct trace`."""
BEGIN: Final = Struct("2q")
"""Its beginning: the token, and whether the row held what is no number."""


class Head(NamedTuple):
    """`struct head`."""

    token: int
    repaired: int
    dist_drawn: int
    xtc_drawn: int
    u: float
    coin: float
    log_sum_exp: float
    entropy_bits: float
    logit_mean: float
    logit_std: float
    logit_max: float
    p_raw: float
    p_final: float
    n: int
    n_finite: int
    rank: int
    n_traces: int


class Rest(NamedTuple):
    """What is known of a draw that was not made by the compiled loop alone."""

    state: ChainState
    """Before the step."""
    u: float | None
    uniforms: dict[str, float]


class Draw(msgspec.Struct, eq=False):
    """One drawn token and the raw material of its record."""

    token: int
    data: bytes
    """As `observer.c` packs it."""
    stages: tuple[str, ...]
    """Names of those that ran, in order, without the draw."""
    base: ChainState | None = None
    """What the state before the step was, but for the draws of `dist` and XTC."""
    rest: Rest | None = None
    """None where the compiled loop has drawn."""
    allowed: bytes = b""
    """The grammar's verdict on each recorded candidate, uint8; empty without a grammar."""
    resampled: bool = False
    by_hand: bool = False

    @property
    def head(self) -> Head:
        """Its numbers."""
        return Head(*HEAD.unpack_from(self.data))

    @property
    def recorded(self) -> bool:
        """Whether there is a record."""
        return self.head.n > 0

    @property
    def ids(self) -> npt.NDArray[np.int32]:
        """Ids of the recorded candidates."""
        head = self.head
        return np.frombuffer(self.data, np.int32, head.n, HEAD.size + head.n_traces * TRACE.size)

    @property
    def known(self) -> Rest:
        """What is known of it besides the record."""
        if self.rest:
            return self.rest
        head = self.head
        return Rest(*alone(self.base, head.dist_drawn, head.xtc_drawn, head.u, head.coin))

    @property
    def state(self) -> ChainState:
        """What the chain carried into the step."""
        return self.known.state


def alone(
    base: ChainState | None, dist_drawn: int, xtc_drawn: int, u: float, coin: float
) -> tuple[ChainState, float, dict[str, float]]:
    """State before the step, uniform, and all uniforms of a draw by the compiled loop alone."""
    assert base is not None, "it was built before the loop drew"
    draws = base.draws.copy()
    draws["dist"], draws["xtc"] = dist_drawn, xtc_drawn
    state = ChainState(draws, base.mirostat_mu, base.adaptive)
    return state, u, {"dist": u, "xtc": coin}


class Written(NamedTuple):
    """A draw and what is said of it."""

    draw: Draw
    i: int
    """0-based index in the reply."""
    piece: bytes = b""
    """Bytes of the token."""
    text: str = ""
    """What the token adds to the decoded text."""
    settings_version: int = 0
    """Which settings were in force."""
