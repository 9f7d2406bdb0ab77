"""Samplers of one's own and biases by text, through the real engine process."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from tests.support.talk import Talk, Told, talking
from tui.core.messages import (
    Cancel,
    ChangeSettings,
    Fault,
    Load,
    Loaded,
    SettingsChanged,
    Steps,
    Warned,
)
from tui.core.model import LoadOptions
from tui.core.replay import replay
from tui.core.settings import Settings
from tui.core.trace import settings_line
from tui.store.own_samplers import Found, find_own_samplers, new_sampler

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDE = Settings(ignore_eos=True, top_k=0, top_p=1.0, min_p=0.0, temperature=1.0)
FAULTY = """
from tui.core.own_sampler import OwnSampler

def third(ids, logits, values, count=[0]):
    count[0] += 1
    if count[0] >= 3:
        raise RuntimeError("no more")
    return logits

STAGE = OwnSampler("third", third)
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """The worked examples, and one that fails at its third token."""
    folder = tmp_path_factory.mktemp("samplers")
    new_sampler(folder, "top-a", "top-a")
    new_sampler(folder, "no-letter", "no-letter")
    (folder / "third.py").write_text(FAULTY)
    found = find_own_samplers(folder)
    assert found.problems == ()
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tiny: Path, own: Found) -> AsyncIterator[Talk]:
    async with talking() as found:
        found.send(Load(LoadOptions(path=str(tiny), n_threads=1), own.sources))
        loaded = await found.next(Loaded)
        assert isinstance(loaded, Loaded)
        found.loaded = loaded
        yield found


def with_stage(name: str, **values: float) -> Settings:
    return WIDE.changed(samplers=(f"custom:{name}", "temperature"),
                        custom={name: values} if values else {})  # fmt: skip


def warnings(told: Told) -> list[str]:
    return [event.text for event in told.events if isinstance(event, Warned)]


async def test_top_a_cuts_what_its_definition_cuts(desk: Talk) -> None:
    told = await desk.reply("hello", settings=with_stage("top-a", a=0.5), predict=6)
    for step in told.steps:
        assert [stage.sampler for stage in step.stages] == ["logit_bias", "custom:top-a"]
        p = step.record.p_raw
        assert (step.record.p_final > 0).tolist() == (p >= 0.5 * p.max() ** 2).tolist()
    assert any(step.stages[1].kept < step.record.n_vocab for step in told.steps)


async def test_no_letter_is_told_the_pieces_of_the_model(desk: Talk) -> None:
    free = await desk.reply("hello", settings=WIDE, predict=30)
    told = await desk.reply("hello", settings=with_stage("no-letter", letter=5), predict=30)
    assert b"e" in b"".join(step.piece for step in free.steps).lower()
    assert b"e" not in b"".join(step.piece for step in told.steps).lower()


async def test_a_value_of_a_stage_of_ones_own_changes_during_a_reply(desk: Talk) -> None:
    run = desk.ask("hello", settings=with_stage("no-letter", letter=0))
    await desk.until(lambda event: isinstance(event, Steps))
    desk.send(ChangeSettings(run, with_stage("no-letter", letter=5)))
    events = await desk.until(lambda event: isinstance(event, SettingsChanged))
    change = events[-1]
    assert isinstance(change, SettingsChanged)
    assert change.changed == {"custom": {"no-letter": {"letter": 5}}}
    later = await desk.until(
        lambda event: isinstance(event, Steps) and event.steps[-1].i > change.i + 10
    )
    desk.engine.send(ChangeSettings(run, with_stage("top-a", a=1.0)))
    await desk.until(lambda event: isinstance(event, SettingsChanged))
    desk.send(Cancel(run))
    await desk.told()
    steps = [s for event in later if isinstance(event, Steps) for s in event.steps]
    after = [step for step in steps if step.i >= change.i]
    assert b"e" not in b"".join(step.piece for step in after).lower()


async def test_a_faulty_stage_is_left_out_and_told_once_while_the_reply_goes_on(
    desk: Talk,
) -> None:
    told = await desk.reply("hello", settings=with_stage("third"), predict=8)
    assert told.finished.reason == "length"
    assert len(told.steps) == 8
    (fault,) = (event for event in told.events if isinstance(event, Fault))
    assert fault.problem.key == "custom:third"
    assert fault.problem.message == "RuntimeError: no more"
    assert fault.problem.path.endswith("third.py")
    assert fault.problem.line == 7
    named = ["custom:third" in [stage.sampler for stage in step.stages] for step in told.steps]
    assert named == [True] * 2 + [False] * 6


async def test_a_stage_that_is_not_there_is_told_and_left_out(desk: Talk) -> None:
    told = await desk.reply("hello", settings=with_stage("nowhere"), predict=3)
    (fault,) = (event for event in told.events if isinstance(event, Fault))
    assert "no sampler of this name" in fault.problem.message
    assert len(told.steps) == 3


async def test_a_recorded_step_is_made_again_with_the_stage(desk: Talk, own: Found) -> None:
    settings = with_stage("top-a", a=0.5)
    told = await desk.reply("hello", settings=settings, predict=5)
    history = list(told.prompt.ids)
    for step in told.steps:
        again = replay(step, settings, history, own.samplers)
        assert again.token == step.id
        assert np.allclose(again.p_final, step.record.p_final, atol=1e-6)
        history.append(step.id)


def final(told: Told, token: int) -> float:
    record = told.steps[0].record
    return float(record.p_final[record.ids == token][0])


async def test_every_spelling_that_is_one_token_gets_the_bias(desk: Talk) -> None:
    assert desk.loaded is not None
    pieces = desk.loaded.pieces
    plain = await desk.reply("hello", settings=WIDE, predict=1)
    red = pieces.index(b" red")
    assert final(plain, red) > 0
    banned = WIDE.changed(logit_bias_variants=(("Red", float("-inf")),))
    told = await desk.reply("hello", settings=banned, predict=1)
    assert final(told, red) == 0.0
    (warning,) = warnings(told)
    assert "left alone" in warning
    assert "'RED' ('R' + 'E' + 'D')" in warning


async def test_a_text_of_several_tokens_says_which(desk: Talk) -> None:
    biased = WIDE.changed(logit_bias_text=((" red blue", 3.0),))
    told = await desk.reply("hello", settings=biased, predict=2)
    assert warnings(told) == [
        "logit bias: ' red blue' is several tokens, and each of them has the bias: ' red' + ' blue'"
    ]


async def test_a_text_without_a_spelling_of_one_token_is_told(desk: Talk) -> None:
    told = await desk.reply(
        "hello", settings=WIDE.changed(logit_bias_variants=(("zq", 1.0),)), predict=1
    )
    (warning,) = warnings(told)
    assert warning.startswith("logit bias: no spelling of 'zq' is one token: 'zq' ('z' + 'q')")


async def test_control_tokens_are_no_spelling_of_a_text(desk: Talk) -> None:
    told = await desk.reply(
        "hello", settings=WIDE.changed(logit_bias_variants=(("<|tool|>", 1.0),)), predict=1
    )
    assert "no spelling of '<|tool|>' is one token" in warnings(told)[0]


async def test_temperature_goes_up_and_down_during_a_reply(desk: Talk) -> None:
    """0.2, then 2.0, then 0.2 again: the trace has a line at each change, and every step's final
    probabilities are the model's own logits divided by the temperature of its time."""
    cold, hot = WIDE.changed(temperature=0.2), WIDE.changed(temperature=2.0)
    run = desk.ask("hello", settings=cold, predict=8000)
    events = await desk.until(lambda event: isinstance(event, Steps))
    for settings in (hot, cold):
        desk.send(ChangeSettings(run, settings))
        events += await desk.until(lambda event: isinstance(event, SettingsChanged))
        events += await desk.until(lambda event: isinstance(event, Steps))
    desk.send(Cancel(run))
    events += (await desk.told()).events
    changes = [event for event in events if isinstance(event, SettingsChanged)]
    steps = [step for event in events if isinstance(event, Steps) for step in event.steps]
    assert [settings_line(change) for change in changes] == [
        {"type": "settings", "i": changes[0].i, "changed": {"temperature": 2.0}},
        {"type": "settings", "i": changes[1].i, "changed": {"temperature": 0.2}},
    ]
    up, down = (change.i for change in changes)
    assert 0 < up < down < len(steps)
    assert [step.i for step in steps] == list(range(len(steps)))
    for step in steps:
        held = 2.0 if up <= step.i < down else 0.2
        assert step.settings_version == (step.i >= up) + (step.i >= down)
        record = step.record
        assert record.ids.size >= 256
        # What is smaller than a normal float32 has lost its digits.
        kept = np.isfinite(record.logits) & (record.p_final > np.finfo(np.float32).tiny)
        logits = record.logits[kept].astype(np.float64) / held
        ratio = np.log(record.p_final[kept]) - (logits - logits.max())
        assert np.ptp(ratio) < 2e-3 * max(1.0, np.ptp(logits))
