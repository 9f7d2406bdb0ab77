"""Instructions after the history, for templates that take a system text at the beginning only."""

from tui.engine.arrange import Entry, Part, arrangements


def entries(*said: tuple[str, str]) -> tuple[Entry, ...]:
    return tuple(Entry(role, (Part(text),)) for role, text in said)


def told(arranged: tuple[Entry, ...]) -> list[tuple[str, str]]:
    return [(entry.role, entry.content([p.text for p in entry.parts])) for entry in arranged]


def test_they_join_the_message_before_them_and_the_first_system_text_stays() -> None:
    given = entries(
        ("system", "S"), ("user", "a"), ("assistant", "b"), ("user", "c"), ("system", "Z")
    )
    ways = [(told(arranged), notes) for arranged, notes in arrangements(given)]
    assert ways[0] == (told(given), ())
    later = [("system", "S"), ("user", "a"), ("assistant", "b"), ("user", "c\n\nZ")]
    assert ways[1] == (later, ("instructions after a message were merged into it",))
    merged = [("user", "S\n\na"), ("assistant", "b"), ("user", "c\n\nZ")]
    assert merged in [way for way, _ in ways]
    assert all("".join(text for _, text in way).count("Z") == 1 for way, _ in ways)
