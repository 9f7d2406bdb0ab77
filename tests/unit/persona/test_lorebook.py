"""Which entries of a lorebook join the prompt."""

from pathlib import Path

from tui.core.lorebook import MAX_KEYS, Lore, Lorebook, scan
from tui.core.persona import BrokenPersona
from tui.store.persona import parse_persona


def names(book: Lorebook, *said: str) -> list[str]:
    return [entry.name for entry in scan(book, said, len).entries]


def book(*entries: Lore, **rest: object) -> Lorebook:
    return Lorebook(entries=entries, **{"token_budget": 0, **rest})


def lore(name: str, *keys: str, **rest: object) -> Lore:
    return Lore(name=name, keys=keys, **{"content": f"about {name}", **rest})


def test_keys_are_whole_words_in_any_capitals_and_never_patterns() -> None:
    one = book(lore("cat", "Cat"), lore("pattern", ".*", "(a+)+$"), lore("dragon", "龙", "wyrm"))
    assert names(one, "concatenate") == []
    assert names(one, "A CAT, aaaaaaaaaaaa!") == ["cat"]
    assert names(one, "那条龙来了") == ["dragon"]
    assert names(one, "write .* here") == ["pattern"]


def test_capitals_secondary_keys_constant_and_switched_off() -> None:
    one = book(
        lore("Rose", "Rose", case_sensitive=True),
        lore("duel", "sword", secondary_keys=("dawn", "night")),
        lore("always", constant=True),
        lore("off", "sword", enabled=False),
        lore("empty", ""),
    )
    assert names(one, "a rose and a sword") == ["always"]
    assert names(one, "Rose, the sword at dawn") == ["Rose", "duel", "always"]


def test_only_the_newest_messages_are_looked_at() -> None:
    one = book(lore("king", "king"), scan_depth=2)
    assert names(one, "the king", "yes", "no") == []
    assert names(one, "yes", "the king", "no") == ["king"]
    assert names(book(lore("king", "king"), scan_depth=0), "the king") == []


def test_entries_call_others_only_in_a_recursive_book_and_rings_end() -> None:
    entries = (lore("a", "start", content="leads to bee"), lore("b", "bee", content="start"))
    assert names(book(*entries), "start") == ["a"]
    assert names(book(*entries, recursive=True), "start") == ["a", "b"]


def test_the_budget_keeps_what_matters_most_and_tells_the_rest() -> None:
    one = book(
        lore("low", "x", content="1234", priority=1, order=1),
        lore("high", "x", content="123456", priority=9, order=3),
        lore("small", "x", content="12", priority=0, order=2),
        token_budget=8,
    )
    found = scan(one, ["x"], len)
    assert [entry.name for entry in found.entries] == ["small", "high"]
    assert [entry.name for entry in found.left_out] == ["low"]
    assert found.tokens == 8


def test_keys_of_several_words_and_of_other_signs_stand_at_the_borders_of_words() -> None:
    one = book(
        lore("mine", "o' nine"), lore("c", "C++"), lore("ruler", " der König "), lore("no", "")
    )
    assert names(one, "a cat o' nine tails") == ["mine"]
    assert names(one, "to' nineteen c++x obj-c++") == ["c"]
    assert names(one, "wieder könig, der königin, der KÖNIG.") == ["ruler"]


def test_a_huge_book_takes_no_longer_for_a_text_that_hits_everywhere() -> None:
    # Inside of a word there is a hit at every character for every key; stepping over each would
    # take minutes, which the limit of a test ends.
    many = [lore(str(n), "a" * (n % 500 + 1), "a b" + " ca b" * (n % 300)) for n in range(6000)]
    text = "a" * 8000 + " " + "ca b " * 1600 + "end"
    assert names(book(*many, lore("end", "end")), text) == ["end"]


def test_more_keys_than_a_book_can_have_are_told(tmp_path: Path) -> None:
    keys = ", ".join(f'"k{n}"' for n in range(MAX_KEYS + 1))
    text = f'name = "X"\nsystem = ""\n[[lorebook.entries]]\nkeys = [{keys}]\ncontent = "c"\n'
    found = parse_persona(text, tmp_path / "x.toml")
    assert isinstance(found, BrokenPersona)
    assert "20,001 keys together; 20,000 are the most" in str(found.problems[0])
