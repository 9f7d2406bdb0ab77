"""Each stage between the bias and the draw against its written definition, on one case.

Keeps true: the left side of every comparison is what the workbench runs (`tui.sampling`), the right
side is `tui.core.definitions`, given the same values in single precision.
"""

import math
from typing import Any

import numpy as np

from tui.cli.check.case import Case
from tui.cli.check.compare import (
    Check,
    Outcome,
    compare_cut,
    compare_logits,
    compare_p,
    compare_typical,
    f32,
    off_by,
    pick,
    same_order,
    shown,
)
from tui.core.definitions import cut, reshape
from tui.core.definitions.candidate import Candidates
from tui.core.settings import Settings
from tui.sampling.build import Builder
from tui.sampling.candidate import Candidates as Rows
from tui.sampling.memory import Memory
from tui.sampling.stage import Bias
from tui.sampling.vocab import Vocab


def _real(name: str, case: Case, settings: Settings) -> Candidates:
    """What the chain's own stage makes of the case."""
    n_vocab = case.logits.size
    memory = Memory(0)
    builder = Builder(Vocab(n_vocab), memory, {})
    rows = Rows(n_vocab)
    rows.load(case.ids, case.logits, is_sorted=case.is_sorted)
    try:
        (stage,) = builder.build([name], settings, case.history)
        stage.apply(rows)
        left = rows.rows()
        return Candidates(
            left["id"].astype(np.int64), left["logit"].astype(np.float64), rows.is_sorted
        )
    finally:
        builder.close()


def logit_bias(case: Case) -> tuple[Outcome, str]:
    """On a whole row in id order, as the head of every chain."""
    size = case.logits.size
    ids = case.rng.integers(0, size, int(case.rng.integers(1, 4))).tolist()
    pairs = [(token, f32(pick(case, -math.inf, -5.0, -0.3, 2.5, 100.0))) for token in ids]
    rows = Rows(size)
    rows.fill(case.logits)
    Bias(pairs).apply(rows)
    ours = reshape.logit_bias(Candidates.of(case.logits), pairs)
    biased = Candidates.of(rows.rows()["logit"].copy())
    return compare_logits(biased, ours), f"bias {pairs}"


def penalties(case: Case) -> tuple[Outcome, str]:
    """Repeat, frequency and presence together."""
    s = Settings(
        repeat_last_n=int(pick(case, 1, 4, 64)),
        repeat_penalty=pick(case, 1.0, 1.1, 1.3, 0.8),
        frequency_penalty=pick(case, 0.0, 0.5, -0.2),
        presence_penalty=pick(case, 0.1, 0.3),
    )
    ours = reshape.penalties(
        case.candidates, case.history, last_n=s.repeat_last_n, repeat=f32(s.repeat_penalty),
        frequency=f32(s.frequency_penalty), presence=f32(s.presence_penalty),
    )  # fmt: skip
    return compare_logits(_real("penalties", case, s), ours), shown(s)


def dry(case: Case) -> tuple[Outcome, str]:
    """Without breakers: those need a vocabulary."""
    s = Settings(
        dry_multiplier=pick(case, 0.8, 2.0),
        dry_base=pick(case, 1.0, 1.1, 1.75, 3.0),
        dry_allowed_length=int(pick(case, 0, 1, 2, 4)),
        dry_penalty_last_n=int(pick(case, 4, 20, 64)),
        dry_sequence_breakers=(),
    )
    ours = reshape.dry(
        case.candidates, case.history, multiplier=f32(s.dry_multiplier), base=f32(s.dry_base),
        allowed_length=s.dry_allowed_length, last_n=s.dry_penalty_last_n,
    )  # fmt: skip
    return compare_logits(_real("dry", case, s), ours), shown(s)


def temperature(case: Case) -> tuple[Outcome, str]:
    """T above 0 by logits; T = 0 by the one that is left."""
    s = Settings(temperature=pick(case, 0.0, 0.1, 0.3, 0.8, 1.7))
    ours = reshape.temperature(case.candidates, f32(s.temperature))
    return compare_logits(_real("temperature", case, s), ours), shown(s)


def dynamic_temperature(case: Case) -> tuple[Outcome, str]:
    """By probabilities: a small difference of T' moves far logits far."""
    s = Settings(
        temperature=pick(case, 0.0, 0.5, 1.0),
        dynatemp_range=pick(case, 0.2, 0.5, 1.5),
        dynatemp_exponent=pick(case, 0.5, 1.0, 2.0),
    )
    values = f32(s.temperature), f32(s.dynatemp_range), f32(s.dynatemp_exponent)
    ours = reshape.temperature(
        case.candidates, values[0], dynamic_range=values[1], dynamic_exponent=values[2]
    )
    return compare_p(_real("temperature", case, s), ours), shown(s)


def top_n_sigma(case: Case) -> tuple[Outcome, str]:
    """The threshold is n."""
    s = Settings(top_n_sigma=pick(case, 0.1, 0.5, 1.0, 2.5))
    real = _real("top_n_sigma", case, s)
    n = f32(s.top_n_sigma)
    slack = off_by(case.logits.size) * 2.5 * n
    ours = lambda at: cut.top_n_sigma(case.candidates, at)  # noqa: E731
    return compare_cut(real, ours, n, slack), shown(s)


def top_k(case: Case) -> tuple[Outcome, str]:
    """No threshold that could be borderline."""
    s = Settings(top_k=int(pick(case, 1, 2, 40, 300, 5000)))
    same = same_order(_real("top_k", case, s), cut.top_k(case.candidates, s.top_k))
    return Outcome.AGREES if same else Outcome.DIFFERS, shown(s)


def _share(name: str, field: str, definition: Any, low: float, high: float) -> Check:
    """A stage with one probability and `min_keep`."""

    def check(case: Case) -> tuple[Outcome, str]:
        p = f32(case.rng.uniform(low, high))
        keep = int(pick(case, 0, 1, 1, 3))
        s = Settings(**{field: p, "min_keep": keep})  # type: ignore[arg-type]
        real = _real(name, case, s)
        ours = lambda at: definition(case.candidates, at, keep)  # noqa: E731
        return compare_cut(real, ours, p, off_by(case.logits.size)), shown(s)

    return check


def xtc(case: Case) -> tuple[Outcome, str]:
    """With a chance of 1: the coin itself is checked by the draws of the chain."""
    s = Settings(
        xtc_probability=1.0,
        xtc_threshold=f32(pick(case, 0.02, 0.1, 0.3, 0.5)),
        min_keep=int(pick(case, 0, 1, 3)),
    )
    real = _real("xtc", case, s)
    ours = lambda at: cut.xtc(  # noqa: E731
        case.candidates, coin=0.0, probability=1.0, threshold=at, min_keep=s.min_keep
    )
    return compare_cut(real, ours, s.xtc_threshold, off_by(case.logits.size)), shown(s)


def typ_p(case: Case) -> tuple[Outcome, str]:
    """See `compare_typical`."""
    s = Settings(typical_p=f32(case.rng.uniform(0.05, 0.999)), min_keep=int(pick(case, 0, 1, 1, 3)))
    real = _real("typ_p", case, s)
    return compare_typical(real, case.candidates, s.typical_p, s.min_keep), shown(s)


tfs_z = _share("tfs_z", "tfs_z", cut.tfs_z, 0.05, 0.999)
top_p = _share("top_p", "top_p", cut.top_p, 0.05, 0.999)
min_p = _share("min_p", "min_p", cut.min_p, 0.001, 0.999)
