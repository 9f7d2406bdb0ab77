"""One reply: the prompt into the cache, then token after token.

Keeps true: while libllama evaluates the token just drawn, which needs no lock of the interpreter, its
record is made in a second thread (`scribe.py`); settings hold from the next token on; a cancel stops
the evaluation of a prompt at once and a reply with the next token, which brings out the text that was
held back. An end-of-generation token is the last step of its reply and counts as a token, as in
llama.cpp; it is not put into the cache, and nor is any other last token. Tells everything through
`say`, and exactly one `Finished`, which has the text so far whatever went wrong.
"""

import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Final

from tui.core.errors import LogitscopeError
from tui.core.messages import (
    Event,
    Fault,
    Finished,
    Generate,
    Prefill,
    PromptReady,
    Rates,
    SettingsChanged,
    SettingsRefused,
    Timings,
    Warned,
)
from tui.core.own_sampler import OwnSampler
from tui.core.settings import Settings
from tui.core.text import IncrementalText
from tui.engine.batch import WAIT_S
from tui.engine.handle import Context, DecodeFailed
from tui.engine.inbox import Arrived, Inbox
from tui.engine.log import write
from tui.engine.prompt import Prompt
from tui.engine.scribe import Scribe
from tui.engine.stopping import StopTexts
from tui.engine.tokenizer import Tokenizer
from tui.sampling.chain import Banned, Chain
from tui.sampling.vocab import Vocab

RATES_S: Final = 0.25
"""Between two `Rates`."""


class _Stopped(Exception):
    """The reply was cancelled."""


class Reply:
    """Makes one reply.

    Args:
        arrived: the `Generate`.
        prompt: made from it.
        context: its cache is reused as far as it holds the beginning of the prompt.
        tokenizer: of the model.
        vocab: the same for the chain.
        own: samplers of one's own, by name.
        inbox: where changes and cancels come from.
        say: where events go.
        between: called between two tokens, for questions that can wait no longer.
        load_s: how long the model took to load.
    """

    def __init__(
        self,
        arrived: Arrived,
        prompt: Prompt,
        *,
        context: Context,
        tokenizer: Tokenizer,
        vocab: Vocab,
        own: Mapping[str, OwnSampler],
        inbox: Inbox,
        say: Callable[[Event], None],
        between: Callable[[], None],
        load_s: float,
    ) -> None:
        assert isinstance(arrived.request, Generate)
        self._request: Generate = arrived.request
        self._run = arrived.request.run
        self._arrived = arrived
        self._prompt = prompt
        self._context = context
        self._tokenizer = tokenizer
        self._vocab = vocab
        self._own = own
        self._inbox = inbox
        self._say = say
        self._between = between
        self._load_s = load_s
        self._scribe: Scribe | None = None
        self._decoded = IncrementalText()
        self._stops = StopTexts((*arrived.request.stop, *prompt.stop))
        self._text: list[str] = []
        self._settings = arrived.request.settings
        self._version = 0
        self._warned: set[str] = set()
        self._faults = 0
        self._i = 0
        self._evaluated = 0
        self._prompt_s = self._sample_s = self._ttft_s = 0.0
        self._begun_s = self._rates_s = 0.0

    def make(self) -> None:
        """Do all of it."""
        try:
            reason, error, kind = self._make()
        except _Stopped:
            reason, error, kind = "cancelled", "", ""
        except Banned as banned:
            reason, error, kind = "banned", str(banned), ""
        except DecodeFailed as failed:
            reason, error, kind = "error", str(failed), ""
        # What was said must not be lost with what broke.
        except Exception as broken:
            write(traceback.format_exc())
            self._context.clear()
            error = f"The engine failed: {type(broken).__name__}: {broken}"
            reason, kind = "error", ""
        self._text.append(self._stops.flush())
        self._say(
            Finished(
                run=self._run,
                reason=reason,
                text="".join(self._text),
                timings=self._timings(),
                error=error,
                kind=kind,
                kv_tokens=len(self._context.ids),
            )
        )

    def _make(self) -> tuple[str, str, str]:
        n, n_ctx = len(self._prompt.ids), self._context.n_ctx
        if not n:
            return "error", "The prompt is empty.\nWrite something, or name a persona.", "usage"
        if n >= n_ctx:
            error = f"The prompt has {n} tokens.\nThe context has {n_ctx}.\n"
            return (
                "error",
                f"{error}Shorten it, or load the model with a larger -c.",
                "prompt_too_long",
            )
        try:
            chain = Chain(
                self._vocab, self._settings, self._request.seed, self._prompt.ids, own=self._own
            )
        except LogitscopeError as error:
            return "error", str(error), "usage"
        with closing(chain):
            self._evaluate()
            self._begun_s = self._rates_s = time.perf_counter()
            self._scribe = Scribe(chain, self._run, self._say, record=self._request.record)
            with closing(self._scribe):
                return self._generate(chain, self._scribe)

    # --- the prompt -------------------------------------------------------------------------------

    def _evaluate(self) -> None:
        context, ids = self._context, self._prompt.ids
        reused, again = context.rewind_to(ids)
        notes = self._prompt.notes
        if again:
            notes += ("this model cannot go back: the whole prompt was evaluated again",)
        self._say(
            PromptReady(
                run=self._run,
                ids=ids,
                text=self._tokenizer.text(ids),
                reused_tokens=reused,
                notes=notes,
            )
        )
        total = len(ids) - reused
        begun = said = time.perf_counter()
        self._say(Prefill(self._run, 0, total))

        def stop() -> bool:
            return self._inbox.stopped(self._arrived)

        while self._evaluated < total:
            start = len(context.ids)
            if not context.decode(ids[start : start + context.n_batch], stop=stop):
                raise _Stopped
            self._evaluated = len(context.ids) - reused
            now = time.perf_counter()
            self._prompt_s = now - begun
            if now - said >= WAIT_S or self._evaluated == total:
                self._say(Prefill(self._run, self._evaluated, total))
                said = now

    # --- tokens -----------------------------------------------------------------------------------

    def _generate(self, chain: Chain, scribe: Scribe) -> tuple[str, str, str]:
        if self._request.predict == 0:
            return "length", "", ""
        while True:
            self._listen(chain, scribe)
            begun = time.perf_counter()
            draw = chain.sample(self._context.logits(), record=self._request.record)
            chain.accept(draw.token)
            reason, text = self._judge(draw.token)
            now = time.perf_counter()
            self._sample_s += now - begun
            if self._i == 0:
                self._ttft_s = now - self._arrived.at_s
            piece = self._tokenizer.piece(draw.token)
            scribe.step(draw, self._i, piece, text, self._version, last=bool(reason))
            self._i += 1
            self._warn(chain, scribe)
            if reason:
                error = f"The context of {self._context.n_ctx} tokens is full."
                return reason, error if reason == "context" else "", ""
            if now - self._rates_s >= RATES_S:
                self._rates_s = now
                scribe.say(Rates(self._run, self._timings()))
            self._context.decode((draw.token,))

    def _judge(self, token: int) -> tuple[str, str]:
        """Why this token is the last one (empty when it is not), and what text comes out."""
        text = self._stops.feed(self._decoded.feed(self._tokenizer.piece(token)))
        reason = ""
        if token in self._tokenizer.eog:
            reason = "eog"
        elif self._stops.found:
            reason = "stop"
        elif 0 <= self._request.predict <= self._i + 1:
            reason = "length"
        elif len(self._context.ids) >= self._context.n_ctx:
            reason = "context"
        elif self._inbox.stopped(self._arrived):
            # A character whose last bytes are still to come is left for the reply's continuation.
            text += self._stops.flush()
            self._text.append(text)
            return "cancelled", text
        if reason:
            text += self._stops.feed(self._decoded.finish()) + self._stops.flush()
            reason = "stop" if self._stops.found and reason != "eog" else reason
        self._text.append(text)
        return reason, text

    def _warn(self, chain: Chain, scribe: Scribe) -> None:
        for warning in chain.warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                scribe.say(Warned(warning))
        for problem in chain.faults[self._faults :]:
            scribe.say(Fault(run=self._run, problem=problem))
        self._faults = len(chain.faults)

    def _listen(self, chain: Chain, scribe: Scribe) -> None:
        for settings in self._inbox.changes(self._run):
            self._change(chain, scribe, settings)
        self._between()

    def _change(self, chain: Chain, scribe: Scribe, settings: Settings) -> None:
        changed = self._settings.difference(settings)
        if not changed:
            return
        try:
            chain.change(settings)
        except LogitscopeError as error:
            scribe.say(SettingsRefused(run=self._run, settings=self._settings, error=str(error)))
            return
        self._settings = settings
        self._version += 1
        scribe.say(SettingsChanged(self._run, self._i, changed, self._version))

    def _timings(self) -> Timings:
        gen_s = time.perf_counter() - self._begun_s if self._begun_s else 0.0
        sample_s = self._sample_s + (self._scribe.spent_s if self._scribe else 0.0)
        return Timings(
            load_s=self._load_s,
            prompt_tokens=self._evaluated,
            prompt_s=self._prompt_s,
            prompt_tps=_rate(self._evaluated, self._prompt_s),
            gen_tokens=self._i,
            gen_s=gen_s,
            gen_tps=_rate(self._i, gen_s),
            sample_s=sample_s,
            sample_tps=_rate(self._i, sample_s),
            ttft_s=self._ttft_s,
        )


def _rate(count: int, seconds: float) -> float:
    return count / seconds if seconds > 0 else 0.0
