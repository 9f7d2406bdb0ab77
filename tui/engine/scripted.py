"""An engine that says what it is told to, when it is told to: for tests of what stands on engines.

Keeps true: the same script, seed and requests give the same events in the same order; no thread, no
process, no clock. Held, a reply moves only on `advance`; free, it moves one token for each turn of
the event loop; one that waits moves when its token is taken. A fork goes on with its script at the
same place. Texts are scored, and replies compared, at once. It evaluates nothing: steps are invented
(`invented.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress

import msgspec
import numpy as np

from tui.core.messages import (
    Cancel,
    ChangePause,
    ChangeSettings,
    Check,
    Checked,
    Compare,
    Died,
    Event,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Prefill,
    Quit,
    Rates,
    Render,
    Request,
    Score,
    Scored,
    SettingsChanged,
    StepBack,
    Steps,
    Take,
    TakenBack,
)
from tui.core.model import LoadOptions, ModelInfo
from tui.core.settings import Settings
from tui.core.step import Step
from tui.core.text import IncrementalText
from tui.engine.base import Capabilities
from tui.engine.invented import EOG, InventedVocabulary, invent, invent_scores
from tui.engine.script import Reply as Reply
from tui.engine.script import Run, finished, model_info, prompt_ready, timings, waiting
from tui.engine.script import reply as reply


class ScriptedEngine:
    """See the module.

    Args:
        replies: what successive `Generate` requests get; the last one repeats.
        seed: of the invented probabilities.
        free: replies run by themselves; otherwise `advance` moves them.
        failure: what every `Load` answers with instead of a model.
        hold_load: a `Load` stops half-way until `finish_load`.
        n_ctx: tokens of its context.
        capabilities: what it can do.
        wrong: why settings cannot be used that `Check` asks of; empty where they can.
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
        wrong: Callable[[Settings], str] = lambda _: "",
    ) -> None:
        self.capabilities = capabilities or Capabilities()
        self.failure = failure
        self.requests: list[Request] = []
        """Everything that was sent, in order."""
        self._replies = [reply(r) if isinstance(r, str) else r for r in replies]
        self.vocabulary = InventedVocabulary(p for r in self._replies for p in r.pieces)
        self.wrong = wrong
        self.stuck = False
        """Nothing that is sent is dealt with, until it is started again."""
        self._seed = seed
        self._free = free
        self._hold_load = hold_load
        self._n_ctx = n_ctx
        self._alive = False
        self._loading: LoadOptions | None = None
        self._model: ModelInfo | None = None
        self._run: Run | None = None
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
        self.stuck = False
        self._model = None

    def send(self, request: Request) -> None:
        """Take a request; see `requests`."""
        if not self._alive:
            return
        self.requests.append(request)
        if self.stuck:
            return
        match request:
            case Load(options):
                self._load(options)
            case Generate():
                self._generate(request)
            case ChangeSettings(run, settings):
                self._change(run, settings)
            case ChangePause(run=run) | Take(run=run) | StepBack(run=run):
                self._order(request)
            case Score():
                self._score(request)
            case Compare():
                self._compare(request)
            case Cancel(run):
                self._cancel(run)
            case Check(run, settings):
                self._say(Checked(run=run, error=self.wrong(settings)))
            case Render(run=run, turns=turns):
                self._say(prompt_ready(run, turns, None))
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

    def kill(self) -> None:
        """Die, as by a hand."""
        if self._alive:
            self._die("signal 9 (SIGKILL)", ())

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
        await self.dealt_with()

    async def finish(self) -> None:
        """Make the rest of the running reply; waits for one to run."""
        await self.advance(1 << 30)

    async def tell(self, event: Event) -> None:
        """Say something besides the script."""
        self._say(event)
        await self.dealt_with()

    async def finish_load(self) -> None:
        """Let a held `Load` come to its end."""
        self._end_load()
        await self.dealt_with()

    async def die(self, why: str = "signal 9 (SIGKILL)", *, log: Sequence[str] = ()) -> None:
        """Die as a process dies: at once, whatever it was doing."""
        self._die(why, log)
        await self.dealt_with()

    async def dealt_with(self) -> None:
        """Until the reader of `events`, if there is one, has dealt with all that was said."""
        while self._readers and self._unread:
            await asyncio.sleep(0)

    # --- inside -----------------------------------------------------------------------------------

    def _die(self, why: str, log: Sequence[str]) -> None:
        during = "reply" if self._run else "load" if self._loading else "idle"
        self._alive = False
        self._end_run()
        self._loading = None
        self._say(Died(why=why, log=tuple(log), log_path="", during=during))

    def _say(self, *events: Event) -> None:
        self._unread += len(events)
        for event in events:
            self._events.put_nowait(event)

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
        self._model = model_info(options, len(self.vocabulary.pieces), options.n_ctx or self._n_ctx)
        self._say(Loading(1.0), Loaded(self._model, self.vocabulary.pieces))

    def _generate(self, request: Generate) -> None:
        if self._model is None:
            self._say(finished(request.run, "error", "", 0, "no model is loaded"))
            return
        script = self._replies[min(self._runs, len(self._replies) - 1)]
        self._run = Run(request, script, self._seed, self._runs)
        self._runs += 1
        kept = request.resume.ids if request.resume else ()
        prompt = prompt_ready(request.run, request.turns, request.prompt, kept)
        total = len(prompt.ids)
        self._say(prompt, Prefill(request.run, 0, total), Prefill(request.run, total, total))
        self._running.set()
        if self._free:
            self._task = asyncio.get_running_loop().create_task(self._go())

    async def _go(self) -> None:
        while self._run is not None and self._run.waiting is None:
            await asyncio.sleep(0)
            self._steps(1)

    def _steps(self, n: int) -> None:
        run = self._run
        if run is None or run.waiting is not None:
            return
        steps: list[Step] = []
        while len(steps) < n and run.i < run.length:
            step = self._step(run)
            why = run.pause.why(step)
            if why:
                run.waiting = step
                break
            steps.append(step)
            self._said(run, step)
        self._tell(run, steps)
        if run.waiting is not None:
            self._say(waiting(run, run.waiting, why))

    def _tell(self, run: Run, steps: Sequence[Step]) -> None:
        if steps:
            self._say(Steps(run.request.run, tuple(steps)))
            self._say(Rates(run.request.run, timings(run.i)))
        if run.i >= run.length:
            self._finish(run.reason, run.script.error, run.script.kind)

    def _said(self, run: Run, step: Step) -> None:
        run.said.append(step)
        run.i += 1
        if step.id == EOG:
            run.length, run.reason = run.i, "eog"

    def _step(self, run: Run) -> Step:
        at = run.base + run.i
        piece = run.script.pieces[at] if at < len(run.script.pieces) else b""
        token = self.vocabulary.id(piece) if piece else EOG
        by_hand = False
        if run.i == 0 and run.road >= 0:
            by_hand, token = not run.drawn, run.road
        return self._invented(run, token, by_hand)

    def _invented(self, run: Run, token: int, by_hand: bool) -> Step:
        text = IncrementalText()
        # No character is longer than four bytes, each of which may be a token.
        for step in run.said[-4:]:
            text.feed(step.piece)
        piece = b"" if token == EOG else self.vocabulary.pieces[token]
        last = run.i + 1 == run.length or token == EOG
        rng = np.random.default_rng((*run.seed, run.base + run.i))
        step = invent(
            self.vocabulary, token, text.feed(piece) + (text.finish() if last else ""), i=run.i,
            settings=run.settings, version=run.version, rng=rng,
        )  # fmt: skip
        return msgspec.structs.replace(step, by_hand=by_hand)

    def _order(self, order: ChangePause | Take | StepBack) -> None:
        run = self._run
        if run is None or run.request.run != order.run:
            return
        step = run.waiting
        match order:
            case ChangePause(pause=pause):
                run.pause = pause
                if step is not None and not pause.why(step):
                    self._take(run, step)
            case Take(i=i, token=token) if step is not None and i == run.i:
                other = token not in (-1, step.id)
                self._take(run, self._invented(run, token, True) if other else step)
            case StepBack(i=i) if step is not None and i == run.i > 0:
                run.i -= 1
                run.waiting = run.said.pop()
                self._say(
                    TakenBack(run.request.run, run.i), waiting(run, run.waiting, "taken back")
                )

    def _take(self, run: Run, step: Step) -> None:
        run.waiting = None
        self._said(run, step)
        self._tell(run, (step,))
        if self._free and self._run is not None:
            self._task = asyncio.get_running_loop().create_task(self._go())

    def _score(self, request: Score) -> None:
        prompt = prompt_ready(request.run, request.turns, None)
        tokens = invent_scores(self.vocabulary, [turn.text for turn in request.turns], self._seed)
        ids = tuple(token.id for token in tokens)
        self._say(
            msgspec.structs.replace(prompt, ids=ids), Scored(run=request.run, start=0, tokens=tokens),
            finished(request.run, "done", "", 0, ""),
        )  # fmt: skip

    def _compare(self, request: Compare) -> None:
        for lane in request.lanes:
            script = self._replies[min(self._runs, len(self._replies) - 1)]
            asked = Generate(
                run=lane.run, turns=request.turns, settings=lane.settings, seed=lane.seed,
                predict=request.predict,
            )  # fmt: skip
            run = self._run = Run(asked, script, self._seed, self._runs)
            self._runs += 1
            self._say(prompt_ready(lane.run, request.turns, None))
            self._steps(1 << 30)
            if self._run is run:
                self._end_run()

    def _finish(self, reason: str, error: str = "", kind: str = "") -> None:
        run = self._run
        self._end_run()
        if run is not None:
            said = "".join(step.text for step in run.said)
            self._say(finished(run.request.run, reason, said, run.i, error, kind))

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
            if run.waiting is not None:
                run.waiting = self._step(run)
                self._say(waiting(run, run.waiting, "step by step"))

    def _cancel(self, number: int) -> None:
        if number < 0 and self._loading is not None:
            self._loading = None
            self._say(LoadFailed("Loading was stopped.", "It was asked to stop.", ""))
        if number < 0 or (self._run is not None and self._run.request.run == number):
            self._finish("cancelled")
