"""Editing a persona's file as text, judged while it is typed.

Keeps true: the text is saved as it was typed, comments, order and all; a save that fails leaves text
and file as they were; what another hand wrote meanwhile goes to the bin, not away; a text that was not
saved when the workbench ends is in the bin too.
"""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from tui.control.update import Update
from tui.control.watch import Watch
from tui.core.binding import KeyNames, Place
from tui.core.errors import LogitscopeError, Problem
from tui.core.launch import Launch
from tui.core.persona import BrokenPersona
from tui.core.text import one_line
from tui.screens.ask import Answer, AskScreen
from tui.screens.following import FollowingScreen
from tui.screens.outside import edit_outside
from tui.widgets.candidate_cell import plain, text_of
from tui.widgets.keys import bindings
from tui.widgets.library_card import problem_lines
from tui.widgets.library_foot import LibraryFoot
from tui.widgets.rule import Rule
from tui.widgets.size_notice import SizeNotice
from tui.widgets.toml_area import TomlArea

EDIT_CHARS: Final = 300_000
"""A longer text is left to a person's own editor."""
EDIT_LINE_CHARS: Final = 20_000
"""The same for one line, which is folded again at every key."""
_HASTY_CHARS: Final = 20_000
"""A longer text is judged when the typing stops."""
_STOPPED_S: Final = 0.4
_HINTS: Final = (
    ("persona.save", "save"), ("persona.problem", "next problem"),
    ("persona.outside", "your editor"), ("persona.leave", "leave"),
)  # fmt: skip


class Draft(NamedTuple):
    """What is to be edited."""

    persona_id: str
    text: str
    before: str | None
    """What the file says; None for a persona that is new."""
    over: bool = False
    """Whether it is a built-in one, which gets a copy of one's own over it."""
    source: str = ""
    """The persona that a new one is a copy of."""


def too_long(text: str) -> str:
    """Why a text is not edited here; empty where it can be."""
    longest = max(map(len, text.split("\n")))
    if len(text) > EDIT_CHARS:
        return f"it has {len(text):,} characters"
    return f"it has a line of {longest:,} characters" if longest > EDIT_LINE_CHARS else ""


class EditScreen(FollowingScreen[str], inherit_bindings=False):
    """Ends with the id that was saved last, or with an empty text.

    Args:
        watch: sees to the files.
        draft: what is edited.
        launch: how the workbench was opened.
    """

    BINDINGS = bindings(Place.PERSONA_EDITOR)

    def __init__(self, watch: Watch, draft: Draft, launch: Launch) -> None:
        super().__init__()
        self._watch, self._draft = watch, draft
        self._ascii = launch.ascii_only
        self._key = KeyNames(launch.keymap, ascii_only=launch.ascii_only)
        self._before = draft.before
        self._saved_text = draft.text if draft.before is not None else None
        self._saved_id = ""
        self._problems: tuple[Problem, ...] = ()
        self._timer: Timer | None = None
        self._left = False
        self.name_field = Input(draft.persona_id, compact=True, max_length=64, id="edit-id")
        self.area = TomlArea(draft.text, id="edit-text")
        self.foot = LibraryFoot(ascii_only=self._ascii)
        self.verdict = Static("", markup=False, id="edit-verdict")
        self.problems = OptionList(id="edit-problems")

    def compose(self) -> ComposeResult:
        """What is edited, its text, its problems, the keys."""
        yield SizeNotice(ascii_only=self._ascii)
        with Horizontal(id="edit-head"):
            if self._draft.before is None:
                yield Static("New persona  id ", markup=False, id="edit-label")
                yield self.name_field
            else:
                yield Static(self._title(), markup=False, id="edit-label")
        yield Rule("┬", ascii_only=self._ascii)
        yield self.area
        yield Rule("┴", ascii_only=self._ascii)
        yield self.verdict
        yield self.problems
        yield self.foot

    def _title(self) -> Content:
        path = one_line(str(self._watch.shelf.path(self._draft.persona_id)), 300)
        what = "a copy of your own over the built-in one" if self._draft.over else path
        name = one_line(self._draft.persona_id)
        text = f"  {what}"
        return Content.assemble((self._clean(name), "bold"), (self._clean(text), "$quiet"))

    def on_mount(self) -> None:
        """Judge it, and begin to type."""
        self.set_class(self._ascii, "-ascii")
        self.foot.hints = tuple((self._key(name), text) for name, text in _HINTS)
        self._judge()
        (self.area if self._before is not None else self.name_field).focus()
        if self.area.signs:
            self.foot.notice = f"Signs stand for characters that cannot be drawn and stay as they are: {self.area.signs}."  # fmt: skip

    def on_resize(self) -> None:
        """Below the least size, only say so."""
        self.query_one(SizeNotice).take_over()

    def follow(self, update: Update) -> None:
        """What is told of the files, and of Ctrl+C, is told here too."""
        if update.notice:
            self.foot.notice = update.notice

    def on_unmount(self) -> None:
        """The workbench ends: what was not saved is kept where undo finds it."""
        if not self._left and self._changed:
            with suppress(LogitscopeError):
                self._watch.shelf.put_by(self._wanted_id or "unsaved", self.area.real_text)

    @property
    def _wanted_id(self) -> str:
        return self.name_field.value.strip() if self._before is None else self._draft.persona_id

    @property
    def _changed(self) -> bool:
        held = self._draft.text if self._saved_text is None else self._saved_text
        return self.area.real_text != held

    def _clean(self, text: str) -> str:
        return plain(text) if self._ascii else text

    # --- the verdict ------------------------------------------------------------------------------

    @on(TextArea.Changed)
    def _text_changed(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if len(self.area.text) <= _HASTY_CHARS:
            self._judge()
        else:
            self._timer = self.set_timer(_STOPPED_S, self._judge)

    @on(Input.Changed)
    def _judge(self) -> None:
        """Every problem of the text as it is."""
        shelf, wanted = self._watch.shelf, self._wanted_id
        refusal = shelf.refusal(wanted) if self._before is None else ""
        judged = shelf.check("unsaved" if refusal else wanted, self.area.real_text)
        found = judged.problems if isinstance(judged, BrokenPersona) else ()
        if refusal:
            found = (Problem(message=refusal, key="id"), *found)
        self._problems = found
        self.problems.clear_options()
        width = max(20, self.app.size.width - 4)
        for problem in found:
            lines = problem_lines((problem,), width, ascii_only=self._ascii)
            self.problems.add_option(Option(Content("\n".join(text_of(line) for line in lines))))
        self.problems.display = bool(found)
        count = len(found)
        told = "no problems" if not count else "1 problem" if count == 1 else f"{count} problems"
        self.verdict.update(Content.styled(told, "$quiet" if not count else "$text-error"))

    def action_problem(self) -> None:
        """Put the cursor where the next problem is."""
        lines = sorted({problem.line for problem in self._problems if problem.line})
        here = self.area.cursor_location[0] + 1
        after = next((line for line in lines if line > here), lines[0] if lines else 0)
        if any(problem.key == "id" for problem in self._problems) and self._before is None:
            self.name_field.focus()
        elif after:
            self._go(after)
        else:
            self.foot.notice = "No problem has a line." if self._problems else "No problems."

    @on(OptionList.OptionSelected)
    def _problem_chosen(self, event: OptionList.OptionSelected) -> None:
        problem = self._problems[event.option_index]
        if problem.line:
            self._go(problem.line)

    def _go(self, line: int) -> None:
        self.area.move_cursor((min(line, self.area.document.line_count) - 1, 0))
        self.area.focus()

    @on(Input.Submitted)
    def _to_text(self) -> None:
        self.area.focus()

    # --- saving and leaving -----------------------------------------------------------------------

    def action_save(self) -> None:
        """Write the file."""
        self.save()

    def save(self) -> bool:
        """Write the file; False when it could not be, which is said."""
        text, persona_id = self.area.real_text, self._wanted_id
        if not self._changed and self._before is not None:
            self.foot.notice = "Nothing was changed: there is nothing to save."
            return True
        try:
            source = self._draft.source if self._before is None else ""
            other = self._watch.shelf.save(persona_id, text, before=self._before, source=source)
        except LogitscopeError as error:
            self.foot.notice = one_line(str(error), 400)
            return False
        if self._before is None:
            self._draft = self._draft._replace(persona_id=persona_id)
            self.name_field.disabled = True
            written = self._watch.shelf.read(persona_id)
            if source and isinstance(written, str) and written != text:
                # Its original is a copy by another name.
                self.area.put(text := written)
        self._before = self._saved_text = text
        self._saved_id = persona_id
        self._judge()
        count = len(self._problems)
        told = f"{one_line(persona_id)} is saved"
        if count:
            told += f", with {'a problem' if count == 1 else f'{count} problems'}: it cannot be used before they are gone"  # fmt: skip
        elif persona_id == self._watch.in_use:
            told += "; it holds from the next message on"
        if other:
            told += "; the file had been changed by another hand, which is in the bin"
        self.foot.notice = f"{told}."
        self._watch.tell(f"{told}.")
        return True

    def action_leave(self) -> None:
        """Back to the library; what was not saved is asked for."""
        if (
            self.name_field.has_focus
            and self._before is None
            and self.area.text != self._draft.text
        ):
            self.area.focus()
        elif not self._changed:
            self._leave()
        else:
            self.app.push_screen(
                AskScreen(
                    f"{one_line(self._wanted_id) or 'The persona'} is not saved.",
                    (
                        Answer("save", "s", "save it"),
                        Answer("drop", "d", "drop what was changed"),
                    ),
                    "Esc goes on editing.",
                    ascii_only=self._ascii,
                ),
                self._answered,
            )

    def _answered(self, answer: str | None) -> None:
        if answer == "drop" or (answer == "save" and self.save()):
            self._leave()

    def _leave(self) -> None:
        self._left = True
        self.dismiss(self._saved_id)

    def _put_by(self, text: str, why: str) -> None:
        try:
            self._watch.shelf.put_by(self._wanted_id or "unsaved", text)
        except LogitscopeError as error:
            self.foot.notice = one_line(f"{why} {error}", 400)
        else:
            self.foot.notice = f"{why} It is in the bin."

    async def action_outside(self) -> None:
        """The text as it is, in the person's own editor; what comes back is not saved yet."""
        text = self.area.real_text
        try:
            with tempfile.TemporaryDirectory(
                prefix="logitscope-", ignore_cleanup_errors=True
            ) as folder:
                file = Path(folder) / "persona.toml"
                file.write_bytes(text.encode("utf-8"))
                wrong = await edit_outside(self.app, file, os.environ, "it can be edited here")
                edited = file.read_bytes().decode("utf-8") if file.exists() or not wrong else text
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            self.foot.notice = one_line(f"The text did not come back: {why}.", 400)
            return
        if wrong:
            if edited not in ("", text):
                self._put_by(
                    edited, f"{wrong} The text here stays; what the editor left is another."
                )
            else:
                self.foot.notice = one_line(wrong)
            return
        if why := too_long(edited):
            self._put_by(edited, f"What came back is not edited here: {why}.")
            return
        if edited == text:
            self.foot.notice = "Nothing was changed."
            return
        good, check = not self._problems, self._watch.shelf.check
        self.area.put(edited)
        if good and isinstance(check("unsaved", edited), BrokenPersona):
            self._put_by(text, "It has problems now; the text from before can be had again.")
        else:
            self.foot.notice = "It is changed, and not saved yet."
