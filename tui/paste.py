"""A terminal driver whose pastes hold together.

Textual's parser leaves a bracketed paste at the first ESC inside it and takes the rest for keys: a
line break would send the message, a letter would be a command. Here every ESC between the two
marks of a paste is shown as a picture before the parser sees it. Keeps true: outside a paste
nothing is changed or held back. Bytes that are no UTF-8 become `�` instead of an error.
"""

import codecs
import os
import select
from collections.abc import Iterable
from typing import Final

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

_READ_BYTES: Final = 4096
_TICK_S: Final = 0.1
"""How often the parser looks whether a lone ESC was the key."""


class PasteFilter:
    """Takes what a terminal sends, in any pieces, and leaves no ESC inside a paste."""

    def __init__(self) -> None:
        self._inside = False
        self._tail = ""
        """End of what was let out, where a paste's first mark may have begun."""
        self._held = ""
        """End of a paste so far, where its last mark may have begun."""

    def feed(self, text: str) -> str:
        """What may go to the parser now; empty while a mark is unfinished."""
        out = ""
        while text:
            text, let_out = self._in_paste(text) if self._inside else self._in_keys(text)
            out += let_out
        return out

    def _in_keys(self, text: str) -> tuple[str, str]:
        seen = self._tail + text
        before, mark, rest = seen.partition(BRACKETED_PASTE_START)
        self._inside = bool(mark)
        taken = len(text) - len(rest)
        self._tail = "" if mark else before[1 - len(BRACKETED_PASTE_START) :]
        return rest, text[:taken]

    def _in_paste(self, text: str) -> tuple[str, str]:
        pasted, mark, rest = (self._held + text).partition(BRACKETED_PASTE_END)
        self._held = ""
        if mark:
            self._inside = False
        else:
            last = pasted.rfind("\x1b")
            if last >= 0 and BRACKETED_PASTE_END.startswith(pasted[last:]):
                pasted, self._held = pasted[:last], pasted[last:]
        return rest, pasted.replace("\x1b", "␛") + mark


class PasteParser(XTermParser):
    """Textual's parser behind the filter."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._filter = PasteFilter()

    def feed(self, data: str) -> Iterable[Message]:
        """The events of what the terminal sent; for the parser an empty text would be the end."""
        text = self._filter.feed(data)
        return super().feed(text) if text else ()


class PasteDriver(LinuxDriver):
    """Textual's driver, reading through the filter."""

    def run_input_thread(self) -> None:
        """Read what the terminal sends until the driver stops or nobody can type any more."""
        parser = PasteParser(self._debug)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while not self.exit_event.is_set():
            ready, _, _ = select.select([self.fileno], [], [], _TICK_S)
            if ready:
                data = os.read(self.fileno, _READ_BYTES)
                if not data:
                    return
                for event in parser.feed(decoder.decode(data)):
                    self.process_message(event)
            for event in parser.tick():
                self.process_message(event)
