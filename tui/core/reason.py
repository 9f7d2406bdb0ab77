"""Why a candidate was removed, in numbers: `cut by min-p: 0.8 % < 5 % × 31 %`.

Keeps true: the numbers are those that the stage compared, rounded, and as printed they still say
what they claim. They come from a replay of the recorded step; the model is not asked. Where a replay does
not give what was recorded, the stage is named without numbers (`reasons`).
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from tui.core.definitions.candidate import Candidates, Floats
from tui.core.definitions.draw import mirostat_k
from tui.core.own_sampler import PREFIX
from tui.core.replay import Replay
from tui.core.replay.draw import mu_of
from tui.core.replay.tail import CONTIGUOUS, tail_of
from tui.core.samplers import STAGES
from tui.core.settings import Settings
from tui.core.step import KEPT, Step

_TIED: Final = "as likely as one that is kept; not all of equals stay"
_FAINT: Final = "too unlikely to be told in numbers"


def reason(step: Step, again: Replay, settings: Settings, index: int) -> str:
    """Why the candidate at `index` of the record cannot be drawn; empty when it can.

    Args:
        step: the recorded step.
        again: its replay with `settings`: with those it was made with, or with others.
        settings: the settings of the replay.
        index: place in the record, 0 = most likely.
    """
    if not math.isfinite(step.record.logits[index]):
        return "the model gives it no probability"
    place = int(again.cut[index])
    if place != KEPT:
        name = again.stages[place].sampler
        return f"cut by {_label(name)}: {_Case(step, again, settings, index, place).why(name)}"
    if again.p_final[index] > 0.0:
        return ""
    place = len(again.stages)
    case = _Case(step, again, settings, index, place)
    if again.draw == "mirostat":
        return f"cut by mirostat: {case.mirostat()}"
    return f"too unlikely to be drawn: {percent(case.p)}"


def reasons(step: Step, again: Replay, settings: Settings, rows: Sequence[int]) -> list[str]:
    """Why each of these cannot be drawn, as it was: numbers only where the replay has the same cuts.

    Args:
        step: the recorded step.
        again: its replay with the settings it was made with.
        settings: these settings.
        rows: places in the record.
    """
    cut, p_final = step.record.cut, step.record.p_final
    names = [stage.sampler for stage in step.stages]
    known = names == [stage.sampler for stage in again.stages]
    kept = [stage.kept for stage in step.stages] == [stage.kept for stage in again.stages]
    same = known and kept and bool(np.array_equal(again.cut, cut))
    said = []
    for row in rows:
        place = int(cut[row])
        if place == KEPT:
            gone = not p_final[row] > 0.0
            sure = same and not any(again.rough)
            said.append(reason(step, again, settings, row) if gone and sure else
                        _gone(again.draw, settings) if gone else "")  # fmt: skip
        elif same and not (place and again.rough[place - 1]):
            said.append(reason(step, again, settings, row))
        elif known and _tied(step, again, row, cut):
            said.append(f"cut by {_label(names[place])}: {_TIED}")
        else:
            said.append(f"cut by {_label(names[place])}")
    return said


def _gone(draw: str, settings: Settings) -> str:
    return (
        f"cut by mirostat {settings.mirostat}" if draw == "mirostat" else "too unlikely to be drawn"
    )


def _tied(step: Step, again: Replay, row: int, cut: npt.NDArray[np.uint8]) -> bool:
    """Whether one that a stage left was exactly as likely before it as this one."""
    place = int(cut[row])
    before = again.after[place - 1] if place else step.record.p_raw
    return bool(before[row] > 0.0 and (before[cut > place] == before[row]).any())


def _label(name: str) -> str:
    return STAGES[name].label if name in STAGES else name.removeprefix(PREFIX)


def percent(p: float, digits: int = 2) -> str:
    """A probability for people: two digits that say something, never an exponent.

    >>> [percent(p) for p in (0.31, 0.952, 0.008, 0.00004, 0.0, 1.0)]
    ['31 %', '95.2 %', '0.8 %', '0.004 %', '0 %', '100 %']
    """
    value = 100.0 * p
    if value == 0.0:
        return "0 %"
    if value < 1e-6:
        return "≈ 0 %"
    size = math.floor(math.log10(value))
    places = max(0, digits - 1 - size if size < 1 else digits - 1)
    text = f"{value:.{places}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def _printed(p: float, digits: int) -> float:
    return float(percent(p, digits).removesuffix(" %").removeprefix("≈ ")) / 100.0


def _telling(holds: Callable[[int], bool]) -> int:
    """The fewest digits at which the printed numbers still say so."""
    return next((digits for digits in range(2, 8) if holds(digits)), 7)


class _Case:
    """One candidate before the stage that removed it."""

    def __init__(
        self, step: Step, again: Replay, settings: Settings, index: int, place: int
    ) -> None:
        self._step, self._again, self._settings = step, again, settings
        self._index, self._place = index, place
        raw = np.where(np.isfinite(step.record.logits), step.record.p_raw, 0.0)
        self._before: Floats = again.after[place - 1] if place else raw
        after = again.after[place] if place < len(again.stages) else again.p_final
        self._left = after > 0.0
        self._there = np.isfinite(step.record.logits) & (again.cut >= place)
        self.p = float(self._before[index])

    def why(self, name: str) -> str:
        """What the stage compared."""
        s = self._settings
        match name:
            case "logit_bias":
                return "banned"
            case "top_n_sigma":
                return self._sigma(s.top_n_sigma)
            case "top_k":
                return f"{self._rank()} > {s.top_k}"
            case "tfs_z":
                count = int(self._left.sum())
                return self._bend(count)
            case "typ_p":
                return self._typical()
            case "top_p":
                count = int(self._left.sum())
                word = "token" if count == 1 else "tokens"
                return f"{self._held(s.top_p)} already held by {count} {word}"
            case "min_p":
                return self._min_p(s.min_p)
            case "xtc":
                digits = _telling(lambda n: _printed(self.p, n) >= _printed(s.xtc_threshold, n))
                return (
                    f"{percent(self.p, digits)} ≥ {percent(s.xtc_threshold, digits)}, "
                    "and it is not the last such choice"
                )
            case "temperature":
                if _tied(self._step, self._again, self._index, self._again.cut):
                    return _TIED
                return f"temperature {s.temperature:g} leaves the most likely alone"
        if name.startswith(PREFIX):
            return "its function removed it"
        return "its logit became too low"

    def mirostat(self) -> str:
        """Mirostat's own cut, which is part of the draw."""
        mu = mu_of(self._step, self._settings)
        if self._settings.mirostat == 1:
            record = self._step.record
            k = mirostat_k(Candidates.of_probabilities(self._before), mu, record.n_vocab)
            return f"{self._rank()} > k {k}"
        if not (self.p > 0.0 and math.isfinite(mu)):
            return _FAINT
        bits = -math.log2(self.p)
        digits = next((n for n in range(1, 6) if round(bits, n) > round(mu, n)), 5)
        return f"surprise {bits:.{digits}f} > μ {mu:.{digits}f} bits"

    def _rank(self) -> str:
        """The candidate's rank before the stage, as far as the record tells."""
        above = int((self._before > self.p).sum())
        tied = int((self._before[: self._index] == self.p).sum())
        if self._index >= CONTIGUOUS and tail_of(self._step) is not None:
            return f"rank above {CONTIGUOUS}"
        return f"rank {above + tied + 1}"

    def _sigma(self, n: float) -> str:
        record = self._step.record
        faint = self._there & ~(self._before > 0.0)
        if self._place == 0:
            distance = float(record.logits.max()) - float(record.logits[self._index])
        elif self.p > 0.0:
            distance = math.log(float(self._before.max())) - math.log(self.p)
        else:
            return _FAINT
        if self._place == 0 and math.isfinite(record.logit_std):
            sigma = record.logit_std
        elif tail_of(self._step) is None and not faint.any():
            sigma = float(np.log(self._before[self._there]).std())
        else:
            return f"{distance:.3g} below the best > {n:g} σ"
        digits = next((d for d in range(2, 8)
                       if float(f"{distance:.{d}g}") > n * float(f"{sigma:.{d}g}")), 7)  # fmt: skip
        return f"{distance:.{digits}g} below the best > {n:g} × σ {sigma:.{digits}g}"

    def _bend(self, count: int) -> str:
        curve = np.sort(self._before[self._there])[::-1]
        if curve.size <= 2:
            return _FAINT
        bend = np.abs(np.diff(curve, 2))
        total = float(bend.sum())
        share = float(bend[: count + 1].sum()) / total if total > 1e-6 else (count + 1) / bend.size
        z = self._settings.tfs_z
        digits = _telling(lambda n: _printed(share, n) > _printed(z, n))
        return (
            f"the curve has bent by {percent(share, digits)} > {percent(z, digits)} "
            f"at rank {count + 1}"
        )

    def _held(self, p: float) -> str:
        held = float(self._before[self._left].sum())
        return percent(held, _telling(lambda n: _printed(held, n) >= p - 10.0 ** -(n + 2)))

    def _typical(self) -> str:
        place, step = self._place, self._step
        entropy = self._again.stages[place - 1].entropy_bits if place else step.entropy_bits
        if not (self.p > 0.0 and math.isfinite(entropy)):
            return f"{_FAINT}; nearer ones already hold {self._held(self._settings.typical_p)}"
        bits = -math.log2(self.p)
        return (
            f"surprise {bits:.2f} is {abs(bits - entropy):.2f} bits from the entropy "
            f"{entropy:.2f}; nearer ones already hold {self._held(self._settings.typical_p)}"
        )

    def _min_p(self, share: float) -> str:
        best = float(self._before.max())

        def holds(digits: int) -> bool:
            return _printed(self.p, digits) < _printed(share, digits) * _printed(best, digits)

        digits = _telling(holds)
        return f"{percent(self.p, digits)} < {percent(share, digits)} × {percent(best, digits)}"
