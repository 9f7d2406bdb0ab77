"""How work on a loaded model ends: why, in which words, and the one event that says so.

Keeps true: whatever broke, what was said until then is in the `Finished`; what nobody expected is in
the log with its traceback, and leaves no half-evaluated text in the cache.
"""

import traceback
from typing import NamedTuple

from tui.core.messages import Finished, Timings
from tui.engine.desk import Desk
from tui.engine.handle import Context, DecodeFailed
from tui.engine.log import write
from tui.engine.prefill import Stopped
from tui.engine.prompt import Prompt
from tui.engine.speech import Speech
from tui.sampling.chain import Banned


class Ending(NamedTuple):
    """As in `Finished`."""

    reason: str
    error: str = ""
    kind: str = ""


def unfit(prompt: Prompt, n_ctx: int, *, last: bool = False) -> Ending | None:
    """Why no reply can follow this prompt; with `last` one more token is enough of a reply."""
    n = len(prompt.ids) - last
    if not n:
        return Ending("error", "The prompt is empty.\nWrite something, or name a persona.", "usage")
    if n >= n_ctx:
        error = f"The prompt has {len(prompt.ids)} tokens.\nThe context has {n_ctx}.\n"
        error += "Shorten it, or load the model with a larger -c."
        return Ending("error", error, "prompt_too_long")
    return None


def broken_off(broken: Exception, context: Context) -> Ending:
    """What an exception that ended the work comes to."""
    match broken:
        case Stopped():
            return Ending("cancelled")
        case Banned():
            return Ending("banned", str(broken))
        case DecodeFailed():
            return Ending("error", str(broken))
    context.clear()
    return Ending("error", unexpected(broken))


def unexpected(broken: Exception) -> str:
    """The words for what nobody expected; the log has the traceback."""
    write("".join(traceback.format_exception(broken)))
    return f"The engine failed: {type(broken).__name__}: {broken}"


def finish(desk: Desk, run: int, ending: Ending, speech: Speech | None = None) -> None:
    """Say that a reply is over, with what was said of it."""
    desk.say(
        Finished(
            run=run,
            reason=ending.reason,
            text=speech.all_text() if speech else "",
            timings=speech.timings() if speech else Timings(load_s=desk.load_s),
            error=ending.error,
            kind=ending.kind,
            kv_tokens=len(desk.context.ids),
        )
    )
