"""The loss curve's picture, from a file as training writes it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from tui.demo.curve import draw, read

CURVE = """step,tokens,all,console,croupier
50,204800,5.0000,4.0000,6.0000
100,409600,1.0000,0.5000,0.0000
150,614400,0.1000,0.0500,0.3000
"""


def _points(svg: str) -> list[list[tuple[float, float]]]:
    lines = [e for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("polyline")]
    return [[(float(x), float(y)) for x, y in (p.split(",") for p in line.attrib["points"].split())] for line in lines]  # fmt: skip


def test_each_series_falls_from_left_to_right(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    path.write_text(CURVE, encoding="utf-8")
    svg = draw(*read(path))
    everything, console, croupier = _points(svg)
    for points in (everything, console):
        assert points == sorted(points)
        assert [y for _, y in points] == sorted(y for _, y in points)
    # A part that no batch held has no point there.
    assert len(croupier) == 2
    assert ">croupier</text>" in svg


def test_one_row_is_drawn_too(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    path.write_text("\n".join(CURVE.splitlines()[:2]), encoding="utf-8")
    assert all(len(points) == 1 for points in _points(draw(*read(path))))
