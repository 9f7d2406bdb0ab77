"""A value while it is being typed on its row: one line, a caret, nothing taken until Enter."""

from typing import Final

LONGEST: Final = 120
"""Characters of what is typed, at most."""


class Entry:
    """The typed text and its caret."""

    def __init__(self, typed: str) -> None:
        self.typed = typed
        self.cursor = len(typed)
        self.fresh = True
        """Whether nothing has been pressed yet; the first character then replaces the old value."""

    def insert(self, text: str) -> None:
        """Put `text` at the caret."""
        if self.fresh:
            self.typed, self.cursor = "", 0
        text = text[: LONGEST - len(self.typed)]
        self.typed = self.typed[: self.cursor] + text + self.typed[self.cursor :]
        self.cursor += len(text)
        self.fresh = False

    def press(self, key: str) -> bool:
        """Move the caret or delete; False when the key means neither."""
        match key:
            case "left":
                self.cursor = max(0, self.cursor - 1)
            case "right":
                self.cursor = min(len(self.typed), self.cursor + 1)
            case "home":
                self.cursor = 0
            case "end":
                self.cursor = len(self.typed)
            case "backspace":
                self.typed = self.typed[: max(0, self.cursor - 1)] + self.typed[self.cursor :]
                self.cursor = max(0, self.cursor - 1)
            case "delete":
                self.typed = self.typed[: self.cursor] + self.typed[self.cursor + 1 :]
            case "ctrl+u":
                self.typed, self.cursor = "", 0
            case _:
                return False
        self.fresh = False
        return True
