from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.widgets.transcript_wrap import Piece, Row, Wrapper, plain_rows

JOINER = "\u200d"
BITS = [
    "a",
    "bb ",
    " ",
    "  ",
    "\n",
    "\t",
    "東",
    "👨",
    "\u200d",
    "👩",
    "é",
    "averylongword",
    "❤",
    "\ufe0f",
]
texts = st.lists(st.sampled_from(BITS), max_size=50)


def rows(pieces: list[Piece], width: int, batch: int) -> list[Row]:
    wrapper = Wrapper(width, 0)
    for start in range(0, len(pieces), batch):
        wrapper.feed(pieces[start : start + batch])
    return [*wrapper.done, wrapper.tail]


def shown(found: list[Row]) -> list[list[tuple[str, int]]]:
    return [[(span.text, span.token) for span in row.spans] for row in found]


@given(texts, st.integers(2, 20), st.integers(1, 7))
def test_a_text_that_came_in_pieces_looks_like_one_that_came_whole(
    bits: list[str], width: int, batch: int
) -> None:
    pieces = [Piece(bit, "text", n) for n, bit in enumerate(bits)]
    assert shown(rows(pieces, width, batch)) == shown(rows(pieces, width, 1 << 20))


@given(texts, st.integers(2, 20))
def test_no_row_is_wider_than_the_width_and_one_hanging_blank(bits: list[str], width: int) -> None:
    for row in rows([Piece(bit, "text", n) for n, bit in enumerate(bits)], width, 1 << 20):
        assert sum(span.width for span in row.spans) <= width + 1
        assert cell_len(row.text.rstrip(" ")) <= width


@given(texts, st.integers(2, 20))
def test_nothing_but_blanks_and_joiners_is_lost(bits: list[str], width: int) -> None:
    found = rows([Piece(bit, "text", n) for n, bit in enumerate(bits)], width, 1 << 20)
    shown = "".join("".join(row.text for row in found).split())
    assert shown.replace(JOINER, "") == "".join("".join(bits).split()).replace(JOINER, "")


def test_words_stay_whole_where_they_fit() -> None:
    found = plain_rows("the quick brown fox", 11, "text")
    assert [row.text.rstrip() for row in found] == ["the quick", "brown fox"]


def test_a_word_longer_than_a_row_is_cut() -> None:
    assert [row.text for row in plain_rows("abcdefgh", 5, "text")] == ["abcd", "efgh"]


def test_a_tab_goes_to_the_next_stop() -> None:
    assert plain_rows("ab\tc", 20, "text")[0].text == "ab  c"


def test_a_wide_character_is_never_cut_in_half() -> None:
    assert [row.text for row in plain_rows("東京都", 6, "text")] == ["東京", "都"]


def test_a_row_knows_its_first_and_last_token() -> None:
    first, second = rows([Piece("one", "p0", 0), Piece(" two", "p1", 1)], 4, 1)
    assert (first.first, first.last) == (0, 1)
    assert (second.first, second.last) == (1, 1)


def test_a_pile_of_accents_is_cut_short() -> None:
    row, *_ = plain_rows("e" + "\u0301" * 10_000, 20, "text")
    assert len(row.text) <= 16


def test_accents_without_end_do_not_slow_a_reply_down() -> None:
    wrapper = Wrapper(20, 0)
    for n in range(3_000):
        wrapper.feed([Piece("\u0301" * 5, "p0", n)])
    assert len(wrapper.done) >= 3


def test_a_joiner_that_joins_no_pictures_takes_nothing_and_hides_nothing() -> None:
    row, *_ = plain_rows("\u200d\u200da\u200db\u200d東\u200d", 20, "text")
    assert row.text == "ab東"
    assert sum(span.width for span in row.spans) == cell_len(row.text) == 4


def test_pictures_that_are_joined_stay_one() -> None:
    row, *_ = plain_rows("👨\u200d👩 ❤\ufe0f\u200d🔥", 20, "text")
    assert row.text == "👨\u200d👩 ❤\ufe0f\u200d🔥"
    assert sum(span.width for span in row.spans) == cell_len(row.text) == 5


@given(texts)
def test_the_cells_of_a_row_are_those_that_are_drawn(bits: list[str]) -> None:
    for row in rows([Piece(bit, "text", n) for n, bit in enumerate(bits)], 20, 1 << 20):
        assert cell_len(row.text) == sum(span.width for span in row.spans)
