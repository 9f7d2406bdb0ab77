"""The engine killed again and again, in the middle of what it does: nothing that was said is lost."""

import os
import random
import signal
import sys

import pytest

from tests.support.process import held
from tui.app import LogitscopeApp
from tui.core.launch import Launch
from tui.core.model import LoadOptions
from tui.core.status import Activity
from tui.demo import MODEL_PATH
from tui.engine.process import ProcessEngine

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

KILLS = 50


@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is read from /proc")
async def test_an_engine_killed_50_times_loses_nothing() -> None:
    dice = random.Random(11)
    engine = ProcessEngine()
    options = LoadOptions(path=str(MODEL_PATH), n_threads=1)
    app = LogitscopeApp(Launch(options=options), engine)
    tokens = 0
    async with app.run_test(size=(120, 36)) as pilot:
        control = app.workbench.controller

        async def until(*wanted: Activity) -> None:
            while control.status.activity not in wanted:
                await pilot.pause()

        await until(Activity.READY)
        begun = held()
        for n in range(KILLS):
            control.new_conversation()
            asked = f"tell me a story of number {n}"
            control.submit(asked)
            control.submit("and another")
            reply = control.conversation.path()[-1]
            wanted = dice.randrange(40)
            while len(reply.steps) < wanted and control.status.activity is not Activity.READY:
                await pilot.pause()
            assert engine.pid is not None
            kept = reply.text
            os.kill(engine.pid, dice.choice([signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT]))
            await until(Activity.DEAD)
            said = control.conversation.path()
            assert next(message.text for message in said if message.role == "user") == asked
            assert reply.text.startswith(kept)
            assert reply.text == "".join(step.text for step in reply.steps)
            assert "engine died" in reply.note or reply.reason
            assert "and another" in app.workbench.prompt.text or len(said) > 2
            app.workbench.prompt.put("")
            tokens += len(reply.steps)
            await pilot.press("ctrl+r")
            await until(Activity.READY)
        control.submit("2 + 3")
        await pilot.pause()
        await until(Activity.READY)
        last = control.conversation.path()[-1]
        assert last.steps and not last.note
        ended = held()
    sys.stdout.write(f"{KILLS} kills, {tokens} tokens kept; {begun}; {ended}\n")
    assert ended.files == begun.files
    assert ended.threads <= begun.threads + 1
