import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.text import IncrementalText, one_line, sanitize, visible

HOSTILE = [
    chr(code)
    for code in (*range(0x20), *range(0x7F, 0xA0), 0x200E, 0x202E, 0x2066, 0xFEFF, 0xE0041)
]


@given(st.text())
def test_nothing_that_moves_a_terminal_leaves_sanitize(text):
    clean = sanitize(text)
    assert not any(char in clean for char in HOSTILE if char not in "\n\t")
    clean.encode("utf-8")


@given(st.text())
def test_one_line_is_one_line(text):
    assert not any(char in one_line(text) for char in HOSTILE)
    assert len(one_line(text)) <= 200


def test_clipboard_and_title_sequences_become_pictures():
    assert sanitize("\x1b]0;gotcha\x07") == "␛]0;gotcha␇"
    assert sanitize("a\x9b31mb") == "a�31mb"
    assert sanitize("line\r\nline") == "line\nline"


def test_ordinary_text_of_any_script_is_untouched():
    text = "naïve 中文 👩‍👩‍👧 עברית\n\tcode [b]not markup[/b]"
    assert sanitize(text) == text


@pytest.mark.parametrize(
    ("piece", "shown", "plain"),
    [
        (b" blue", "␠blue", "_blue"),
        (b"\n", "⏎", "\\n"),
        (b"\xe2\x96", "⟨E2 96⟩", "<E2 96>"),
        (b"a\xff\xfeb", "a⟨FF FE⟩b", "a<FF FE>b"),
        ("中".encode(), "中", "\\u4e2d"),
        (b"\x1b[2J", "␛[2J", "\\x1b[2J"),
        ("\u202e".encode(), "⟨U+202E⟩", "\\u202e"),
        (b"", "", ""),
    ],
)
def test_every_byte_of_a_token_can_be_seen(piece, shown, plain):
    assert visible(piece) == shown
    assert visible(piece, ascii_only=True) == plain


@given(st.binary())
def test_a_visible_token_never_holds_a_control(piece):
    assert not any(char in visible(piece) for char in HOSTILE)
    assert visible(piece, ascii_only=True).isprintable()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.data())
def test_text_cut_anywhere_decodes_to_itself(text, data):
    raw = text.encode()
    decoder, out = IncrementalText(), ""
    while raw:
        size = data.draw(st.integers(1, len(raw)))
        out += decoder.feed(raw[:size])
        assert "�" not in out.replace("�" if "�" in text else "\0", "")
        raw = raw[size:]
    assert out + decoder.finish() == text


def test_a_character_that_never_ends_is_shown_at_the_end():
    decoder = IncrementalText()
    assert decoder.feed("é".encode()[:1]) == ""
    assert decoder.finish() == "�"
