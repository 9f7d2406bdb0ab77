from types import SimpleNamespace

import numpy as np

from tui.core.conversation import Conversation, Message
from tui.core.messages import SettingsChanged
from tui.core.settings import DEFAULTS
from tui.core.step import Step
from tui.engine.invented import InventedVocabulary, invent
from tui.widgets.transcript_rows import Block, laid_over

WIDTH = 40


def step(piece: bytes, text: str, i: int) -> Step:
    words = InventedVocabulary([piece])
    rng = np.random.default_rng(i)
    return invent(words, words.id(piece), text, i=i, settings=DEFAULTS, version=0, rng=rng)


def said(*texts: str) -> tuple[Conversation, Message]:
    conversation = Conversation()
    message = conversation.add("assistant")
    conversation.extend(
        message.key, [step(text.encode() or b"?", text, i) for i, text in enumerate(texts)]
    )
    return conversation, message


def texts(block: Block) -> list[str]:
    return [row.text.rstrip() for row in block.rows]


def block_of(message: Message, width: int = WIDTH) -> Block:
    block = Block(message.key, width)
    block.update(message, "Model")
    return block


def test_a_reply_has_a_label_its_text_and_a_blank_row() -> None:
    _, message = said("red", " blue")
    assert texts(block_of(message)) == ["Model", "red blue", ""]


def test_a_reply_that_grows_keeps_its_finished_rows() -> None:
    conversation, message = said(*["word "] * 30)
    block = block_of(message)
    before = block.rows[1:-2]
    conversation.extend(message.key, [step(b"more", "more", 30)])
    assert block.update(message, "Model") == 1 + len(before)
    assert block.rows[1 : 1 + len(before)] == before
    assert texts(block)[-2].endswith("more")


def test_nothing_new_is_nothing_to_draw() -> None:
    _, message = said("red")
    block = block_of(message)
    assert block.update(message, "Model") is None


def test_the_stop_text_is_taken_out_again() -> None:
    _, message = said("red", " STOP")
    block = block_of(message)
    message.text, message.reason = "red", "stop"
    block.update(message, "Model")
    assert texts(block) == ["Model", "red", ""]


def test_control_characters_of_a_model_never_reach_a_row() -> None:
    _, message = said("a\x1b]52;c;eA==\x07", "\x9b31m", "\u202eb")
    everything = "".join(texts(block_of(message)))
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in everything)
    assert "\u202e" not in everything


def test_markup_is_text() -> None:
    _, message = said("[red]x[/red]", "[@click=app.quit]y[/]")
    assert texts(block_of(message))[1] == "[red]x[/red][@click=app.quit]y[/]"


def test_a_token_that_only_begins_a_character_stands_where_it_is_completed() -> None:
    _, message = said("a", "", "", "🎵", "b")
    block = block_of(message)
    assert block.place(1) == block.place(2) == block.place(3)
    assert (block.place(3).column, block.place(3).width) == (1, 2)


def test_a_last_token_without_cells_stands_at_the_end_of_the_text() -> None:
    _, message = said("red", "")
    place = block_of(message).place(1)
    assert (place.row, place.column, place.width) == (1, 3, 0)


def test_every_token_has_a_place_on_its_own_text() -> None:
    words = [f"w{n} " for n in range(60)]
    _, message = said(*words)
    block = block_of(message, 24)
    for n, word in enumerate(words):
        place = block.place(n)
        row = block.rows[place.row].text
        assert row[place.column : place.column + place.width] == word


def test_a_settings_change_is_told_under_the_reply() -> None:
    _, message = said("red", " blue")
    message.changes.append(SettingsChanged(1, 1, {"temperature": 1.3}, 1))
    assert "from token 2: temperature 1.3" in texts(block_of(message))


def test_a_changed_seed_is_told_whole() -> None:
    _, message = said("red", " blue")
    message.changes.append(SettingsChanged(1, 1, {"seed": 4294967295}, 1))
    assert "from token 2: seed 4294967295" in texts(block_of(message))


def test_a_changed_order_is_told_as_it_is_typed() -> None:
    _, message = said("red", " blue")
    order = {"samplers": ["top_k", "temperature"]}
    message.changes.append(SettingsChanged(1, 1, order, 1))
    assert "top_k;temperature" in texts(block_of(message))


def test_changes_before_the_same_token_are_told_once() -> None:
    _, message = said("red", " blue")
    for n in range(3):
        message.changes.append(SettingsChanged(1, 1, {"temperature": 1.0 + n}, n))
    assert [line for line in texts(block_of(message)) if "token" in line] == [
        "from token 2: temperature 3"
    ]


def test_many_changes_are_counted() -> None:
    _, message = said(*["red "] * 30)
    for n in range(20):
        message.changes.append(SettingsChanged(1, n, {"top_k": n}, n))
    lines = texts(block_of(message))
    assert "16 changes of settings before" in lines
    assert lines[-2] == "from token 20: top_k 19"


def test_an_open_reply_without_text_says_that_it_is_coming() -> None:
    _, message = said()
    assert texts(block_of(message))[1] == "…"


def tokens(*texts: str) -> list[SimpleNamespace]:
    return [SimpleNamespace(text=text, p_raw=0.5, rank=1, entropy_bits=1.0) for text in texts]


def laid(text: str, *found: str) -> list[tuple[str, int]]:
    return [(p.text, p.token) for p in laid_over(text, tokens(*found), "user") if p.text]


def test_a_written_text_is_laid_out_by_its_tokens() -> None:
    assert laid("red blue", "red", " blue") == [("red", 0), (" blue", 1)]


def test_what_is_not_scored_yet_stands_at_the_end() -> None:
    assert laid("red blue sea", "red") == [("red", 0), (" blue sea", -1)]
    assert laid("red") == [("red", -1)]


def test_blanks_that_a_template_took_are_shown_and_belong_to_no_token() -> None:
    assert laid("  red\n\n blue ", "red", "blue") == [
        ("  ", -1), ("red", 0), ("\n\n ", -1), ("blue", 1), (" ", -1),
    ]  # fmt: skip


def test_a_blank_that_a_vocabulary_adds_is_not_shown() -> None:
    assert laid("red blue", " red", " blue") == [("red", 0), (" blue", 1)]


def test_a_token_that_was_not_written_is_shown_as_it_is() -> None:
    assert laid("red", "red", "<|x|>") == [("red", 0), ("<|x|>", 1)]


def test_a_scored_character_of_several_tokens_stands_where_it_is_completed() -> None:
    _, message = said()
    message.role, message.text = "user", "a🎵b"
    block = Block(message.key, WIDTH)
    block.update(message, "You", "", tokens("a", "", "", "🎵", "b"))
    assert texts(block)[1] == "a🎵b"
    assert block.place(1) == block.place(3)
    assert (block.place(4).column, block.place(4).width) == (3, 1)


def test_the_cursor_stands_on_a_word_and_not_on_the_blank_before_the_row_s_end() -> None:
    _, message = said("aaaa", " bbbb", " cccc", " dddd")
    block = block_of(message, 12)
    for n in range(4):
        place = block.place(n)
        row = block.rows[place.row].text
        assert row[place.column : place.column + place.width].strip()
