from collections.abc import Callable

from tui.screens.pace import Paced


class Armed:
    stopped = False

    def stop(self) -> None:
        self.stopped = True


class Clock:
    """Time that goes by when told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None], Armed]] = []

    def after(self, seconds: float, then: Callable[[], None]) -> Armed:
        armed = Armed()
        self.timers.append((self.now + seconds, then, armed))
        return armed

    def go(self, seconds: float) -> None:
        self.now += seconds
        due = [timer for timer in self.timers if timer[0] <= self.now]
        self.timers = [timer for timer in self.timers if timer[0] > self.now]
        for _, then, armed in due:
            if not armed.stopped:
                then()


def paced() -> tuple[Paced, Clock, list[float]]:
    clock, done = Clock(), list[float]()
    pace = Paced(lambda: done.append(clock.now), clock.after, 1.0, lambda: clock.now)
    return pace, clock, done


def test_the_first_news_is_acted_on_at_once_and_the_last_one_in_the_end():
    pace, clock, done = paced()
    for _ in range(5):
        pace.soon()
        clock.go(0.125)
    assert done == [0.0]
    clock.go(1)
    assert done == [0.0, 1.625]
    clock.go(5)
    assert done == [0.0, 1.625]


def test_a_steady_stream_is_followed_once_in_a_while_and_never_between_news():
    pace, clock, done = paced()
    news = []
    for _ in range(20):
        news.append(clock.now)
        pace.soon()
        clock.go(0.375)
    assert done == [0.0, 1.125, 2.25, 3.375, 4.5, 5.625, 6.75]
    assert set(done) < set(news)


def test_what_cannot_wait_is_done_at_once_and_is_not_done_again():
    pace, clock, done = paced()
    pace.soon()
    clock.go(0.5)
    pace.soon()
    pace.now()
    assert done == [0.0, 0.5]
    clock.go(0.75)
    assert done == [0.0, 0.5], "what had waited was done already"
    pace.soon()
    assert done == [0.0, 0.5]
    clock.go(0.25)
    pace.soon()
    assert done == [0.0, 0.5, 1.5]
