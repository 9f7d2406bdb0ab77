"""The life of a reply: asked for, made, ended; and what waits for it or for the model.

Keeps true: one reply at a time; what was said is never lost, whatever the engine does; an event of
an earlier reply never touches the current one. The first and the last update of a reply leave at
once, the others at most 20 times a second. Which reply is asked for is decided in `controller.py`;
the engine's start, its models and its death are in `engine_life.py`.
Knows no widget and nothing of Textual; everything here runs on one event loop.
"""

import secrets
import time
from collections.abc import Callable

import msgspec

from tui.control.checks import Checks
from tui.control.lanes import Lanes
from tui.control.live import LiveReply, reused
from tui.control.preview import Previewer
from tui.control.scores import Scores
from tui.control.update import Outbox, Update
from tui.core import messages as wire
from tui.core.binding import KeyNames, way_out
from tui.core.conversation import Conversation, Message
from tui.core.errors import Problem
from tui.core.launch import Launch
from tui.core.model import Vocabulary
from tui.core.pause import PauseWhen
from tui.core.persona import Persona, find_usable
from tui.core.profile import Profile
from tui.core.resume import Resume
from tui.core.settings import Settings
from tui.core.status import Activity, Status
from tui.core.text import one_line
from tui.core.values import apply_values
from tui.engine.base import Engine

REFRESH_S = 0.05
SLOW_REFRESH_S = 0.25
RECORDED = "This is a recorded reply, read-only: there is no model here."


class Replies:
    """Owns the conversation and the settings, and talks to one engine.

    Args:
        engine: not started yet; `EngineLife.run` starts it.
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
        self.conversation = launch.conversation or Conversation()
        self.status = Status()
        self.vocabulary: Vocabulary | None = None
        self.faults: dict[str, Problem] = {}
        """Stages that the newest reply leaves out, by name, and why."""
        self.pause = PauseWhen()
        """Which tokens wait until they are taken."""
        self.scores = Scores(engine.send)
        self.lanes = Lanes(self.conversation, engine.send)
        self._checks = Checks(engine.send, self._next_run)
        self.previews = Previewer(
            engine.send, lambda: self._outbox.put(Update(preview=True), now=True)
        )
        self.keys = KeyNames(launch.keymap, ascii_only=launch.ascii_only)
        self.personas = launch.personas
        self.options = launch.options
        self.profile = Profile(launch, find_usable(launch.personas, launch.persona))
        self._draw_seed = draw_seed
        self._outbox = Outbox(post, clock, SLOW_REFRESH_S if launch.slow else REFRESH_S)
        self._run: LiveReply | None = None
        self._runs = 0
        self._root_personas: dict[int, Persona] = {}
        self._switched = False
        """Whether the next prompt is the first one of another persona."""
        self._waiting: list[str] = [launch.prompt] if launch.prompt else []
        self._when_idle: Callable[[], None] | None = None
        self._unchecked: Settings | None = None
        """What stood before the first grammar that a person set while the engine could not be asked."""
        self._ended = False
        """Whether the engine is being ended because it did not stop."""
        self._warned: set[str] = set()
        """Warnings that stand beside a reply."""
        self._notice = launch.notice
        if launch.conversation is None:
            self._greet()

    # --- events -----------------------------------------------------------------------------------

    def _take_of_reply(self, event: wire.Event) -> None:
        run = self._run
        if run is None or getattr(event, "run", None) != run.number:
            self._take_of_others(event)
            return
        begun, waited = run.made > 0, run.waiting
        self.status = run.take(event, self.status)
        moved = run.waiting is not waited
        grown = Update(grown=frozenset((run.message.key,)), waiting=moved)
        match event:
            case wire.Finished():
                self._finished(run, grown, event)
            case wire.PromptReady() if run.is_fork or self._switched:
                self._switched = False
                self._outbox.put(grown.and_then(Update(notice=reused(event))))
            case wire.TakeRefused(token=token, error=error, grammar=grammar):
                self._refuse(one_line(error), token if grammar else -1)
            case wire.TakenBack() if "grammar" in self.faults:
                # Whether it is still left is said again.
                self.faults = {key: told for key, told in self.faults.items() if key != "grammar"}
                self._outbox.put(grown.and_then(Update(faults=True)), now=True)
            case wire.Fault(problem=problem):
                self.faults = {**self.faults, problem.key: problem}
                self._outbox.put(Update(faults=True, notice=str(problem)))
            case wire.SettingsRefused(settings=settings, error=error):
                undone = run.settings.difference(settings)
                wanted, run.settings = run.settings, settings
                refused = "" if wanted.in_force == settings.in_force else "".join(wanted.in_force)
                self.profile.set_by_hand(apply_values(self.profile.settings, undone)[0], "panel")
                notice = f"Not changed. {one_line(error)}"
                self._outbox.put(
                    Update(settings=True, notice=notice, refused_grammar=refused), now=True
                )
            case _:
                self._outbox.put(grown, now=moved or (run.made > 0 and not begun))

    def _take_of_others(self, event: wire.Event) -> None:
        """An event of a text that is scored, of a reply that is compared, or of a preview."""
        if self.previews.take(event):
            return
        if isinstance(event, wire.Checked):
            self._checked(event)
            return
        key = self.scores.take(event)
        if key is not None:
            running = self.scores.running
            self._set(scoring=running.fraction if running else None)
            self._outbox.put(Update(scores=frozenset((key,))), now=running is None)
            return
        status = self.lanes.take(event, self.status)
        if status is not None:
            self.status = status
            ended = not self.lanes.running
            self._outbox.put(Update(lanes=True), now=ended)
            if ended:
                self._do_what_waited()
                self._send_waiting()

    def _finished(self, run: LiveReply, grown: Update, event: wire.Finished) -> None:
        self._run = None
        if run.is_fork and not run.made:
            self._undo_fork(run.message, event.error)
        good = event.reason in ("eog", "stop", "length")
        # What waited was meant for this conversation, and another one may begin now.
        goes_on = good and self._when_idle is None
        asked = None if self._when_idle else self.conversation.unanswered()
        again = asked.text if asked else ""
        returned = Update(returned="" if goes_on else self._take_waiting(), again=again)
        self._outbox.put(grown.and_then(returned), now=True)
        self._do_what_waited()
        self._send_waiting()

    def _check(self, before: Settings | None) -> None:
        """Have settings looked at that no reply uses yet; `before` as in `Checks.ask`."""
        now = self.profile.settings
        if self.status.activity is Activity.READY:
            before, self._unchecked = self._unchecked or before, None
            self._checks.ask(before, now)
        elif before is None:
            self._unchecked = None
        elif self._unchecked is None and before.in_force != now.in_force:
            self._unchecked = before

    def _checked(self, event: wire.Checked) -> None:
        answer = self._checks.take(event, self.profile.settings)
        if answer is None:
            return
        notice = answer.notice
        if answer.back is not None:
            self.profile.set_by_hand(answer.back, "panel")
        elif event.error:
            key = "grammar" if self.profile.settings.grammar else "json_schema"
            notice = f"{self.profile.sources.get(key, key)}: {notice}"
        self._outbox.put(
            Update(settings=True, notice=notice, refused_grammar=answer.refused), now=True
        )

    def _undo_fork(self, fork: Message, error: str) -> None:
        """A branch that parted nowhere goes again; what it parted from is shown."""
        self.conversation.remove(fork.key)
        if fork.forked_from is not None and fork.forked_from in self.conversation:
            self.conversation.show(fork.forked_from)
        notice = f"Not forked. {one_line(error)}" if error else ""
        self._outbox.put(Update(path=True, notice=notice))

    def _do_what_waited(self) -> None:
        action, self._when_idle = self._when_idle, None
        if action is not None:
            action()

    # --- what a person does -----------------------------------------------------------------------

    def submit(self, text: str) -> None:
        """Send a message; it waits while the model is loading or a reply is being made."""
        if self.status.activity in (Activity.FAILED, Activity.DEAD, Activity.RECORDED):
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
        """Stop the reply and keep what was said; else take back what waits; else stop the load, or
        the scoring of a text.

        False when there is nothing of these.
        """
        stopping = self.status.activity is Activity.STOPPING
        if self._cancel():
            if stopping:
                self._refuse(f"It has not stopped yet. {self._way_to_end()}")
            return True
        if self._waiting:
            self._outbox.put(Update(returned=self._take_waiting()), now=True)
            return True
        if self.status.activity is Activity.LOADING:
            self.engine.send(wire.Cancel())
            self._refuse(f"Loading is being stopped. {self._way_to_end()}")
            return True
        if self.scores.stop():
            self._refuse(f"The scoring is being stopped. {self._way_to_end()}")
            return True
        return False

    # --- inside -----------------------------------------------------------------------------------

    def _start(
        self,
        message: Message,
        settings: Settings | None = None,
        resume: Resume | None = None,
    ) -> None:
        """Ask for tokens at the end of `message`, the shown leaf, which a reply may have begun.

        Args:
            message: see there.
            settings: to draw with, with their seed; None = those in force.
            resume: how an earlier reply is gone on from.
        """
        settings = self._seeded(settings or self.profile.settings)
        predict = self.profile.launch.predict
        if resume is not None and predict >= 0:
            predict = max(1, predict - resume.begun)
        hint = way_out(self.keys)
        message.model = self.status.model.path if self.status.model else ""
        asked = self.profile.compose(self.conversation, message, settings.seed)
        self._run = LiveReply(self._next_run(), message, settings, hint, resume, asked.notes)
        if self.faults:
            self.faults = {}
            self._outbox.put(Update(faults=True))
        self._set(activity=Activity.PROMPT, fraction=0.0, seed=settings.seed)
        self._path_changed()
        self.engine.send(
            wire.Generate(
                run=self._run.number,
                turns=asked.turns,
                settings=settings,
                seed=settings.seed,
                predict=predict,
                stop=self.profile.stop,
                special_input=self.profile.launch.special_input,
                template=self.profile.template,
                resume=resume,
                pause=self.pause,
            )
        )

    def _next_run(self) -> int:
        self._runs += 1
        return self._runs

    def _seeded(self, settings: Settings) -> Settings:
        """The settings with a seed that is drawn where they name none."""
        return settings if settings.seed >= 0 else settings.changed(seed=self._draw_seed())

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
        if self._run is None and not self.lanes.running:
            return False
        if self.status.activity is not Activity.STOPPING:
            self._set(activity=Activity.STOPPING)
            if self._run is not None:
                self.engine.send(wire.Cancel(self._run.number))
            self.lanes.stop()
            self._outbox.put(Update(), now=True)
        return True

    def _after_reply(self, action: Callable[[], None]) -> None:
        """Do it now, or once the reply that is being made has been stopped."""
        if self._cancel():
            self._when_idle = action
        else:
            action()

    def _ready(self) -> bool:
        if not self.may_change():
            return False
        if self.status.activity is Activity.READY:
            return True
        self._refuse("There is no model ready to reply.")
        return False

    def may_change(self) -> bool:
        """Whether the conversation can be changed; a recorded one is looked at only."""
        if self.engine.capabilities.can_reply:
            return True
        self._refuse(RECORDED)
        return False

    def _warned_of(self, text: str) -> Update:
        """A warning stands beside the first reply that it is of; later it is only said."""
        if self._run is None or text in self._warned:
            return Update(notice=text)
        self._warned.add(text)
        self._run.remark(text)
        return Update(grown=frozenset((self._run.message.key,)))

    def _way_to_end(self) -> str:
        return f"{self.keys('engine.restart')} ends an engine that does not, and starts it again."

    def _message(self, key: int | None) -> Message | None:
        key = self.conversation.leaf if key is None else key
        return None if key is None else self.conversation[key]

    def _greet(self) -> None:
        """Begin a conversation: every greeting is a branch, the first is shown."""
        seed = self._seeded(self.profile.settings).seed
        roots = self.profile.greet(self.conversation, seed)
        self._root_personas |= dict.fromkeys(roots, self.profile.persona)

    def _set(self, **values: object) -> None:
        self.status = msgspec.structs.replace(self.status, **values)

    def _refuse(self, why: str, token: int = -1) -> None:
        self._outbox.put(Update(notice=why, refused=token), now=True)

    def _path_changed(self) -> None:
        if self._run is None:
            self._set(used_tokens=self._path_tokens())
        self._outbox.put(Update(path=True), now=True)

    def _path_tokens(self) -> int:
        """Tokens up to the end of the last reply that is shown."""
        replies = [message for message in self.conversation.path() if message.steps]
        return len(replies[-1].prompt) + len(replies[-1].steps) if replies else 0
