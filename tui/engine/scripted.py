"""An engine that says what it is told to, when it is told to: for tests of what stands on engines.

Keeps true: the same script, seed and requests give the same events in the same order; no thread, no
process, no clock. Held, a reply moves only on `advance`; free, it moves one token for each turn of
the event loop. It evaluates nothing: steps are invented (`invented.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress

import msgspec
import numpy as np

from tui.core.messages import (
    Cancel,
    ChangeSettings,
    Died,
    Event,
    Finished,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Prefill,
    PromptReady,
    Quit,
    Rates,
    Render,
    Request,
    SettingsChanged,
    Steps,
    Timings,
    Turn,
)
from tui.core.model import LoadOptions, ModelInfo
from tui.core.settings import Settings
from tui.core.step import Step
from tui.core.text import IncrementalText
from tui.engine.base import Capabilities
from tui.engine.invented import EOG, InventedVocabulary, invent


class Reply(msgspec.Struct, frozen=True):
    """One scripted reply."""

    pieces: tuple[bytes, ...]
    """Its tokens, without the end-of-generation token."""
    reason: str = "eog"
    """How it ends; `eog` adds the end-of-generation token as a last step."""
    error: str = ""
    kind: str = ""


def reply(text: str, *, reason: str = "eog", error: str = "") -> Reply:
    """A reply of one token a word, the blank before a word in its token.

    >>> reply("red blue").pieces
    (b'red', b' blue')
    """
    words = text.split(" ")
    pieces = [word if n == 0 else f" {word}" for n, word in enumerate(words)]
    return Reply(tuple(piece.encode() for piece in pieces if piece), reason, error)


class _Run:
    """The reply that is being made."""

    def __init__(self, request: Generate, script: Reply, seed: int, number: int) -> None:
        self.request = request
        self.script = script
        self.settings: Settings = request.settings
        self.version = 0
        self.seed = (seed, number)
        self.text = IncrementalText()
        self.said = ""
        self.i = 0
        total = len(script.pieces) + (script.reason == "eog")
        self.length = total if request.predict < 0 else min(total, request.predict)
        self.reason = script.reason if self.length == total else "length"


class ScriptedEngine:
    """See the module.

    Args:
        replies: what successive `Generate` requests get; the last one repeats.
        seed: of the invented probabilities.
        free: replies run by themselves; otherwise `advance` moves them.
        failure: what every `Load` answers with instead of a model.
        hold_load: a `Load` stops half-way until `finish_load`.
    """

    def __init__(
        self,
        replies: Iterable[Reply | str] = ("Hello there.",),
        *,
        seed: int = 0,
        free: bool = False,
        failure: LoadFailed | None = None,
        hold_load: bool = False,
        n_ctx: int = 512,
        capabilities: Capabilities | None = None,
    ) -> None:
        self.capabilities = capabilities or Capabilities()
        self.failure = failure
        self.requests: list[Request] = []
        """Everything that was sent, in order."""
        self._replies = [reply(r) if isinstance(r, str) else r for r in replies]
        self.vocabulary = InventedVocabulary(p for r in self._replies for p in r.pieces)
        self._seed = seed
        self._free = free
        self._hold_load = hold_load
        self._n_ctx = n_ctx
        self._alive = False
        self._loading: LoadOptions | None = None
        self._model: ModelInfo | None = None
        self._run: _Run | None = None
        self._runs = 0
        self._running = asyncio.Event()
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._unread = 0
        self._readers = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Started, not closed, not dead."""
        return self._alive

    async def start(self) -> None:
        """Start, or start again after `die`; the model is gone."""
        self._alive = True
        self._model = None

    def send(self, request: Request) -> None:
        """Take a request; see `requests`."""
        if not self._alive:
            return
        self.requests.append(request)
        match request:
            case Load(options):
                self._load(options)
            case Generate():
                self._generate(request)
            case ChangeSettings(run, settings):
                self._change(run, settings)
            case Cancel(run):
                self._cancel(run)
            case Render(run=run, turns=turns):
                self._say(_prompt(run, turns, None))
            case Quit():
                self._alive = False

    async def events(self) -> AsyncIterator[Event]:
        """Every event, in order, until `close`."""
        self._readers += 1
        try:
            while (event := await self._events.get()) is not None:
                try:
                    yield event
                finally:
                    self._unread -= 1
        finally:
            self._readers -= 1

    async def close(self) -> None:
        """Stop; the reader of `events` comes to its end."""
        self._alive = False
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._events.put_nowait(None)

    # --- told by a test ---------------------------------------------------------------------------

    async def advance(self, n: int = 1) -> None:
        """Make `n` tokens of the running reply, or fewer if it ends; waits for a reply to run.

        Returns when the reader of `events`, if there is one, has dealt with them.
        """
        await self._running.wait()
        self._steps(n)
        await self._dealt_with()

    async def finish(self) -> None:
        """Make the rest of the running reply; waits for one to run."""
        await self.advance(1 << 30)

    async def tell(self, event: Event) -> None:
        """Say something besides the script."""
        self._say(event)
        await self._dealt_with()

    async def finish_load(self) -> None:
        """Let a held `Load` come to its end."""
        self._end_load()
        await self._dealt_with()

    async def die(self, why: str = "signal 9 (SIGKILL)", *, log: Sequence[str] = ()) -> None:
        """Die as a process dies: at once, whatever it was doing."""
        during = "reply" if self._run else "load" if self._loading else "idle"
        self._alive = False
        self._end_run()
        self._loading = None
        self._say(Died(why=why, log=tuple(log), log_path="", during=during))
        await self._dealt_with()

    # --- inside -----------------------------------------------------------------------------------

    def _say(self, *events: Event) -> None:
        self._unread += len(events)
        for event in events:
            self._events.put_nowait(event)

    async def _dealt_with(self) -> None:
        while self._readers and self._unread:
            await asyncio.sleep(0)

    def _load(self, options: LoadOptions) -> None:
        self._loading = options
        self._model = None
        self._say(Loading(0.0), Loading(0.5))
        if not self._hold_load:
            self._end_load()

    def _end_load(self) -> None:
        options, self._loading = self._loading, None
        if options is None:
            return
        if self.failure is not None:
            self._say(self.failure)
            return
        self._model = _model(options, len(self.vocabulary.pieces), options.n_ctx or self._n_ctx)
        self._say(Loading(1.0), Loaded(self._model, self.vocabulary.pieces))

    def _generate(self, request: Generate) -> None:
        if self._model is None:
            self._say(_finished(request.run, "error", "", 0, "no model is loaded"))
            return
        script = self._replies[min(self._runs, len(self._replies) - 1)]
        self._run = _Run(request, script, self._seed, self._runs)
        self._runs += 1
        prompt = _prompt(request.run, request.turns, request.prompt)
        total = len(prompt.ids)
        self._say(prompt, Prefill(request.run, 0, total), Prefill(request.run, total, total))
        self._running.set()
        if self._free:
            self._task = asyncio.get_running_loop().create_task(self._go())

    async def _go(self) -> None:
        while self._run is not None:
            await asyncio.sleep(0)
            self._steps(1)

    def _steps(self, n: int) -> None:
        run = self._run
        if run is None:
            return
        steps: list[Step] = []
        while len(steps) < n and run.i < run.length:
            steps.append(self._step(run))
        if steps:
            self._say(Steps(run.request.run, tuple(steps)))
            self._say(Rates(run.request.run, _timings(run.i)))
        if run.i >= run.length:
            self._finish(run.reason, run.script.error, run.script.kind)

    def _step(self, run: _Run) -> Step:
        end = run.i == len(run.script.pieces)
        piece = b"" if end else run.script.pieces[run.i]
        last = run.i + 1 == run.length
        text = run.text.feed(piece) + (run.text.finish() if last else "")
        token = EOG if end else self.vocabulary.id(piece)
        rng = np.random.default_rng((*run.seed, run.i))
        step = invent(
            self.vocabulary, token, text, i=run.i, settings=run.settings, version=run.version, rng=rng
        )  # fmt: skip
        run.said += text
        run.i += 1
        return step

    def _finish(self, reason: str, error: str = "", kind: str = "") -> None:
        run = self._run
        self._end_run()
        if run is not None:
            self._say(_finished(run.request.run, reason, run.said, run.i, error, kind))

    def _end_run(self) -> None:
        self._run = None
        self._running.clear()

    def _change(self, number: int, settings: Settings) -> None:
        run = self._run
        if run is None or run.request.run != number:
            return
        changed = run.settings.difference(settings)
        if changed:
            run.settings = settings
            run.version += 1
            self._say(SettingsChanged(number, run.i, changed, run.version))

    def _cancel(self, number: int) -> None:
        if number < 0 and self._loading is not None:
            self._loading = None
            self._say(LoadFailed("Loading was stopped.", "It was asked to stop.", ""))
        if number < 0 or (self._run is not None and self._run.request.run == number):
            self._finish("cancelled")


def _timings(tokens: int) -> Timings:
    return Timings(
        load_s=0.5, prompt_tokens=8, prompt_s=0.01, prompt_tps=800.0, gen_tokens=tokens,
        gen_s=tokens / 50, gen_tps=50.0, sample_s=tokens / 1000, sample_tps=1000.0, ttft_s=0.02,
    )  # fmt: skip


def _finished(
    run: int, reason: str, text: str, tokens: int, error: str, kind: str = ""
) -> Finished:
    return Finished(
        run=run, reason=reason, text=text, timings=_timings(tokens), error=error, kind=kind,
        kv_tokens=8 + tokens,
    )  # fmt: skip


def _prompt(run: int, turns: Sequence[Turn], prompt: str | None) -> PromptReady:
    text = prompt if prompt is not None else "".join(f"<|{t.role}|>{t.text}" for t in turns)
    ids = tuple(range(1, 9))
    return PromptReady(run=run, ids=ids, text=text, reused_tokens=0, notes=())


def _model(options: LoadOptions, n_vocab: int, n_ctx: int) -> ModelInfo:
    return ModelInfo(
        path=options.path, name="Scripted", arch="script", quant="F64", description="a script",
        n_vocab=n_vocab, n_ctx=n_ctx, n_ctx_train=n_ctx, n_params=0, size_bytes=0, n_threads=1,
        bos=-1, eos=EOG, eog=(EOG,), control=(EOG,), chat_template="", sampling={},
        can_rewind=True, load_s=0.5,
    )  # fmt: skip
