"""The reply that is being made: what each event of it does to its message and to the status.

Keeps true: a message keeps what it had before the reply, which adds to it and takes back no more than
it added. Sends nothing and decides nothing.
"""

import msgspec

from tui.core import messages as wire
from tui.core.conversation import Message
from tui.core.resume import Resume
from tui.core.settings import Settings
from tui.core.status import Activity, Status
from tui.core.step import Step

ENDINGS = {
    "length": "Stopped at the length limit.",
    "cancelled": "Stopped.",
    "context": "The context is full.",
    "banned": "No candidate was left.",
    "error": "The reply failed.",
}
"""Why a reply ended, where the engine gave no words; the good endings need none."""


class LiveReply:
    """One run of the engine, for the end of one message.

    Args:
        number: of the run.
        message: what grows; it may have tokens already.
        settings: what the engine was asked with, the seed resolved.
        way_out: what to do when the conversation no longer fits.
        resume: where in an earlier reply it begins, for a fork.
        notes: what was done to the turns before the engine had them.
    """

    def __init__(
        self,
        number: int,
        message: Message,
        settings: Settings,
        way_out: str = "",
        resume: Resume | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.number = number
        self.message = message
        self.resume = resume
        self.waiting: Step | None = None
        """The step that waits to be taken, numbered as in the message."""
        self.waiting_why = ""
        self.can_go_back = False
        self._left = ""
        """The line that says where a grammar was left."""
        self.settings = settings
        self._base_steps = len(message.steps)
        self._base_text = message.text
        self._prompt_tokens = 0
        self._way_out = way_out
        self._notes = notes
        self._version = message.steps[-1].settings_version if message.steps else 0
        """What the engine's own count of settings is added to: it begins anew with each part."""
        message.reason = message.note = ""
        if resume is None or resume.state is None:
            message.begun.append(self._base_steps)
        if not message.steps:
            message.seed = settings.seed
            message.settings = settings
        elif changed := message.settings_at(self._base_steps).difference(settings):
            self._version += 1
            message.changes.append(
                wire.SettingsChanged(number, self._base_steps, changed, self._version)
            )

    @property
    def made(self) -> int:
        """Tokens of this run so far."""
        return len(self.message.steps) - self._base_steps

    @property
    def is_fork(self) -> bool:
        """Whether it began inside another reply."""
        return self.resume is not None

    def step_number(self, i: int) -> int:
        """The engine's number of a step, from its place in the message."""
        return i - self._base_steps

    def take(self, event: wire.Event, status: Status) -> Status:
        """Let the message grow by what the event brings; the status after it."""
        message = self.message
        stopping = status.activity is Activity.STOPPING
        match event:
            case wire.PromptReady():
                self._prompt_tokens = len(event.ids)
                message.note = "\n".join((*self._notes, *event.notes))
                if not self._base_steps:
                    message.prompt = event.ids
                reused = event.reused_tokens
                return _with(
                    status, fraction=0.0, used_tokens=self._prompt_tokens, reused_tokens=reused,
                    evaluated_tokens=self._prompt_tokens - reused,
                )  # fmt: skip
            case wire.Prefill(done=done, total=total):
                return _with(status, fraction=done / total if total else 1.0)
            case wire.Steps(steps=steps):
                message.extend(map(self._numbered, steps))
                self.waiting = None
                activity = Activity.STOPPING if stopping else Activity.REPLY
                return _with(status, activity=activity, used_tokens=self._prompt_tokens + self.made)
            case wire.Waiting(step=step, why=why, can_go_back=can_go_back):
                i = len(message.steps)
                self.waiting = msgspec.structs.replace(self._numbered(step), i=i)
                self.waiting_why, self.can_go_back = why, can_go_back
                return _with(status, activity=Activity.STOPPING if stopping else Activity.WAITING)
            case wire.TakenBack(left=left):
                message.shorten(self._base_steps + left)
                lines = [line for line in message.note.split("\n") if line != self._left]
                message.note, self._left = "\n".join(lines), ""
                self.waiting = None
                return _with(status, used_tokens=self._prompt_tokens + self.made)
            case wire.SettingsChanged():
                at = event.i + self._base_steps
                version = event.version + self._version
                message.changes.append(msgspec.structs.replace(event, i=at, version=version))
            case wire.Fault(problem=problem) if problem.key == "grammar":
                self._left = f"The grammar was left at token {len(message.steps)}."
                self.remark(self._left)
            case wire.Rates(timings=timings):
                return _with(status, timings=timings)
            case wire.Finished():
                message.text = self._base_text + event.text
                message.timings = event.timings
                hint = self._way_out if event.kind == "prompt_too_long" else ""
                self.end(event.reason, "\n".join(part for part in (event.error, hint) if part))
                used = event.kv_tokens or status.used_tokens
                return _with(
                    status, activity=Activity.READY, timings=event.timings, used_tokens=used
                )
            case _:
                pass
        return status

    def _numbered(self, step: Step) -> Step:
        if not self._version:
            return step
        version = step.settings_version + self._version
        return msgspec.structs.replace(step, settings_version=version)

    def remark(self, words: str) -> None:
        """Say something beside the reply."""
        message = self.message
        message.note = "\n".join(part for part in (message.note, words) if part)

    def end(self, reason: str, error: str) -> None:
        """The reply ended, well or not."""
        message = self.message
        self.waiting = None
        message.reason = reason
        if not message.steps:
            message.seed = None
        self.remark(error or ENDINGS.get(reason, ""))


def _with(status: Status, **values: object) -> Status:
    return msgspec.structs.replace(status, **values)


def reused(event: wire.PromptReady) -> str:
    """How much of a prompt was found evaluated, in words."""
    told = f"reused {event.reused_tokens} tokens, evaluated {len(event.ids) - event.reused_tokens}"
    return f"{told}: this model cannot go back" if event.again else told
