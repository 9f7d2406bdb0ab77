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
        self.full = False
        """Whether something did not go in; it is not taken until it has been changed."""

    def insert(self, text: str) -> None:
        """Put `text` at the caret, or nothing of it where the line is too short."""
        if self.fresh:
            self.typed, self.cursor = "", 0
        self.full = len(self.typed) + len(text) > LONGEST
        if self.full:
            text = ""
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
        self.fresh = self.full = False
        return True
