"""What an engine says back.

An event that belongs to a reply carries the `run` number of its request; see `messages`.
"""

from typing import Any

import msgspec

from tui.core.errors import Problem
from tui.core.model import ModelInfo
from tui.core.score import ScoredToken
from tui.core.settings import Settings
from tui.core.step import Step


class Loading(msgspec.Struct, frozen=True, tag="loading"):
    """How much of the model is loaded, 0..1."""

    fraction: float


class Loaded(msgspec.Struct, frozen=True, tag="loaded"):
    """The model is ready."""

    model: ModelInfo
    pieces: tuple[bytes, ...]
    """Bytes of every token by id, for `core.model.Vocabulary`."""
    whole: bool = True
    """See there."""


class LoadFailed(msgspec.Struct, frozen=True, tag="load_failed"):
    """The model could not be loaded; an earlier model is gone too."""

    what: str
    why: str
    hint: str


class PromptReady(msgspec.Struct, frozen=True, kw_only=True, tag="prompt"):
    """The prompt that was made; answers `Generate` before evaluation, and `Render`."""

    run: int
    ids: tuple[int, ...]
    text: str
    reused_tokens: int
    """Leading tokens found in the KV cache."""
    again: bool = False
    """Whether all was evaluated again because the model cannot drop a part of its state."""
    notes: tuple[str, ...]
    """What was done to the prompt, e.g. `system prompt merged into the first user turn`."""


class Prefill(msgspec.Struct, frozen=True, tag="prefill"):
    """Prompt evaluation so far."""

    run: int
    done: int
    total: int


class Steps(msgspec.Struct, frozen=True, tag="steps"):
    """New tokens, in order; the first and the last of a reply come at once, others batched."""

    run: int
    steps: tuple[Step, ...]


class Waiting(msgspec.Struct, frozen=True, kw_only=True, tag="waiting"):
    """A token was drawn and waits; said again when a change of settings draws another one."""

    run: int
    step: Step
    """As it will be if it is taken as drawn."""
    why: str
    """The condition that it met, in words."""
    can_go_back: bool
    """Whether the run has a token before it."""


class TakenBack(msgspec.Struct, frozen=True, tag="taken_back"):
    """The newest tokens of the run do not count any more; `Waiting` follows."""

    run: int
    left: int
    """Tokens of the run that are left."""


class TakeRefused(msgspec.Struct, frozen=True, kw_only=True, tag="take_refused"):
    """A token cannot be taken, or none taken back; the reply still waits."""

    run: int
    token: int
    error: str
    grammar: bool = False
    """Whether a grammar refuses it: `leave_grammar` takes it all the same."""


class Scored(msgspec.Struct, frozen=True, kw_only=True, tag="scored"):
    """Some tokens of a text, in order."""

    run: int
    start: int
    """Place of the first one in the text."""
    tokens: tuple[ScoredToken, ...]


class SettingsChanged(msgspec.Struct, frozen=True, tag="settings_changed"):
    """A change has taken effect."""

    run: int
    i: int
    """First step drawn with the new values."""
    changed: dict[str, Any]
    version: int


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds, counts and rates of a reply (tokens per second)."""

    load_s: float = 0.0
    prompt_tokens: int = 0
    """Evaluated, so without the reused ones."""
    prompt_s: float = 0.0
    prompt_tps: float = 0.0
    gen_tokens: int = 0
    gen_s: float = 0.0
    gen_tps: float = 0.0
    sample_s: float = 0.0
    """Chain and record, without decoding."""
    sample_tps: float = 0.0
    ttft_s: float = 0.0
    """From the request to the first token."""


class SettingsRefused(msgspec.Struct, frozen=True, kw_only=True, tag="settings_refused"):
    """A change cannot be made; the reply goes on with what held before."""

    run: int
    settings: Settings
    """What holds."""
    error: str
    """What was wrong with the others."""


class Checked(msgspec.Struct, frozen=True, kw_only=True, tag="checked"):
    """Answers `Check`."""

    run: int
    error: str = ""
    """Why no reply can be made with the settings; empty where one can."""
    warnings: tuple[str, ...] = ()
    """What a person should know of them."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, tag="fault"):
    """A stage went wrong and is left out for the rest of the reply, which goes on."""

    run: int
    problem: Problem
    """`key` is the stage, as in `Settings.samplers`."""


class Rates(msgspec.Struct, frozen=True, tag="rates"):
    """Timings so far, a few times a second while a reply is made."""

    run: int
    timings: Timings


class Finished(msgspec.Struct, frozen=True, kw_only=True, tag="finished"):
    """A reply ended."""

    run: int
    reason: str
    """`eog`, `stop`, `length`, `context`, `cancelled`, `banned`, `error`."""
    text: str
    """The reply without a stop text."""
    timings: Timings
    error: str = ""
    """Why, for `banned` (names the stages), `context` and `error`."""
    kind: str = ""
    """Whose fault an error is: `prompt_too_long`, `usage` (the request asks for what cannot be:
    a grammar, a sampler, a prompt), `grammar` (it refuses the token of a `Resume`), or empty."""
    kv_tokens: int = 0
    """Tokens in the cache now."""


class Looped(msgspec.Struct, frozen=True, kw_only=True, tag="looped"):
    """What a `Loop` took."""

    run: int
    figures: dict[str, float]
    """`tps` tokens per second; `sample_us` between two tokens; `record_us` of it, for `traced`."""


class Warned(msgspec.Struct, frozen=True, tag="warned"):
    """Something a person should know that did not stop anything."""

    text: str


class Died(msgspec.Struct, frozen=True, kw_only=True, tag="died"):
    """The engine process ended without being asked to. Said by the parent side, not the child."""

    why: str
    """`signal 6 (SIGABRT)`, `exit code 1`."""
    log: tuple[str, ...]
    """Last lines of its log."""
    log_path: str
    during: str
    """`load`, `reply` or `idle`."""


Event = (
    Loading
    | Loaded
    | LoadFailed
    | PromptReady
    | Prefill
    | Steps
    | Waiting
    | TakenBack
    | TakeRefused
    | Scored
    | SettingsChanged
    | SettingsRefused
    | Checked
    | Fault
    | Rates
    | Finished
    | Looped
    | Warned
    | Died
)
