"""The life of the engine: started, a model loaded, died, started again; and where its events go.

Keeps true: a model is loaded only when no reply is being made; a death ends whatever was being made,
with a word of it, and loses nothing that was said. What the events of a reply do is in `replies.py`.
Knows no widget and nothing of Textual.
"""

from tui.control.replies import RECORDED, Replies
from tui.control.update import Update
from tui.core import messages as wire
from tui.core.errors import EngineDied
from tui.core.model import LoadOptions, Vocabulary
from tui.core.status import Activity, Trouble, trouble_of


class EngineLife(Replies):
    """See the module, and `Replies` for the arguments."""

    async def run(self) -> None:
        """Start the engine, load the model, and take events until the engine is closed."""
        await self.restart()
        async for event in self.engine.events():
            self._take(event)
            if self._ended and isinstance(event, wire.Died):
                self._ended = False
                self._refuse("The engine did not stop; it was ended and is started again.")
                await self.restart()
        self._outbox.flush()

    async def restart(self) -> None:
        """Start the engine where it is not running, and load the model again.

        One that was asked to stop a reply or a load, and has not yet, is ended first; so is one that
        scores a text or is asked about settings.
        """
        busy = self.scores.running is not None or self._checks.waiting
        ready = self.status.activity is Activity.READY
        if self.status.activity in (Activity.STOPPING, Activity.LOADING) or (ready and busy):
            self._ended = True
            self.engine.kill()
            return
        if self.status.replying:
            self._refuse(f"A reply is being made; {self.keys('reply.stop')} stops it.")
            return
        if ready or self.status.activity is Activity.RECORDED:
            self._refuse("The engine is running." if ready else RECORDED)
            return
        if not self.engine.alive:
            self._set(activity=Activity.STARTING, trouble=None)
            self._outbox.put(Update(), now=True)
            try:
                await self.engine.start()
            except EngineDied as error:
                trouble = Trouble(error.what, error.why, error.hint)
                self._set(activity=Activity.DEAD, trouble=trouble)
                self._outbox.put(Update(), now=True)
                return
        self.load(self.options)

    def load(self, options: LoadOptions) -> None:
        """Load another model, once the reply that is being made has been stopped."""
        self.options = options
        self._after_reply(self._load)

    def _load(self) -> None:
        self._set(activity=Activity.LOADING, fraction=0.0, trouble=None, model=None)
        self._outbox.put(Update(), now=True)
        self.engine.send(wire.Load(self.options, self.profile.launch.own_sources))

    def _take(self, event: wire.Event) -> None:
        match event:
            case wire.Loading(fraction):
                self._set(activity=Activity.LOADING, fraction=fraction)
                self._outbox.put(Update())
            case wire.Loaded(model, pieces, whole):
                self.vocabulary = Vocabulary(pieces, whole)
                self._set(activity=Activity.READY, model=model, used_tokens=0)
                if not self.engine.capabilities.can_reply:
                    self._set(activity=Activity.RECORDED, used_tokens=self._path_tokens())
                self.profile.model_loaded(model)
                told = [*([self._notice] if self._notice else []), *self.profile.told]
                self._notice = ""
                self._outbox.put(Update(settings=True, notice="; ".join(told)), now=True)
                self._check(None)
                self._send_waiting()
            case wire.LoadFailed(what, why, hint):
                self._set(activity=Activity.FAILED, trouble=Trouble(what, why, hint))
                self._outbox.put(Update(returned=self._take_waiting()), now=True)
            case wire.Warned(text):
                self._outbox.put(self._warned_of(text))
            case wire.Died():
                self._died(event)
            case _:
                self._take_of_reply(event)

    def _died(self, event: wire.Died) -> None:
        grown: frozenset[int] = frozenset()
        how = "did not stop and was ended" if self._ended else "died"
        if self._run is not None:
            grown = frozenset((self._run.message.key,))
            self._run.end("error", f"Cut short: the engine {how} here.")
            self._run = None
        self.scores.lost(how)
        self.lanes.lost(how)
        self._checks.lost()
        self._set(activity=Activity.DEAD, trouble=trouble_of(event), scoring=None)
        self.previews.lost(self.status)
        lost = Update(waiting=True, lanes=True, scores=frozenset(self.scores.by_key))
        self._outbox.put(
            Update(grown=grown, returned=self._take_waiting()).and_then(lost), now=True
        )
        self._do_what_waited()
