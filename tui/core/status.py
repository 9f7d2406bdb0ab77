"""What the engine is doing, as one value for the status line and the title."""

from enum import StrEnum
from typing import Final

import msgspec

from tui.core.messages import Died, Timings
from tui.core.model import ModelInfo


class Activity(StrEnum):
    """What the engine is doing."""

    STARTING = "starting"
    LOADING = "loading"
    READY = "ready"
    PROMPT = "prompt"
    REPLY = "reply"
    WAITING = "waiting"
    """A token of the reply waits to be taken."""
    STOPPING = "stopping"
    RECORDED = "recorded"
    """There is no model: a recorded reply is looked at."""
    FAILED = "failed"
    """No model could be loaded."""
    DEAD = "dead"


class Trouble(msgspec.Struct, frozen=True):
    """Why there is no model to talk to."""

    what: str
    why: str
    hint: str = ""
    log: tuple[str, ...] = ()
    """Last lines of the engine's log."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The engine, seen from the screen."""

    activity: Activity = Activity.STARTING
    fraction: float = 0.0
    """How far the load or the prompt is, 0..1."""
    model: ModelInfo | None = None
    used_tokens: int = 0
    """Tokens of the context in use."""
    reused_tokens: int = 0
    """Tokens of the newest prompt that were found in the cache."""
    evaluated_tokens: int = 0
    """The others."""
    scoring: float | None = None
    """How far the text that is being scored is, 0..1; None while none is."""
    timings: Timings = Timings()
    """Of the newest reply."""
    waiting: int = 0
    """Messages that are sent when the reply ends."""
    seed: int | None = None
    """Of the newest reply, drawn when the settings say -1."""
    trouble: Trouble | None = None

    @property
    def replying(self) -> bool:
        """Whether a reply is being made."""
        return self.activity in (
            Activity.PROMPT, Activity.REPLY, Activity.WAITING, Activity.STOPPING
        )  # fmt: skip


_DOING: Final = {"load": "loading the model", "reply": "making a reply", "idle": "waiting"}


def trouble_of(died: Died) -> Trouble:
    """What is shown when the engine died."""
    why = f"{died.why}, while {_DOING.get(died.during, died.during)}."
    hint = f"Its log: {died.log_path}" if died.log_path else ""
    return Trouble("The engine died.", why, hint, died.log)
