"""What a chain carries from token to token, besides the tokens themselves.

Keeps true: all of it can be read before a step and set again for a fork. Nothing of it is lost when
a setting changes: a stage that goes off and comes back goes on where it was.
"""

from tui.core.settings import Settings
from tui.core.step import ChainState
from tui.sampling.dice import Dice

_WORDS = {"xtc": 1}
"""Words of the generator that one uniform takes, where it is not 2 (a double)."""


class Memory:
    """Dice, mirostat's μ and adaptive-p's sums."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._dice: dict[str, Dice] = {}
        self.mu: float | None = None
        """Bits, in single precision; None until mirostat is first used."""
        self.sums: tuple[float, float] | None = None
        """Adaptive-p's weighted sum and total weight; None until it is first used."""

    def dice(self, name: str) -> Dice:
        """The stream of a stage; made at its first use, and then the same for good."""
        if name not in self._dice:
            self._dice[name] = Dice(self._seed)
        return self._dice[name]

    def mu_or_start(self, settings: Settings) -> float:
        """μ, or where it will start: 2τ."""
        return 2.0 * settings.mirostat_tau if self.mu is None else self.mu

    def sums_or_start(self, settings: Settings) -> tuple[float, float]:
        """Adaptive-p's sums, or where they will start: an average that is on target."""
        if self.sums is not None:
            return self.sums
        weight = 1.0 / (1.0 - min(max(settings.adaptive_decay, 0.0), 0.99))
        return max(settings.adaptive_target, 0.0) * weight, weight

    def state(self, settings: Settings) -> ChainState:
        """All of it, as a value."""
        return ChainState(
            {name: dice.drawn for name, dice in self._dice.items()},
            self.mu_or_start(settings),
            self.sums_or_start(settings),
        )

    def restore(self, state: ChainState) -> None:
        """Go on from `state`, with the same seed."""
        self._dice = {}
        for name, drawn in state.draws.items():
            self.dice(name).skip(drawn, words=_WORDS.get(name.partition(".")[0], 2))
        self.mu = state.mirostat_mu if "mirostat" in state.draws else None
        self.sums = state.adaptive if "adaptive_p" in state.draws else None
