"""A person's own stage: what it may say, and that no fault of it stops anything."""

import signal
from typing import Any

import numpy as np
import pytest

from tui.core.own_sampler import OwnSampler, Parameter
from tui.core.own_source import Source, load
from tui.core.replay import replay
from tui.core.settings import preset
from tui.sampling.chain import Chain
from tui.sampling.vocab import Vocab

IDS = np.array([4, 7, 9], np.int32)
LOGITS = np.array([2.0, 1.0, 0.0], np.float32)

PRELUDE = """\
import numpy as np
from tui.core.own_sampler import OwnSampler, Parameter

def stage(ids, logits, values):
    {body}

STAGE = OwnSampler("mine", stage, parameters=[Parameter("a", maximum=2.0)])
"""


def made(body: str, path: str = "/somewhere/mine.py") -> OwnSampler:
    (sampler,), problem = load(Source(path=path, text=PRELUDE.format(body=body)))
    assert problem is None
    return sampler


def applied(body: str) -> tuple[np.ndarray, Any]:
    return made(body).apply(IDS, LOGITS, {"a": 0.5})


def test_a_stage_changes_logits_and_sees_its_values() -> None:
    logits, problem = applied('return logits - values["a"] * (ids == 7)')
    assert problem is None
    assert logits.tolist() == [2.0, 0.5, 0.0]


def test_minus_infinity_removes_and_nan_too() -> None:
    logits, problem = applied("logits[0] = -np.inf; logits[1] = np.nan; return logits")
    assert problem is None
    assert logits.tolist() == [-np.inf, -np.inf, 0.0]


def test_dividing_by_zero_in_an_array_is_no_fault() -> None:
    logits, problem = applied("return logits / (ids != 7)")
    assert problem is not None
    assert problem.message.startswith("it returned an infinite logit")
    logits, problem = applied("return -abs(logits) / (ids != 7)")
    assert problem is None
    assert logits.tolist() == [-2.0, -np.inf, 0.0]


def test_it_sees_only_candidates_that_are_left() -> None:
    sampler = made("return np.zeros(ids.size)")
    logits, problem = sampler.apply(IDS, np.array([1.0, -np.inf, 2.0]), {})
    assert problem is None
    assert logits.tolist() == [0.0, -np.inf, 0.0]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return 1 / 0", "ZeroDivisionError: division by zero"),
        ("return values['b']", "KeyError: 'b'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("return logits * np.nan", "it returned NaN everywhere"),
        ("return logits - np.inf", "it left no candidate"),
        ("return logits[:2]", "it returned the shape (2,), not (3,)"),
        ("return 1.0", "it returned the shape (), not (3,)"),
        ("return ['a', 'b', 'c']", "it returned <U1, not numbers"),
        ("return logits > 0", "it returned bool, not numbers"),
        ("return logits + np.inf", "it returned an infinite logit, or one too large"),
        ("return np.full(3, 1e300)", "it returned an infinite logit, or one too large"),
        ("return [[1], [2, 3], 4]", "ValueError"),
        ("pass", "it returned nothing: return the logits"),
    ],
)
def test_every_fault_is_told_with_file_and_line_and_changes_nothing(
    body: str, message: str
) -> None:
    logits, problem = applied(body)
    assert logits.tolist() == LOGITS.tolist()
    assert problem is not None
    assert problem.message.startswith(message)
    assert problem.path == "/somewhere/mine.py"
    assert problem.line in (4, 5)


def test_the_line_of_an_exception_is_the_persons_own() -> None:
    _, problem = applied("return np.zeros(2) @ np.zeros(3)")
    assert problem.line == 5


def test_the_chain_goes_on_without_a_faulty_stage() -> None:
    row = np.array([2.0, 1.0, 0.0], np.float32)
    settings = preset("neutral").changed(samplers=("custom:mine",), custom={"mine": {"a": 1.0}})
    own = {"mine": made("return 1 / 0")}
    chain, plain = Chain(Vocab(3), settings, 5, [], own=own), Chain(Vocab(3), settings, 5, [])
    tokens = []
    for one in (chain, plain):
        draw = one.sample(row)
        step = one.record(draw, 0)
        tokens.append(step.id)
        one.close()
    assert tokens[0] == tokens[1]
    assert chain.faults[0].line == 5
    again = replay(step, settings, own=own)
    assert again.token == tokens[0]
    assert again.problems[0].message == "ZeroDivisionError: division by zero"


def test_replay_runs_it_as_the_chain_does() -> None:
    row = np.random.default_rng(3).normal(0, 2, 40).astype(np.float32)
    settings = preset("neutral").changed(
        samplers=("custom:mine", "temperature"), temperature=0.7, custom={"mine": {"a": 1.0}}
    )
    own = {"mine": made('return np.where(logits < values["a"], -np.inf, logits)')}
    chain = Chain(Vocab(40), settings, 8, [], own=own)
    step = chain.record(chain.sample(row), 0)
    chain.close()
    again = replay(step, settings, own=own)
    assert again.exact
    assert again.token == step.id
    assert again.stages[0].kept == step.stages[0].kept == int((row >= 1.0).sum())


@pytest.mark.parametrize(
    ("given", "value"),
    [({}, 0.0), ({"a": 1.5}, 1.5), ({"a": 9.0}, 0.0), ({"a": float("nan")}, 0.0)],
)
def test_a_value_out_of_range_is_the_default(given: dict[str, float], value: float) -> None:
    assert made("return logits").values({"mine": given}) == {"a": value}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Parameter("A b"),
        lambda: Parameter("a", neutral=3.0),
        lambda: Parameter("a", step=0.0),
        lambda: Parameter("a", maximum=float("inf")),
        lambda: OwnSampler("No Spaces", len),
        lambda: OwnSampler("mine", len, parameters=[Parameter("a"), Parameter("a")]),
    ],
)
def test_a_declaration_that_cannot_be_is_refused_at_once(wrong: Any) -> None:
    with pytest.raises(ValueError):
        wrong()


def test_it_looks_like_a_built_in_row() -> None:
    sampler = OwnSampler(
        "mine", len, parameters=[Parameter("letter", maximum=26, step=1, help="which")]
    )
    param = sampler.parameters[0].as_param()
    assert (param.kind, param.default, param.high, param.decimals) == ("int", 0, 26, 0)
    assert sampler.as_stage().name == "custom:mine"
    assert sampler.as_stage().params == ("letter",)


def test_a_big_number_out_of_range_is_told_whole() -> None:
    problem = Parameter("a", maximum=10_000_000.0).check(12_345_678)
    assert str(problem) == "a: 12345678 is out of range (it goes from 0 to 10000000)"


def test_what_looks_like_an_interrupt_is_a_fault_where_ctrl_c_is_not_pythons() -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # as the engine does
        _, problem = applied("raise KeyboardInterrupt")
        assert problem is not None
        assert problem.message == "KeyboardInterrupt"
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with pytest.raises(KeyboardInterrupt):
            applied("raise KeyboardInterrupt")
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_fault_is_told_with_the_line_of_the_file_that_it_came_from() -> None:
    text = (
        PRELUDE.format(body="return helper(logits)") + "\n\ndef helper(logits):\n    return 1 / 0\n"
    )
    (sampler,), _ = load(Source(path="/somewhere/mine.py", text=text))
    _, problem = sampler.apply(IDS, LOGITS, {"a": 0.5})
    assert text.splitlines()[problem.line - 1].strip() == "return 1 / 0"
