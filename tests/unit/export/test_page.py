"""The HTML page: what is on it, and that nothing on it is anything but text."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from tests.support.replies import HOSTILE, made, with_step
from tui.core.export.page import TOP, page
from tui.core.export.reply import ReplyTrace
from tui.core.messages import SettingsChanged
from tui.core.settings import Settings
from tui.core.step import Record
from tui.core.text import sanitize
from tui.core.tint import Tint


class Page(HTMLParser):
    """The page as a browser takes it: elements, texts, scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        """By id of the element, or its name."""
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self._open.append(dict(attrs).get("id") or tag)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for name in self._open:
            self.texts[name] = self.texts.get(name, "") + data

    @property
    def data(self) -> dict[str, Any]:
        return dict(json.loads(self.texts["data"]))


def tokens(found: Page) -> list[str]:
    return [found.texts[f"t{i}"] for i in range(len(found.data["steps"]))]


@pytest.mark.parametrize(
    "reply", [made(b"red", b" blue"), made(*HOSTILE)], ids=["words", "hostile"]
)
def test_every_token_is_an_element_with_its_text_and_nothing_else_is(reply: ReplyTrace) -> None:
    found = Page(page(reply))
    kinds = [tag for tag, _ in found.elements]
    assert kinds.count("script") == 2  # the data, and the page's own
    assert {"img", "iframe", "link", "object", "base", "a"}.isdisjoint(kinds)
    for _, attributes in found.elements:
        assert not any(name.startswith(("on", "src", "href", "style")) for name in attributes)
    shown = tokens(found)
    assert len(shown) == len(reply.steps)
    for text, step in zip(shown, reply.steps, strict=True):
        assert text.replace("⏎\n", "\n") == sanitize(step.text) or not step.text
        assert text


def test_a_hostile_token_keeps_its_bytes_to_be_seen() -> None:
    found = Page(page(made(*HOSTILE)))
    shown = tokens(found)
    assert shown[0] == "</script><script>alert(1)</script>"
    assert shown[16] == "⟨F0 9F⟩"  # only begins a character
    assert not set("".join(shown)) & set("\x00\x07\x1b\u202e\u2028")
    assert "\x1b" not in page(made(*HOSTILE))


def test_the_page_asks_for_nothing_and_runs_its_own_script_alone() -> None:
    text = page(made(*HOSTILE))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy[1].split("; "))
    assert rules["default-src"] == "'none'"
    for kind, element in (("script", "script>"), ("style", "style>")):
        inside = text.rpartition(f"<{element}")[2].partition(f"</{element}")[0]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
    assert not re.search(r"https?://|url\(|@import|fetch\(|XMLHttp|innerHTML|eval\(", text)


def test_what_it_was_made_with_stands_at_the_top_and_no_folder_of_this_machine() -> None:
    reply = made(b"red", b" blue", settings=Settings(temperature=0.5, grammar="root ::= [a-z ]+"))
    reply = msgspec.structs.replace(
        reply, changes=(SettingsChanged(0, 1, {"temperature": 1.25}, 1),)
    )
    head = Page(page(reply)).texts["header"]
    for said in ("Scripted F64", "model.gguf", "seed7", "temperature 0.5", "a grammar",
                 "from token 2temperature 1.25", "the model ended it"):  # fmt: skip
        assert said in head
    assert "secret" not in page(reply)


def test_the_conversation_before_stands_before() -> None:
    found = Page(page(made(b"red")))
    assert found.texts["details"] == "System<b>Be brief.</b>"
    assert "Hello & ␛[2J <i>" in found.texts["said"]


def test_a_candidate_has_its_numbers_and_the_reason_of_its_removal() -> None:
    reply = made(b"red", b" blue")
    found = Page(page(reply)).data
    step, was = found["steps"][1], reply.steps[1]
    assert step[:3] == [step[0], was.id, was.rank]
    assert found["texts"][step[0]] == "␣blue"
    assert step[3:6] == pytest.approx([was.p_raw, was.p_final, was.entropy_bits], rel=1e-4)
    rows = step[7]
    assert len(rows) in (TOP, TOP + 1)
    assert was.id in [row[1] for row in rows]
    whys = [found["texts"][row[5]] for row in rows]
    assert any(why.startswith("cut by ") for why in whys)
    for row, why in zip(rows, whys, strict=True):
        assert bool(why) == (row[4] == 0)
    assert step[8][0] == was.record.n_vocab - len(rows)
    assert [found["texts"][stage[0]] for stage in step[9]] == [
        "top-k", "top-p", "min-p", "temperature",
    ]  # fmt: skip


def test_a_step_without_a_record_is_shown_without_candidates() -> None:
    empty = Record(b"", b"", b"", b"", 0.0, 0, 0, 0.0, 0.0, 0.0)
    found = Page(page(with_step(made(b"red", b" blue"), 0, record=empty, stages=()))).data
    assert found["steps"][0][7] == []


def test_a_reply_that_failed_or_is_empty_says_so() -> None:
    failed = msgspec.structs.replace(made(b"red"), reason="error", error="The engine <died>.")
    assert "The engine <died>." in Page(page(failed)).texts["header"]
    none = msgspec.structs.replace(made(b"red"), steps=(), reason="length")
    assert "The reply has no token." in Page(page(none)).texts["said"]


def test_the_page_opens_with_the_tint_that_was_asked_for() -> None:
    assert '<body data-tint="entropy">' in page(made(b"red"), tint=Tint.ENTROPY)


def test_two_thousand_tokens_make_a_page_that_a_browser_holds() -> None:
    words = [f"{' ' * (n > 0)}w{n % 50}".encode() for n in range(300)]
    per_token = len(page(made(*words))) / 300
    assert 2000 * per_token < 2 << 20
