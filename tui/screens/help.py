"""The help screen: every key, drawn from the tables."""

from collections.abc import Iterable, Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.core.binding import BY_ID, groups, key_name, key_names
from tui.widgets.candidate_cell import plain, wrap

_ABOUT = (
    "Tokens of a reply are tinted by their raw probability: certain ones recede, surprising ones "
    "step forward. Walk them with the arrow keys; the inspector shows what else could have been "
    "said. Sampler values hold from the next token on, while a reply is being made too."
)
_REMAP = "The table [keys] of config.toml remaps a key by its id, docs/reference/keys.md."
_ARROWS = str.maketrans({"←": "Left", "→": "Right", "↑": "Up", "↓": "Down"})
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
        self._keymap = dict(keymap)
        self._panes = panes

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        with VerticalScroll(id="help"):
            yield Static(self._text(), markup=False)

    def _text(self) -> Content:
        parts: list[Content | str | tuple[str, str]] = [("Help", "bold"), "\n\n", _ABOUT, "\n"]
        for group, keys in groups().items():
            rows = [(key_names(key, self._keymap), key.text) for key in keys]
            parts += self._section(group, rows)
        for pane, bindings in self._panes.items():
            parts += self._section(pane, [(self._names(b), b.description) for b in bindings])
        commands = key_names(BY_ID["palette.open"], self._keymap)
        parts += [f"\nEvery action is under {commands} too. {_REMAP}\nEsc closes this."]
        return Content.assemble(*parts)

    def _names(self, binding: Binding) -> str:
        keys = self._keymap.get(binding.id or "", binding.key)
        return ", ".join(key_name(key.strip()) for key in keys.split(","))

    def _section(
        self, heading: str, rows: Iterable[tuple[str, str]]
    ) -> list[Content | str | tuple[str, str]]:
        parts: list[Content | str | tuple[str, str]] = ["\n", (heading, "bold"), "\n"]
        for named, text in rows:
            keys = plain(named.translate(_ARROWS)) if self._ascii else named
            lines = [
                *([""] if len(keys) > 20 else []),
                *wrap(text, _ROOM, 4, ascii_only=self._ascii),
            ]
            parts += [f"  {keys:<20} ", (f"{lines[0]}\n", "$quiet")]
            parts += [(f"{'':23}{line}\n", "$quiet") for line in lines[1:]]
        return parts
