"""Whatever a person may set: a step is replayed as it was, or told to be uncertain; nothing raises."""

import math
from typing import Any

import numpy as np
import pytest

from tui.core.reason import reason
from tui.core.replay import replay
from tui.core.samplers import DEFAULT_ORDER, PARAMS
from tui.core.settings import Settings
from tui.core.step import Step
from tui.core.whatif import Moment, next_state
from tui.sampling.chain import Banned, Chain
from tui.sampling.vocab import Vocab

_FEW = {"repeat_last_n": 64, "dry_penalty_last_n": 64, "dry_allowed_length": 9, "top_k": 600,
        "min_keep": 600}  # fmt: skip


def any_value(rng: np.random.Generator, key: str) -> float:
    """Neutral, at an end of what is accepted, very small, or anywhere between."""
    param = PARAMS[key]
    low, high = param.minimum, param.maximum
    assert low is not None and high is not None
    high = min(high, _FEW.get(key, high))
    anywhere = low + (high - low) * rng.random()
    small = max(low, min(high, 10.0 ** rng.uniform(-300, 0)))
    value = rng.choice([param.default, param.default, low, high, small, anywhere, anywhere])
    return int(value) if param.kind == "int" else float(value)


def any_settings(rng: np.random.Generator) -> Settings:
    order = rng.permutation(list(DEFAULT_ORDER) * 2)[: rng.integers(0, 9)].tolist()
    values: dict[str, Any] = {
        key: any_value(rng, key) for key in PARAMS if key not in ("seed", "dry_sequence_breakers")
    }
    values["mirostat"] = int(rng.choice([0, 0, 0, 1, 2]))
    bias = [(int(t), float(a)) for t, a in zip(
        rng.integers(0, 900, 3), rng.choice([-math.inf, -1e10, -1e9, -1.0, 2.0, 1e9, 1e10], 3),
        strict=True)]  # fmt: skip
    return Settings(
        **values, samplers=(*order, *rng.choice(["adaptive_p", "greedy", ""], 1).tolist())[:9],
        logit_bias=tuple(bias) if rng.random() < 0.4 else (), dry_sequence_breakers=(),
    )  # fmt: skip


def any_row(rng: np.random.Generator) -> np.ndarray:
    n = int(rng.choice([1, 2, 5, 257, 700, 900]))
    row = rng.normal(rng.choice([0, 0, -1000, 900]), 10.0 ** rng.uniform(-3, 3), n)
    if rng.random() < 0.3:
        row[rng.integers(0, n)] += 1000.0
    if rng.random() < 0.3:
        row = np.round(row)
    if rng.random() < 0.2 and n > 2:
        row[rng.random(n) < 0.3] = -np.inf
        row[0] = 1.0
    return row.astype(np.float32)


def made(row: np.ndarray, settings: Settings, history: list[int]) -> Step | None:
    chain = Chain(Vocab(row.size), settings, 7, history)
    try:
        return chain.record(chain.sample(row), 0)
    except Banned:
        return None
    finally:
        chain.close()


@pytest.mark.parametrize("seed", range(4))
def test_nothing_that_may_be_set_breaks_a_replay_or_a_reason(seed: int) -> None:
    rng, done = np.random.default_rng(seed), 0
    for _ in range(60):
        row, own, other = any_row(rng), any_settings(rng), any_settings(rng)
        history = rng.integers(0, row.size, int(rng.choice([0, 3, 40]))).tolist()
        step = made(row, own, history)
        if step is None:
            continue
        for settings in (own, other):
            again = replay(step, settings, history)
            done += 1
            assert again.exact or again.why_not
            assert not (settings is own and again.exact) or again.token == step.id
            for index in range(0, step.record.ids.size, 37):
                text = reason(step, again, settings, index)
                assert "inf" not in text.replace("infin", "") and "nan" not in text, text
            Moment(step, own, history).under(settings)
            next_state(step.state, settings, step, again)
    assert done > 80
