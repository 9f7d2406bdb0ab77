"""A prompt into the cache.

Keeps true: what the cache shares with the prompt is not evaluated again; a stop takes effect in the
middle of a batch; progress is told without flooding the pipe.
"""

import time
from collections.abc import Callable, Sequence

import msgspec

from tui.core.messages import Prefill, PromptReady
from tui.engine.batch import WAIT_S
from tui.engine.desk import Desk
from tui.engine.prompt import Prompt


class Stopped(Exception):
    """The work was cancelled."""


class Prefilled(msgspec.Struct):
    """How far a prompt's evaluation is; the caller sees it also after an error."""

    reused: int = 0
    evaluated: int = 0
    seconds: float = 0.0


def prefill(
    desk: Desk,
    runs: Sequence[int],
    prompt: Prompt,
    stopped: Callable[[], bool],
    done: Prefilled,
    notes: tuple[str, ...] = (),
) -> None:
    """Evaluate what the cache does not hold; the last token's logits can be read afterwards.

    Args:
        desk: see there.
        runs: of the replies that begin with this prompt; the first one's has the progress.
        prompt: shorter than the context.
        stopped: asked many times.
        done: filled in on the way.
        notes: more of what is to be told of the prompt.

    Raises:
        Stopped: it was cancelled; the cache holds what was evaluated.
        DecodeFailed: the cache is empty then.
    """
    context, ids = desk.context, prompt.ids
    done.reused, again = context.rewind_to(ids)
    if again:
        count = len(ids) - done.reused
        notes += (f"this model cannot go back: {count} tokens were evaluated again",)
    notes = (*prompt.notes, *notes)
    text = desk.tokenizer.text(ids)
    for run in runs:
        desk.say(
            PromptReady(
                run=run, ids=ids, text=text, reused_tokens=done.reused, again=again, notes=notes
            )
        )  # fmt: skip
    total = len(ids) - done.reused
    begun = said = time.perf_counter()
    desk.say(Prefill(runs[0], 0, total))
    while done.evaluated < total:
        start = len(context.ids)
        if not context.decode(ids[start : start + context.n_batch], stop=stopped):
            raise Stopped
        done.evaluated = len(context.ids) - done.reused
        now = time.perf_counter()
        done.seconds = now - begun
        if now - said >= WAIT_S or done.evaluated == total:
            desk.say(Prefill(runs[0], done.evaluated, total))
            said = now
    if total:
        context.remember_end()
