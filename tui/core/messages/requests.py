"""What a workbench says to an engine.

A request that makes something carries a `run` number of the sender's choice; see `messages`.
"""

import msgspec

from tui.core.model import LoadOptions
from tui.core.own_source import Source
from tui.core.pause import PauseWhen
from tui.core.resume import Resume
from tui.core.settings import Settings


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a conversation as the prompt needs it."""

    role: str
    """`system`, `user` or `assistant`."""
    text: str
    ids: tuple[int, ...] = ()
    """Token ids of a reply that the model made; empty for what a person or a persona wrote."""


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


class Check(msgspec.Struct, frozen=True, tag="check"):
    """Say whether a reply could be made with these settings; `Checked` answers."""

    run: int
    settings: Settings


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
    | Check
    | Loop
    | Quit
)
