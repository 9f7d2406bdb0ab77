"""What each stage did to a reply, as a screen over the workbench.

Keeps true: it is counted in slices that leave the keys free, and says how far it is; what is said is
about the reply as it was when the screen was opened. Changes nothing.
"""

from typing import Final

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.core.effects import Effect, Effects
from tui.core.whatif import Past
from tui.screens.what_if import one_slice
from tui.widgets.candidate_cell import bar, fit, fit_right, plain, wrap

_WIDTH: Final = 59
"""Cells of a line of the table, where there are as many."""
_NAME: Final = (22, 16)
"""Cells for a stage's name; the second where there are fewer than `_WIDTH`."""
_COUNT: Final = 14
_MASS: Final = 9
_LINES: Final = 6
"""That the words about a stage may take."""
_ABOUT: Final = (
    "How often a stage removed anything, and how much of the model's own probability. Whether it "
    "changed the outcome is asked with the same dice: each token once more without the stage, after "
    "the text that was said."
)


class EffectsScreen(ModalScreen[None], inherit_bindings=False):
    """The stages of a reply.

    Args:
        past: the reply.
        ascii_only: draw with ASCII alone.
    """

    BINDINGS = [Binding("escape,q,u,enter", "dismiss", "Close", show=False)]  # noqa: RUF012

    def __init__(self, past: Past, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._effects = Effects(past)
        self._total = len(past)
        self._ascii = ascii_only

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        with VerticalScroll(id="effects"):
            yield Static(markup=False, id="effects-text")

    def on_mount(self) -> None:
        """Begin to count."""
        self.run_worker(self._count())

    def on_resize(self) -> None:
        """Lay the table out for the new width."""
        self.call_after_refresh(self._show)

    @property
    def finished(self) -> bool:
        """Whether every token was looked at."""
        return self._effects.done >= self._total

    async def _count(self) -> None:
        shown = 0
        while not self.finished:
            await one_slice(self._effects)
            if self.finished or self._effects.done - shown > self._total // 20:
                shown = self._effects.done
                self._show()

    def _show(self) -> None:
        text = self.query_one("#effects-text", Static)
        text.update(self._text(text.content_size.width or _WIDTH))

    def _text(self, width: int) -> Content:
        done, total = self._effects.done, self._total
        so_far = "" if self.finished else f", {done / max(1, total):.0%} looked at"
        parts: list[Content | str | tuple[str, str]] = [
            ("Effects of each stage", "bold"),
            (f"  {total:,} token{'s' * (total != 1)}{so_far}\n\n", "$quiet"),
            (f"{_ABOUT}\n", "$quiet"),
        ]
        name = _NAME[width < _WIDTH]
        wide = max(0, min(width, _WIDTH) - name - _COUNT - _MASS - 4)
        if self._effects.rows:
            heads = f"\n{'stage':<{name}}{'removed in':>{_COUNT}}{'mean mass':>{wide + _MASS + 4}}"
            parts.append((heads, "$quiet"))
        for effect in self._effects.rows:
            parts += self._row(effect, name, wide, width)
        if self.finished and not self._effects.rows:
            parts.append("\nNo stage stood between the model and the draw: nothing was removed.\n")
        if self._effects.missing:
            parts.append((f"\n{self._effects.missing} tokens have no record.\n", "$quiet"))
        parts.append(("\nEsc closes this.", "$quiet"))
        content = Content.assemble(*parts)
        return Content(plain(content.plain)) if self._ascii else content

    def _row(
        self, effect: Effect, name: int, wide: int, width: int
    ) -> list[Content | str | tuple[str, str]]:
        """A line of counts, `name` cells for the stage and `wide` for the bar; and the verdict."""
        dim = "$quiet" if effect.placebo else ""
        share = effect.removed / effect.steps if effect.steps else 0.0
        count = fit_right(f"{effect.removed} of {effect.steps}", _COUNT)
        mass = fit_right(f"{100 * effect.mean_mass:.2f} %", _MASS)
        verdict = wrap(effect.verdict, width - 2, _LINES, ascii_only=self._ascii)
        return [
            "\n",
            (fit(effect.words, name, ascii_only=self._ascii), dim or "bold"),
            (f"{count}  ", dim),
            (bar(share, wide, ascii_only=self._ascii), dim or "$warning"),
            (f"  {mass}\n", dim),
            *((f"  {line}\n", "$quiet" if effect.placebo else "") for line in verdict),
        ]
