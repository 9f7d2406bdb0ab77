"""The engine without a model keeps to the protocol."""

import pytest

from tests.support.replies import made
from tui.core.messages import Compare, Finished, Generate, Lane, Load, Loaded, Render, Score
from tui.core.model import LoadOptions
from tui.core.settings import DEFAULTS
from tui.engine.recorded import RecordedEngine

REPLY = made(b"red")
LANE = Lane(run=4, settings=DEFAULTS, seed=1)
ASKED = (
    Generate(run=4, settings=DEFAULTS, seed=1), Render(run=4, turns=()), Score(run=4, turns=()),
    Compare(lanes=(LANE,), turns=()),
)  # fmt: skip


async def test_it_loads_what_was_recorded() -> None:
    engine = RecordedEngine(REPLY.model, REPLY.vocabulary)
    engine.send(Load(LoadOptions(path="x")))  # not started: not heard
    await engine.start()
    engine.send(Load(LoadOptions(path="x")))
    await engine.close()
    events = [event async for event in engine.events()]
    assert [type(event) for event in events] == [Loaded]
    assert events[0].pieces == REPLY.vocabulary.pieces
    assert not engine.alive


@pytest.mark.parametrize("request_", ASKED, ids=lambda asked: type(asked).__name__)
async def test_what_needs_a_model_has_an_end_that_says_so(request_: Generate) -> None:
    engine = RecordedEngine(REPLY.model, REPLY.vocabulary)
    await engine.start()
    engine.send(request_)
    await engine.close()
    (event,) = [event async for event in engine.events()]
    assert isinstance(event, Finished)
    assert (event.run, event.reason) == (4, "error")
    assert "no model" in event.error
