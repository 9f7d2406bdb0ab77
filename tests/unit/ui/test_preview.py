"""Asking the engine for the prompt of a persona."""

import pytest

from tui.control.preview import Asked, Previewer
from tui.core.messages import Finished, PromptReady, Render, Request, Timings, Turn
from tui.core.persona import Persona
from tui.core.status import Activity, Status

READY = Status(activity=Activity.READY)
ANN, BESS = (Persona(id=name, name=name, system=name) for name in ("ann", "bess"))


class Looker:
    """A previewer, what it sent, and how often what it shows was another."""

    def __init__(self) -> None:
        self.sent: list[Request] = []
        self.changes = 0
        self.previewer = Previewer(self.sent.append, self.changed)

    def changed(self) -> None:
        self.changes += 1

    def ask(self, persona: Persona, status: Status) -> None:
        asked = Asked((Turn(role="user", text=persona.id),), ("a note",), "plain")
        self.previewer.ask(persona, "Hi", lambda: asked, status)

    def answer(self, number: int, ids: tuple[int, ...] = (1, 2)) -> bool:
        run = self.sent[number].run
        return self.previewer.take(
            PromptReady(run=run, ids=ids, text="", reused_tokens=1, notes=("merged",))
        )


def test_the_newest_question_alone_is_answered() -> None:
    looker = Looker()
    looker.ask(ANN, READY)
    looker.ask(BESS, READY)
    assert looker.answer(0)
    assert looker.previewer.shown.persona is BESS
    assert not looker.previewer.shown.ids
    assert looker.answer(1)
    shown = looker.previewer.shown
    assert (shown.ids, shown.notes, shown.why_not) == ((1, 2), ("a note", "merged"), "")
    assert isinstance(looker.sent[1], Render)
    assert looker.sent[1].template == "plain"


@pytest.mark.parametrize(
    ("activity", "told"),
    [
        (Activity.LOADING, "being loaded"),
        (Activity.FAILED, "No model"),
        (Activity.DEAD, "engine died"),
        (Activity.REPLY, "A reply is being made"),
    ],
)
def test_what_keeps_it_is_told_and_it_comes_later(activity: Activity, told: str) -> None:
    looker = Looker()
    looker.ask(ANN, Status(activity=activity))
    assert told in looker.previewer.shown.why_not
    assert not looker.sent
    looker.previewer.tick(READY)
    looker.previewer.tick(READY)
    assert len(looker.sent) == 1


def test_what_a_dead_engine_did_not_answer_is_asked_again() -> None:
    looker = Looker()
    looker.ask(ANN, READY)
    looker.previewer.lost(Status(activity=Activity.DEAD))
    assert "engine died" in looker.previewer.shown.why_not
    looker.previewer.tick(READY)
    assert looker.answer(1)
    assert looker.previewer.shown.ids == (1, 2)
    looker.previewer.lost(Status(activity=Activity.DEAD))
    assert looker.previewer.shown.ids == (1, 2)


def test_events_of_replies_and_of_what_nobody_looks_at_change_nothing() -> None:
    looker = Looker()
    reply = Finished(run=3, reason="eog", text="", timings=Timings())
    assert not looker.previewer.take(reply)
    looker.ask(ANN, READY)
    looker.previewer.forget()
    before = looker.changes
    assert looker.answer(0)
    looker.previewer.tick(READY)
    assert looker.previewer.shown is None
    assert looker.changes == before
