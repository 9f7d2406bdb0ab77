"""What other settings would have made of the reply under the token cursor.

Keeps true: while a past token is selected the panel edits a copy of the settings, never those in
force; the token under the cursor is answered at once, the whole reply in slices that leave the
screen free; the next edit ends what was being looked at. The model is not asked. The copy stays
until it is taken or thrown away.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, Protocol

from textual.worker import Worker

from tui.controller import Controller
from tui.core.conversation import Message
from tui.core.lexicon import Lexicon
from tui.core.model import Vocabulary
from tui.core.settings import Settings
from tui.core.step import Step
from tui.core.tint import Mark
from tui.core.whatif import Moment, Past, Reading, Sweep, alike
from tui.screens.scored import ScoredTexts
from tui.widgets.inspector import Inspector
from tui.widgets.sampler_panel import SamplerPanel
from tui.widgets.transcript import Transcript

SLICE_S: Final = 0.004
"""Looked at for so long at a time, with as long a rest between."""
_TOLD_S: Final = 0.1
"""Between two reports of how far it is."""
_SETTLE_S: Final = 0.05
"""After an edit: a held key makes the next one sooner."""

Work = Callable[[Coroutine[Any, Any, None]], Worker[None]]


class Sliced(Protocol):
    """Work that is done a token at a time."""

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""

    def advance(self) -> None:
        """Do the next token."""


async def one_slice(work: Sliced) -> None:
    """Work for a slice of time, then rest as long, so that keys and the screen get their turn."""
    until = time.monotonic() + SLICE_S
    while not work.finished and time.monotonic() < until:
        work.advance()
    await asyncio.sleep(SLICE_S)


class WhatIf:
    """The copy of the settings and what it answers.

    Args:
        controller: has the conversation and the settings in force.
        transcript: whose cursor selects the token.
        panel: shows and edits the copy.
        inspectors: show the token.
        scored: tokens of written texts, which were not drawn.
        say: a line for the reader.
        work: runs what takes longer, in the background.
    """

    def __init__(
        self,
        controller: Controller,
        transcript: Transcript,
        panel: SamplerPanel,
        inspectors: Sequence[Inspector],
        scored: ScoredTexts,
        say: Callable[[str], None],
        work: Work,
    ) -> None:
        self.copy: Settings | None = None
        """What is tried; None while nothing was changed."""
        self._controller, self._transcript, self._panel = controller, transcript, panel
        self._inspectors, self._scored = inspectors, scored
        self.say, self._work = say, work
        self._lexicon: tuple[Vocabulary | None, Lexicon | None] = (None, None)
        self._past: Past | None = None
        self._reading: Reading | None = None
        self._sweep: Sweep | None = None
        self._worker: Worker[None] | None = None
        self._marked: int | None = None
        self._parting_key = controller.keys("whatif.parting")

    @property
    def at(self) -> tuple[int, int] | None:
        """(message, token) that is shown: under the cursor, else the newest; None where the cursor
        is on a text that was written."""
        if self._transcript.here is not None:
            return self._transcript.cursor
        return self._transcript.newest()

    def past(self, message: Message) -> Past:
        """A reply as replays need it."""
        controller = self._controller
        vocabulary, model = controller.vocabulary, controller.status.model
        if self._lexicon[0] is not vocabulary or self._lexicon[1] is None:
            known = None
            if vocabulary is not None and model is not None:
                known = Lexicon(
                    vocabulary.pieces, eog=model.eog, silent=model.control, whole=vocabulary.whole
                )
            self._lexicon = vocabulary, known
            self._past = None
        if self._past is None or self._past.message is not message:
            self._past = Past(message, self._lexicon[1], controller.profile.launch.own)
        return self._past

    def look(self) -> None:
        """Show the token under the cursor, else the newest, as it was or under the copy."""
        if self.waiting:
            self._show_waiting()
            return
        told = self._scored.step()
        if told is not None:
            self._show_scored(*told)
            return
        at = self.at
        conversation = self._controller.conversation
        # A branch that was removed is shown for a moment more.
        message = conversation[at[0]] if at is not None and at[0] in conversation else None
        if at is None or message is None or at[1] >= len(message.steps):
            self._show_nothing()
            return
        past = self.past(message)
        moment = past.moment(at[1])
        chosen = self._transcript.cursor is not None
        settings = self.copy if chosen else None
        reading = self._reading
        if (
            reading is None or reading.step is not moment.step
            or reading.moment.settings is not moment.settings or reading.asked_with is not settings
        ):  # fmt: skip
            reading = self._reading = moment.under(settings)
        position = at[1] + 1, len(message.steps)
        for inspector in self._inspectors:
            inspector.show(
                reading, self._controller.vocabulary, position=position, steps=message.steps
            )
        if chosen:
            self._panel.show_copy(self.copy or moment.settings, moment.settings)
        else:
            self._show_live()
        self._look_at_all(past if chosen else None)

    @property
    def waiting(self) -> bool:
        """Whether the token that is shown waits to be taken: nothing else is selected."""
        message = self._controller.waiting_in
        if message is None or self._transcript.here is not None:
            return False
        # Another branch may be shown while it waits.
        return any(shown is message for shown in self._controller.conversation.path())

    @property
    def between(self) -> bool:
        """Whether the next token of a reply may wait and is not there yet: nothing is selected."""
        paused = self._controller.pause.active and self._controller.status.replying
        return paused and not self.waiting and self._transcript.here is None

    def _show_waiting(self) -> None:
        """Show the token that waits; the panel has the settings in force, which draw it again."""
        step, message = self._controller.waiting, self._controller.waiting_in
        if step is None or message is None:
            return
        if self._reading is None or self._reading.step is not step:
            self._reading = self.past(message).pending(step).recorded()
        count = len(message.steps) + 1
        for inspector in self._inspectors:
            inspector.show(
                self._reading, self._controller.vocabulary, position=(count, count),
                steps=message.steps, waiting=self._controller.waiting_why,
            )  # fmt: skip
        self._show_live()
        self._look_at_all(None)

    def _show_scored(self, step: Step, position: tuple[int, int]) -> None:
        """Show a token of a written text: nothing was drawn, so that there is nothing to try."""
        if self._reading is None or self._reading.step is not step:
            self._reading = Moment(step).recorded()
        for inspector in self._inspectors:
            inspector.show(self._reading, self._controller.vocabulary, position=position)
        self._show_live()
        self._look_at_all(None)

    def _show_nothing(self) -> None:
        self._reading = None
        for inspector in self._inspectors:
            inspector.show(None, self._controller.vocabulary)
        self._show_live()
        self._look_at_all(None)

    def _show_live(self) -> None:
        profile = self._controller.profile
        self._panel.show_live(profile.settings, profile.sources)

    # --- the copy ---------------------------------------------------------------------------------

    def edit(self, settings: Settings) -> None:
        """Try these settings on the token that is shown; it is selected from now on."""
        at = self.at
        if self.waiting:
            # The token waits: it is drawn again under what is tried.
            self._controller.change_settings(settings, "panel")
            return
        if at is None or self._reading is None:
            self.say("This text was written, not drawn: there is nothing to try.")
            return
        same = alike(settings, self._reading.moment.settings)
        self.copy = None if same and self.copy is None else settings
        if self._transcript.cursor is None:
            self._transcript.highlight(*at)
        self.look()

    def take(self) -> None:
        """Make the copy the settings in force."""
        copy = self._copy()
        if copy is None:
            return
        profile = self._controller.profile
        held = self._reading.moment.settings.seed if self._reading else copy.seed
        # A reply's own seed was drawn for it; it is taken only where it was typed.
        seed = profile.settings.seed if copy.seed == held else copy.seed
        self._controller.change_settings(copy.changed(seed=seed), "what-if")
        self._forget()
        self.say("These are the settings now, from the next token on.")

    def drop(self) -> None:
        """Throw the copy away."""
        if self._copy() is not None:
            self._forget()
            self.say("The what-if is gone; this is how the token was drawn.")

    def _copy(self) -> Settings | None:
        if self.copy is None:
            self.say("Nothing was changed yet: select a token and change a value in the samplers.")
        return self.copy

    def _forget(self) -> None:
        self.copy = None
        self.look()

    # --- the whole reply --------------------------------------------------------------------------

    def go_to_parting(self) -> None:
        """Put the token cursor where the reply first becomes another one."""
        sweep = self._sweep
        if self._copy() is None or sweep is None:
            return
        if sweep.first is not None:
            self._transcript.highlight(sweep.past.message.key, sweep.first)
        elif sweep.finished:
            self.say("The same dice take the same tokens all along.")
        else:
            self.say("Every token so far is the same; the rest is still being looked at.")

    def _look_at_all(self, past: Past | None) -> None:
        """Look at every token of the reply, or at none."""
        if past is None or self.copy is None:
            self._sweep = None
            self._mark(None, {})
            self._tell("")
            return
        sweep = self._sweep
        if sweep is None or sweep.past is not past or sweep.settings is not self.copy:
            sweep = self._sweep = Sweep(past, self.copy)
            self._mark(None, {})
            self._tell(_words(sweep, self._parting_key))
        elif sweep.finished:
            return
        if self._worker is None or self._worker.is_finished:
            self._worker = self._work(self._run())

    async def _run(self) -> None:
        """Look until everything was looked at; an edit in between begins anew."""
        sweep: Sweep | None = None
        told = time.monotonic()
        while self._sweep is not None and not (sweep is self._sweep and sweep.finished):
            if sweep is not self._sweep:
                sweep = self._sweep
                await asyncio.sleep(_SETTLE_S)
                continue
            await one_slice(sweep)
            if sweep is self._sweep and (sweep.finished or time.monotonic() - told > _TOLD_S):
                told = time.monotonic()
                self._mark(sweep.past.message.key, dict(sweep.marks))
                self._tell(_words(sweep, self._parting_key))

    def _mark(self, key: int | None, marks: dict[int, Mark]) -> None:
        if self._marked is not None and self._marked != key:
            self._transcript.mark(self._marked, None)
        if key is not None:
            self._transcript.mark(key, marks)
        self._marked = key

    def _tell(self, words: str) -> None:
        for inspector in self._inspectors:
            inspector.whole = words


def _words(sweep: Sweep, key: str) -> str:
    """What the copy means for the whole reply; `key` goes to where it parts."""
    total = len(sweep.past)
    words = "Whole reply"
    if not sweep.finished:
        words += f", {sweep.done / max(1, total):.0%} looked at"
    if sweep.first is None:
        words += ": every token the same" if sweep.finished else ""
    else:
        other, cut = sweep.count(Mark.DIFFERENT), sweep.count(Mark.FORBIDDEN)
        words += f": parts at token {sweep.first + 1} ({key}); {other} differ, {cut} cut"
    more = [f"{sweep.unsure} not certain"] if sweep.unsure else []
    more += [f"{sweep.missing} without a record"] if sweep.missing else []
    return words + "".join(f", {one}" for one in more)
