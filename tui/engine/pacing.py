"""Step by step: a drawn token waits until it is taken, another is, or one is taken back.

Keeps true: a token that waits is neither in the chain nor in the text nor in the cache; a change of
settings draws it again with the same dice; what goes back is what was there, the cache included; a
cancel is heard while waiting. A token that a grammar refuses is taken only by leaving the grammar.
"""

import time
from collections.abc import Sequence

from tui.core.messages import (
    ChangePause,
    ChangeSettings,
    StepBack,
    Take,
    TakeRefused,
    Waiting,
)
from tui.core.pause import PauseWhen
from tui.core.resume import GRAMMAR_REFUSES
from tui.engine.desk import Desk
from tui.engine.inbox import Arrived, Order
from tui.engine.prefill import Stopped
from tui.engine.speech import Speech
from tui.sampling.drawn import Draw


class Pacing:
    """Which tokens of a reply wait.

    Args:
        desk: see there.
        arrived: the request for the reply.
        speech: the reply.
        prompt: ids before its first token.
        pause: which tokens wait.
    """

    def __init__(
        self, desk: Desk, arrived: Arrived, speech: Speech, prompt: Sequence[int], pause: PauseWhen
    ) -> None:
        self._desk = desk
        self._arrived = arrived
        self._speech = speech
        self._prompt = tuple(prompt)
        self._said: list[int] = []
        """Tokens of the reply in the cache."""
        self._pause = pause

    @property
    def active(self) -> bool:
        """Whether any token can wait."""
        return self._pause.active

    def said(self, token: int) -> None:
        """This token was taken and will be in the cache."""
        self._said.append(token)

    def listen(self) -> None:
        """Let what was asked hold from the next token on; what was meant for one that waits is late."""
        run, inbox = self._speech.ask.run, self._desk.inbox
        while (order := inbox.order(run)) is not None:
            match order:
                case ChangeSettings(settings=settings):
                    self._speech.change(settings)
                case ChangePause(pause=pause):
                    self._pause = pause

    def settle(self, draw: Draw) -> Draw:
        """The draw to take: this one, unless it waits and another takes its place.

        Raises:
            Stopped: the reply was cancelled while it waited.
            Banned: a change of settings left no candidate.
        """
        why = self._pause.why(self._speech.look(draw))
        if not why:
            return draw
        begun = time.perf_counter()
        try:
            return self._wait(draw, why)
        finally:
            self._speech.waited_s += time.perf_counter() - begun

    def _wait(self, draw: Draw, why: str) -> Draw:
        inbox, speech = self._desk.inbox, self._speech
        self._show(draw, why)
        while True:
            inbox.wait(self._arrived)
            if self._stopped():
                raise Stopped
            while (order := inbox.order(speech.ask.run)) is not None:
                draw, why, taken = self._obey(order, draw, why)
                if taken:
                    return draw
            self._desk.between()

    def _stopped(self) -> bool:
        return self._desk.inbox.stopped(self._arrived)

    def _obey(self, order: Order, draw: Draw, why: str) -> tuple[Draw, str, bool]:
        """The draw that waits now, why, and whether it is to be taken."""
        speech = self._speech
        match order:
            case ChangeSettings(settings=settings):
                if speech.change(settings):
                    draw = speech.again(draw, self._desk.context.logits())
                    why = self._pause.why(speech.look(draw)) or why
                    self._show(draw, why)
            case ChangePause(pause=pause):
                self._pause = pause
                return draw, why, not pause.why(speech.look(draw))
            case Take(i=i) if i == speech.i:
                return self._take(order, draw, why)
            case StepBack(i=i) if i == speech.i:
                return self._back(draw, why)
        return draw, why, False

    def _take(self, order: Take, draw: Draw, why: str) -> tuple[Draw, str, bool]:
        speech, token = self._speech, order.token
        if token in (-1, draw.token):
            return draw, why, True
        if not 0 <= token < self._desk.vocab.n_vocab:
            self._refuse(token, f"Token {token} is outside the vocabulary.")
        elif speech.allows(token) or order.leave_grammar:
            return speech.instead(draw, token), why, True
        else:
            self._refuse(token, GRAMMAR_REFUSES, grammar=True)
        return draw, why, False

    def _back(self, draw: Draw, why: str) -> tuple[Draw, str, bool]:
        speech = self._speech
        if not speech.i:
            self._refuse(-1, "This is where the reply began; there is no token to take back.")
            return draw, why, False
        speech.back(speech.i - 1)
        del self._said[speech.i :]
        self._rewind()
        draw = speech.draw(self._desk.context.logits(), record=True)
        why = "taken back"
        self._show(draw, why)
        return draw, why, False

    def _rewind(self) -> None:
        """The cache as it was before the token that was taken back, with the logits after it."""
        context = self._desk.context
        ids = (*self._prompt, *self._said)
        context.rewind_to(ids, keep=False)
        while len(context.ids) < len(ids):
            start = len(context.ids)
            if not context.decode(ids[start : start + context.n_batch], stop=self._stopped):
                raise Stopped

    def _show(self, draw: Draw, why: str) -> None:
        speech = self._speech
        speech.say(
            Waiting(
                run=speech.ask.run, step=speech.look(draw), why=why, can_go_back=speech.i > 0
            )
        )  # fmt: skip

    def _refuse(self, token: int, error: str, grammar: bool = False) -> None:
        run = self._speech.ask.run
        self._speech.say(TakeRefused(run=run, token=token, error=error, grammar=grammar))
