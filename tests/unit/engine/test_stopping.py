import itertools

from hypothesis import given
from hypothesis import strategies as st

from tui.engine.stopping import StopTexts

letters = st.text("ab", max_size=12)


def cut(text: str, places: list[int]) -> list[str]:
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(edges)]


@given(
    letters,
    st.lists(st.text("ab", min_size=1, max_size=4), max_size=3),
    st.lists(st.integers(0, 20)),
)
def test_the_text_before_the_first_stop_comes_out_whatever_the_pieces(text, stops, places):
    stream = StopTexts(stops)
    out = ""
    for piece in cut(text, places):
        out += stream.feed(piece)
        # What is out is final: nothing that may yet belong to a stop text is in it.
        assert not any(stop in out for stop in stops)
    found = [end for end in range(len(text) + 1) if any(text[:end].endswith(s) for s in stops)]
    assert stream.found == bool(found)
    if found:
        seen = text[: found[0]]
        longest = max(len(stop) for stop in stops if seen.endswith(stop))
        assert out == seen[: len(seen) - longest]
    else:
        assert out + stream.flush() == text


def test_nothing_is_held_back_without_stop_texts():
    stream = StopTexts(("",))
    assert [stream.feed(text) for text in ("a", "b")] == ["a", "b"]
