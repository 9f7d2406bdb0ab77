"""The library's list: what is looked for, the tags, and the personas, favourites first.

Keeps true: the cursor stays on its persona whatever is read again; a broken persona is in the list
like any other. Says what is highlighted and what is wanted; changes no file.
"""

from collections.abc import Callable
from typing import ClassVar, Final

from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.core.binding import KeyNames
from tui.core.persona_search import all_tags, haystack, in_order, wanted
from tui.core.shelf import AnyPersona
from tui.core.text import one_line
from tui.widgets.candidate_cell import Part, strip_of
from tui.widgets.library_row import persona_row, search_row, tag_row

LIBRARY_LIST_BINDINGS: Final = (
    Binding("up,k", "step(-1)", "persona up", id="library.up", show=False),
    Binding("down,j", "step(1)", "persona down", id="library.down", show=False),
    Binding("home", "step(-1000000)", "first persona", id="library.first", show=False),
    Binding("end", "step(1000000)", "last persona", id="library.last", show=False),
    Binding("pageup", "step(-10)", "ten up", id="library.page_up", show=False),
    Binding("pagedown", "step(10)", "ten down", id="library.page_down", show=False),
)
"""The list's own keys; the library's are in `core.binding`."""

_PARTS: Final = ("name", "current", "chosen", "dim", "marker", "star", "in-use", "problem")
_LONGEST: Final = 60
_HEAD: Final = 3
"""Rows above the first persona: what is looked for, the tags, an empty one."""


class LibraryList(Widget, can_focus=True):
    """Shows the personas that match."""

    BINDINGS: ClassVar = list(LIBRARY_LIST_BINDINGS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"library--{name}" for name in (*_PARTS, "cursor")}

    class Highlighted(Message):
        """Another persona is under the cursor, or it was read again."""

    class Wanted(Message):
        """A second click on the persona under the cursor."""

    def __init__(
        self, covers: Callable[[str], bool], *, ascii_only: bool = False, id: str | None = None,  # noqa: A002
    ) -> None:  # fmt: skip
        super().__init__(id=id)
        self.favourites: frozenset[str] = frozenset()
        self.in_use = ""
        """Id of the persona in force."""
        self.tag = ""
        """Only those with this tag; empty = all."""
        self.typed = ""
        """What is looked for."""
        self.typing = False
        self.keys = KeyNames()
        self.own_hint = ""
        """A line under the list where no persona is a person's own."""
        self._covers = covers
        self._ascii = ascii_only
        self._personas: tuple[AnyPersona, ...] = ()
        self._texts: dict[str, str] = {}
        self._tags: list[tuple[str, int]] = []
        self._listed: list[AnyPersona] = []
        self._at = 0
        self._top = 0
        self._looks: dict[str, Style] = {}
        self._cursor_looks: dict[str, Style] = {}

    @property
    def listed(self) -> list[AnyPersona]:
        """Those that match, in order."""
        return self._listed

    @property
    def highlighted(self) -> AnyPersona | None:
        """The persona under the cursor."""
        return self._listed[self._at] if self._at < len(self._listed) else None

    def show(
        self, personas: tuple[AnyPersona, ...], favourites: frozenset[str], in_use: str
    ) -> None:
        """Show these; the cursor stays where it was."""
        old = {id(persona): self._texts.get(persona.id) for persona in self._personas}
        self._texts = {p.id: text for p in personas if (text := old.get(id(p)))}
        self._personas, self.favourites, self.in_use = personas, favourites, in_use
        self._tags = all_tags(personas)
        if self.tag not in (tag for tag, _ in self._tags):
            self.tag = ""
        self._list()

    def go_to(self, persona_id: str) -> None:
        """Put the cursor on this persona; what is looked for goes where it hides it."""
        if persona_id not in (persona.id for persona in self._listed):
            self.typed, self.typing, self.tag = "", False, ""
            self._list()
        here = [n for n, persona in enumerate(self._listed) if persona.id == persona_id]
        if here:
            self._go(here[0])

    def _text(self, persona: AnyPersona) -> str:
        if persona.id not in self._texts:
            self._texts[persona.id] = haystack(persona)
        return self._texts[persona.id]

    def _list(self) -> None:
        kept = self.highlighted
        looked = bool(self.typed)
        self._listed = [
            persona
            for persona in in_order(self._personas, self.favourites)
            if wanted(persona, self._text(persona) if looked else "", self.typed, self.tag)
        ]
        ids = [persona.id for persona in self._listed]
        self._go(ids.index(kept.id) if kept and kept.id in ids else min(self._at, len(ids)))

    def _go(self, at: int) -> None:
        total = len(self._listed)
        self._at = min(max(at, 0), max(0, total - 1))
        shown = max(1, self.size.height - self._head)
        lowest = max(0, total - shown)
        self._top = min(max(self._top, self._at - shown + 1), self._at, lowest)
        self.refresh()
        self.post_message(self.Highlighted())

    @property
    def _head(self) -> int:
        return _HEAD if self.size.height > 8 else 2

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._go(self._at)

    def notify_style_update(self) -> None:
        """Forget the looked-up styles."""
        super().notify_style_update()
        self._looks.clear()

    # --- keys and mouse ---------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Move the cursor."""
        self._go(self._at + by)

    def begin_find(self) -> None:
        """Begin to type what is looked for."""
        self.typing = True
        self.focus()
        self.refresh()

    def end_find(self) -> bool:
        """Show all again; False when all were shown."""
        if not (self.typing or self.typed or self.tag):
            return False
        self.typing, self.typed, self.tag = False, "", ""
        self._list()
        return True

    def step_tag(self, by: int) -> bool:
        """Only those with the tag after; False when there are no tags."""
        tags = ["", *(tag for tag, _ in self._tags)]
        self._choose_tag(tags[(tags.index(self.tag) + by) % len(tags)])
        return len(tags) > 1

    def _choose_tag(self, tag: str) -> None:
        self.tag = tag
        self._list()

    def on_key(self, event: events.Key) -> None:
        """While something is looked for: what is typed narrows the list, Enter keeps it so."""
        if not self.typing:
            return
        if event.key == "enter":
            self.typing = False
            self.refresh()
        elif event.key == "escape":
            self.end_find()
        elif event.key == "backspace":
            self._type(self.typed[:-1])
        elif event.is_printable and event.character:
            self._type((self.typed + event.character)[:_LONGEST])
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Paste into what is looked for."""
        if self.typing:
            self._type((self.typed + one_line(event.text))[:_LONGEST])
            event.stop()

    def on_blur(self) -> None:
        """What was typed stays, and nothing more is typed."""
        self.typing = False
        self.refresh()

    def _type(self, text: str) -> None:
        self.typed = text
        self._list()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor or takes a tag; a second one wants the persona."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0:
            self.begin_find()
        elif offset.y == 1:
            _, places = self._tag_row()
            for first, after, tag in places:
                if first <= offset.x < after:
                    self._choose_tag(tag)
        elif offset.y >= self._head:
            at = self._top + offset.y - self._head
            if at < len(self._listed):
                again = at == self._at and event.chain > 1
                self._go(at)
                if again:
                    self.post_message(self.Wanted())

    def on_mouse_scroll_down(self) -> None:
        """Wheel: further down."""
        self._go(self._at + 1)

    def on_mouse_scroll_up(self) -> None:
        """Wheel: further up."""
        self._go(self._at - 1)

    # --- drawing ----------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line."""
        if not self._looks:
            found = {name: self.get_component_rich_style(f"library--{name}") for name in _PARTS}
            ground = self.get_component_rich_style("library--cursor")
            ground = Style(bgcolor=ground.bgcolor, bold=ground.bold, reverse=ground.reverse)
            self._looks = {"": self.rich_style, **found}
            self._cursor_looks = {name: style + ground for name, style in self._looks.items()}
        current = y >= self._head and self._top + y - self._head == self._at and bool(self._listed)
        looks = self._cursor_looks if current else self._looks
        return strip_of(self._parts(y, current), self.size.width, looks)

    def _parts(self, y: int, current: bool) -> list[Part]:
        width, plain = self.size.width, self._ascii
        if y == 0:
            find = self.keys("library.find")
            return search_row(
                self.typed, self.typing, len(self._listed), width, find=find, ascii_only=plain
            )
        if y == 1:
            return self._tag_row()[0]
        at = self._top + y - self._head
        if y >= self._head and at < len(self._listed):
            persona = self._listed[at]
            return persona_row(
                persona, width, current=current and self.has_focus,
                in_use=persona.id == self.in_use, favourite=persona.id in self.favourites,
                covers=not persona.built_in and self._covers(persona.id), ascii_only=plain,
            )  # fmt: skip
        below = at - len(self._listed)
        if not self._listed and below == 0:
            leave = "Esc" if self.typing else self.keys("library.close")
            return [("  ", ""), (f"nothing matches, {leave} shows all", "dim")]
        if below == 1 and self.own_hint and not self.typed:
            return [("  ", ""), (self.own_hint, "dim")]
        return []

    def _tag_row(self) -> tuple[list[Part], list[tuple[int, int, str]]]:
        if not self._tags:
            dots = "..." if self._ascii else "…"
            return [("  ", ""), (f'no tags yet: tags = ["{dots}"] in a file', "dim")], []
        return tag_row(self._tags, self.tag, self.size.width, ascii_only=self._ascii)
