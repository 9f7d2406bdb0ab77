"""What a workbench says to an engine (requests) and what an engine says back (events).

These are the frames of the wire and the values of the `Engine` protocol alike. Every event that
belongs to a reply carries the `run` number that the request gave it, so that a late event of an
earlier reply is never taken for the current one's.
"""

from typing import Any

import msgspec

from tui.core.errors import Problem
from tui.core.model import LoadOptions, ModelInfo
from tui.core.own_source import Source
from tui.core.pause import PauseWhen
from tui.core.resume import Resume
from tui.core.score import ScoredToken
from tui.core.settings import Settings
from tui.core.step import Step


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a conversation as the prompt needs it."""

    role: str
    """`system`, `user` or `assistant`."""
    text: str
    ids: tuple[int, ...] = ()
    """Token ids of a reply that the model made; empty for what a person or a persona wrote."""


# --- requests -----------------------------------------------------------------------------------


class Load(msgspec.Struct, frozen=True, tag="load"):
    """Load this model, in place of the one that is loaded."""

    options: LoadOptions
    own: tuple[Source, ...] = ()
    """Where samplers of one's own are defined; the engine runs these texts."""


class Generate(msgspec.Struct, frozen=True, kw_only=True, tag="generate"):
    """Evaluate a prompt and make a reply."""

    run: int
    turns: tuple[Turn, ...] = ()
    """A conversation for the chat template. A last turn of `assistant` is continued."""
    prompt: str | None = None
    """The prompt as it is, no template (`-no-cnv`); `turns` must then be empty."""
    settings: Settings
    seed: int
    """Resolved: 0..2^32-1."""
    predict: int = -1
    """Most tokens to make; -1 = until the end or the context is full."""
    stop: tuple[str, ...] = ()
    """Texts that end the reply; not part of its text."""
    special_input: bool = False
    """Control-token texts in `prompt` and in user turns become control tokens."""
    template: str = ""
    """Jinja text in place of the loaded template, or `plain`; empty = the loaded one."""
    record: bool = True
    resume: Resume | None = None
    """Where in an earlier reply this one begins: a fork. `turns` then end with what is kept of it."""
    pause: PauseWhen = PauseWhen()
    """Which tokens wait until they are taken."""


class ChangeSettings(msgspec.Struct, frozen=True, tag="settings"):
    """These settings hold from the next token on."""

    run: int
    settings: Settings


class ChangePause(msgspec.Struct, frozen=True, tag="pause"):
    """Let these tokens wait from now on; one that waits and need not any more is taken as drawn."""

    run: int
    pause: PauseWhen


class Take(msgspec.Struct, frozen=True, kw_only=True, tag="take"):
    """Take the token that waits, or another in its place; not heard where another step waits."""

    run: int
    i: int
    """The step that waits, 0-based in the run."""
    token: int = -1
    """-1 = the drawn one."""
    leave_grammar: bool = False
    """Where a grammar refuses the token, go on without the grammar."""


class StepBack(msgspec.Struct, frozen=True, tag="step_back"):
    """Take back the newest token of a reply that waits."""

    run: int
    i: int
    """The step that waits, as in `Take`."""


class Score(msgspec.Struct, frozen=True, kw_only=True, tag="score"):
    """Say what the model thinks of every token of a text: `PromptReady`, `Scored`s, `Finished`.

    `Finished.reason` is `done`, `cancelled` or `error`.
    """

    run: int
    turns: tuple[Turn, ...]
    """A conversation for the chat template."""
    ids: tuple[int, ...] = ()
    """The exact ids, where they are known; `turns` then tell only whose they are."""
    top: int = 10
    """Most likely candidates told for each token."""
    special_input: bool = False
    template: str = ""
    """As in `Generate`."""


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """One of several replies to the same prompt."""

    run: int
    """Of its own: its events carry it."""
    settings: Settings
    seed: int
    """Resolved: 0..2^32-1."""


class Compare(msgspec.Struct, frozen=True, kw_only=True, tag="compare"):
    """Make several replies to one prompt, together where the cache has room, else in turn.

    Every lane has the events of a reply, `PromptReady` to `Finished`, under its own run.
    """

    lanes: tuple[Lane, ...]
    turns: tuple[Turn, ...]
    predict: int = -1
    stop: tuple[str, ...] = ()
    special_input: bool = False
    template: str = ""
    """As in `Generate`."""


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Stop this reply, within one token or in the middle of its prompt."""

    run: int = -1
    """-1 stops all that was asked before, a model that is being loaded included."""


class Render(msgspec.Struct, frozen=True, kw_only=True, tag="render"):
    """Say which prompt these turns make, without evaluating it.

    `PromptReady` answers, or `Finished` with `error` when no prompt can be made.
    """

    run: int
    turns: tuple[Turn, ...]
    special_input: bool = False
    template: str = ""
    """As in `Generate`."""


class Loop(msgspec.Struct, frozen=True, kw_only=True, tag="loop"):
    """Time a bare loop over the loaded model, for `bench`: `Looped` answers, or `Finished`.

    Here and not in a program beside it, so that both sides of the comparison run in one process on one
    context: the same decode differs by more from one process to the next than what is measured.
    """

    run: int
    kind: str
    """`native`, `staged` or `traced`; see `engine.loops`."""
    n: int
    """Tokens to make, 2 or more."""


class Quit(msgspec.Struct, frozen=True, tag="quit"):
    """Leave."""


Request = (
    Load
    | Generate
    | ChangeSettings
    | ChangePause
    | Take
    | StepBack
    | Score
    | Compare
    | Cancel
    | Render
    | Loop
    | Quit
)

# --- events -------------------------------------------------------------------------------------


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
    | Fault
    | Rates
    | Finished
    | Looped
    | Warned
    | Died
)
