"""The last line of the screen: what the engine does, how fast, and the two keys to know.

Says everything in words; a notice stands in place of the rates until something else happens. One
that does not fit takes a second and a third line: its end says what to do.
"""

from typing import Final

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from tui.core.binding import KeyNames
from tui.core.status import Activity, Status
from tui.core.text import one_line
from tui.widgets.candidate_cell import plain, wrap

_WORDS = {
    Activity.STARTING: "starting the engine",
    Activity.LOADING: "loading the model",
    Activity.READY: "ready",
    Activity.PROMPT: "reading the prompt",
    Activity.REPLY: "replying",
    Activity.WAITING: "waiting for a token to be taken",
    Activity.STOPPING: "stopping",
    Activity.RECORDED: "recorded, read-only",
    Activity.FAILED: "no model",
    Activity.DEAD: "engine died",
}

_MOST: Final = 3
"""Lines for words that must be read to their end."""


class StatusLine(Widget):
    """What the engine is doing."""

    DEFAULT_CSS = "StatusLine { height: auto; }"

    status: reactive[Status] = reactive(Status())
    notice: reactive[str] = reactive("", layout=True)
    """A line for the reader, until something else happens."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.keys = KeyNames()
        self._ascii = ascii_only

    def watch_status(self, before: Status, now: Status) -> None:
        """What broke may take more lines."""
        if before.trouble is not now.trouble:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line, or as many as it takes to say what is to be known."""
        if not (self.notice or self.status.trouble):
            return 1
        return max(1, len(wrap(self._left(width).plain, width, _MOST)))

    def render(self) -> Content:
        """The line, the most important first; the right end is dropped where it does not fit."""
        width, height = self.size
        left = self._left(width)
        room = width - left.cell_length
        help_key = f"{self.keys('help.open')} help"
        commands = f"{self.keys('palette.open').replace('Ctrl+', '^')} commands"
        for keys in (f"{help_key}  {commands}", help_key):
            if len(keys) + 2 <= room:
                return Content.assemble(left, " " * (room - len(keys)), (keys, "$quiet"))
        if room < 0 and height > 1:
            return left
        return left.truncate(width, ellipsis=not self._ascii)

    def _left(self, width: int) -> Content:
        status = self.status
        troubled = status.activity in (Activity.FAILED, Activity.DEAD)
        words = _WORDS[status.activity]
        if status.activity in (Activity.LOADING, Activity.PROMPT):
            words = f"{words} {status.fraction:4.0%}"
        elif troubled:
            again = "tries again" if status.activity is Activity.FAILED else "starts it again"
            words = f"{words}, {self.keys('engine.restart')} {again}"
        parts: list[Content | str | tuple[str, str]] = [
            (words, "$text-error" if troubled else "bold")
        ]
        if status.waiting:
            parts.append(f"   {status.waiting} waiting, {self.keys('reply.stop')} takes it back")
        if troubled and status.trouble is not None and not self.notice:
            why = status.trouble.what if status.activity is Activity.FAILED else status.trouble.why
            parts.append((f": {self._clean(why, 120)}", "$text-error"))
        elif self.notice:
            parts.append(f"   {self._clean(self.notice)}")
        else:
            room = width - Content.assemble(*parts).cell_length
            parts.append((rates(status, room), "$quiet"))
        return Content.assemble(*parts)

    def _clean(self, text: str, limit: int = 200) -> str:
        clean = one_line(text, limit)
        return plain(clean) if self._ascii else clean


def rates(status: Status, room: int = 1_000) -> str:
    """The three rates of the newest reply, in tokens per second, and what its prompt was spared.

    Those that find no room are left out, from the end.

    >>> rates(Status())
    ''
    """
    timings = status.timings
    found = (
        ("prompt", timings.prompt_tps),
        ("reply", timings.gen_tps),
        ("sampling", timings.sample_tps),
    )
    counts = f"{status.reused_tokens:,} reused, {status.evaluated_tokens:,} evaluated"
    reused = f", {counts}" if status.reused_tokens else ""
    words = ""
    for name, rate in found:
        more = f"   {name} {rate:,.0f} t/s{reused if name == 'prompt' else ''}"
        if rate > 0:
            if len(words) + len(more) > room:
                break
            words += more
    return words
