"""One of several replies that are compared: its settings as a line, and its text like any other.

Keeps true: the token where a lane parts from the first one is marked; the text is the transcript's
own widget, so that tints, wrapping and the token cursor are the same. Asks nothing of the engine.
"""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui.core.conversation import Message
from tui.core.tint import Mark, Tint
from tui.widgets.candidate_cell import fit, plain
from tui.widgets.transcript import Transcript


class Lane(Vertical):
    """A column.

    Args:
        place: among the lanes, from 0.
        ascii_only: draw with ASCII alone.
    """

    def __init__(self, place: int, *, ascii_only: bool = False) -> None:
        super().__init__(classes="lane")
        self.place = place
        self._ascii = ascii_only
        self._heading = Static(classes="lane-heading", markup=False)
        self.transcript = Transcript(ascii_only=ascii_only)
        self.transcript.say_instead("No reply yet.")
        self._message: Message | None = None
        self._key = -1
        """Of the message, as it was when it was first shown: keeping it gives it another."""

    def compose(self) -> ComposeResult:
        """Heading over text."""
        yield self._heading
        yield self.transcript

    def head(self, what: str, aside: str) -> None:
        """Say which settings these are, and how the reply stands to the first."""
        name = f"{chr(ord('A') + self.place)}  "
        width = max(8, self.size.width - 1)
        what = fit(what, width - len(name), ascii_only=self._ascii)
        aside = plain(aside) if self._ascii else aside
        self._heading.update(
            Content.assemble((name, "bold"), what.rstrip(), "\n", (aside, "$quiet"))
        )

    def show(self, message: Message | None, tint: Tint) -> None:
        """Show a reply, or the place where one will be."""
        self.transcript.tint = tint
        if message is not self._message or message is None:
            self._message, self._key = message, -1 if message is None else message.key
            self.transcript.show([] if message is None else [message], lambda key: (0, 1))
        else:
            self.transcript.grow((message.key,))

    def mark(self, parting: int | None) -> None:
        """Mark the token where the lane parts from the first one; what follows is another text."""
        self.transcript.mark(self._key, None if parting is None else {parting: Mark.DIFFERENT})


def parting(message: Message, base: Message) -> int | None:
    """The first token of a reply that is another than that of `base`; None where none is yet."""
    pairs = zip(message.steps, base.steps, strict=False)
    found = next((i for i, (a, b) in enumerate(pairs) if a.id != b.id), None)
    if found is None and base.reason and len(message.steps) > len(base.steps):
        return len(base.steps)
    return found
