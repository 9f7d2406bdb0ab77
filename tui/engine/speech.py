"""The tokens of one reply: drawn, judged, written down.

Keeps true: a token counts in the chain, in the text and in the record together, and all three can go
back together; settings hold from the next token on. An end-of-generation token is the last step of
its reply and counts as a token, as in llama.cpp. Evaluates nothing: what a token follows on is put
into the cache by its owner.
"""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from tui.core.errors import LogitscopeError
from tui.core.messages import (
    Event,
    Fault,
    SettingsChanged,
    SettingsRefused,
    TakenBack,
    Timings,
    Warned,
)
from tui.core.resume import Resume
from tui.core.settings import Settings
from tui.core.step import ChainState, Step
from tui.core.text import IncrementalText
from tui.engine.desk import Desk
from tui.engine.prefill import Prefilled
from tui.engine.scribe import Scribe
from tui.engine.stopping import StopTexts
from tui.sampling.candidate import Logits
from tui.sampling.chain import Chain
from tui.sampling.drawn import Draw


class _Taken(NamedTuple):
    """A token of the reply, and what it was drawn with."""

    state: ChainState
    token: int
    settings: Settings


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What one reply is to be."""

    run: int
    settings: Settings
    seed: int
    predict: int
    stop: tuple[str, ...]
    record: bool = True
    resume: Resume | None = None
    at_s: float
    """When it was asked for, `time.perf_counter`."""


class Speech:
    """See the module.

    Args:
        desk: see there.
        ask: see there.
        history: ids before the first token, those of an earlier reply that is gone on with included.
        prefilled: of the prompt, for the timings.
        full: whether the cache has no room for another token.
        stopped: whether the reply was cancelled.

    Raises:
        LogitscopeError: a grammar, schema or sampler that cannot be used.
    """

    def __init__(
        self,
        desk: Desk,
        ask: Ask,
        history: Sequence[int],
        prefilled: Prefilled,
        full: Callable[[], bool],
        stopped: Callable[[], bool],
    ) -> None:
        self.ask = ask
        self.i = 0
        """Tokens so far."""
        self.settings = ask.settings
        self.waited_s = 0.0
        """Time that a person took, which is nobody's speed."""
        self._desk = desk
        self._history = tuple(history)
        self._prefilled = prefilled
        self._full, self._stopped = full, stopped
        resume = ask.resume
        self._kept = self._history[len(self._history) - resume.begun :] if resume else ()
        self._read_from = -resume.read if resume else 0
        """The first token that the grammar has read; below 0 it is one of an earlier reply."""
        self._version = 0
        self._warned: set[str] = set()
        self._told: set[str] = set()
        self._taken: list[_Taken] = []
        self._sample_s = self._ttft_s = 0.0
        self._begun_s = 0.0
        self._chain = Chain(desk.vocab, ask.settings, ask.seed, self._history, own=desk.own)
        if resume and resume.state is not None:
            self._chain.restore(resume.state, self._history, replied=resume.read)
        self._scribe: Scribe | None = None
        self._write_again(0)

    # --- its life ---------------------------------------------------------------------------------

    def begin(self) -> None:
        """The prompt is evaluated: the clock starts, and the scribe."""
        self._begun_s = time.perf_counter()
        self._scribe = Scribe(self._chain, self.ask.run, self._desk.say, record=self.ask.record)
        self._warn()

    def close(self) -> None:
        """Say what is still to be said, and free the chain.

        Raises:
            Exception: whatever kept the scribe from writing.
        """
        try:
            if self._scribe is not None:
                self._scribe.close()
        finally:
            self._chain.close()

    def say(self, event: Event) -> None:
        """Say this after every step before it."""
        if self._scribe is None:
            self._desk.say(event)
        else:
            self._scribe.say(event)

    def all_text(self) -> str:
        """What was said; nothing comes after it, so what was held back for a stop text does too."""
        self._text.append(self._stops.flush())
        return "".join(self._text)

    # --- a token ----------------------------------------------------------------------------------

    def draw(self, logits: Logits, *, record: bool | None = None) -> Draw:
        """Draw a token, which `take` makes part of the reply.

        Raises:
            Banned: no candidate is left.
        """
        begun = time.perf_counter()
        draw = self._chain.sample(logits, record=self.ask.record if record is None else record)
        self._sample_s += time.perf_counter() - begun
        return draw

    def look(self, draw: Draw) -> Step:
        """The step as it would be; the draw can still be taken, or another in its place."""
        return self._chain.preview(draw, self.i, self._desk.tokenizer.piece(draw.token))

    def allows(self, token: int) -> bool:
        """Whether the grammar, where there is one, lets this token come next."""
        return self._chain.allows(token)

    def instead(self, draw: Draw, token: int) -> Draw:
        """The draw with a token taken by hand in its place.

        Raises:
            UsageError: the id is outside the vocabulary.
        """
        return self._chain.take(draw, token)

    def take(self, draw: Draw) -> str:
        """Make the token part of the reply; why it is the last one, empty when it is not."""
        assert self._scribe is not None
        begun = time.perf_counter()
        self._chain.accept(draw.token)
        reason, text = self._judge(draw.token)
        now = time.perf_counter()
        self._sample_s += now - begun
        if self.i == 0:
            self._ttft_s = now - self.ask.at_s - self.waited_s
        piece = self._desk.tokenizer.piece(draw.token)
        self._scribe.step(draw, self.i, piece, text, self._version, last=bool(reason))
        self._taken.append(_Taken(draw.state, draw.token, self.settings))
        self.i += 1
        self._warn()
        return reason

    def back(self, count: int) -> None:
        """Go back to the first `count` tokens: chain, dice, windows, grammar, text.

        The settings stay what they are now.
        """
        first = self._taken[count]
        self._restore(first.state, count)
        del self._taken[count:]
        self.i = count
        self._told.discard("grammar")
        self._write_again(count)
        self.say(TakenBack(self.ask.run, count))
        changed = first.settings.difference(self.settings)
        if changed:
            self.say(SettingsChanged(self.ask.run, count, changed, self._version))

    def again(self, draw: Draw, logits: Logits) -> Draw:
        """Draw once more with the same dice, after a change of settings.

        Raises:
            Banned: no candidate is left.
        """
        self._restore(draw.state, self.i)
        return self.draw(logits)

    def _restore(self, state: ChainState, count: int) -> None:
        chain = self._chain
        chain.faults[:] = [fault for fault in chain.faults if fault.key != "grammar"]
        history = (*self._history, *(taken.token for taken in self._taken[:count]))
        self._read_from = min(self._read_from, count)
        chain.restore(state, history, replied=count - self._read_from)

    def _write_again(self, count: int) -> None:
        """Let the text be that of the first `count` tokens."""
        self._decoded = IncrementalText()
        self._stops = StopTexts(self.ask.stop)
        piece = self._desk.tokenizer.piece
        for token in self._kept:
            self._stops.feed(self._decoded.feed(piece(token)))
        if self._stops.found:  # it holds a text that has become one since
            self._stops = StopTexts(self.ask.stop)
        self._text = [
            self._stops.feed(self._decoded.feed(piece(taken.token)))
            for taken in self._taken[:count]
        ]

    def _judge(self, token: int) -> tuple[str, str]:
        """Why this token is the last one (empty when it is not), and what text comes out."""
        text = self._stops.feed(self._decoded.feed(self._desk.tokenizer.piece(token)))
        reason = ""
        if token in self._desk.tokenizer.eog:
            reason = "eog"
        elif self._stops.found:
            reason = "stop"
        elif 0 <= self.ask.predict <= self.i + 1:
            reason = "length"
        elif self._full():
            reason = "context"
        elif self._stopped():
            # A character whose last bytes are still to come is left for the reply's continuation.
            text += self._stops.flush()
            self._text.append(text)
            return "cancelled", text
        if reason:
            text += self._stops.feed(self._decoded.finish()) + self._stops.flush()
            reason = "stop" if self._stops.found and reason != "eog" else reason
        self._text.append(text)
        return reason, text

    # --- settings ---------------------------------------------------------------------------------

    def change(self, settings: Settings) -> bool:
        """Let these hold from the next token on; False where nothing changed or they cannot be."""
        changed = self.settings.difference(settings)
        if not changed:
            return False
        try:
            self._chain.change(settings)
        except LogitscopeError as error:
            self.say(SettingsRefused(run=self.ask.run, settings=self.settings, error=str(error)))
            return False
        if settings.in_force != self.settings.in_force:
            self._read_from = self.i
        self.settings = settings
        self._version += 1
        self.say(SettingsChanged(self.ask.run, self.i, changed, self._version))
        return True

    def _warn(self) -> None:
        chain = self._chain
        for warning in chain.warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                self.say(Warned(warning))
        for problem in chain.faults:
            if problem.key not in self._told:
                self._told.add(problem.key)
                self.say(Fault(run=self.ask.run, problem=problem))

    def timings(self) -> Timings:
        """So far."""
        now, done = time.perf_counter(), self._prefilled
        gen_s = now - self._begun_s - self.waited_s if self._begun_s else 0.0
        sample_s = self._sample_s + (self._scribe.spent_s if self._scribe else 0.0)
        return Timings(
            load_s=self._desk.load_s,
            prompt_tokens=done.evaluated,
            prompt_s=done.seconds,
            prompt_tps=_rate(done.evaluated, done.seconds),
            gen_tokens=self.i,
            gen_s=gen_s,
            gen_tps=_rate(self.i, gen_s),
            sample_s=sample_s,
            sample_tps=_rate(self.i, sample_s),
            ttft_s=self._ttft_s,
        )


def _rate(count: int, seconds: float) -> float:
    return count / seconds if seconds > 0 else 0.0
