"""Finding personas."""

import msgspec

from tui.core.errors import Problem
from tui.core.persona import BrokenPersona, Persona
from tui.core.persona_search import LIMIT_CHARS, all_tags, haystack, in_order, tags_of, wanted


class Tagged(Persona, frozen=True, kw_only=True):
    tags: tuple[str, ...] = ()


PIRATE = Tagged(id="pirate", name="Ann", system="Talk of the SEA.", tags=("Fun", "sea-story"))
QUEEN = Tagged(id="queen", name="bess", system="Rule.", greetings=("Kneel.",), tags=("fun",))
BROKEN = BrokenPersona(id="bad", path="/x/bad.toml", problems=(Problem(message="no name"),))


def found(typed: str, tag: str = "") -> list[str]:
    return [p.id for p in (PIRATE, QUEEN, BROKEN) if wanted(p, haystack(p), typed, tag)]


def test_every_word_is_in_name_id_text_or_problem() -> None:
    assert found("") == ["pirate", "queen", "bad"]
    assert found("sea ann") == ["pirate"]
    assert found("KNEEL") == ["queen"]
    assert found("no name") == ["bad"]
    assert found("[.*(") == []
    assert found("/x/") == []


def test_tags_by_their_beginning_and_whole() -> None:
    assert found("#fu") == ["pirate", "queen"]
    assert found("#fu #sea") == ["pirate"]
    assert found("", "FUN") == ["pirate", "queen"]
    assert found("", "sea") == []
    assert all_tags((PIRATE, QUEEN, BROKEN)) == [("Fun", 2), ("sea-story", 1)]
    assert tags_of(BROKEN) == ()


def test_favourites_come_first_then_names() -> None:
    assert [p.id for p in in_order((QUEEN, BROKEN, PIRATE), frozenset())] == [
        "pirate", "bad", "queen",
    ]  # fmt: skip
    assert in_order((QUEEN, BROKEN, PIRATE), frozenset({"queen"}))[0] is QUEEN


def test_a_huge_or_deep_persona_is_searched_as_far_as_is_fair() -> None:
    deep: object = "needle"
    for _ in range(100_000):
        deep = [deep]
    big = msgspec.structs.replace(QUEEN, system="x" * (2 << 20), sampling={"logit_bias": deep})
    assert len(haystack(big)) <= LIMIT_CHARS + 8
    assert "needle" in haystack(msgspec.structs.replace(QUEEN, sampling={"a": deep}))
