"""Hours of use in minutes: nothing that a reply leaves behind adds up."""

import random
import sys
from pathlib import Path

import pytest

from tests.support.process import held
from tests.support.talk import talking
from tui.app import LogitscopeApp
from tui.core.launch import Launch
from tui.core.messages import Cancel, ChangeSettings, Load, Loaded
from tui.core.model import LoadOptions
from tui.core.own_source import Source
from tui.core.settings import DEFAULTS, Settings
from tui.core.status import Activity
from tui.demo import MODEL_PATH
from tui.engine.process import ProcessEngine
from tui.store.own_samplers import find_sources, new_sampler

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is read from /proc"),
]

REPLIES, WARM = 2_000, 200
TALKS, TURNS = 60, 5


def some_settings(dice: random.Random) -> Settings:
    """Any stage may be on, and at any place."""
    values = {
        "temperature": dice.choice([0.0, 0.2, 0.8, 1.5]),
        "top_k": dice.choice([0, 5, 40]),
        "top_p": dice.choice([1.0, 0.9]),
        "typical_p": dice.choice([1.0, 0.7]),
        "xtc_probability": dice.choice([0.0, 0.5]),
        "dry_multiplier": dice.choice([0.0, 0.8]),
        "repeat_penalty": dice.choice([1.0, 1.2]),
        "mirostat": dice.choice([0, 0, 0, 1, 2]),
        "grammar": dice.choice(["", "", "", "root ::= [a-z0-9 ]*"]),
        "json_schema": "",
        "logit_bias_text": dice.choice([(), (("the", 1.0),)]),
    }
    if not values["grammar"]:
        values["json_schema"] = dice.choice(["", "", '{"type": "integer", "maximum": 99}'])
    order = list(DEFAULTS.samplers)
    dice.shuffle(order)
    more = dice.choice([[], ["custom:top-a"], ["adaptive_p"], ["top_k"]])
    return DEFAULTS.changed(**values, samplers=tuple(order + more))


def own_source(folder: Path) -> tuple[Source, ...]:
    new_sampler(folder, "top-a", "top-a")
    return find_sources(folder)[0]


async def test_an_engine_that_replies_for_hours_does_not_grow(tmp_path: Path) -> None:
    dice = random.Random(7)
    async with talking() as talk:
        options = LoadOptions(path=str(MODEL_PATH), n_threads=1, n_ctx=1024)
        talk.send(Load(options, own_source(tmp_path)))
        await talk.next(Loaded)
        begun = held(talk.engine.pid)
        for n in range(REPLIES):
            if n == WARM:
                begun = held(talk.engine.pid)
            run = talk.ask(
                "roll a die" * dice.randint(1, 9), settings=some_settings(dice),
                seed=dice.randrange(1 << 32), predict=dice.randint(1, 60),
            )  # fmt: skip
            if n % 3 == 0:
                await talk.until(lambda event, run=run: getattr(event, "run", None) == run)
                talk.send(ChangeSettings(run, some_settings(dice)))
            if n % 7 == 0:
                talk.send(Cancel(run))
            assert (await talk.told()).finished.reason != "error"
        ended = held(talk.engine.pid)
    sys.stdout.write(f"engine: {REPLIES} replies; after {WARM}: {begun}; at the end: {ended}\n")
    assert ended.files == begun.files
    assert ended.threads == begun.threads
    assert ended.rss_mb < begun.rss_mb + 8


async def test_a_workbench_that_is_talked_to_for_hours_grows_by_its_records_alone() -> None:
    engine = ProcessEngine()
    options = LoadOptions(path=str(MODEL_PATH), n_threads=1)
    app = LogitscopeApp(Launch(options=options, predict=60), engine)
    async with app.run_test(size=(120, 36)) as pilot:
        control = app.workbench.controller

        async def ready() -> None:
            while control.status.activity is not Activity.READY:
                await pilot.pause()

        def tokens() -> int:
            talk = control.conversation
            return sum(len(talk[key].steps) for key in range(10_000) if key in talk)

        await ready()
        begun, before = held(), 0
        for n in range(TALKS):
            if n == TALKS // 6:
                begun, before = held(), tokens()
            control.new_conversation()
            for turn in range(TURNS):
                control.submit(f"a story of {n} or {turn}, as long as can be")
                await pilot.pause()
                await ready()
                await pilot.press("ctrl+o", "right", "escape")
        ended, made = held(), tokens() - before
    kb = (ended.rss_mb - begun.rss_mb) * 1024 / made
    sys.stdout.write(
        f"workbench: {made} tokens in {TALKS * TURNS} replies; {begun}; {ended}; {kb:.1f} kB each\n"
    )
    assert ended.files <= begun.files
    assert ended.threads <= begun.threads + 1
    assert kb < 12
