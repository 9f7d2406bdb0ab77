"""What is left when a reply breaks off: its text, its cache, the machine's memory."""

import datetime
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tui.core.messages import Event, Finished, Generate, Steps, Turn, Warned
from tui.core.model import LoadOptions
from tui.core.settings import Settings
from tui.engine import machine, process
from tui.engine.inbox import Arrived, Inbox
from tui.engine.log import LlamaLog
from tui.engine.loop import Reply
from tui.engine.ready import Ready
from tui.engine.scribe import Scribe
from tui.hangup import PATIENCE_S


@pytest.fixture
def ready(tiny: Path, llama_log: LlamaLog) -> Iterator[Ready]:
    options = LoadOptions(path=str(tiny), n_threads=1, n_batch=256)
    found = Ready(options, llama_log, lambda _: True, datetime.datetime(2024, 1, 1))
    yield found
    found.close()


def test_an_exception_in_the_middle_of_a_reply_keeps_what_was_said(ready: Ready):
    calls, said = 0, list[Event]()

    def breaks() -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise ZeroDivisionError("here")

    turns = (Turn(role="user", text="hello"),)
    request = Generate(run=1, turns=turns, settings=Settings(ignore_eos=True), seed=1)
    # Its thread ends this process with the pipe, so the other end stays open.
    requests, _ = os.pipe()
    desk = ready.desk(Inbox(requests), said.append, breaks)
    Reply(Arrived(request, 0, 0.0), ready.prompt(request), desk).make()
    steps = [step for event in said if isinstance(event, Steps) for step in event.steps]
    finished = said[-1]
    assert isinstance(finished, Finished)
    assert len(steps) == finished.timings.gen_tokens == 3
    assert finished.text == "".join(step.text for step in steps) != ""
    assert finished.reason == "error"
    assert "ZeroDivisionError: here" in finished.error
    assert finished.kv_tokens == len(ready.context.ids) == 0


def test_a_batch_is_given_up_in_its_middle_and_the_cache_stays_good(ready: Ready):
    context, ids = ready.context, [5] * 200
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked == 5

    assert context.decode(ids[:10], stop=lambda: False)
    assert not context.decode(ids[10:], stop=stop)
    assert asked == 5
    assert context.ids == ids[:10]
    context.decode(ids[10:])
    after = context.logits().copy()
    context.clear()
    context.decode(ids[:10])
    context.decode(ids[10:])
    assert np.array_equal(context.logits(), after)


def test_a_scribe_whose_events_cannot_be_said_tells_and_does_not_hang():
    def broken(_: Event) -> None:
        raise ZeroDivisionError

    scribe = Scribe(None, 1, broken, record=False)
    with pytest.raises(ZeroDivisionError):
        for _ in range(100):
            scribe.say(Warned("x"))
    with pytest.raises(ZeroDivisionError):
        scribe.close()


def test_what_a_container_has_in_its_page_cache_counts_as_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 900000 kB\nMemAvailable: 800000 kB\n")
    (tmp_path / "memory.max").write_text("600000000\n")
    (tmp_path / "memory.current").write_text("590000000\n")
    (tmp_path / "memory.stat").write_text("anon 50\ninactive_file 400000000\nactive_file 1000\n")
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    monkeypatch.setattr(machine, "_MEMINFO", meminfo)
    assert machine.available_memory() == 410_001_000
    assert machine.memory_limit() == 600_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.available_memory() == 819_200_000
    assert machine.memory_limit() == 921_600_000


def test_the_terminal_is_put_in_order_after_an_engine_that_does_not_leave():
    assert PATIENCE_S > process.QUIT_S + 1


def test_every_workbench_has_a_log_of_its_own_and_old_ones_go(tmp_path: Path):
    for age in range(20):
        path = tmp_path / f"engine-{900000 + age}.log"
        path.write_text("old")
        os.utime(path, (1000 - age, 1000 - age))
    own = process.own_log(tmp_path)
    assert own == tmp_path / f"engine-{os.getpid()}.log"
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [f"engine-{900000 + age}.log" for age in range(8)]
