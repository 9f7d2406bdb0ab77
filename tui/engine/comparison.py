"""Several replies to one prompt, side by side: one token of each in every evaluation.

Keeps true: the lanes share the evaluated prompt, and each draws with its own settings and the same
dice; each has the events of a reply, and ends on its own. The conversation's sequence holds the
prompt, and nothing of a lane. Where the cache has no room for all of them at once, or the model keeps
one sequence alone, they are made one after the other, and that is told. Evaluated together, logits
have other last digits than alone.
"""

from collections.abc import Sequence
from contextlib import closing
from typing import Final

import msgspec

from tui.core.errors import LogitscopeError
from tui.core.messages import Compare, Generate, Lane, Rates
from tui.engine.desk import Desk
from tui.engine.ending import Ending, broken_off, finish, unexpected, unfit
from tui.engine.inbox import Arrived
from tui.engine.loop import RATES_S, Reply
from tui.engine.prefill import Prefilled, prefill
from tui.engine.prompt import Prompt
from tui.engine.sequences import Rows, Sequences
from tui.engine.speech import Ask, Speech
from tui.sampling.chain import Banned

ENOUGH: Final = 256
"""Tokens that every lane must have room for, where a reply may be of any length."""
_IN_TURN: Final = "made one after the other: the cache has no room for all of them at once"


class _Voice:
    """One lane that is being made."""

    def __init__(self, speech: Speech, sequence: int) -> None:
        self.speech = speech
        self.sequence = sequence
        self.tokens: list[int] = []
        self.rates_s = 0.0


class Comparison:
    """Makes the lanes of one request.

    Args:
        arrived: the `Compare`.
        prompt: made from it.
        desk: what to work with.
    """

    def __init__(self, arrived: Arrived, prompt: Prompt, desk: Desk) -> None:
        assert isinstance(arrived.request, Compare)
        self._request: Compare = arrived.request
        self._arrived = arrived
        self._prompt = prompt
        self._desk = desk
        self._context = desk.context
        self._prefilled = Prefilled()
        lanes = max(1, len(self._request.lanes))
        self._share = (self._context.n_ctx - len(prompt.ids)) // lanes
        """Tokens of each lane that there is room for."""
        self._live: list[_Voice] = []

    def make(self) -> None:
        """Do all of it; one `Finished` for each lane."""
        problem = unfit(self._prompt, self._context.n_ctx)
        if problem:
            for lane in self._request.lanes:
                finish(self._desk, lane.run, problem)
        elif self._fits():
            self._together()
        else:
            self._in_turn()

    def _fits(self) -> bool:
        predict = self._request.predict
        wanted = predict if predict >= 0 else ENOUGH
        return len(self._request.lanes) < self._context.n_seq and self._share >= wanted

    def _in_turn(self) -> None:
        request, prompt = self._request, self._prompt
        prompt = msgspec.structs.replace(prompt, notes=(*prompt.notes, _IN_TURN))
        for lane in request.lanes:
            one = Generate(
                run=lane.run, turns=request.turns, settings=lane.settings, seed=lane.seed,
                predict=request.predict, stop=request.stop, special_input=request.special_input,
            )  # fmt: skip
            Reply(msgspec.structs.replace(self._arrived, request=one), prompt, self._desk).make()

    # --- together ---------------------------------------------------------------------------------

    def _together(self) -> None:
        for number, lane in enumerate(self._request.lanes):
            try:
                self._live.append(_Voice(self._speech(lane), number + 1))
            except LogitscopeError as error:
                finish(self._desk, lane.run, Ending("error", str(error), "usage"))
        if not self._live:
            return
        try:
            runs = [voice.speech.ask.run for voice in self._live]
            prefill(self._desk, runs, self._prompt, self._all_stopped, self._prefilled)
            with closing(Sequences(self._context)) as sequences:
                self._speak(sequences)
        # What was said must not be lost with what broke.
        except Exception as broken:
            self._end_all(broken_off(broken, self._context))

    def _speech(self, lane: Lane) -> Speech:
        request = self._request
        ask = Ask(
            run=lane.run, settings=lane.settings, seed=lane.seed, predict=request.predict,
            stop=(*request.stop, *self._prompt.stop), at_s=self._arrived.at_s,
        )  # fmt: skip
        found: Speech
        found = Speech(
            self._desk, ask, self._prompt.ids, self._prefilled,
            lambda: found.i >= self._share, lambda: self._stopped(lane.run),
        )  # fmt: skip
        return found

    def _stopped(self, run: int) -> bool:
        return self._desk.inbox.cancelled(run) or self._desk.inbox.stopped(self._arrived)

    def _all_stopped(self) -> bool:
        return all(self._stopped(voice.speech.ask.run) for voice in self._live)

    def _speak(self, sequences: Sequences) -> None:
        for voice in self._live:
            sequences.branch(voice.sequence)
            voice.speech.begin()
        try:
            rows: Sequence[Rows] = [self._context.logits()] * len(self._live)
            if self._request.predict == 0:
                self._end_all(Ending("length"))
                return
            while True:
                self._desk.between()
                for voice, row in zip(tuple(self._live), rows, strict=True):
                    self._say(voice, row, sequences)
                if not self._live:
                    return
                begin = len(self._prompt.ids) - 1
                rows = sequences.each(
                    [(v.sequence, begin + len(v.tokens), v.tokens[-1]) for v in self._live]
                )
        finally:
            for number in range(len(self._request.lanes)):
                sequences.drop(number + 1)

    def _say(self, voice: _Voice, row: Rows, sequences: Sequences) -> None:
        """One token of one lane."""
        speech = voice.speech
        try:
            draw = speech.draw(row)
        except Banned as banned:
            self._end(voice, broken_off(banned, self._context))
            return
        reason = speech.take(draw)
        if reason:
            told = f"The context of {self._context.n_ctx} tokens is full: the replies share it."
            self._context.shelve((*self._prompt.ids, *voice.tokens), voice.sequence)
            sequences.drop(voice.sequence)
            self._end(voice, Ending(reason, told if reason == "context" else ""))
            return
        voice.tokens.append(draw.token)
        timings = speech.timings()
        if timings.gen_s - voice.rates_s >= RATES_S:
            voice.rates_s = timings.gen_s
            speech.say(Rates(speech.ask.run, timings))

    def _end_all(self, ending: Ending) -> None:
        for voice in tuple(self._live):
            self._end(voice, ending)

    def _end(self, voice: _Voice, ending: Ending) -> None:
        self._live.remove(voice)
        try:
            voice.speech.close()
        except Exception as broken:  # of its record; what was said is told all the same
            ending = Ending("error", unexpected(broken))
        finish(self._desk, voice.speech.ask.run, ending, voice.speech)
