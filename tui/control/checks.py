"""Settings that no reply uses yet: asking the engine at once whether one could.

Keeps true: what was changed since is not undone by a late answer, and nothing goes back to settings
that were never found good. Only what the engine alone can tell is asked: a grammar, the tokens of a
biased text. Knows no widget and nothing of Textual.
"""

from collections.abc import Callable

import msgspec

from tui.core import messages as wire
from tui.core.settings import Settings
from tui.core.text import one_line


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of settings that were asked about."""

    notice: str
    """What is to be told."""
    back: Settings | None = None
    """What to go back to; None = they hold."""
    refused: str = ""
    """The grammar or schema that cannot be used and is gone."""


class Checks:
    """The newest question.

    Args:
        send: hands a request to the engine.
        number: a run of its own for each question.
    """

    def __init__(self, send: Callable[[wire.Request], None], number: Callable[[], int]) -> None:
        self._send, self._number = send, number
        self._run = -1
        """Of the question that is not answered yet; -1 = none."""
        self._asked = Settings()
        self._before: Settings | None = None

    def ask(self, before: Settings | None, settings: Settings) -> None:
        """Ask about `settings`, where there is something to ask.

        Args:
            before: what a person changed, to go back to; None = a file or a flag said so.
            settings: in force now.
        """
        old = before or Settings()
        grammar = settings.in_force != old.in_force and any(settings.in_force)
        if not grammar and _biased(settings) == _biased(old):
            return
        if self._run < 0 or self._before is None:
            self._before = before
        self._run, self._asked = self._number(), settings
        self._send(wire.Check(self._run, settings))

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self._run >= 0

    def lost(self) -> None:
        """The engine died; nothing answers."""
        self._run = -1

    def take(self, event: wire.Checked, now: Settings) -> Answer | None:
        """The answer; None where it is that to an older question, or there is nothing to tell.

        Args:
            event: what the engine said.
            now: the settings in force.
        """
        if event.run != self._run:
            return None
        self._run = -1
        asked, before = self._asked, self._before
        if not event.error:
            told = [one_line(warning) for warning in event.warnings]
            if before is not None and any(asked.in_force) and asked.in_force != before.in_force:
                told.insert(0, "The grammar holds from the next reply on.")
            return Answer(notice=" ".join(told)) if told and before is not None else None
        if now.in_force != asked.in_force:
            return None
        error = one_line(event.error)
        if before is None:
            return Answer(notice=error)
        off = tuple(name for name in now.off if name != "grammar")
        if "grammar" in before.off:
            off += ("grammar",)
        back = now.changed(grammar=before.grammar, json_schema=before.json_schema, off=off)
        return Answer(notice=f"Not changed. {error}", back=back, refused="".join(asked.in_force))


def _biased(settings: Settings) -> tuple[object, ...]:
    return settings.logit_bias_text, settings.logit_bias_variants
