"""The help screen: every key, drawn from the tables."""

from collections.abc import Iterable, Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.core.binding import groups
from tui.widgets.candidate_cell import plain, wrap
from tui.widgets.keys import names_of

_ABOUT = (
    "Tokens of a reply are tinted by their raw probability: certain ones recede, surprising ones "
    "step forward. Walk them with {} and {}; the inspector shows what else could have been "
    "said. Sampler values hold from the next token on, while a reply is being made too."
)
_REMAP = "The table [keys] of config.toml remaps a key by its id, docs/reference/keys.md."
_ROOM = 46
"""Cells beside the keys in a terminal of 80 columns."""


class HelpScreen(ModalScreen[None], inherit_bindings=False):
    """What the keys do.

    Args:
        keymap: binding id to keys, where they were remapped.
        panes: for each pane with keys of its own, its bindings.
        ascii_only: draw with ASCII alone.
    """

    BINDINGS = [Binding("escape,q,f1,question_mark,enter", "dismiss", "Close", show=False)]  # noqa: RUF012

    def __init__(
        self,
        keymap: Mapping[str, str],
        panes: Mapping[str, Iterable[Binding]],
        *,
        ascii_only: bool = False,
    ) -> None:
        super().__init__()
        self._ascii = ascii_only
        self._panes = panes
        own = names_of(binding for bindings in panes.values() for binding in bindings)
        self._keys = own.remapped(keymap, ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        with VerticalScroll(id="help"):
            yield Static(self._text(), markup=False)

    def _text(self) -> Content:
        keys = self._keys
        about = _ABOUT.format(keys("token.left"), keys("token.right"))
        parts: list[Content | str | tuple[str, str]] = [("Help", "bold"), "\n\n", about, "\n"]
        for group, found in groups().items():
            rows = [(keys.every(key.id), key.text) for key in found]
            parts += self._section(group, rows)
        for pane, bindings in self._panes.items():
            named = [(keys.every(b.id or ""), b.description) for b in bindings]
            parts += self._section(pane, named)
        commands = keys("palette.open")
        parts += [f"\nEvery action is under {commands} too. {_REMAP}\nEsc closes this."]
        return Content.assemble(*parts)

    def _section(
        self, heading: str, rows: Iterable[tuple[str, str]]
    ) -> list[Content | str | tuple[str, str]]:
        parts: list[Content | str | tuple[str, str]] = ["\n", (heading, "bold"), "\n"]
        for named, text in rows:
            keys = plain(named) if self._ascii else named
            lines = [
                *([""] if len(keys) > 20 else []),
                *wrap(text, _ROOM, 4, ascii_only=self._ascii),
            ]
            parts += [f"  {keys:<20} ", (f"{lines[0]}\n", "$quiet")]
            parts += [(f"{'':23}{line}\n", "$quiet") for line in lines[1:]]
        return parts
