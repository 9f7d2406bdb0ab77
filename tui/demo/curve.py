"""The loss curve as a picture: `python -m tui.demo.curve CURVE.csv CURVE.svg`.

Keeps true: the SVG holds only what the CSV of a training run holds; both axes are logarithmic, so
that the long tail of a run is seen too. It needs no library.
"""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path
from typing import Final

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 760, 400, 60, 44, 16, 130
COLOURS: Final = ("#222222", "#d62728", "#9467bd", "#e377c2", "#17a2b8", "#2ca02c", "#ff7f0e", "#7f7f7f")  # fmt: skip


def read(path: Path) -> tuple[list[int], dict[str, list[float]]]:
    """Tokens seen, and the mean loss since the row before of all tokens and of each part."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name not in ("step", "tokens")]
    return [int(row["tokens"]) for row in rows], {
        name: [float(row[name]) for row in rows] for name in names
    }


def draw(tokens: list[int], losses: dict[str, list[float]]) -> str:
    """The picture as SVG text."""
    values = [value for series in losses.values() for value in series if value > 0]
    low, high = math.log10(min(values)), math.log10(max(values))
    first, last = math.log10(tokens[0]), math.log10(tokens[-1])

    def x(count: float) -> float:
        return LEFT + (math.log10(count) - first) / ((last - first) or 1) * (WIDTH - LEFT - RIGHT)

    def y(loss: float) -> float:
        return TOP + (high - math.log10(loss)) / ((high - low) or 1) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for loss in (5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002):
        if low <= math.log10(loss) <= high:
            at = f"{y(loss):.1f}"
            parts.append(
                f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}" stroke="#dddddd"/>'
                f'<text x="{LEFT - 6}" y="{at}" dy="4" text-anchor="end">{loss:g}</text>'
            )
    for millions in (0.2, 0.5, 1, 2, 5, 10, 20):
        if tokens[0] <= millions * 1e6 <= tokens[-1]:
            at = f"{x(millions * 1e6):.1f}"
            parts.append(
                f'<line x1="{at}" x2="{at}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#dddddd"/>'
                f'<text x="{at}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{millions:g}</text>'
            )
    for i, (name, series) in enumerate(losses.items()):
        colour = COLOURS[i % len(COLOURS)]
        points = " ".join(
            f"{x(count):.1f},{y(loss):.1f}"
            for count, loss in zip(tokens, series, strict=True)
            if loss > 0
        )
        width = 2.5 if name == "all" else 1.2
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
            f'<text x="{WIDTH - RIGHT + 10}" y="{TOP + 14 + 18 * i}" fill="{colour}">{name}</text>'
        )
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">'
        "million tokens</text>"
        f'<text x="14" y="{HEIGHT / 2:.0f}" text-anchor="middle" '
        f'transform="rotate(-90 14 {HEIGHT / 2:.0f})">loss of a learnt token, nats</text></svg>'
    )
    return "\n".join(parts) + "\n"


def main() -> None:
    """The command line."""
    if len(sys.argv) != 3:
        raise SystemExit("usage: python -m tui.demo.curve CURVE.csv CURVE.svg")
    Path(sys.argv[2]).write_text(draw(*read(Path(sys.argv[1]))), encoding="utf-8")


if __name__ == "__main__":
    main()
