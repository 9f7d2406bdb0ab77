"""The persona library: find, read, change and choose personas.

Keeps true: what is shown is what the disk holds; an operation that fails says why and changes
nothing; what is deleted is in the bin. Wide, the list and what is read stand side by side; narrow, one
at a time. Changes files through `core.shelf.Shelf` alone.
"""

from typing import Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from tui.control.update import Update
from tui.control.watch import Watch
from tui.controller import Controller
from tui.core.binding import Place
from tui.core.errors import LogitscopeError
from tui.core.persona import BrokenPersona, Persona
from tui.core.shelf import NEW_TEXT, AnyPersona, copied
from tui.core.text import one_line
from tui.screens.following import FollowingScreen
from tui.screens.persona_edit import Draft, EditScreen, too_long
from tui.screens.persona_outside import edit_copy, edit_own
from tui.screens.switch import Switch
from tui.widgets.fold import Line
from tui.widgets.keys import bindings
from tui.widgets.library_card import card_lines
from tui.widgets.library_foot import LibraryFoot
from tui.widgets.library_list import LibraryList
from tui.widgets.library_preview import LibraryPreview, LibraryTabs
from tui.widgets.library_prompt import prompt_lines, prompt_note
from tui.widgets.rule import Rule
from tui.widgets.size_notice import SizeNotice

WIDE: Final = 100
"""Columns from which the list and what is read stand side by side."""
_LIST_HINTS: Final = (
    ("library.look", "read"), ("library.use", "use"), ("library.find", "find"),
    ("library.new", "new"), ("library.edit", "edit"), ("library.delete", "delete"),
    ("library.undo", "undo"), ("library.prompt", "prompt"), ("library.favourite", "favourite"),
    ("library.duplicate", "duplicate"), ("library.tag", "tags"), ("library.close", "back"),
)  # fmt: skip
_READ_HINTS: Final = (
    ("library.look", "use"), ("library.prompt", "card or prompt"), ("library.edit", "edit"),
    ("library.duplicate", "duplicate"), ("library.edit_outside", "your editor"),
    ("library.close", "back to the list"),
)  # fmt: skip


class LibraryScreen(FollowingScreen[str], inherit_bindings=False):
    """Ends with the id of the persona to use, or with an empty text.

    Args:
        controller: whose personas they are.
        watch: sees to the files.
        switch: how another persona is taken up.
        draft: what stands in the prompt, for the exact prompt.
    """

    BINDINGS = bindings(Place.LIBRARY)

    def __init__(
        self, controller: Controller, watch: Watch, switch: Switch, draft: str = ""
    ) -> None:
        super().__init__()
        launch = controller.profile.launch
        self._controller, self._watch, self._switch = controller, watch, switch
        self._shelf = watch.shelf
        self._draft = draft
        self._ascii, self._key = launch.ascii_only, controller.keys
        self._prompt = False
        """Whether the exact prompt is read, not the card."""
        new, duplicate = (self._key(name) for name in ("library.new", "library.duplicate"))
        self._own_hint = f"None of your own yet: {new} new, {duplicate} copies one."
        self._edits_here = f"{self._key('library.edit')} edits here"
        self._shown: AnyPersona | None = None
        self.list = LibraryList(self._shelf.covers, ascii_only=self._ascii, id="library-list")
        self.list.keys = controller.keys
        self.preview = LibraryPreview(ascii_only=self._ascii, id="library-preview")
        self.tabs = LibraryTabs(ascii_only=self._ascii, id="library-tabs")
        self.foot = LibraryFoot(ascii_only=self._ascii)

    def compose(self) -> ComposeResult:
        """The list, what is read, and the keys."""
        yield SizeNotice(ascii_only=self._ascii)
        yield self.foot.title
        yield Rule("┬", ascii_only=self._ascii, id="library-top")
        with Horizontal(id="library"):
            yield self.list
            with Vertical(id="library-read"):
                yield self.tabs
                yield self.preview
        yield Rule("┴", ascii_only=self._ascii, id="library-bottom")
        yield self.foot

    def on_mount(self) -> None:
        """Show what there is, the persona in use under the cursor."""
        self.set_class(self._ascii, "-ascii")
        self._hint()
        self.refresh_personas()
        self.list.go_to(self._controller.profile.persona.id)
        self.list.focus()

    def on_unmount(self) -> None:
        """No prompt is looked at any more."""
        self._controller.previews.forget()

    def on_resize(self) -> None:
        """Side by side, or one at a time."""
        width = self.app.size.width
        self.query_one(SizeNotice).take_over()
        self.set_class(width >= WIDE, "-wide")
        self.set_class(width < WIDE, "-narrow")
        self.call_after_refresh(self._join_rules)

    def _join_rules(self) -> None:
        read = self.query_one("#library-read")
        for rule in self.query(Rule):
            rule.at = read.outer_size.width if self.app.size.width >= WIDE else 0

    def on_descendant_focus(self) -> None:
        """The keys that matter where the focus is."""
        self._hint()

    def _hint(self) -> None:
        hints = _READ_HINTS if self.preview.has_focus else _LIST_HINTS
        self.foot.hints = tuple((self._key(name), text) for name, text in hints)

    # --- what is shown ----------------------------------------------------------------------------

    def follow(self, update: Update) -> None:
        """Show what is new."""
        if update.persona:
            self.refresh_personas()
        if update.notice:
            self.foot.notice = update.notice
        self._controller.previews.tick(self._controller.status)
        if update.preview and self._prompt:
            self._show(from_top=False)

    def refresh_personas(self) -> None:
        """Show what the library holds by now."""
        shelf, own = self._shelf, [p for p in self._shelf.personas if not p.built_in]
        self.list.own_hint = "" if own else self._own_hint
        self.list.show(shelf.personas, shelf.favourites, self._controller.profile.persona.id)
        self.foot.count(shelf.personas, str(shelf.folder))

    @on(LibraryList.Highlighted)
    def _highlighted(self) -> None:
        found = self.list.highlighted
        if found is not self._shown:
            other = getattr(found, "id", "") != getattr(self._shown, "id", "")
            self._shown = found
            self._controller.previews.forget()
            self._show(from_top=other)

    def _show(self, *, from_top: bool) -> None:
        """Show the card or the prompt of the persona under the cursor."""
        persona, controller = self._shown, self._controller
        self.tabs.prompt, self.tabs.note = self._prompt, ""
        if persona is None:
            self.preview.show(lambda width: [], from_top=True)
        elif self._prompt and isinstance(persona, Persona):
            if controller.previews.shown is None:
                controller.preview_prompt(persona, self._draft)
            shown, model = controller.previews.shown, controller.status.model
            vocabulary = controller.vocabulary
            if shown is not None:
                self.tabs.note = prompt_note(shown, model)

                def lines(width: int) -> list[Line]:
                    return prompt_lines(shown, model, vocabulary, width, ascii_only=self._ascii)

                self.preview.show(lines, from_top=from_top)
        else:
            covers = not persona.built_in and self._shelf.covers(persona.id)
            edit = self._key("library.edit")
            self.preview.show(
                lambda width: card_lines(
                    persona, width, covers=covers, edit_key=edit, ascii_only=self._ascii
                ),
                from_top=from_top,
            )
        self.tabs.refresh()

    def _say(self, text: str) -> None:
        self.foot.notice = text

    # --- reading and choosing ---------------------------------------------------------------------

    def action_look(self) -> None:
        """From the list to what is read; from there, use it."""
        if self.preview.has_focus:
            self.action_use()
        else:
            self._read()

    def action_other(self) -> None:
        """From the list to what is read, or back."""
        if self.preview.has_focus:
            self._back_to_list()
        else:
            self._read()

    def _read(self) -> None:
        self.add_class("-reading")
        self.call_after_refresh(self.preview.focus)

    def _back_to_list(self) -> None:
        self.remove_class("-reading")
        self.call_after_refresh(self.list.focus)

    @on(LibraryList.Wanted)
    def action_use(self) -> None:
        """Leave with the persona under the cursor."""
        match self.list.highlighted:
            case Persona() as persona:
                self.dismiss(persona.id)
            case BrokenPersona():
                self._say(f"It cannot be used before its problems are gone; {self._key('library.edit')} edits it.")  # fmt: skip
            case None:
                self._say("No persona is under the cursor.")

    def action_close(self) -> None:
        """One step back: from what is read to the list, from a search to all, then out."""
        if self.preview.has_focus:
            self._back_to_list()
        elif not self.list.end_find():
            self.dismiss("")

    @on(LibraryPreview.TabClicked)
    def action_prompt(self) -> None:
        """The exact prompt in place of the card, or the other way round."""
        self._prompt = not self._prompt
        if not self.has_class("-wide"):
            self._read()
        self._show(from_top=True)

    def action_find(self) -> None:
        """Type what is looked for."""
        self.remove_class("-reading")
        self.list.begin_find()
        self.call_after_refresh(self.list.focus)

    def on_key(self, event: events.Key) -> None:
        """What is typed before the list has the focus is looked for too."""
        if self.list.typing and not self.list.has_focus:
            self.list.on_key(event)

    def action_tag(self, by: int) -> None:
        """Only those with another tag."""
        if not self.list.step_tag(by):
            self._say('No persona has a tag; tags = ["…"] in a file gives it some.')

    def action_favourite(self) -> None:
        """Make it a favourite, or no longer one."""
        persona = self.list.highlighted
        if persona is None:
            return
        try:
            is_one = self._shelf.favour(persona.id)
        except LogitscopeError as error:
            self._say(one_line(str(error)))
            return
        self.refresh_personas()
        name = one_line(persona.id)
        self._say(f"{name} is a favourite: it is listed first." if is_one else f"{name} is no favourite any more.")  # fmt: skip

    def action_switching(self) -> None:
        """Another way of taking up another persona."""
        self._say(self._switch.step())

    # --- changing files ---------------------------------------------------------------------------

    async def action_new(self) -> None:
        """Write a new persona."""
        name = self._shelf.free_id("my-persona")
        await self._edit(Draft(name, NEW_TEXT.format(name="My persona"), None))

    async def action_duplicate(self) -> None:
        """Write a new persona that begins as this one."""
        persona = self.list.highlighted
        text = self._text(persona)
        if persona is not None and text is not None:
            name = self._shelf.free_id(persona.id)
            await self._edit(Draft(name, copied(text), None, source=persona.id))

    async def action_edit(self) -> None:
        """Edit its text; of a built-in one, the text of one's own over it."""
        await self.edit()

    async def edit(self) -> EditScreen | None:
        """Open the editor; None where its file cannot be opened, which is said."""
        persona = self.list.highlighted
        text = self._text(persona)
        if persona is None or text is None:
            return None
        return await self._edit(Draft(persona.id, text, text, over=persona.built_in))

    def _text(self, persona: AnyPersona | None) -> str | None:
        if persona is None:
            self._say("No persona is under the cursor.")
            return None
        text = self._shelf.read(persona.id)
        why = too_long(text) if isinstance(text, str) else text.message
        if isinstance(text, str) and not why:
            return text
        outside = self._key("library.edit_outside")
        self._say(f"Not opened here: {why}. {outside} opens it in your own editor.")
        return None

    async def _edit(self, draft: Draft) -> EditScreen:
        screen = EditScreen(self._watch, draft, self._controller.profile.launch)
        await self.app.push_screen(screen, self._edited)
        return screen

    def _edited(self, persona_id: str | None) -> None:
        self.refresh_personas()
        if persona_id:
            self.list.go_to(persona_id)
        self.list.focus()

    def action_delete(self) -> None:
        """Move it to the bin."""
        persona = self.list.highlighted
        if persona is None:
            return
        try:
            self._shelf.delete(persona.id)
        except LogitscopeError as error:
            self._say(one_line(str(error), 400))
            return
        shows = "; the built-in one shows again" if self._shelf.covers(persona.id) else ""
        back = self._key("library.undo")
        self._watch.tell(f"{one_line(persona.id)} is in the bin, {back} brings it back{shows}.")

    def action_undo(self) -> None:
        """Bring back what was deleted last."""
        try:
            persona_id = self._shelf.undo()
        except LogitscopeError as error:
            self._say(one_line(str(error), 400))
            return
        self._watch.tell(f"{one_line(persona_id)} is back from the bin.")
        self.refresh_personas()
        self.list.go_to(persona_id)

    async def action_edit_outside(self) -> None:
        """Edit its file in the person's own editor; of a built-in one, a copy that becomes one's own."""
        persona, shelf, instead = self.list.highlighted, self._shelf, self._edits_here
        if persona is None:
            return
        if not persona.built_in:
            back = self._key("library.undo")
            told = await edit_own(self.app, shelf, persona, undo=back, instead=instead)
            await self._watch.look(told)
            return
        text = self._text(persona)
        if text is not None:
            told, made = await edit_copy(self.app, shelf, persona.id, text, instead=instead)
            (self._watch.tell if made else self._say)(told)
