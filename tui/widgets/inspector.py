"""The inspector: what could have been said in place of one token, and what each stage did.

Keeps true: looking changes nothing. What a key asks for beyond looking (other settings, another
token) is said as a message and done elsewhere. Its drawing is `inspector_view`.
"""

from collections.abc import Callable
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding
from textual.message import Message

from tui.core import bias
from tui.core.settings import Settings
from tui.core.text import one_line
from tui.widgets.inspector_view import InspectorView
from tui.widgets.keys import names_of
from tui.widgets.sampler_entry import Entry

INSPECTOR_BINDINGS: Final = (
    Binding("up,k", "step(-1)", "candidate up", id="inspector.up", show=False),
    Binding("down,j", "step(1)", "candidate down", id="inspector.down", show=False),
    Binding("pageup", "page(-1)", "page up", id="inspector.page_up", show=False),
    Binding("pagedown", "page(1)", "page down", id="inspector.page_down", show=False),
    Binding("home", "step(-1000000)", "first candidate", id="inspector.first", show=False),
    Binding("end", "step(1000000)", "last candidate", id="inspector.last", show=False),
    Binding("left,h", "stage(-1)", "stage before: what it took", id="inspector.stage_before"),
    Binding("right,l", "stage(1)", "stage after: what it took", id="inspector.stage_after"),
    Binding("s", "sort", "order by raw or final", id="inspector.sort"),
    Binding("slash", "search", "find by text or id", id="inspector.search"),
    Binding("n", "found(1)", "next that was found", id="inspector.next"),
    Binding("N", "found(-1)", "one before that was found", id="inspector.previous"),
    Binding("enter", "fork", "go on from here with this candidate", id="inspector.fork"),
    Binding(
        "1,2,3,4,5,6,7,8,9",
        "number",
        "go to that line; take it, while the token waits",
        id="inspector.number",
    ),
    Binding("g", "leave_grammar", "the same, without the grammar", id="inspector.leave_grammar"),
    Binding("plus,equals_sign", "bias(1)", "encourage, in what-if", id="inspector.encourage"),
    Binding("minus", "bias(-1)", "discourage, in what-if", id="inspector.discourage"),
    Binding("x", "ban", "ban, or lift the ban, in what-if", id="inspector.ban"),
    Binding("v", "spellings", "bias every spelling, or this token", id="inspector.spellings"),
)
"""Every key of the inspector."""


class Inspector(InspectorView, can_focus=True):
    """Shows one step."""

    BINDINGS: ClassVar = list(INSPECTOR_BINDINGS)

    class Forked(Message):
        """The reply is to go on from this step with another token."""

        def __init__(self, token: int, *, leave_grammar: bool = False) -> None:
            super().__init__()
            self.token = token
            self.leave_grammar = leave_grammar

    class Tried(Message):
        """Other settings are to be tried on this step."""

        def __init__(self, settings: Settings) -> None:
            super().__init__()
            self.settings = settings

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(ascii_only=ascii_only, id=id, classes=classes)
        self.keys = names_of(INSPECTOR_BINDINGS)
        self._entry: Entry | None = None
        self._sought = ""
        self._message = ""
        self._refused = -1
        """Token that the grammar refuses and that was asked for."""
        self._spelled = False
        self._number = 0
        """The last digit that was typed."""

    def _left(self) -> None:
        self._message, self._refused = "", -1

    # --- looking ----------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Move the cursor by candidates; a stage that is looked at stays looked at."""
        self._left()
        self._go(self._cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by as many candidates as are in sight."""
        self.action_step(by * max(1, self._laid_out().count - 1))

    def _move(self, line: int) -> None:
        self._left()
        self._look_at(-1)
        self._go(line)

    def action_stage(self, by: int) -> None:
        """Look at the stage before or after; past the ends at none."""
        reading = self.reading
        if reading is None or self._table is None:
            return
        count = len(reading.stages) + 1
        self._left()
        self._look_at((self._stage + 1 + by) % (count + 1) - 1)
        taken = reading.taken_by(self._stage) if self._stage >= 0 else ()
        self._go(min(map(self._table.line_at, taken)) if len(taken) else 0)

    def _look_at(self, stage: int) -> None:
        if stage != self._stage:
            self._stage = stage
            self._layout = None
            self.refresh()

    def action_sort(self) -> None:
        """Order by final in place of raw probability, or back."""
        self._by_final = not self._by_final
        self._cursor = self._top = 0
        self._read(self.reading)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A press moves the cursor, or looks at a stage."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        line, stage = self._line_at(offset.y), self._stage_at(offset.y)
        if line is not None:
            self._move(line)
        elif stage >= 0:
            self._pointed = -1
            self._look_at(-1 if stage == self._stage else stage)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Over a stage: show what it took."""
        self._point(self._stage_at(event.get_content_offset_capture(self).y))

    def on_leave(self) -> None:
        """No stage is under the pointer."""
        self._point(-1)

    def _point(self, stage: int) -> None:
        if stage != self._pointed:
            self._pointed = stage
            self._layout = None
            self.refresh()

    def on_mouse_scroll_down(self) -> None:
        """Wheel: further down the candidates."""
        self._move(self._cursor + 1)

    def on_mouse_scroll_up(self) -> None:
        """Wheel: further up."""
        self._move(self._cursor - 1)

    # --- finding ----------------------------------------------------------------------------------

    def action_search(self) -> None:
        """Type what to look for, where there is anything."""
        if not self._table:
            return
        self._left()
        self._look_at(-1)
        self._entry = Entry(self._sought)
        self.refresh()

    def action_found(self, by: int) -> None:
        """Go to the next candidate that was found, or to the one before."""
        table = self._table
        if table is None:
            return
        if not self._sought:
            find = self.keys("inspector.search")
            self._say(f"Nothing was looked for yet: {find} finds by text or id.")
            return
        lines = [n for n in range(len(table)) if table.matches(n, self._sought)]
        if not lines:
            self._say(f"No recorded candidate has {one_line(self._sought, 40)!r}.")
            return
        after = [n for n in lines if (n > self._cursor if by > 0 else n < self._cursor)]
        here = (after or lines)[0 if by > 0 else -1] if by else self._nearest(lines)
        self._go(here)
        after_it, before_it = self.keys("inspector.next"), self.keys("inspector.previous")
        self._say(f"/{one_line(self._sought, 40)}  {lines.index(here) + 1} of {len(lines)}"
                  f"  {after_it} next, {before_it} before")  # fmt: skip

    def _nearest(self, lines: list[int]) -> int:
        return next((n for n in lines if n >= self._cursor), lines[0])

    def on_key(self, event: events.Key) -> None:
        """What is looked for comes before any binding; Esc leaves what is looked at first."""
        entry = self._entry
        if entry is None:
            if event.character and event.character in "123456789":
                self._number = int(event.character)
            if event.key == "escape" and (self._stage >= 0 or self._message):
                self._left()
                self._look_at(-1)
                self.refresh()
                event.stop()
            return
        if event.key in ("enter", "escape"):
            self._entry = None
            if event.key == "escape":
                self._sought, self._message = "", ""
        elif event.is_printable and event.character:
            entry.insert(event.character)
        elif not entry.press(event.key):
            return
        event.stop()
        if self._entry is not None:
            self._sought = entry.typed
            self._message = ""
            if self._sought:
                self.action_found(0)
        self.refresh()

    def on_paste(self, event: events.Paste) -> None:
        """Paste what to look for."""
        if self._entry is not None:
            self._entry.insert(one_line(event.text))
            self._sought = self._entry.typed
            event.stop()
            self.action_found(0)

    def on_blur(self) -> None:
        """Nothing is typed any more."""
        self._entry = None
        self.refresh()

    # --- another road -----------------------------------------------------------------------------

    def action_fork(self) -> None:
        """Go on from this step with the candidate under the cursor; ask where a grammar refuses it."""
        token = self._token()
        if token is None or self._table is None:
            return
        if self._table.refused(self._cursor):
            self.offer_without_grammar(token)
            return
        self._left()
        self.post_message(self.Forked(token))

    def action_number(self) -> None:
        """Go to a line that is in sight, by its number; where the token waits, take it."""
        lines = self._table.in_sight(self._top, self._laid_out().count) if self._table else []
        if 1 <= self._number <= len(lines):
            self._move(lines[self._number - 1])
            if self.waiting:
                self.action_fork()

    def action_leave_grammar(self) -> None:
        """Go on with a candidate that the grammar refuses."""
        token = self._token()
        if token is None:
            return
        if self._refused != token:
            fork, leave = self.keys("inspector.fork"), self.keys("inspector.leave_grammar")
            self._say(
                f"{fork} goes on with this candidate; {leave} only where a grammar refuses it."
            )
            return
        self._left()
        self.post_message(self.Forked(token, leave_grammar=True))

    def offer_without_grammar(self, token: int) -> None:
        """The grammar turned out to refuse this token: offer to go on without it."""
        self._refused = token
        leave = self.keys("inspector.leave_grammar")
        self._say(f"The grammar refuses it here: {leave} goes on with it and leaves the grammar.")

    def _token(self) -> int | None:
        if self._table is None or not len(self._table):
            return None
        return self._table.token_id(self._cursor)

    # --- bias -------------------------------------------------------------------------------------

    def action_bias(self, by: int) -> None:
        """Encourage or discourage the candidate, or all its spellings."""
        self._bias(lambda amount: bias.stepped(amount, by))

    def action_ban(self) -> None:
        """Ban the candidate, or lift the ban, that of every spelling too."""
        reading, token, text = self.reading, self._token(), self._text()
        spelled = self._spelled
        if reading is not None and token is not None and text is not None:
            alone = bias.token_bias(reading.settings, token) == bias.BAN
            spelled = spelled or (not alone and bias.text_bias(reading.settings, text) == bias.BAN)
        self._bias(lambda amount: 0.0 if amount == bias.BAN else bias.BAN, spelled)

    def _bias(self, change: Callable[[float], float], spelled: bool | None = None) -> None:
        reading, token = self.reading, self._token()
        if reading is None or token is None:
            return
        every = self._spelled if spelled is None else spelled
        settings, text = reading.settings, self._text() if every else None
        if "logit_bias" in settings.off:
            settings = settings.changed(off=tuple(n for n in settings.off if n != "logit_bias"))
        if text is None:
            amount = change(bias.token_bias(settings, token))
            settings = bias.with_token(settings, token, amount)
        else:
            amount = change(bias.text_bias(settings, text))
            settings = bias.with_text(settings, text, amount)
        self._left()
        self.post_message(self.Tried(settings))

    def action_spellings(self) -> None:
        """Let a bias be of every spelling of the text, or of the one token; move the one there is."""
        reading, token, text = self.reading, self._token(), self._text()
        if reading is None or token is None:
            return
        if text is None:
            self._say("This token has no spellings: it is no text of its own.")
            return
        self._spelled = not self._spelled
        settings = reading.settings
        one, every = bias.token_bias(settings, token), bias.text_bias(settings, text)
        moved = one if self._spelled else every
        if moved:
            settings = bias.with_token(settings, token, 0.0 if self._spelled else moved)
            settings = bias.with_text(settings, text, moved if self._spelled else 0.0)
            self.post_message(self.Tried(settings))
        what = f"every spelling of {one_line(text, 20)!r}" if self._spelled else "one token"
        more, less, ban, back = map(
            self.keys,
            ("inspector.encourage", "inspector.discourage", "inspector.ban", "inspector.spellings"),
        )
        self._say(f"{more}, {less} and {ban} now act on {what}; {back} changes it back.")

    def _text(self) -> str | None:
        """The bare text of the candidate under the cursor, where it is one that may be spelt."""
        reading, token = self.reading, self._token()
        lexicon = None if reading is None else reading.moment.lexicon
        text = None if lexicon is None or token is None else lexicon.text(token)
        bare = (text or "").removeprefix(" ")
        return bare if bare.strip() else None

    # --- words ------------------------------------------------------------------------------------

    def _say(self, message: str) -> None:
        self._message = message
        self.refresh()

    def _said(self) -> tuple[str, str]:
        if self._entry is not None:
            mark = "_" if self._ascii_only else "▏"
            found = self._message.partition("  ")[2]
            return f"/{self._entry.typed}{mark} {found or self._message}", "value"
        return self._message, "value"
