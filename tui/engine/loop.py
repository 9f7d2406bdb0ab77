"""One reply: the prompt into the cache, then token after token.

Keeps true: while libllama evaluates the token just drawn, which needs no lock of the interpreter, its
record is made in a second thread (`scribe.py`); settings hold from the next token on; a cancel stops
the evaluation of a prompt at once and a reply with the next token, which brings out the text that was
held back. The last token of a reply is not put into the cache. Tells everything through `say`, and
exactly one `Finished`, which has the text so far whatever went wrong.
"""

import time
from contextlib import closing
from typing import Final

from tui.core.errors import LogitscopeError
from tui.core.messages import Generate, Rates
from tui.core.resume import GRAMMAR_REFUSES, Resume
from tui.engine.desk import Desk
from tui.engine.ending import Ending, broken_off, finish, unfit
from tui.engine.inbox import Arrived
from tui.engine.pacing import Pacing
from tui.engine.prefill import Prefilled, prefill
from tui.engine.prompt import Prompt
from tui.engine.speech import Ask, Speech
from tui.sampling.drawn import Draw

RATES_S: Final = 0.25
"""Between two `Rates`."""

_FRESH: Final = "what the samplers carried at that token is not known: their dice begin again"


class Reply:
    """Makes one reply.

    Args:
        arrived: the `Generate`.
        prompt: made from it.
        desk: what to work with.
    """

    def __init__(self, arrived: Arrived, prompt: Prompt, desk: Desk) -> None:
        assert isinstance(arrived.request, Generate)
        self._request: Generate = arrived.request
        self._arrived = arrived
        self._prompt = prompt
        self._desk = desk
        self._context = desk.context
        self._prefilled = Prefilled()
        self._speech: Speech | None = None
        self._rates_s = 0.0

    def make(self) -> None:
        """Do all of it."""
        try:
            ending = self._make()
        # What was said must not be lost with what broke.
        except Exception as broken:
            ending = broken_off(broken, self._context)
        finish(self._desk, self._request.run, ending, self._speech)

    def _make(self) -> Ending:
        problem = unfit(self._prompt, self._context.n_ctx, last=self._request.resume is not None)
        if problem:
            return problem
        request = self._request
        ask = Ask(
            run=request.run,
            settings=request.settings,
            seed=request.seed,
            predict=request.predict,
            stop=(*request.stop, *self._prompt.stop),
            record=request.record,
            resume=request.resume,
            at_s=self._arrived.at_s,
        )
        try:
            speech = Speech(
                self._desk, ask, self._prompt.ids, self._prefilled,
                lambda: not self._context.room, self._stopped,
            )  # fmt: skip
        except LogitscopeError as error:
            return Ending("error", str(error), "usage")
        self._speech = speech
        with closing(speech):
            notes = (_FRESH,) if request.resume and request.resume.state is None else ()
            prefill(
                self._desk, (request.run,), self._prompt, self._stopped, self._prefilled, notes
            )  # fmt: skip
            speech.begin()
            self._rates_s = time.perf_counter()
            pacing = Pacing(self._desk, self._arrived, speech, self._prompt.ids, request.pause)
            return self._generate(speech, pacing)

    def _stopped(self) -> bool:
        return self._desk.inbox.stopped(self._arrived)

    def _generate(self, speech: Speech, pacing: Pacing) -> Ending:
        if self._request.predict == 0:
            return Ending("length")
        resume = self._request.resume
        road = resume is not None and resume.token >= 0
        while True:
            pacing.listen()
            self._desk.between()
            draw = speech.draw(self._context.logits(), record=road or pacing.active or None)
            if road:
                assert resume is not None
                refused = self._take_the_road(speech, draw, resume)
                if refused:
                    return refused
                road = False
            elif pacing.active:
                draw = pacing.settle(draw)
            reason = speech.take(draw)
            if reason:
                full = f"The context of {self._context.n_ctx} tokens is full."
                return Ending(reason, full if reason == "context" else "")
            pacing.said(draw.token)
            now = time.perf_counter()
            if now - self._rates_s >= RATES_S:
                self._rates_s = now
                speech.say(Rates(self._request.run, speech.timings()))
            self._context.decode((draw.token,))

    def _take_the_road(self, speech: Speech, draw: Draw, resume: Resume) -> Ending | None:
        """Put the token of a fork in place of the one just drawn; why that cannot be."""
        if draw.token == resume.token:
            return None
        if not 0 <= resume.token < self._desk.vocab.n_vocab:
            return Ending("error", f"Token {resume.token} is outside the vocabulary.", "usage")
        if not (speech.allows(resume.token) or resume.leave_grammar):
            return Ending("error", GRAMMAR_REFUSES, "grammar")
        speech.instead(draw, resume.token)
        # The last digits of a logit depend on how its prompt was cut into batches.
        draw.by_hand = not resume.drawn
        return None
