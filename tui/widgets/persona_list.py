"""The persona list: who the model can be asked to be, who it is now, and what each would say.

Keeps true: a broken persona file is in the list with its first problem and cannot be chosen; texts
of files are cleaned before they are drawn. Choosing says so and changes nothing here: `current` is
set from outside.
"""

from typing import ClassVar, Final

from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.core.persona import BrokenPersona, Persona
from tui.core.text import one_line
from tui.widgets.candidate_cell import Part, strip_of
from tui.widgets.keys import names_of
from tui.widgets.persona_line import heading_line, persona_line, preview_lines

PERSONA_BINDINGS: Final = (
    Binding("up,k", "step(-1)", "persona up", id="persona.up", show=False),
    Binding("down,j", "step(1)", "persona down", id="persona.down", show=False),
    Binding("home", "step(-1000000)", "first persona", id="persona.first", show=False),
    Binding("end", "step(1000000)", "last persona", id="persona.last", show=False),
    Binding("pageup", "step(-10)", "ten up", id="persona.page_up", show=False),
    Binding("pagedown", "step(10)", "ten down", id="persona.page_down", show=False),
    Binding("enter", "choose", "take this persona", id="persona.choose"),
    Binding("slash", "find", "find", id="persona.find"),
    Binding("l", "library", "the library: read, edit, new", id="persona.library"),
)
"""Every key of the list."""

_PARTS: Final = ("heading", "name", "current", "dim", "marker", "text", "problem")
_FEWEST: Final = 4
"""Lines that a preview needs."""


class PersonaList(Widget, can_focus=True):
    """Shows the personas and lets one be chosen."""

    BINDINGS: ClassVar = list(PERSONA_BINDINGS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"persona--{name}" for name in (*_PARTS, "cursor")}
    DEFAULT_CSS = """
    PersonaList {
        height: 1fr;
    }
    PersonaList > .persona--heading { text-style: bold; }
    PersonaList > .persona--current { text-style: bold; }
    PersonaList > .persona--dim { color: $text-muted; }
    PersonaList > .persona--marker { color: $accent; text-style: bold; }
    PersonaList > .persona--problem { color: $text-error; }
    PersonaList > .persona--cursor { background: $foreground 8%; }
    PersonaList:ansi > .persona--dim { text-style: dim; }
    """

    personas: reactive[tuple[Persona | BrokenPersona, ...]] = reactive(())
    """Those in the library, in the order in which they are listed."""
    current: reactive[str] = reactive("")
    """Id of the persona in force; empty = none."""

    class Chosen(Message):
        """A persona is wanted."""

        def __init__(self, persona_id: str) -> None:
            super().__init__()
            self.persona_id = persona_id

    class LibraryWanted(Message):
        """The whole library is wanted."""

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._ascii_only = ascii_only
        self.keys = names_of(PERSONA_BINDINGS)
        self._cursor = 0
        self._top = 0
        self._finding: str | None = None
        self._looks: dict[str, Style] = {}
        self._cursor_looks: dict[str, Style] = {}

    @property
    def listed(self) -> tuple[Persona | BrokenPersona, ...]:
        """Those that match what is being looked for."""
        wanted = (self._finding or "").casefold()
        return tuple(p for p in self.personas if wanted in f"{p.id} {_name(p)}".casefold())

    @property
    def highlighted(self) -> Persona | BrokenPersona | None:
        """The persona under the cursor."""
        listed = self.listed
        return listed[self._cursor] if self._cursor < len(listed) else None

    def watch_personas(self) -> None:
        """Put the cursor on the persona in force."""
        self._to_current()

    def watch_current(self) -> None:
        """Put the cursor on the persona in force."""
        self._to_current()

    def _to_current(self) -> None:
        here = [i for i, persona in enumerate(self.listed) if persona.id == self.current]
        self._go(here[0] if here else self._cursor)
        if self.styles.is_auto_height:
            self.refresh(layout=True)

    def _go(self, index: int) -> None:
        total, shown = len(self.listed), self._shown
        self._cursor = min(max(index, 0), max(0, total - 1))
        lowest = max(0, total - shown)
        self._top = min(max(self._top, self._cursor - shown + 1), self._cursor, lowest)
        self.refresh()

    @property
    def _shown(self) -> int:
        """Lines for personas, below the heading and above the preview."""
        room = max(1, self.size.height - 1)
        total = len(self.listed)
        if room >= total:
            return max(1, total)
        return room if room < _FEWEST * 2 + 1 else room - _FEWEST - 1

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The heading and every persona."""
        return 1 + max(1, len(self.personas))

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._go(self._cursor)

    def notify_style_update(self) -> None:
        """Forget the looked-up styles."""
        super().notify_style_update()
        self._looks.clear()

    # --- keys -------------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Move the cursor."""
        self._go(self._cursor + by)

    def action_choose(self) -> None:
        """Ask for the persona under the cursor; a broken one only shows its problems."""
        found = self.highlighted
        if isinstance(found, Persona):
            self._finding = None
            self._go(self.personas.index(found))
            self.post_message(self.Chosen(found.id))

    def action_library(self) -> None:
        """Ask for the library."""
        self.post_message(self.LibraryWanted())

    def action_find(self) -> None:
        """Begin to look for a name."""
        self._look_for("")

    def _look_for(self, text: str | None) -> None:
        kept = self.highlighted
        self._finding = text
        listed = self.listed
        self._go(listed.index(kept) if kept in listed else 0)

    def on_key(self, event: events.Key) -> None:
        """While a name is looked for: what is typed narrows the list, Esc shows all again."""
        if self._finding is None:
            return
        if event.key == "escape":
            self._look_for(None)
        elif event.key == "backspace":
            self._look_for(self._finding[:-1] if self._finding else None)
        elif event.is_printable and event.character:
            self._look_for((self._finding + event.character)[:60])
        else:
            return
        event.stop()

    def on_paste(self, event: events.Paste) -> None:
        """Paste into the name that is looked for."""
        if self._finding is not None:
            self._look_for((self._finding + one_line(event.text))[:60])
            event.stop()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a click on the row under the cursor chooses it."""
        offset = event.get_content_offset(self)
        index = -1 if offset is None else self._top + offset.y - 1
        if offset is None or not 1 <= offset.y <= self._shown or index >= len(self.listed):
            return
        if index == self._cursor and event.chain > 1:
            self.action_choose()
        else:
            self._go(index)

    def on_mouse_scroll_down(self) -> None:
        """Wheel: further down."""
        self._go(self._cursor + 1)

    def on_mouse_scroll_up(self) -> None:
        """Wheel: further up."""
        self._go(self._cursor - 1)

    # --- drawing ----------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line: the heading, a persona, or the preview."""
        if not self._looks:
            found = {name: self.get_component_rich_style(f"persona--{name}") for name in _PARTS}
            ground = Style(bgcolor=self.get_component_rich_style("persona--cursor").bgcolor)
            self._looks = {"": self.rich_style, **found}
            self._cursor_looks = {name: style + ground for name, style in self._looks.items()}
        current = self.has_focus and y >= 1 and self._top + y - 1 == self._cursor
        looks = self._cursor_looks if current and y <= self._shown else self._looks
        return strip_of(self._parts(y, current), self.size.width, looks)

    def _parts(self, y: int, current: bool) -> list[Part]:
        width, plain, listed = self.size.width, self._ascii_only, self.listed
        if y == 0:
            library = self.keys("persona.library")
            return heading_line(
                self._finding, len(listed), width, library_key=library, ascii_only=plain
            )
        index = self._top + y - 1
        if y <= self._shown:
            if index < len(listed):
                chosen = listed[index].id == self.current
                return persona_line(
                    listed[index], width, current=current, chosen=chosen, ascii_only=plain
                )
            none = "nothing has this name, Esc shows all" if self._finding else "no personas"
            return [("  ", ""), (none, "dim")]
        room = self.size.height - 1 - self._shown - 1
        below = y - self._shown - 2
        if room < _FEWEST - 1 or below < 0 or self.highlighted is None:
            return []
        lines = preview_lines(self.highlighted, width - 4, room, ascii_only=plain)
        return [("  ", ""), lines[below]] if below < len(lines) else []


def _name(persona: Persona | BrokenPersona) -> str:
    return one_line(persona.name) if isinstance(persona, Persona) else persona.id
