"""A recorded reply in the workbench: looked at, never changed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from tests.support.replies import made
from tui.app import LogitscopeApp
from tui.core.export.lines import json_lines
from tui.core.export.read import read_trace
from tui.core.export.reply import ReplyTrace, shown_again
from tui.core.launch import Launch, Layer
from tui.core.model import LoadOptions
from tui.core.settings import Settings
from tui.core.status import Activity
from tui.engine.recorded import RecordedEngine

REPLY = made(b"The", b" sky", b" is", b" blue", settings=Settings(temperature=0.5, top_k=7))


@asynccontextmanager
async def opened(
    size: tuple[int, int] = (120, 36), reply: ReplyTrace = REPLY
) -> AsyncIterator[tuple[LogitscopeApp, Pilot[None]]]:
    again = read_trace([line.encode() for line in json_lines(reply)], "x.jsonl").reply
    launch = Launch(
        options=LoadOptions(path="x"),
        above=(Layer("trace x.jsonl", again.settings.to_json()),),
        conversation=shown_again(again),
        notice="x.jsonl: no model is needed",
    )
    app = LogitscopeApp(launch, RecordedEngine(again.model, again.vocabulary))
    async with app.run_test(size=size) as pilot:
        while app.workbench.controller.status.activity is not Activity.RECORDED:
            await pilot.pause()
        await pilot.pause()
        yield app, pilot


def screen(app: LogitscopeApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_the_reply_stands_there_and_its_tokens_can_be_walked() -> None:
    async with opened() as (app, pilot):
        shown = screen(app)
        for said in ("Hello & ␛[2J <i>", "The sky is blue", "Scripted F64", "seed 7",
                     "recorded, read-only", "no model is needed", "13 / 512"):  # fmt: skip
            assert said in shown
        assert app.workbench.controller.profile.settings == REPLY.settings
        assert app.workbench.controller.profile.sources["top_k"] == "trace x.jsonl"
        await pilot.press("tab", "left", "left", "left")
        await pilot.pause()
        assert app.workbench.inspector.step == REPLY.steps[2]
        assert "Token 3 of 5" in screen(app)
        assert "‹␠is›" in screen(app)


async def test_whatever_needs_a_model_is_refused_and_nothing_changes() -> None:
    async with opened() as (app, pilot):
        bench = app.workbench
        before = list(bench.controller.conversation)

        async def pressed(*keys: str) -> str:
            bench.status.notice = ""
            await pilot.press(*keys)
            await pilot.pause()
            return bench.status.notice

        bench.prompt.put("go on")
        assert "no model" in await pressed("enter")
        assert bench.prompt.text == "go on"
        bench.prompt.put("")
        await pilot.press("tab")
        for keys in (("r",), ("c",), ("e",), ("E",), ("ctrl+n",)):
            assert "read-only" in await pressed(*keys), keys
        assert bench.prompt.editing is None
        controller, key = bench.controller, before[-1].key
        controller.fork(key, 1, 3)
        controller.remove(key)
        controller.choose_persona("croupier")
        await pilot.pause()
        assert "read-only" in bench.status.notice
        assert list(controller.conversation) == before
        assert [m.text for m in controller.conversation.path()] == [REPLY.turns[1].text, REPLY.text]


async def test_settings_can_be_moved_for_nothing_but_looking() -> None:
    async with opened((80, 24)) as (app, pilot):
        controller = app.workbench.controller
        controller.change_settings(controller.profile.settings.changed(top_k=3))
        await pilot.pause()
        assert controller.conversation.path()[-1].settings == REPLY.settings


async def test_what_if_answers_from_the_file_and_nothing_is_forked() -> None:
    async with opened() as (app, pilot):
        bench = app.workbench
        bench.transcript.focus()
        await pilot.press("left", "left", "left")
        assert "What if" in screen(app)
        bench.samplers._change(bench.samplers.settings.changed(top_k=1))
        while "Whole reply: parts at" not in screen(app):
            await pilot.pause()
        bench.inspector.focus()
        await pilot.press("down", "enter")
        while "read-only" not in bench.status.notice:
            await pilot.pause()
        assert len(bench.controller.conversation) == 2
        assert bench.controller.conversation.path()[-1].steps == list(REPLY.steps)
