from types import SimpleNamespace

from rich.style import Style

from tui.core.tint import Mark, Tint
from tui.widgets.transcript_paint import Painter
from tui.widgets.transcript_wrap import Piece, Row, Wrapper

WORDS = ("red", " blue", " sea", "\n", " sky")
TOKENS = [
    SimpleNamespace(p_raw=p, rank=rank, entropy_bits=0.0)
    for p, rank in ((0.99, 1), (0.001, 900), (0.5, 2), (0.01, 3), (0.05, 1))
]


def rows() -> list[Row]:
    wrapper = Wrapper(40, 7)
    wrapper.feed([Piece(word, "text", n) for n, word in enumerate(WORDS)])
    return [*wrapper.done, wrapper.tail]


def painter(**rest: object) -> Painter:
    # A name a style can carry: what matters is which one was asked for.
    return Painter(lambda name: Style(link=name), lambda key: TOKENS, **rest)


def looks(paint: Painter) -> list[tuple[str, str]]:
    return [(part.text, part.style.link) for row in rows() for part in paint.strip(row, 60)]


def test_a_token_has_the_look_of_its_level() -> None:
    assert ("red", "p0") in looks(painter())
    assert (" blue", "p5") in looks(painter())


def test_another_tint_is_another_look_of_the_same_text() -> None:
    paint = painter()
    before = looks(paint)
    paint.tint = Tint.RANK
    paint.forget()
    assert ("red", "p0") in looks(paint)
    assert (" sea", "p1") in looks(paint)
    assert [text for text, _ in looks(paint)] == [text for text, _ in before]


def test_without_a_tint_every_token_is_plain_text() -> None:
    paint = painter()
    paint.tint = Tint.NONE
    assert {look for text, look in looks(paint) if text.strip()} == {"text"}


def test_without_colour_a_glyph_stands_in_the_blank_and_letters_stay() -> None:
    paint = painter()
    paint.glyphs = True
    text = "".join(text for text, _ in looks(paint))
    assert "red█blue sea" in text
    assert "▄sky" in text


def test_ascii_glyphs_are_ascii() -> None:
    paint = painter(ascii_only=True)
    paint.glyphs = True
    paint.marks[7] = {1: Mark.FORBIDDEN, 2: Mark.DIFFERENT}
    text = "".join(text for text, _ in looks(paint))
    assert text.isascii()
    assert "redxblue!sea" in text


def test_a_mark_lies_over_the_tint_and_can_be_taken_away() -> None:
    paint = painter()
    paint.marks[7] = {1: Mark.FORBIDDEN}
    assert ("×blue", "forbidden") in looks(paint)
    assert (" sea", "p2") in looks(paint)
    paint.marks.clear()
    paint.forget()
    assert (" blue", "p5") in looks(paint)


def test_marks_of_another_message_are_not_drawn() -> None:
    paint = painter()
    paint.marks[8] = {1: Mark.FORBIDDEN}
    assert (" blue", "p5") in looks(paint)
