"""When a reply waits before a token is taken.

A value; the engine asks it of every drawn token while it is `active`, before the token is taken.
"""

import msgspec

from tui.core.step import Step


class PauseWhen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Conditions on a drawn step, any of which makes it wait."""

    every: bool = False
    """Every token waits: step by step."""
    entropy_bits: float | None = None
    """The entropy of `p_raw` is above this."""
    gap: float | None = None
    """The two most likely tokens are closer than this, as a difference of `p_raw`, 0..1."""
    rank: int | None = None
    """The drawn token's rank is beyond this."""

    @property
    def active(self) -> bool:
        """Whether any token can wait."""
        return self != PauseWhen()

    @property
    def conditions(self) -> str:
        """The conditions in words, without `every`; empty where there are none."""
        words = []
        if self.entropy_bits is not None:
            words.append(f"the entropy is above {self.entropy_bits:g} bits")
        if self.gap is not None:
            words.append(f"the top two are closer than {100 * self.gap:g} %")
        if self.rank is not None:
            words.append(f"the rank is beyond {self.rank}")
        return " or ".join(words)

    def why(self, step: Step) -> str:
        """The condition that the step meets, in words; empty when it meets none."""
        if self.entropy_bits is not None and step.entropy_bits > self.entropy_bits:
            return f"entropy {step.entropy_bits:.2f} bits, above {self.entropy_bits:g}"
        if self.gap is not None:
            first = step.record.p_raw[:2]
            if first.size == 2 and first[0] - first[1] < self.gap:
                apart = 100 * float(first[0] - first[1])
                return f"the top two {apart:.1f} % apart, closer than {100 * self.gap:g} %"
        if self.rank is not None and step.rank > self.rank:
            return f"rank {step.rank}, beyond {self.rank}"
        return "step by step" if self.every else ""
