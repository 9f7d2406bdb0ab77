"""Stop texts, found over token borders.

Keeps true: no character of a stop text, nor of what may become one, is ever given out. The text that
is complete first counts, so that the way a text is cut into tokens changes nothing.
"""

from collections.abc import Iterable


class StopTexts:
    """Lets a stream of text through up to the first of several texts."""

    def __init__(self, stops: Iterable[str]) -> None:
        self._stops = tuple(dict.fromkeys(stop for stop in stops if stop))
        self._held = ""
        self.found = False
        """Whether a stop text has come; nothing comes after it."""

    def feed(self, text: str) -> str:
        """What can be given out now that `text` has arrived."""
        if self.found:
            return ""
        held = self._held + text
        found = [(at + len(stop), at) for stop in self._stops if (at := held.find(stop)) >= 0]
        if found:
            self.found, self._held = True, ""
            return held[: min(found)[1]]
        keep = max((_overlap(held, stop) for stop in self._stops), default=0)
        cut = len(held) - keep
        self._held = held[cut:]
        return held[:cut]

    def flush(self) -> str:
        """What was held back, when nothing comes any more."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of `text` that is a beginning of `stop`."""
    most = min(len(text), len(stop) - 1)
    return next((n for n in range(most, 0, -1) if text.endswith(stop[:n])), 0)
