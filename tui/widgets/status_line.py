"""The last line of the screen: what the engine does, how fast, and the two keys to know.

Says everything in words; a notice stands in place of the rates until something else happens.
"""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.core.status import Activity, Status
from tui.core.text import one_line
from tui.widgets.candidate_cell import plain

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


class StatusLine(Widget):
    """What the engine is doing."""

    DEFAULT_CSS = "StatusLine { height: 1; }"

    status: reactive[Status] = reactive(Status())
    notice: reactive[str] = reactive("")
    """A line for the reader, until something else happens."""
    restart_key: reactive[str] = reactive("Ctrl+R")
    help_keys: reactive[str] = reactive("F1 help  ^P commands")

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._ascii = ascii_only

    def render(self) -> Content:
        """The line, the most important first; the right end is dropped where it does not fit."""
        width = self.size.width
        left = self._left()
        room = width - left.cell_length
        for keys in (self.help_keys, self.help_keys.split("  ")[0]):
            if len(keys) + 2 <= room:
                return Content.assemble(left, " " * (room - len(keys)), (keys, "$quiet"))
        return left.truncate(width, ellipsis=not self._ascii)

    def _left(self) -> Content:
        status = self.status
        troubled = status.activity in (Activity.FAILED, Activity.DEAD)
        words = _WORDS[status.activity]
        if status.activity in (Activity.LOADING, Activity.PROMPT):
            words = f"{words} {status.fraction:4.0%}"
        elif troubled:
            again = "tries again" if status.activity is Activity.FAILED else "starts it again"
            words = f"{words}, {self.restart_key} {again}"
        parts: list[Content | str | tuple[str, str]] = [
            (words, "$text-error" if troubled else "bold")
        ]
        if status.waiting:
            parts.append(f"   {status.waiting} waiting, Esc takes it back")
        if troubled and status.trouble is not None and not self.notice:
            why = status.trouble.what if status.activity is Activity.FAILED else status.trouble.why
            parts.append((f": {self._clean(why, 120)}", "$text-error"))
        elif self.notice:
            parts.append(f"   {self._clean(self.notice)}")
        else:
            parts.append((rates(status), "$quiet"))
        return Content.assemble(*parts)

    def _clean(self, text: str, limit: int = 200) -> str:
        clean = one_line(text, limit)
        return plain(clean) if self._ascii else clean


def rates(status: Status) -> str:
    """The three rates of the newest reply, in tokens per second, and what its prompt was spared.

    >>> rates(Status())
    ''
    """
    timings = status.timings
    found = (
        ("prompt", timings.prompt_tps),
        ("reply", timings.gen_tps),
        ("sampling", timings.sample_tps),
    )
    reused = f", {status.reused_tokens:,} reused" if status.reused_tokens else ""
    return "".join(
        f"   {name} {rate:,.0f} t/s{reused if name == 'prompt' else ''}"
        for name, rate in found
        if rate > 0
    )
