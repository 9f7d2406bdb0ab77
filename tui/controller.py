"""The live conversation: engine events in, at most one update per screen refresh out.

Keeps true: one reply at a time; what was said is never lost, whatever the engine does; an event of
an earlier reply never touches the current one. The first and the last update of a reply leave at
once, the others at most 20 times a second. Knows no widget and nothing of Textual; everything here
runs on one event loop.
"""

import secrets
import time
from collections.abc import Callable

import msgspec

from tui.core import messages as wire
from tui.core.binding import way_out
from tui.core.conversation import Conversation, Message
from tui.core.errors import EngineDied, Problem
from tui.core.launch import Launch
from tui.core.model import LoadOptions, Vocabulary
from tui.core.persona import Persona, find_usable
from tui.core.profile import Profile
from tui.core.settings import Settings
from tui.core.status import Activity, Status, Trouble, trouble_of
from tui.core.text import one_line
from tui.engine.base import Engine
from tui.live import LiveReply
from tui.update import Outbox, Update

REFRESH_S = 0.05
SLOW_REFRESH_S = 0.25


class Controller:
    """Owns the conversation, the settings and the persona, and talks to one engine.

    Args:
        engine: not started yet; `run` starts it.
        post: called with every update, on the event loop.
        launch: what the workbench was opened with.
        clock: monotonic seconds.
        draw_seed: what a seed of -1 becomes, 0..2^32-1.
    """

    def __init__(
        self,
        engine: Engine,
        post: Callable[[Update], None],
        launch: Launch,
        *,
        clock: Callable[[], float] = time.monotonic,
        draw_seed: Callable[[], int] = lambda: secrets.randbits(32),
    ) -> None:
        self.engine = engine
        self.conversation = Conversation()
        self.status = Status()
        self.vocabulary: Vocabulary | None = None
        self.faults: dict[str, Problem] = {}
        """Stages that the newest reply leaves out, by name, and why."""
        self.personas = launch.personas
        self.options = launch.options
        self.profile = Profile(launch, find_usable(launch.personas, launch.persona))
        self._draw_seed = draw_seed
        self._outbox = Outbox(post, clock, SLOW_REFRESH_S if launch.slow else REFRESH_S)
        self._run: LiveReply | None = None
        self._runs = 0
        self._root_personas: dict[int, Persona] = {}
        self._waiting: list[str] = [launch.prompt] if launch.prompt else []
        self._when_idle: Callable[[], None] | None = None
        self._notice = launch.notice
        self._greet()

    # --- the engine -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Start the engine, load the model, and take events until the engine is closed."""
        await self.restart()
        async for event in self.engine.events():
            self._take(event)
        self._outbox.flush()

    async def restart(self) -> None:
        """Start the engine where it is not running, and load the model again."""
        if self.status.replying:
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
            case wire.Loaded(model, pieces):
                self.vocabulary = Vocabulary(pieces)
                self._set(activity=Activity.READY, model=model, used_tokens=0)
                self.profile.model_loaded(model)
                told = [*([self._notice] if self._notice else []), *map(str, self.profile.problems)]
                self._notice = ""
                self._outbox.put(Update(settings=True, notice="; ".join(told)), now=True)
                self._send_waiting()
            case wire.LoadFailed(what, why, hint):
                self._set(activity=Activity.FAILED, trouble=Trouble(what, why, hint))
                self._outbox.put(Update(returned=self._take_waiting()), now=True)
            case wire.Warned(text):
                self._outbox.put(Update(notice=text))
            case wire.Died():
                self._died(event)
            case _:
                self._take_of_reply(event)

    def _take_of_reply(self, event: wire.Event) -> None:
        run = self._run
        if run is None or getattr(event, "run", None) != run.number:
            return
        begun = run.made > 0
        self.status = run.take(event, self.status)
        grown = Update(grown=frozenset((run.message.key,)))
        match event:
            case wire.Finished():
                self._finished(grown, event)
            case wire.Fault(problem=problem):
                self.faults = {**self.faults, problem.key: problem}
                self._outbox.put(Update(faults=True, notice=str(problem)))
            case wire.SettingsRefused(settings=settings, error=error):
                run.settings = settings
                kept = settings.changed(seed=self.profile.settings.seed)
                self.profile.set_by_hand(kept, "panel")
                self._outbox.put(
                    Update(settings=True, notice=f"Not changed. {one_line(error)}"), now=True
                )
            case _:
                self._outbox.put(grown, now=run.made > 0 and not begun)

    def _finished(self, grown: Update, event: wire.Finished) -> None:
        self._run = None
        good = event.reason in ("eog", "stop", "length")
        # What waited was meant for this conversation, and another one may begin now.
        goes_on = good and self._when_idle is None
        asked = None if self._when_idle else self.conversation.unanswered()
        again = asked.text if asked else ""
        returned = Update(returned="" if goes_on else self._take_waiting(), again=again)
        self._outbox.put(grown.and_then(returned), now=True)
        self._do_what_waited()
        self._send_waiting()

    def _do_what_waited(self) -> None:
        action, self._when_idle = self._when_idle, None
        if action is not None:
            action()

    def _died(self, event: wire.Died) -> None:
        grown: frozenset[int] = frozenset()
        if self._run is not None:
            grown = frozenset((self._run.message.key,))
            self._run.end("error", "Cut short: the engine died here.")
            self._run = None
        self._set(activity=Activity.DEAD, trouble=trouble_of(event))
        self._outbox.put(Update(grown=grown, returned=self._take_waiting()), now=True)
        self._do_what_waited()

    # --- what a person does -----------------------------------------------------------------------

    def submit(self, text: str) -> None:
        """Send a message; it waits while the model is loading or a reply is being made."""
        if self.status.activity in (Activity.FAILED, Activity.DEAD):
            self._outbox.put(
                Update(returned=text, notice="There is no model to send this to."), now=True
            )
        elif self.status.activity is Activity.READY:
            asked = self.conversation.ask(text)
            if asked.parent is None:
                self._root_personas[asked.key] = self.profile.persona
            self._reply()
        else:
            self._waiting.append(text)
            self._set(waiting=len(self._waiting))
            self._outbox.put(Update(), now=True)

    def stop(self) -> bool:
        """Stop the reply and keep what was said; else take back what waits; else stop the load.

        False when there is nothing of these.
        """
        if self._cancel():
            return True
        if self._waiting:
            self._outbox.put(Update(returned=self._take_waiting()), now=True)
            return True
        if self.status.activity is Activity.LOADING:
            self.engine.send(wire.Cancel())
            return True
        return False

    def regenerate(self, key: int | None = None) -> None:
        """Make a reply again as a sibling; for a written message, make another reply to it."""

        def again() -> None:
            message = self._message(key)
            if message is None or not self._ready():
                return
            if message.role == "user":
                self.conversation.leaf = message.key
                self._reply()
            elif message.parent is None:
                self._refuse("A greeting has no other reply; [ and ] walk the greetings.")
            else:
                self._start(self.conversation.sibling(message.key))

        self._after_reply(again)

    def edit(self, key: int, text: str) -> None:
        """A changed message as a sibling; a changed question gets its own reply."""

        def changed() -> None:
            if self.conversation[key].role == "user":
                if self._ready():
                    self.conversation.sibling(key, text)
                    self._reply()
            else:
                self.conversation.sibling(key, text)
                self._path_changed()

        self._after_reply(changed)

    def continue_reply(self) -> None:
        """Let the last reply go on from where it ended."""
        leaf = self._message(None)
        if self._run is not None:
            self._refuse("The reply is still being made.")
        elif leaf is None or not leaf.steps:
            self._refuse("There is no reply to continue.")
        elif leaf.reason == "stop":
            self._refuse("The reply ended at its stop text; r makes another.")
        elif self._ready():
            self._start(leaf)

    def walk(self, key: int, by: int) -> None:
        """Show the branch `by` places after the message's own."""
        if len(self.conversation.siblings(key)) < 2:
            self._refuse("This message has no other branch; r or e makes one.")
            return
        self.conversation.walk_siblings(key, by)
        root = self.conversation.path()[0].key
        persona = self._root_personas.get(root, self.profile.persona)
        if persona != self.profile.persona:
            self._use(persona)
        self._path_changed()

    def choose_persona(self, persona_id: str) -> None:
        """Begin a conversation with this persona, its settings and its greeting."""
        persona = find_usable(self.personas, persona_id)
        if persona is None:
            self._refuse(f"The persona {persona_id} cannot be used; its problems are in the list.")
            return

        def begin() -> None:
            self._use(persona)
            self._greet()
            self._path_changed()

        self._after_reply(begin)

    def new_conversation(self) -> None:
        """Begin again with the same persona; the branch before stays beside it."""
        said = [message.text for message in self.conversation.path()]
        if not said or said in [[greeting] for greeting in self.profile.persona.greetings]:
            self._refuse("This conversation is new: nothing has been said in it yet.")
            return

        def begin() -> None:
            self._greet()
            self._path_changed()

        self._after_reply(begin)

    def change_settings(self, settings: Settings, source: str = "panel") -> None:
        """New settings, for the next token where a reply is being made."""
        if not self.profile.set_by_hand(settings, source):
            return
        self._outbox.put(Update(settings=True), now=True)
        run = self._run
        if run is not None and self.engine.capabilities.live_settings:
            live = self.profile.settings.changed(seed=run.settings.seed)
            if live != run.settings:
                run.settings = live
                self.engine.send(wire.ChangeSettings(run.number, live))

    # --- inside -----------------------------------------------------------------------------------

    def _start(self, message: Message) -> None:
        """Ask for tokens at the end of `message`, the shown leaf, which a reply may have begun."""
        settings = self.profile.settings
        seed = settings.seed if settings.seed >= 0 else self._draw_seed()
        self._runs += 1
        hint = way_out(self.profile.launch.keymap)
        settings = settings.changed(seed=seed)
        self._run = LiveReply(self._runs, self.conversation, message, settings, hint)
        if self.faults:
            self.faults = {}
            self._outbox.put(Update(faults=True))
        self._set(activity=Activity.PROMPT, fraction=0.0, seed=seed)
        self._path_changed()
        self.engine.send(
            wire.Generate(
                run=self._run.number,
                turns=self.conversation.turns(system=self.profile.system),
                settings=self._run.settings,
                seed=seed,
                predict=self.profile.launch.predict,
                stop=self.profile.stop,
                special_input=self.profile.launch.special_input,
            )
        )

    def _reply(self) -> None:
        self._start(self.conversation.add("assistant"))

    def _send_waiting(self) -> None:
        if self._waiting and self.status.activity is Activity.READY:
            text = self._waiting.pop(0)
            self._set(waiting=len(self._waiting))
            self.submit(text)

    def _take_waiting(self) -> str:
        text = "\n".join(self._waiting)
        self._waiting.clear()
        self._set(waiting=0)
        return text

    def _cancel(self) -> bool:
        if self._run is None:
            return False
        if self.status.activity is not Activity.STOPPING:
            self._set(activity=Activity.STOPPING)
            self.engine.send(wire.Cancel(self._run.number))
            self._outbox.put(Update(), now=True)
        return True

    def _after_reply(self, action: Callable[[], None]) -> None:
        """Do it now, or once the reply that is being made has been stopped."""
        if self._cancel():
            self._when_idle = action
        else:
            action()

    def _ready(self) -> bool:
        if self.status.activity is Activity.READY:
            return True
        self._refuse("There is no model ready to reply.")
        return False

    def _message(self, key: int | None) -> Message | None:
        key = self.conversation.leaf if key is None else key
        return None if key is None else self.conversation[key]

    def _use(self, persona: Persona) -> None:
        self.profile.use(persona)
        self._outbox.put(Update(persona=True, settings=True))

    def _greet(self) -> None:
        """Begin a conversation: every greeting is a branch, the first is shown."""
        self.conversation.leaf = None
        roots: list[int] = []
        for greeting in self.profile.persona.greetings:
            self.conversation.leaf = None
            roots.append(self.conversation.add("assistant", greeting).key)
        self._root_personas |= dict.fromkeys(roots, self.profile.persona)
        self.conversation.leaf = roots[0] if roots else None

    def _set(self, **values: object) -> None:
        self.status = msgspec.structs.replace(self.status, **values)

    def _refuse(self, why: str) -> None:
        self._outbox.put(Update(notice=why), now=True)

    def _path_changed(self) -> None:
        self._outbox.put(Update(path=True), now=True)
