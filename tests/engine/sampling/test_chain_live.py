"""Settings that change, forks, and tokens taken by hand: what was learnt stays learnt."""

import numpy as np
import pytest

from tests.engine.sampling.logit_rows import Native, make_rows
from tests.engine.sampling.test_chain_native import CASES, FULL, ORDER
from tui.core.errors import UsageError
from tui.core.settings import Settings
from tui.sampling.candidate import Candidates
from tui.sampling.chain import Banned, Chain
from tui.sampling.dice import RANDOM_SEED, Dice
from tui.sampling.vocab import Vocab

N_VOCAB = 400
VOCAB = Vocab(N_VOCAB, eog=(1, 2))
PROMPT = [7, 8, 9, 7, 8, 30, 7, 8]


def run(chain: Chain, rows: list[np.ndarray], start: int, end: int) -> list[int]:
    """Tokens of these steps."""
    tokens = []
    for i in range(start, end):
        draw = chain.sample(rows[i % len(rows)], record=False)
        chain.accept(draw.token)
        tokens.append(draw.token)
    return tokens


def native_from(settings: Settings, history: list[int], draws: int, seed: int = 5) -> Native:
    """llama.cpp's chain that has read `history` and rolled its dice `draws` times."""
    native = Native(VOCAB, settings, seed, history)
    one = Candidates(1)
    for _ in range(draws):
        one.fill(np.zeros(1, np.float32))
        native.chain.apply(one.address)
    return native


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"temperature": 0.2}, {"temperature": 2.0}),
        ({}, {"repeat_penalty": 1.3, "dry_multiplier": 1.0, "dry_allowed_length": 1}),
        ({"repeat_last_n": 4, "repeat_penalty": 1.3}, {"repeat_last_n": 100, "repeat_penalty": 1.3}),
        ({"top_k": 40}, {**FULL, "samplers": ("temperature", "min_p", "top_k"), "min_p": 0.1}),
        ({"off": ("top_k",)}, {"typical_p": 0.7}),
    ],
)  # fmt: skip
def test_a_change_holds_from_the_next_token_and_loses_nothing(before: dict, after: dict) -> None:
    rows = make_rows(N_VOCAB, 12)
    chain = Chain(VOCAB, Settings(**before), 5, PROMPT)
    first = run(chain, rows, 0, 20)
    native = Native(VOCAB, Settings(**before), 5, PROMPT)
    assert first == [native.sample(rows[i % 12]) for i in range(20)]
    native.close()
    chain.change(Settings(**after))
    second = run(chain, rows, 20, 50)
    native = native_from(Settings(**after), PROMPT + first, draws=20)
    assert second == [native.sample(rows[i % 12]) for i in range(20, 50)]
    native.close()
    chain.close()


@pytest.mark.parametrize("name", CASES)
def test_a_fork_makes_the_same_tokens_again(name: str) -> None:
    settings, rows = Settings(**CASES[name]), make_rows(N_VOCAB, 12)
    chain = Chain(VOCAB, settings, 5, PROMPT)
    history = PROMPT + run(chain, rows, 0, 17)
    state = chain.snapshot()
    rest = run(chain, rows, 17, 50)
    fork = Chain(VOCAB, settings, 5, PROMPT)
    run(fork, rows[3:], 0, 5)
    fork.restore(state, history)
    assert fork.snapshot() == state
    assert run(fork, rows, 17, 50) == rest
    assert fork.snapshot() == chain.snapshot()
    chain.close()
    fork.close()


def test_the_state_of_a_step_is_the_one_before_it() -> None:
    rows = make_rows(N_VOCAB, 12)
    chain = Chain(VOCAB, Settings(mirostat=2), 5, PROMPT)
    for i in range(5):
        before = chain.snapshot()
        draw = chain.sample(rows[i])
        assert chain.record(draw, i).state == before
        chain.accept(draw.token)
        assert chain.snapshot().mirostat_mu != before.mirostat_mu
    assert chain.snapshot().draws["mirostat"] == 5
    chain.close()


def test_mirostat_goes_on_where_it_was() -> None:
    rows = make_rows(N_VOCAB, 12)
    settings = Settings(mirostat=2, mirostat_tau=3.0)
    chain = Chain(VOCAB, settings, 5, PROMPT)
    run(chain, rows, 0, 8)
    before = chain.snapshot()
    for between in (Settings(), settings.changed(mirostat_tau=6.0), settings.changed(mirostat=1)):
        chain.change(between)
        assert chain.snapshot().mirostat_mu == before.mirostat_mu
        assert chain.snapshot().draws["mirostat"] == before.draws["mirostat"]
    chain.close()


def test_adaptive_p_goes_on_where_it_was() -> None:
    rows = make_rows(N_VOCAB, 12)
    settings = Settings(samplers=(*ORDER, "adaptive_p"), adaptive_target=0.3)
    chain = Chain(VOCAB, settings, 5, PROMPT)
    run(chain, rows, 0, 8)
    before = chain.snapshot()
    assert before.adaptive != Chain(VOCAB, settings, 5, PROMPT).snapshot().adaptive
    chain.change(Settings())
    run(chain, rows, 8, 12)
    chain.change(settings.changed(adaptive_target=0.6))
    assert chain.snapshot().adaptive == before.adaptive
    chain.close()


def test_the_coins_of_xtc_do_not_start_again() -> None:
    rows = make_rows(N_VOCAB, 12)
    values = {"xtc_probability": 0.5, "xtc_threshold": 0.01, "top_p": 1.0, "min_p": 0.0}
    chain = Chain(VOCAB, Settings(**values), 5, PROMPT)
    dice = Dice(5)
    for i in range(20):
        chain.change(Settings(**{**values, "xtc_threshold": i / 40}))
        draw = chain.sample(rows[i % 12])
        chain.accept(draw.token)
        assert draw.known.uniforms["xtc"] == dice.single()
    chain.close()


@pytest.mark.parametrize("name", ["penalties", "dry", "mirostat 2", "mirostat", "adaptive-p"])
def test_a_token_taken_by_hand_counts_as_drawn(name: str) -> None:
    """Taking the drawn token by hand changes nothing; taking another one is learnt like a draw."""
    settings, rows = Settings(**CASES[name]), make_rows(N_VOCAB, 12)
    plain, hand = Chain(VOCAB, settings, 5, PROMPT), Chain(VOCAB, settings, 5, PROMPT)
    for i in range(30):
        drawn = plain.sample(rows[i % 12])
        plain.accept(drawn.token)
        taken = hand.take(hand.sample(rows[i % 12]), drawn.token)
        assert hand.record(taken, i).by_hand
        hand.accept(taken.token)
        assert hand.snapshot() == plain.snapshot()
    other = next(i for i in range(N_VOCAB) if i != hand.sample(rows[0], record=False).token)
    draw = hand.take(hand.sample(rows[1]), other)
    step = hand.record(draw, 30)
    hand.accept(other)
    assert step.id == other
    assert step.rank == 1 + int((rows[1] > rows[1][other]).sum())
    plain.close()
    hand.close()


def test_mirostat_learns_the_surprise_of_the_token_that_was_taken() -> None:
    rows = make_rows(N_VOCAB, 12)
    chain = Chain(VOCAB, Settings(mirostat=2, mirostat_tau=3.0), 5, PROMPT)
    before = chain.snapshot().mirostat_mu
    draw = chain.take(chain.sample(rows[0]), int(rows[0].argmax()))
    step = chain.record(draw, 0)
    expected = before - 0.1 * (-np.log2(step.p_final) - 3.0)
    assert chain.snapshot().mirostat_mu == pytest.approx(expected, rel=1e-5)
    chain.close()


def test_an_impossible_token_cannot_be_taken() -> None:
    rows = make_rows(N_VOCAB, 1)
    chain = Chain(VOCAB, Settings(), 5, PROMPT)
    draw = chain.sample(rows[0])
    with pytest.raises(UsageError, match="outside the vocabulary"):
        chain.take(draw, N_VOCAB)
    assert chain.record(draw, 0).id == draw.token
    chain.close()


def test_everything_banned_names_who_did_it() -> None:
    rows = make_rows(N_VOCAB, 1)
    chain = Chain(VOCAB, Settings(logit_bias=tuple((i, -np.inf) for i in range(N_VOCAB))), 5, [])
    with pytest.raises(Banned) as caught:
        chain.sample(rows[0])
    assert caught.value.stages == ("logit_bias",)
    assert "logit_bias" in str(caught.value)
    chain.change(Settings())
    chain.accept(chain.sample(rows[0]).token)
    chain.close()


@pytest.mark.parametrize("record", [True, False])
def test_what_a_division_removes_is_no_token_either(record: bool) -> None:
    row = np.full(N_VOCAB, np.finfo(np.float32).min)
    row[:2] = 3.0
    chain = Chain(VOCAB, Settings(logit_bias=((0, -np.inf), (1, -np.inf))), 5, [])
    with pytest.raises(Banned):
        chain.sample(row, record=record)
    chain.close()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_row_without_a_number_is_banned_by_the_model(value: float) -> None:
    chain = Chain(VOCAB, Settings(repeat_penalty=1.1), 5, PROMPT)
    with pytest.raises(Banned) as caught:
        chain.sample(np.full(N_VOCAB, value, np.float32))
    assert caught.value.stages == ("model",)
    chain.close()


def test_numbers_that_are_none_count_as_removed() -> None:
    row = make_rows(N_VOCAB, 1)[0]
    row[5], row[6] = np.nan, np.inf
    chain = Chain(VOCAB, Settings(top_k=0, top_p=1.0, min_p=0.0), 5, PROMPT)
    step = chain.record(chain.sample(row), 0)
    assert step.record.n_finite == N_VOCAB - 2
    assert step.id not in (5, 6)
    assert len(chain.warnings) == 1
    chain.close()


def test_the_seed_that_means_random_to_llama_cpp_is_a_seed_here() -> None:
    rows = make_rows(N_VOCAB, 12)
    one, two = (Chain(VOCAB, Settings(), RANDOM_SEED, PROMPT) for _ in range(2))
    assert run(one, rows, 0, 30) == run(two, rows, 0, 30)
    one.close()
    two.close()


def test_a_bias_outside_the_vocabulary_is_a_warning() -> None:
    rows = make_rows(N_VOCAB, 1)
    bias = ((N_VOCAB, 1.0), (-1, 2.0), (3, float("nan")), (4, -np.inf))
    chain = Chain(VOCAB, Settings(logit_bias=bias), 5, [])
    assert [str(n) in w for n, w in zip((N_VOCAB, -1, "nan"), chain.warnings, strict=True)] == [
        True
    ] * 3
    step = chain.record(chain.sample(rows[0]), 0)
    assert step.stages[0].kept == N_VOCAB - 1
    chain.close()


def test_what_the_model_suppresses_is_never_said() -> None:
    row = make_rows(N_VOCAB, 1)[0]
    row[11] = 40.0
    chain = Chain(Vocab(N_VOCAB, suppress=(11,)), Settings(off=("logit_bias",)), 5, [])
    assert chain.sample(row).token != 11
    chain.close()
