"""The first line of the screen: who is speaking, which model, and how full the context is."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.core.status import Status
from tui.core.text import one_line
from tui.widgets.candidate_cell import fit, plain

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_BAR = 10


class TitleLine(Widget):
    """Persona, model, context."""

    DEFAULT_CSS = "TitleLine { height: 1; }"

    status: reactive[Status] = reactive(Status())
    persona: reactive[str] = reactive("")

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._ascii = ascii_only

    def render(self) -> Content:
        """The line; the bar goes first where there is no room, then the model."""
        model = self.status.model
        persona = one_line(self.persona, 40)
        name = f"{one_line(model.name, 40)} {one_line(model.quant, 10)}" if model else "no model"
        if self._ascii:
            persona, name = plain(persona), plain(name)
        dot = " - " if self._ascii else " · "
        right = self._fullness()
        for left in (f"{persona}{dot}{name}" if persona else name, persona or name):
            for tail in (right, right[-1:], []):
                end = Content.assemble(*tail)
                gap = self.size.width - Content(left).cell_length - end.cell_length
                if gap >= 2:
                    bold = persona if persona and left.startswith(persona) else left
                    return Content.assemble((bold, "bold"), left[len(bold) :], " " * gap, end)
        return Content(fit(persona or name, self.size.width, ascii_only=self._ascii))

    def _fullness(self) -> list[tuple[str, str]]:
        model = self.status.model
        if model is None:
            return [("", "")]
        used, size = self.status.used_tokens, model.n_ctx
        return [
            ("context ", "$quiet"),
            (bar(used / size if size else 0.0, _BAR, ascii_only=self._ascii), "$quiet"),
            (f" {used:,} / {size:,}", ""),
        ]


def bar(fraction: float, width: int, *, ascii_only: bool = False) -> str:
    """A bar of `width` cells between its two ends.

    >>> bar(0.25, 4), bar(0.5, 4, ascii_only=True)
    ('▕█   ▏', '[##  ]')
    """
    fraction = min(1.0, max(0.0, fraction))
    if ascii_only:
        return f"[{'#' * round(fraction * width):<{width}}]"
    eighths = round(fraction * width * 8)
    full, rest = divmod(eighths, 8)
    filled = "█" * full + (_EIGHTHS[rest] if rest else "")
    return f"▕{filled:<{width}}▏"
