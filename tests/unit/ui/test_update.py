import asyncio

from tui.control.update import Outbox, Update


class Desk:
    """An outbox, what left it, and a clock that stands still."""

    def __init__(self) -> None:
        self.left: list[Update] = []
        self.now_s = 0.0
        self.outbox = Outbox(self.left.append, lambda: self.now_s, 0.05)


async def test_the_first_leaves_at_once_and_the_next_ones_together() -> None:
    desk = Desk()
    desk.outbox.put(Update(grown=frozenset((1,))))
    desk.outbox.put(Update(grown=frozenset((2,))))
    desk.outbox.put(Update(notice="hear"))
    assert desk.left == [Update(grown=frozenset((1,)))]
    while len(desk.left) < 2:
        await asyncio.sleep(0)
    assert desk.left[1:] == [Update(grown=frozenset((2,)), notice="hear")]


async def test_what_cannot_wait_takes_with_it_what_waited() -> None:
    desk = Desk()
    desk.outbox.put(Update(path=True))
    desk.outbox.put(Update(settings=True))
    desk.outbox.put(Update(returned="a"), now=True)
    assert desk.left == [Update(path=True), Update(settings=True, returned="a")]


async def test_an_old_enough_refresh_lets_the_next_out_at_once() -> None:
    desk = Desk()
    desk.outbox.put(Update(path=True))
    desk.now_s = 0.06
    desk.outbox.put(Update(persona=True))
    assert desk.left[-1] == Update(persona=True)


async def test_flush_lets_out_what_waits() -> None:
    desk = Desk()
    desk.outbox.put(Update(path=True))
    desk.outbox.put(Update(persona=True))
    desk.outbox.flush()
    desk.outbox.flush()
    assert len(desk.left) == 2


def test_texts_that_come_back_are_all_kept() -> None:
    both = Update(returned="one").and_then(Update(returned="two"))
    assert both.returned == "one\ntwo"
