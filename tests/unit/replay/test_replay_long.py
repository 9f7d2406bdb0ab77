"""Replay over a whole reply, and over vocabularies that a record cannot hold."""

import numpy as np
import pytest

from tui.core.replay import replay
from tui.core.settings import Settings, preset
from tui.core.step import Step
from tui.sampling.chain import Chain
from tui.sampling.vocab import Vocab

LARGE = 32_000
NEUTRAL = preset("neutral")


def language_like(seed: int, size: int = LARGE) -> np.ndarray:
    """A row with a few likely tokens and a long tail, as a model makes."""
    rng = np.random.default_rng(seed)
    row = rng.normal(-2.0, 1.5, size)
    row[rng.integers(0, size, 60)] += rng.uniform(4.0, 14.0, 60)
    return row.astype(np.float32)


def reply_of(settings: Settings, steps: int, size: int) -> list[tuple[Step, list[int]]]:
    chain = Chain(Vocab(size), settings, 11, [1, 2, 3])
    history = [1, 2, 3]
    made = []
    for i in range(steps):
        step = chain.record(chain.sample(language_like(i, size)), i)
        made.append((step, list(history)))
        chain.accept(step.id)
        history.append(step.id)
    chain.close()
    return made


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(mirostat=1, mirostat_tau=3.0),
        Settings(mirostat=2, mirostat_tau=4.0, mirostat_eta=0.3),
        Settings(adaptive_target=0.3, samplers=("min_p", "adaptive_p"), min_p=0.02),
        Settings(repeat_penalty=1.3, dry_multiplier=0.8, dry_sequence_breakers=()),
        Settings(xtc_probability=0.5, xtc_threshold=0.05),
        Settings(xtc_probability=0.5, samplers=("top_k", "xtc", "xtc", "temperature")),
        Settings(samplers=("top_k", "greedy")),
    ],
    ids=lambda s: ",".join(s.to_json()) or "defaults",
)
def test_every_step_of_a_reply_replays(settings: Settings) -> None:
    for step, history in reply_of(settings, 30, 400):
        again = replay(step, settings, history)
        assert again.exact, again.why_not
        assert again.token == step.id
        assert np.abs(again.p_final - step.record.p_final).max() < 1e-4


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"top_k": 0},
        {"top_k": 0, "top_p": 1.0},
        {"top_k": 0, "top_p": 0.9, "min_p": 0.0},
        {"top_k": 0, "top_n_sigma": 3.0},
        {"samplers": ("typ_p", "temperature"), "typical_p": 0.6},
        {"samplers": ("temperature", "top_p"), "temperature": 0.7},
        {"samplers": ("temperature", "min_p"), "temperature": 1.2},
        {"repeat_penalty": 1.2, "frequency_penalty": 0.3},
        {"mirostat": 1, "temperature": 1.0},
        {"mirostat": 2, "temperature": 1.0},
        {"xtc_probability": 1.0, "xtc_threshold": 0.05},
    ],
    ids=repr,
)
def test_what_if_is_exact_while_the_survivors_are_recorded(changed: dict[str, object]) -> None:
    other = Settings(**changed)
    certain = 0
    for seed in range(12):
        row = language_like(seed)
        first, second = (Chain(Vocab(LARGE), s, 5, [7, 8, 7]) for s in (Settings(), other))
        step, fresh = (c.record(c.sample(row), 0) for c in (first, second))
        first.close()
        second.close()
        again = replay(step, other, [7, 8, 7])
        if again.exact:
            certain += 1
            assert again.token == fresh.id
            ours = dict(zip(step.record.ids.tolist(), again.p_final, strict=True))
            theirs = dict(zip(fresh.record.ids.tolist(), fresh.record.p_final, strict=True))
            assert all(abs(ours[i] - theirs[i]) < 1e-4 for i in ours.keys() & theirs.keys())
            for rough, one, real in zip(again.rough, again.stages, fresh.stages, strict=True):
                assert rough or (one.kept == real.kept and abs(one.mass - real.mass) < 1e-4)
    assert certain >= 8


def test_the_biased_tail_is_not_forgotten() -> None:
    step = reply_of(Settings(), 1, LARGE)[0][0]
    outside = next(i for i in range(LARGE) if i not in set(step.record.ids.tolist()))
    assert replay(step, Settings(logit_bias=((outside, -5.0),))).exact
    lifted = replay(step, Settings(logit_bias=((outside, 60.0),)))
    assert not lifted.exact
    assert lifted.why_not == "top-k may keep candidates that were not recorded"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"top_k": 5000}, "top-k may keep"),
        ({"tfs_z": 0.9}, "tail-free needs the curve"),
        ({"temperature": 2.0}, "weight of the candidates that were not recorded is not known"),
        ({"samplers": ("adaptive_p",), "adaptive_target": 0.3}, "adaptive-p lifts"),
        ({"samplers": ("custom:mine",)}, "is not here"),
        ({"logit_bias_text": (("x", 1.0),)}, "needs the model's vocabulary"),
        ({"samplers": ("dry",), "dry_multiplier": 1.0}, "breakers need the model's vocabulary"),
        ({"grammar": 'root ::= "x"', "top_k": 40}, "is not recorded"),
    ],
)
def test_it_says_why_it_is_not_certain(changed: dict[str, object], why: str) -> None:
    chain = Chain(Vocab(LARGE), Settings(), 5, [])
    row = np.random.default_rng(1).normal(0, 1, LARGE).astype(np.float32)
    step = chain.record(chain.sample(row), 0)
    chain.close()
    again = replay(step, NEUTRAL.changed(**changed), [1, 2])
    assert not again.exact
    assert why in again.why_not


def test_a_step_without_a_draw_has_no_u_to_draw_with() -> None:
    chain = Chain(Vocab(50), Settings(samplers=("greedy",)), 5, [])
    step = chain.record(chain.sample(language_like(0, 50)), 0)
    chain.close()
    again = replay(step, NEUTRAL)
    assert not again.exact
    assert "no u" in again.why_not
    assert replay(step, Settings(temperature=0.0)).exact


def test_the_step_is_not_changed() -> None:
    ((step, history),) = reply_of(Settings(), 1, 400)
    before = bytes(step.record.logit_bytes), step.stages
    replay(step, Settings(temperature=0.1, logit_bias=((1, 5.0),)), history)
    assert (step.record.logit_bytes, step.stages) == before
