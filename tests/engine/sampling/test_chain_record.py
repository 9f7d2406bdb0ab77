"""A record holds what it says, exactly, and nothing in it is NaN."""

import math
from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np
import pytest

from tests.engine.sampling.logit_rows import make_rows
from tests.engine.sampling.test_chain_native import CASES, FULL
from tui.core.replay import replay
from tui.core.settings import Settings
from tui.core.step import KEPT, Step
from tui.sampling.bias import resolve
from tui.sampling.chain import Chain
from tui.sampling.drawn import Written
from tui.sampling.vocab import Vocab

PROMPT = [7, 8, 9, 7, 8, 30, 7, 8]


def steps_of(
    settings: Settings, rows: list[np.ndarray], count: int
) -> list[tuple[Step, list[int]]]:
    """Steps, each with the tokens before it."""
    vocab = Vocab(rows[0].size, eog=(1, 2))
    chain = Chain(vocab, settings, 99, PROMPT)
    found, history = [], list(PROMPT)
    for i in range(count):
        draw = chain.sample(rows[i % len(rows)])
        found.append((chain.record(draw, i), list(history)))
        chain.accept(draw.token)
        history.append(draw.token)
    chain.close()
    return found


@pytest.mark.parametrize("n_vocab", [2, 100, 5000, 40_000])
def test_whole_vocabulary_numbers_are_exact(n_vocab: int) -> None:
    for i, row in enumerate(make_rows(n_vocab, 4, seed=3)):
        row[: n_vocab // 10 * (i % 2)] = -np.inf
        row[-1] += 5
        ((step, _),) = steps_of(Settings(), [row], 1)
        finite = row[np.isfinite(row)].astype(np.float64)
        lse = np.logaddexp.reduce(finite)
        p = np.exp(finite - lse)
        record = step.record
        assert record.log_sum_exp == pytest.approx(lse, rel=1e-6)
        assert step.entropy_bits == pytest.approx(-(p * np.log2(p)).sum(), rel=2e-6)
        assert record.logit_mean == pytest.approx(finite.mean(), rel=1e-5, abs=1e-6)
        assert record.logit_std == pytest.approx(finite.std(), rel=1e-5)
        assert record.logit_max == finite.max()
        assert (record.n_vocab, record.n_finite) == (n_vocab, finite.size)
        assert step.p_raw == pytest.approx(math.exp(row[step.id] - lse), rel=1e-5)
        assert step.rank == 1 + (row > row[step.id]).sum()


@pytest.mark.parametrize("ban", [-1e9, -1e20, float(np.finfo(np.float32).min)])
def test_mean_and_deviation_are_right_where_a_model_bans_with_a_number(ban: float) -> None:
    row = make_rows(3000, 1, seed=3)[0]
    row[::3] = ban
    ((step, _),) = steps_of(Settings(), [row], 1)
    exact = row.astype(np.float64)
    assert step.record.logit_mean == pytest.approx(exact.mean(), rel=1e-5)
    assert step.record.logit_std == pytest.approx(exact.std(), rel=1e-5)


def test_the_most_likely_are_there_in_order() -> None:
    rows = make_rows(40_000, 6, seed=8)
    rows[5] = np.round(rows[5], 1)
    for step, _ in steps_of(Settings(), rows, 6):
        row = rows[step.i]
        expected = np.lexsort((np.arange(row.size), -row))[:256]
        assert step.record.ids[:256].tolist() == expected.tolist()
        assert (step.record.logits == row[step.record.ids]).all()
        assert step.id in step.record.ids


def test_what_was_biased_or_penalised_is_recorded_and_in_order() -> None:
    rows = make_rows(20_000, 3, seed=8)
    least = [int(i) for i in np.argsort(rows[0])[:3]]
    settings = Settings(logit_bias=tuple((i, 1.0) for i in least), repeat_penalty=1.1)
    for step, history in steps_of(settings, rows, 3):
        record = step.record
        assert set(least) | set(history[-64:]) <= set(record.ids.tolist())
        assert record.ids.size == len(set(record.ids.tolist()))
        order = np.lexsort((record.ids, -record.logits))
        assert (order == np.arange(record.ids.size)).all()
        top = np.lexsort((np.arange(20_000), -rows[step.i]))[:256]
        assert record.ids[:256].tolist() == top.tolist()


# Replay has one coin for XTC; a second XTC has a generator, and so a coin, of its own.
@pytest.mark.parametrize("name", [name for name in CASES if name != "xtc twice"])
def test_the_record_tells_what_replay_works_out(name: str) -> None:
    settings = Settings(**CASES[name])
    rows = make_rows(250, 10, seed=17)
    bias, _ = resolve(settings, Vocab(250, eog=(1, 2)))
    for step, history in steps_of(settings, rows, 20):
        told = replay(step, settings, history, bias=bias)
        assert told.token == step.id
        assert [s.sampler for s in step.stages] == [s.sampler for s in told.stages]
        for mine, written in zip(step.stages, told.stages, strict=True):
            assert (mine.kept, mine.changed) == (written.kept, written.changed), mine.sampler
            assert mine.mass == pytest.approx(written.mass, abs=1e-5)
            assert mine.entropy_bits == pytest.approx(written.entropy_bits, abs=1e-4)
        assert step.record.cut.tolist() == told.cut.tolist()
        assert step.record.p_final == pytest.approx(told.p_final, abs=1e-5)
        place = step.record.ids.tolist().index(step.id)
        assert step.p_final == step.record.p_final[place]
        assert step.record.cut[place] == KEPT


@pytest.mark.parametrize("values", [{}, FULL, {"typical_p": 0.5, "top_k": 0}, {"mirostat": 1},
                                    {"mirostat": 2}, {"top_n_sigma": 0.5, "dynatemp_range": 0.5},
                                    {"tfs_z": 0.5, "top_k": 0}, {"xtc_probability": 1.0}])  # fmt: skip
@pytest.mark.parametrize("changed", [{}, {"logit_bias": ((3, -np.inf), (4, 5.0)),
                                          "repeat_penalty": 1.2}])  # fmt: skip
def test_no_number_is_nan_or_infinite(values: dict, changed: dict) -> None:
    rows = make_rows(600, 8, seed=1)
    rows[0][5:] = -np.inf
    rows[1][::2] = -np.inf
    rows[2][:] = -np.inf
    rows[2][17] = 3.0
    rows[3] *= 1e4
    rows[4][3] = 3e38
    rows[5][::3] = np.nan
    rows[6][::3] = np.finfo(np.float32).min
    rows[7][1::2] = -1e20
    for step, _ in steps_of(Settings(**changed, **values), rows, 16):
        record = step.record
        numbers = [step.p_raw, step.p_final, step.entropy_bits, *step.uniforms.values()]
        numbers += [record.log_sum_exp, record.logit_mean, record.logit_std, record.logit_max]
        numbers += [x for stage in step.stages for x in (stage.mass, stage.entropy_bits)]
        numbers += [step.state.mirostat_mu, *step.state.adaptive]
        assert all(math.isfinite(number) for number in numbers)
        assert all(0 <= stage.mass <= 1 and stage.kept >= 1 for stage in step.stages)
        assert np.isfinite(record.p_final).all()
        assert step.p_final > 0
        assert (record.p_final[np.isneginf(record.logits)] == 0).all()


@pytest.mark.parametrize("after", ["top_p", "xtc", "typ_p"])
def test_probabilities_are_numbers_behind_a_temperature_next_to_0(after: str) -> None:
    settings = Settings(
        samplers=("temperature", after), temperature=1e-9, typical_p=0.9, xtc_probability=1.0
    )  # fmt: skip
    for step, _ in steps_of(settings, make_rows(300, 6, seed=1), 6):
        assert np.isfinite(step.record.p_final).all()
        assert step.p_final == 1.0
        assert step.rank == 1


def test_a_record_made_in_another_thread_is_the_same() -> None:
    rows = make_rows(3000, 10, seed=2)
    settings = Settings(repeat_penalty=1.1, logit_bias=((5, 2.0),), xtc_probability=0.5)
    here = [step for step, _ in steps_of(settings, rows, 40)]
    chain = Chain(Vocab(3000, eog=(1, 2)), settings, 99, PROMPT)
    with ThreadPoolExecutor(1) as pool:
        waiting = []
        for i in range(40):
            draw = chain.sample(rows[i % 10])
            waiting.append(pool.submit(chain.record, draw, i))
            chain.accept(draw.token)
        there = [future.result() for future in waiting]
    chain.close()
    assert msgspec.json.encode(here) == msgspec.json.encode(there)


MIXED = [{}, FULL, {"repeat_penalty": 1.2, "logit_bias": ((5, 2.0), (9, -np.inf))},
         {**FULL, "typical_p": 0.5}, {"temperature": 0.0}, {"mirostat": 2},
         {**FULL, "min_p": 0.01, "xtc_probability": 0.5, "xtc_threshold": 0.05}]  # fmt: skip


@pytest.mark.parametrize("n_vocab", [200, 3000, 9000])
def test_records_made_together_are_those_made_one_by_one(n_vocab: int) -> None:
    rows = make_rows(n_vocab, 10, seed=4)
    rows[3][: n_vocab // 3] = -np.inf
    vocab = Vocab(n_vocab, eog=(1, 2))
    one, several = (Chain(vocab, Settings(), 99, PROMPT) for _ in range(2))
    expected: list[Step] = []
    waiting: list[Written] = []
    for i in range(21):
        for chain in (one, several):
            chain.change(Settings(**MIXED[i // 3]))
            draw = chain.sample(rows[i % 10])
            chain.accept(draw.token)
            if chain is one:
                expected.append(chain.record(draw, i))
            else:
                waiting.append(Written(draw, i))
    found = several.records(waiting)
    assert msgspec.json.encode(found) == msgspec.json.encode(expected)
    assert several.records([]) == []
    one.close()
    several.close()


def test_the_coin_of_xtc_is_there_while_it_is_off() -> None:
    rows = make_rows(500, 4)
    off = [step.uniforms["xtc"] for step, _ in steps_of(Settings(), rows, 8)]
    on = [step.uniforms["xtc"] for step, _ in steps_of(Settings(xtc_probability=0.5, min_p=0.0,
                                                                top_p=1.0), rows, 8)]  # fmt: skip
    assert off == on
    assert len(set(off)) == 8


def test_a_draw_without_a_record_is_the_same_draw() -> None:
    row = make_rows(500, 1)[0]
    for settings in (Settings(), Settings(mirostat=2), Settings(xtc_probability=0.5)):
        steps = []
        for record in (True, False):
            chain = Chain(Vocab(500), settings, 1, [])
            steps.append(chain.record(chain.sample(row, record=record), 0))
            chain.close()
        kept, plain = steps
        assert (kept.id, kept.u, kept.uniforms) == (plain.id, plain.u, plain.uniforms)
        assert kept.state == plain.state
        assert not plain.record.ids.size


def test_a_row_of_another_size_is_refused() -> None:
    chain = Chain(Vocab(500), Settings(), 1, [])
    with pytest.raises(ValueError, match="500 logits"):
        chain.sample(make_rows(400, 1)[0])
    chain.close()


MEASURED = {
    **{name: CASES[name] for name in (
        "default", "only temperature", "top-p over everything", "min-p over everything", "typical",
        "bias and penalties", "dynamic temperature first", "xtc over everything", "penalties last",
        "mirostat 2", "adaptive-p over everything", "top-n-sigma", "dry and penalties",
    )},
    "a bias above all": {"logit_bias": ((70, 500.0), (71, 499.0)), "top_k": 0, "top_p": 0.9},
    "the best banned": {"logit_bias": tuple((i, -np.inf) for i in range(900)), "top_k": 50},
    "all but a few banned": {"logit_bias": tuple((i, -np.inf) for i in range(4990))},
}  # fmt: skip


@pytest.mark.parametrize("name", MEASURED)
def test_every_stage_is_measured_as_plain_numpy_does(name: str) -> None:
    settings, vocab = Settings(**MEASURED[name]), Vocab(5000, eog=(1, 2))
    rows = make_rows(5000, 3, seed=6)
    rows[1][::3] = -np.inf
    rows[2][:900] += 6.0
    left: list[tuple[str, np.ndarray, np.ndarray]] = []

    def watch(stage: str, candidates: np.ndarray) -> None:
        left.append((stage, candidates["id"].copy(), candidates["logit"].astype(np.float64)))

    watched = Chain(vocab, settings, 3, PROMPT, watch=watch)
    chain = Chain(vocab, settings, 3, PROMPT)
    for i, row in enumerate(rows):
        left.clear()
        seen, draw = watched.sample(row), chain.sample(row)
        watched.accept(seen.token)
        chain.accept(draw.token)
        step = chain.record(draw, i)
        assert step.id == seen.token
        p_raw = np.exp(row.astype(np.float64) - np.logaddexp.reduce(row.astype(np.float64)))
        assert [stage.sampler for stage in step.stages] == [stage for stage, _, _ in left[:-1]]
        for stage, (_, ids, logits) in zip(step.stages, left[:-1], strict=True):
            ids, logits = ids[logits > -np.inf], logits[logits > -np.inf]
            p = np.exp(logits - np.logaddexp.reduce(logits))
            assert stage.kept == ids.size, stage.sampler
            assert stage.mass == pytest.approx(p_raw[ids].sum(), rel=3e-6)
            assert stage.entropy_bits == pytest.approx(-(p * np.log2(p + 1e-300)).sum(), abs=1e-5)
    watched.close()
    chain.close()
