"""What `sample` leaves for `record`: copies, nothing computed."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tui.core.step import ChainState
from tui.sampling.candidate import Logits
from tui.sampling.stage import Moved


@dataclass(slots=True, eq=False)
class Draw:
    """One drawn token and the raw material of its record."""

    state: ChainState
    """Before the step."""
    drawer: str
    """The stage that took the token."""
    top: float = 0.0
    """The largest of the model's logits."""
    token: int = -1
    u: float | None = None
    uniforms: dict[str, float] = field(default_factory=dict)
    row: Logits | None = None
    """The model's own logits, float32[n_vocab]; None when unrecorded, and once recorded."""
    near: npt.NDArray[np.intp] | None = None
    """Ids that, with `noted`, hold the most likely by the model's own logits; sorted by them
    where nothing is noted. None where the draw has not looked."""
    near_logits: Logits | None = None
    """The model's own logits of `near`; None where the chain moved logits before it looked."""
    moved: list[Moved] = field(default_factory=list)
    """What the stages before the first candidate array did to the row."""
    left: list[tuple[str, bytes]] = field(default_factory=list)
    """(stage, candidates after it), for the others."""
    final: bytes = b""
    """Candidates and probabilities that the draw was made from."""
    noted: list[npt.NDArray[np.int32]] = field(default_factory=list)
    """Ids that the record must hold besides the most likely: biased and penalised ones."""
    judged: dict[int, bool] = field(default_factory=dict)
    """The grammar's verdict by token id; empty without a grammar."""
    resampled: bool = False
    by_hand: bool = False


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
