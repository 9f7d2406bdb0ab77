"""An app that keeps what broke it, for the command line to tell.

Keeps true: no traceback is printed from here, whatever a handler raises; the first fault is kept.
"""

from textual.app import App
from textual.worker import WorkerFailed


class KeepingApp(App[None]):
    """An app without Textual's own traceback."""

    failure: BaseException | None = None
    """What broke, when that is why the program ended."""

    def _handle_exception(self, error: Exception) -> None:
        if self.failure is None:
            self.failure = error.error if isinstance(error, WorkerFailed) else error
        super()._handle_exception(error)
        self._exit_renderables.clear()
