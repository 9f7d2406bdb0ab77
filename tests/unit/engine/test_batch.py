from collections.abc import Sequence

from tui.core.messages import Event
from tui.core.step import ChainState, Record, Step
from tui.engine.batch import TOGETHER, StepBatch


def step(i: int) -> Step:
    record = Record(b"", b"", b"", b"", 0.0, 0, 0, 0.0, 0.0, 0.0)
    return Step(
        i=i, id=0, piece=b"", text="", p_raw=1.0, p_final=1.0, rank=1, entropy_bits=0.0, u=None,
        record=record, state=ChainState({}, 0.0, (0.0, 0.0)),
    )  # fmt: skip


def test_first_and_last_go_at_once_and_none_waits_longer_than_50_ms():
    said: list[Event] = []
    now = 0.0
    batch = StepBatch(1, said.append, lambda: now, list)
    for i in range(12):
        batch.add(step(i), last=i == 11)
        now += 0.015
    assert [[s.i for s in event.steps] for event in said] == [
        [0], [1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11],
    ]  # fmt: skip


def test_it_says_when_a_waiting_step_is_due():
    said: list[Event] = []
    now = 0.0
    batch = StepBatch(1, said.append, lambda: now, list)
    assert batch.due_in_s() == float("inf")
    batch.add(step(0), last=False)
    assert batch.due_in_s() == float("inf")
    now = 0.02
    batch.add(step(1), last=False)
    assert round(batch.due_in_s(), 3) == 0.03
    batch.flush()
    assert len(said) == 2


def test_draws_are_made_into_steps_together_but_never_too_many():
    said: list[Event] = []
    made: list[int] = []

    def make(draws: Sequence[int]) -> list[Step]:
        made.append(len(draws))
        return [step(i) for i in draws]

    batch = StepBatch(1, said.append, lambda: 0.0, make)
    for i in range(2 * TOGETHER + 3):
        batch.add(i, last=False)
    assert made == [1, TOGETHER, TOGETHER]
    batch.flush()
    assert [[s.i for s in event.steps] for event in said] == [[0], [*range(1, 2 * TOGETHER + 3)]]
