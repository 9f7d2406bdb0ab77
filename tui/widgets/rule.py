"""A thin line across the screen, with a branch where another line meets it."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget


class Rule(Widget):
    """One row of line.

    Args:
        branch: glyph at the branch, `┬`, `┴` or `├`.
        ascii_only: draw with `-` and `+`.
    """

    DEFAULT_CSS = "Rule { height: 1; color: $rule; }"

    at: reactive[int] = reactive(0)
    """Cells from the right end to the branch; 0 = no branch."""

    def __init__(self, branch: str, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._line, self._branch = ("-", "+") if ascii_only else ("─", branch)

    def render(self) -> Content:
        """The line."""
        width = self.size.width
        if not 0 < self.at <= width:
            return Content(self._line * width)
        return Content(self._line * (width - self.at) + self._branch + self._line * (self.at - 1))
