"""`run --export FILE`: the reply and its trace into files, besides what goes to stdout.

Keeps true: a name that cannot be written to is told before a model is loaded; a file appears whole,
when the reply has ended, however it ended; one that cannot be written does not keep the others from
being written. A reply that never began leaves every file as it was.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tui.cli.output import Output
from tui.core.errors import LogitscopeError
from tui.core.export import written
from tui.core.export.reply import ReplyTrace
from tui.core.messages import Finished, Generate, PromptReady, SettingsChanged, Turn
from tui.core.model import ModelInfo, Vocabulary
from tui.core.own_sampler import OwnSampler
from tui.core.step import Step
from tui.store.target import Target


class ExportOutput:
    """An `Output` before which the reply passes on its way to another one.

    Args:
        output: what else is done with the reply.
        targets: files that can be written to.
        top: candidates of a token, where a format lists them.
        own: samplers of one's own, by name.
    """

    def __init__(
        self, output: Output, targets: Sequence[Target], top: int,
        own: Mapping[str, OwnSampler] = {},
    ) -> None:  # fmt: skip
        self._output = output
        self._targets = targets
        self._top = top
        self._own = own
        self._reply: ReplyTrace | None = None
        self._steps: list[Step] = []
        self._changes: list[SettingsChanged] = []

    def start(
        self, model: ModelInfo, vocabulary: Vocabulary, request: Generate, prompt: PromptReady
    ) -> None:
        """The prompt is known."""
        self._reply = ReplyTrace(
            model=model, vocabulary=vocabulary, settings=request.settings, seed=request.seed,
            prompt=prompt.ids, reused_tokens=prompt.reused_tokens,
            turns=tuple(Turn(role=turn.role, text=turn.text) for turn in request.turns),
        )  # fmt: skip
        self._output.start(model, vocabulary, request, prompt)

    def steps(self, steps: Iterable[Step]) -> None:
        """New tokens."""
        new = list(steps)
        self._steps += new
        self._output.steps(new)

    def changed(self, change: SettingsChanged) -> None:
        """Settings changed."""
        self._changes.append(change)
        self._output.changed(change)

    def break_line(self) -> None:
        """As the other output does."""
        self._output.break_line()

    def end(self, finished: Finished) -> None:
        """Write the files, the other output first.

        Raises:
            LogitscopeError: a file could not be written.
        """
        try:
            self._output.end(finished)
        finally:
            self._write(
                reason=finished.reason, text=finished.text, error=finished.error,
                timings=finished.timings,
            )  # fmt: skip

    def failed(self, error: str) -> None:
        """Write what there is, marked as failed, unless the end has been written."""
        try:
            self._output.failed(error)
        finally:
            text = "".join(step.text for step in self._steps)
            self._write(reason="error", text=text, error=error)

    def _write(self, **ending: object) -> None:
        reply, self._reply = self._reply, None
        if reply is None:
            return
        whole = msgspec.structs.replace(
            reply, steps=tuple(self._steps), changes=tuple(self._changes), **ending
        )
        wrong: LogitscopeError | None = None
        for target in self._targets:
            try:
                target.write(written(whole, target.path.name, self._top, self._own))
            except LogitscopeError as error:
                wrong = wrong or error
        if wrong is not None:
            raise wrong
