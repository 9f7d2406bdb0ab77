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
from tui.widgets.candidate_cell import bar, fit, fit_right, plain

_NAME: Final = 22
_BAR: Final = 10
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
            yield Static(self._text(), markup=False, id="effects-text")

    def on_mount(self) -> None:
        """Begin to count."""
        self.run_worker(self._count())

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
                self.query_one("#effects-text", Static).update(self._text())

    def _text(self) -> Content:
        done, total = self._effects.done, self._total
        so_far = "" if self.finished else f", {done / max(1, total):.0%} looked at"
        parts: list[Content | str | tuple[str, str]] = [
            ("Effects of each stage", "bold"),
            (f"  {total:,} token{'s' * (total != 1)}{so_far}\n\n", "$quiet"),
            (f"{_ABOUT}\n", "$quiet"),
        ]
        if self._effects.rows:
            parts.append(
                (f"\n{'stage':<{_NAME}}{'removed in':>14}{'mean mass':>{_BAR + 14}}", "$quiet")
            )
        for effect in self._effects.rows:
            parts += self._row(effect)
        if self.finished and not self._effects.rows:
            parts.append("\nNo stage stood between the model and the draw: nothing was removed.\n")
        if self._effects.missing:
            parts.append((f"\n{self._effects.missing} tokens have no record.\n", "$quiet"))
        parts.append(("\nEsc closes this.", "$quiet"))
        content = Content.assemble(*parts)
        return Content(plain(content.plain)) if self._ascii else content

    def _row(self, effect: Effect) -> list[Content | str | tuple[str, str]]:
        """Two lines: the counts, and what they come to."""
        dim = "$quiet" if effect.placebo else ""
        share = effect.removed / effect.steps if effect.steps else 0.0
        count = fit_right(f"{effect.removed} of {effect.steps}", 14)
        mass = fit_right(f"{100 * effect.mean_mass:.2f} %", 9)
        return [
            "\n",
            (fit(effect.words, _NAME, ascii_only=self._ascii), dim or "bold"),
            (f"{count}  ", dim),
            (bar(share, _BAR, ascii_only=self._ascii), dim or "$warning"),
            (f"  {mass}\n", dim),
            (f"  {effect.verdict}\n", "$quiet" if effect.placebo else ""),
        ]
