"""Each draw against its written definition, on one case.

Keeps true: the uniform is the one that the chain's own dice gave, so the token must be the same; so
must be what the draw was made from and what it has learnt.
"""

import math
from typing import Any

import numpy as np

from tui.cli.check.case import Case
from tui.cli.check.compare import CLOSE, Outcome, f32, off_by, pick, shown
from tui.core.definitions import draw
from tui.core.definitions.draw import Drawn
from tui.core.settings import Settings
from tui.sampling.candidate import Candidates as Rows
from tui.sampling.memory import Memory
from tui.sampling.taker import Adaptive, Dist, Greedy, Mirostat, Taken


def dist(case: Case) -> tuple[Outcome, str]:
    """libllama's draw, beside the uniform that our dice give for its seed."""
    seed = int(case.rng.integers(1 << 31))
    rows, taken, token = _took(Dist(seed, Memory(seed).dice("dist")), case)
    ours = draw.dist(case.candidates, taken.u or 0.0)
    return _compare(case, rows, taken, token, ours, sorts=False), f"seed {seed}"


def greedy(case: Case) -> tuple[Outcome, str]:
    """The first of the most likely."""
    _, _, token = _took(Greedy(), case)
    same = token == draw.greedy(case.candidates).token
    return Outcome.AGREES if same else Outcome.DIFFERS, ""


def mirostat_1(case: Case) -> tuple[Outcome, str]:
    """With a random state; k may be off by what single precision makes of it."""
    s, memory = _mirostat(case, 1)
    mu, n = memory.mu or 0.0, case.logits.size
    rows, taken, token = _took(Mirostat(s, n, memory), case)
    kept = int(np.isfinite(rows.rows()["logit"]).sum())
    low, k, high = (_k(case, mu, n, slope) for slope in (-1e-5, 0.0, 1e-5))
    note = f"{shown(s)}, mu {mu:g}"
    if kept != k:
        near = min(low, k, high) - 1 <= kept <= max(low, k, high) + 1
        return Outcome.BORDERLINE if near else Outcome.DIFFERS, note
    ours = draw.mirostat_1(case.candidates, taken.u or 0.0, mu=mu, n_vocab=n)
    return _learnt(
        _compare(case, rows, taken, token, ours, sorts=True), memory, mu, rows, taken, s
    ), note


def _k(case: Case, mu: float, n_vocab: int, slope: float) -> int:
    """k when the estimated slope is off by `slope`."""
    candidates = case.candidates
    if slope:
        ranks = np.empty(len(candidates))
        ranks[np.argsort(-candidates.logits, kind="stable")] = np.arange(len(candidates))
        candidates = candidates.with_logits(candidates.logits - slope * np.log(ranks + 1.0))
    return min(draw.mirostat_k(candidates, mu, n_vocab), len(case.candidates.possible()))


def mirostat_2(case: Case) -> tuple[Outcome, str]:
    """With a random state."""
    s, memory = _mirostat(case, 2)
    mu = memory.mu or 0.0
    rows, taken, token = _took(Mirostat(s, case.logits.size, memory), case)
    note = f"{shown(s)}, mu {mu:g}"
    kept = int(np.isfinite(rows.rows()["logit"]).sum())
    slack = 1.5 * off_by(case.logits.size) + 1e-6 * abs(mu)
    low, exact, high = (
        len(draw.mirostat_2(case.candidates, 0.0, mu=mu + shift).candidates)
        for shift in (-slack, 0.0, slack)
    )
    if kept != exact:
        return Outcome.BORDERLINE if low <= kept <= high else Outcome.DIFFERS, note
    ours = draw.mirostat_2(case.candidates, taken.u or 0.0, mu=mu)
    return _learnt(
        _compare(case, rows, taken, token, ours, sorts=True), memory, mu, rows, taken, s
    ), note


def adaptive_p(case: Case) -> tuple[Outcome, str]:
    """With a random average."""
    s = Settings(adaptive_target=pick(case, 0.05, 0.3, 0.7), adaptive_decay=pick(case, 0.0, 0.9))
    memory = Memory(int(case.rng.integers(1 << 31)))
    weight = f32(case.rng.uniform(1.0, 10.0))
    memory.sums = sums = (f32(weight * case.rng.uniform(0.0, 1.0)), weight)
    taker = Adaptive(s, memory)
    rows, taken, token = _took(taker, case)
    ours = draw.adaptive_p(
        case.candidates, taken.u or 0.0, target=f32(s.adaptive_target), sums=sums
    )
    outcome = _compare(case, rows, taken, token, ours, sorts=False)
    before = float(case.candidates.p[case.candidates.ids == token][0])
    taker.learn(token)
    expected = draw.adaptive_update(sums, before, decay=f32(s.adaptive_decay))
    apart = float(np.abs(np.subtract(memory.sums, expected)).max())
    learnt = apart <= max(1e-4, off_by(case.logits.size))
    return outcome if learnt else Outcome.DIFFERS, f"{shown(s)}, sums {sums}"


def _mirostat(case: Case, version: int) -> tuple[Settings, Memory]:
    s = Settings(
        mirostat=version, mirostat_tau=pick(case, 1.0, 3.0, 5.0), mirostat_eta=pick(case, 0.1, 0.5)
    )
    memory = Memory(int(case.rng.integers(1 << 31)))
    memory.mu = f32(case.rng.uniform(0.0, 12.0))
    return s, memory


def _learnt(
    outcome: Outcome, memory: Memory, mu: float, rows: Rows, taken: Taken, s: Settings
) -> Outcome:
    """Whether mu moved as the definition says, for the probability that was taken."""
    p = float(rows.rows()["p"][taken.place])
    if p <= 0.0:
        return outcome
    tau, eta = f32(s.mirostat_tau), f32(s.mirostat_eta)
    expected = draw.mirostat_update(mu, -math.log2(p), tau=tau, eta=eta)
    slack = max(1e-4, 1.5 * eta * off_by(len(rows.rows())))
    return outcome if abs((memory.mu or 0.0) - expected) <= slack else Outcome.DIFFERS


def _took(taker: Any, case: Case) -> tuple[Rows, Taken, int]:
    rows = Rows(case.logits.size)
    rows.load(case.ids, case.logits, is_sorted=case.is_sorted)
    try:
        taken = taker.take(rows)
        return rows, taken, rows.id_at(taken.place)
    finally:
        taker.close()


def _compare(
    case: Case, rows: Rows, taken: Taken, token: int, ours: Drawn, *, sorts: bool
) -> Outcome:
    """What the draw was made from, and the token that the same uniform takes."""
    real = np.sort(rows.rows()["p"].astype(np.float64))[::-1]
    slack = max(CLOSE, off_by(real.size))
    expected = np.zeros(real.size)
    expected[: len(ours.p)] = np.sort(ours.p)[::-1][: real.size]
    if rows.rows().size > 1 and float(np.abs(real - expected).max()) > slack:
        return Outcome.DIFFERS
    if ours.token == token or taken.u is None:
        return Outcome.AGREES
    if ours.place is None:
        return Outcome.DIFFERS
    if sorts and _logit(case, token) == _logit(case, ours.token or 0):
        return Outcome.AGREES
    places = np.flatnonzero(ours.candidates.ids == token)
    if not places.size:
        return Outcome.DIFFERS
    ends = np.cumsum(ours.p)
    near = abs(float(ends[min(int(places[0]), ours.place)]) - taken.u) <= off_by(real.size)
    return Outcome.BORDERLINE if near else Outcome.DIFFERS


def _logit(case: Case, token: int) -> float:
    return float(case.logits[case.ids == token][0])
