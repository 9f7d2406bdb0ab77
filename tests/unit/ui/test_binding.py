import re
from pathlib import Path

import pytest

from tui.core.binding import KEYS, KeyNames, key_name, reference
from tui.screens.panes import pane_bindings

BARRED = {f"ctrl+{char}" for char in "basqzim"} | {"ctrl+tab"}
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "keys.md"


def test_ids_are_unique() -> None:
    assert len({key.id for key in KEYS}) == len(KEYS)


def test_one_key_does_one_thing_in_a_place() -> None:
    pairs = [(name, key.where) for key in KEYS for name in (*key.keys, *key.unsure)]
    assert len(set(pairs)) == len(pairs)


def test_the_reference_page_is_drawn_from_the_table_and_has_the_panes_own_keys() -> None:
    page = PAGE.read_text()
    assert page.startswith(reference())
    for row in (
        "| K, Shift+↑ | stage up | `sampler.move_up` |",
        "| n | neutral | `sampler.neutral` |",
        "| H, Shift+← | ten times less | `sampler.much_less` |",
    ):
        assert row in page.partition("## Samplers\n")[2]
    assert all(f"`{binding.id}`" in page for binding in pane_bindings())


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.id)
def test_no_only_way_is_one_that_terminals_eat(key: object) -> None:
    def eaten(name: str) -> bool:
        return name in BARRED or bool(re.fullmatch(r"f\d+|ctrl\+shift\+\w", name))

    ways = [way for other in KEYS if other.text == key.text for way in other.keys]
    if key.id == "app.quit":
        ways += ["ctrl+c"]
    assert any(not eaten(way) for way in ways)


def test_a_remap_changes_what_is_shown() -> None:
    names = KeyNames({"reply.stop": "ctrl+g, x"}, {"pane.more": "plus,right"})
    assert (KeyNames().every("reply.stop"), names.every("reply.stop")) == ("Esc", "Ctrl+G, x")
    assert (names("reply.stop"), names("pane.more")) == ("Ctrl+G", "+")
    plain = names.remapped({"pane.more": "shift+right"}, ascii_only=True)
    assert (plain("pane.more"), plain("reply.stop")) == ("Shift+Right", "Esc")


def test_keys_read_as_people_say_them() -> None:
    assert [key_name(k) for k in ("ctrl+p", "f1", "left_square_bracket", "pageup", "E")] == [
        "Ctrl+P", "F1", "[", "PgUp", "E",
    ]  # fmt: skip
