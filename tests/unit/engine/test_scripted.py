import numpy as np
import pytest

from tui.core.messages import (
    Cancel,
    ChangeSettings,
    Died,
    Event,
    Finished,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Prefill,
    PromptReady,
    Rates,
    Render,
    SettingsChanged,
    Steps,
    Turn,
)
from tui.core.model import LoadOptions
from tui.core.settings import Settings
from tui.core.step import KEPT
from tui.engine.scripted import Reply, ScriptedEngine, reply

LOAD = Load(LoadOptions(path="script"))


def ask(run: int = 1, **values: object) -> Generate:
    fields = {"turns": (Turn(role="user", text="hi"),), "settings": Settings(), "seed": 1, **values}
    return Generate(run=run, **fields)


async def until(engine: ScriptedEngine, kind: type[Event]) -> list[Event]:
    seen = []
    async for event in engine.events():
        seen.append(event)
        if isinstance(event, kind):
            return seen
    raise AssertionError(f"closed before {kind.__name__}: {seen}")


def steps_of(events: list[Event]) -> list:
    return [step for event in events if isinstance(event, Steps) for step in event.steps]


async def test_a_free_reply_runs_to_its_end_and_is_the_same_again():
    found = []
    for _ in range(2):
        engine = ScriptedEngine(["red blue"], free=True, seed=3)
        await engine.start()
        engine.send(LOAD)
        engine.send(ask())
        events = await until(engine, Finished)
        await engine.close()
        found.append(events)
    assert found[0] == found[1]
    kinds = [type(event) for event in found[0]]
    assert kinds[:7] == [Loading, Loading, Loading, Loaded, PromptReady, Prefill, Prefill]
    assert "".join(step.text for step in steps_of(found[0])) == "red blue"
    assert found[0][-1].reason == "eog" and found[0][-1].text == "red blue"


async def test_a_held_reply_moves_only_when_told():
    engine = ScriptedEngine([reply("one two three four")])
    await engine.start()
    engine.send(LOAD)
    engine.send(ask())
    await engine.advance(2)
    await engine.finish()
    events = await until(engine, Finished)
    assert [len(e.steps) for e in events if isinstance(e, Steps)] == [2, 3]
    assert [type(e) for e in events].count(Rates) == 2


async def test_records_obey_the_rules_of_real_ones():
    engine = ScriptedEngine(["a b c d e f g h"], free=True)
    await engine.start()
    engine.send(LOAD)
    engine.send(ask(settings=Settings(top_k=5, logit_bias=((1, 1.0),))))
    steps = steps_of(await until(engine, Finished))
    for step in steps:
        record = step.record
        assert record.p_raw.sum() == pytest.approx(1.0, abs=1e-5)
        assert record.p_final.sum() == pytest.approx(1.0, abs=1e-5)
        assert record.ids[step.rank - 1] == step.id
        assert step.p_final > 0
        assert np.all(record.p_final[record.cut != KEPT] == 0)
        assert (record.cut == KEPT).sum() == step.stages[-1].kept <= 5
    await engine.close()


async def test_a_character_split_over_tokens_appears_with_its_last_byte():
    engine = ScriptedEngine([Reply(("é".encode()[:1], "é".encode()[1:]))], free=True)
    await engine.start()
    engine.send(LOAD)
    engine.send(ask())
    assert [step.text for step in steps_of(await until(engine, Finished))] == ["", "é", ""]
    await engine.close()


async def test_a_change_of_settings_is_recorded_where_it_begins():
    engine = ScriptedEngine(["one two three"])
    await engine.start()
    engine.send(LOAD)
    engine.send(ask())
    await engine.advance(1)
    engine.send(ChangeSettings(1, Settings(temperature=1.5)))
    await engine.finish()
    events = await until(engine, Finished)
    change = next(e for e in events if isinstance(e, SettingsChanged))
    assert (change.i, change.changed, change.version) == (1, {"temperature": 1.5}, 1)
    assert [step.settings_version for step in steps_of(events)] == [0, 1, 1, 1]


async def test_cancel_length_and_render():
    engine = ScriptedEngine(["one two three"])
    await engine.start()
    engine.send(LOAD)
    engine.send(ask(1))
    await engine.advance(1)
    engine.send(Cancel(1))
    assert (await until(engine, Finished))[-1].reason == "cancelled"
    engine.send(ask(2, predict=2))
    await engine.finish()
    assert (await until(engine, Finished))[-1].reason == "length"
    engine.send(Render(run=3, turns=(Turn(role="user", text="hi"),)))
    assert (await until(engine, PromptReady))[-1].text == "<|user|>hi"


async def test_death_is_an_event_and_it_can_be_started_again():
    engine = ScriptedEngine(["one two"])
    await engine.start()
    engine.send(LOAD)
    engine.send(ask())
    await engine.advance(1)
    await engine.die(log=["last words"])
    died = (await until(engine, Died))[-1]
    assert (died.during, died.log, engine.alive) == ("reply", ("last words",), False)
    await engine.start()
    engine.send(LOAD)
    assert isinstance((await until(engine, Loaded))[-1], Loaded)


async def test_loading_can_fail_be_held_and_be_stopped():
    engine = ScriptedEngine(failure=LoadFailed("No.", "Because.", "Do."))
    await engine.start()
    engine.send(LOAD)
    assert (await until(engine, LoadFailed))[-1].why == "Because."
    engine = ScriptedEngine(hold_load=True)
    await engine.start()
    engine.send(LOAD)
    engine.send(Cancel())
    assert isinstance((await until(engine, LoadFailed))[-1], LoadFailed)
    engine.send(LOAD)
    await engine.finish_load()
    assert isinstance((await until(engine, Loaded))[-1], Loaded)
