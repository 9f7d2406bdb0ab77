"""Asking which tokens are to wait: by entropy, by how close the top two are, by rank.

Keeps true: an empty line switches a condition off; a value that cannot be is told at its line, and
nothing is changed then.
"""

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.core.number import plain_number
from tui.core.pause import PauseWhen


class _Line(NamedTuple):
    """One condition."""

    key: str
    text: str
    read: Callable[[str], float]
    most: float
    what: str
    """What may stand there."""


_LINES: Final = (
    _Line("entropy_bits", "entropy above (bits)", float, 64.0, "a number of bits, 0 to 64"),
    _Line("gap", "top two closer than (%)", float, 100.0, "a percentage, 0 to 100"),
    _Line("rank", "drawn rank beyond", int, 1e9, "a whole number from 1"),
)


class PauseScreen(ModalScreen[PauseWhen | None], inherit_bindings=False):
    """Three lines to type in.

    Args:
        now: what holds.
    """

    BINDINGS = [  # noqa: RUF012
        Binding("escape", "leave", "Leave", show=False),
        Binding("down,tab", "app.focus_next", "Next line", show=False),
        Binding("up,shift+tab", "app.focus_previous", "Line before", show=False),
    ]

    def __init__(self, now: PauseWhen) -> None:
        super().__init__()
        self._now = now

    def compose(self) -> ComposeResult:
        """Heading, a line for each condition, what is wrong, keys."""
        with Vertical(id="pause"):
            yield Static(Content.styled("Let a token wait before it is taken, where", "bold"))
            for line in _LINES:
                value = getattr(self._now, line.key)
                shown = "" if value is None else plain_number(value * _scale(line.key))
                yield Static(Content.styled(line.text, "$quiet"), classes="pause-name")
                yield Input(shown, placeholder="off", id=f"pause-{line.key}", compact=True)
            yield Static(id="pause-said", markup=False)
            keys = "Enter takes them, Tab goes on, an empty line is off, Esc leaves."
            yield Static(Content.styled(keys, "$quiet"), markup=False)

    def on_mount(self) -> None:
        """The first line."""
        self.query(Input).first().focus()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        values: dict[str, float | None] = {}
        for line in _LINES:
            field = self.query_one(f"#pause-{line.key}", Input)
            text = field.value.strip().removesuffix("%").strip()
            try:
                value = line.read(text) if text else None
            except (ValueError, OverflowError):
                value = math.nan
            least = 1 if line.key == "rank" else 0
            if value is not None and not least <= value <= line.most:
                field.focus()
                said = f"{line.text}: {line.what}, or nothing."
                self.query_one("#pause-said", Static).update(Content.styled(said, "$text-error"))
                return
            values[line.key] = None if value is None else value / _scale(line.key)
        rank = values["rank"]
        self.dismiss(
            PauseWhen(
                entropy_bits=values["entropy_bits"],
                gap=values["gap"],
                rank=None if rank is None else int(rank),
            )
        )

    def action_leave(self) -> None:
        """Nothing is changed."""
        self.dismiss(None)


def _scale(key: str) -> int:
    """What a value is multiplied with to be shown."""
    return 100 if key == "gap" else 1
