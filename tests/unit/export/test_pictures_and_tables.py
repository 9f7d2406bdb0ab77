"""SVG and CSV."""

import csv
import io
import xml.etree.ElementTree as Tree

import pytest

from tests.support.replies import HOSTILE, made
from tui.core.errors import UsageError
from tui.core.export import FORMATS, format_of, written
from tui.core.export.heat_map import COLUMNS, GROUNDS, heat_map
from tui.core.export.reply import ReplyTrace
from tui.core.export.table import CANDIDATE_COLUMNS, TOKEN_COLUMNS, candidate_table, token_table
from tui.core.step import KEPT
from tui.core.tint import SCALES, Tint, level

SVG = "{http://www.w3.org/2000/svg}"


def drawn(reply: ReplyTrace, tint: Tint = Tint.PROBABILITY) -> Tree.Element:
    return Tree.fromstring(heat_map(reply, tint))


@pytest.mark.parametrize("reply", [made(b"red", b" blue"), made(*HOSTILE), made()])
def test_the_picture_is_well_formed_and_asks_for_nothing(reply: ReplyTrace) -> None:
    root = drawn(reply)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "g", "rect", "text", "title",
    }  # fmt: skip
    for element in root.iter():
        assert not any("href" in name or name.startswith("on") for name in element.attrib)
    assert len(root.get("viewBox", "").split()) == 4
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    for i in range(len(reply.steps)):
        assert any(title.startswith(f"token {i + 1}: ") for title in titles)


@pytest.mark.parametrize("tint", SCALES)
def test_a_token_has_the_ground_of_its_level(tint: Tint) -> None:
    reply = made(b"red", b" blue", b" green")
    root = drawn(reply, tint)
    grounds = [group.find(f"{SVG}rect").get("fill") for group in root.iter(f"{SVG}g")]
    assert grounds == [GROUNDS[level(tint, step)] for step in reply.steps]
    said = "".join(text.text or "" for text in root.iter(f"{SVG}text"))
    assert all(name in said for name in SCALES[tint].names)


def test_long_text_is_wrapped_inside_the_picture() -> None:
    root = drawn(made(*(b" wonderful" for _ in range(40)), b"x" * 300, "東".encode() * 100))
    width = float(root.get("viewBox", "").split()[2])
    boxes = [(float(r.get("x", 0)), float(r.get("width", 0))) for r in root.iter(f"{SVG}rect")]
    assert all(x + wide <= width for x, wide in boxes)
    texts = [text for text in root.iter(f"{SVG}text") if text.get("textLength")]
    assert sum((text.text or "").count("wonderful") for text in texts) == 40
    assert sum((text.text or "").count("東") for text in texts) == 100
    assert sum((text.text or "").count("x") for text in texts) == 300
    assert width > COLUMNS * 8.4


def rows(text: str) -> list[dict[str, str]]:
    assert text.count("\r\n") == text.count("\n")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    "reply", [made(b"red", b" blue"), made(*HOSTILE)], ids=["words", "hostile"]
)
def test_a_row_a_token_with_its_exact_bytes(reply: ReplyTrace) -> None:
    found = rows(token_table(reply))
    assert list(found[0]) == list(TOKEN_COLUMNS)
    assert [int(row["id"]) for row in found] == [step.id for step in reply.steps]
    assert [bytes.fromhex(row["bytes"][2:]) for row in found] == [s.piece for s in reply.steps]
    for row, step in zip(found, reply.steps, strict=True):
        assert float(row["p_raw"]) == step.p_raw
        assert float(row["u"]) == step.u
        assert row["stages"].startswith("top_k ")


def test_a_row_a_candidate() -> None:
    reply = made(b"red", b" blue")
    found = rows(candidate_table(reply))
    assert list(found[0]) == list(CANDIDATE_COLUMNS)
    record = reply.steps[1].record
    mine = [row for row in found if row["i"] == "1"]
    assert [int(row["id"]) for row in mine] == record.ids.tolist()
    assert [float(row["logit"]) for row in mine] == record.logits.tolist()
    assert [row["cut_by"] == "" for row in mine] == [cut == KEPT for cut in record.cut]
    assert [row["id"] for row in mine if row["taken"] == "1"] == [str(reply.steps[1].id)]


@pytest.mark.parametrize("make", [token_table, candidate_table])
def test_no_cell_of_text_is_a_formula(make: object) -> None:
    reply = made(b"=1+1", b"+1", b"-1", b"@SUM", b"\t=1", "＝1".encode(), b"'", b"\r=1")
    found = rows(make(reply))  # type: ignore[operator]
    texts = [row[name] for row in found for name in ("text", "bytes", "stages", "cut_by")
             if name in row]  # fmt: skip
    assert "'=1+1" in texts
    assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r", "＝")) for text in texts)


def test_the_name_says_the_format() -> None:
    reply = made(b"red")
    assert written(reply, "A.HTML").startswith("<!DOCTYPE html>")
    assert written(reply, "a.svg").startswith("<svg ")
    assert written(reply, "a.csv").startswith("i,id,text")
    assert written(reply, "a.candidates.csv").startswith("i,row,id")
    assert written(reply, "a.jsonl").startswith('{"type":"start"')
    assert {format_of(f"x{ending}") for ending in FORMATS} == set(FORMATS)


@pytest.mark.parametrize("name", ["a", "a.htm", "a.json", "a.png", ".html", "a.svg.gz", ""])
def test_another_name_is_refused_with_the_formats_there_are(name: str) -> None:
    with pytest.raises(UsageError, match=r"\.html, \.svg, \.csv, \.jsonl"):
        format_of(name)
