"""The table of keys, declared once.

Widgets, the help screen, the command palette and `docs/reference/keys.md` are drawn from `KEYS`. A
key's id is what `config.toml` remaps. No action has its only way over Ctrl+B, A, S, Q, Z, I or M,
an F-key or the mouse: every row with an action is in the palette too.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec


class Place(StrEnum):
    """Where a key works."""

    ANYWHERE = "anywhere"
    PROGRAM = "program"
    """Anywhere, on every screen."""
    PROMPT = "prompt"
    TRANSCRIPT = "conversation"
    LIBRARY = "persona library"
    PERSONA_EDITOR = "persona editor"


class Key(msgspec.Struct, frozen=True):
    """One action and its keys."""

    id: str
    keys: tuple[str, ...]
    """In Textual's spelling."""
    action: str
    """Name of the action, in the namespace of its place."""
    text: str
    """What it does, in a few words."""
    group: str
    """Heading in help and reference."""
    where: Place = Place.ANYWHERE
    first: bool = False
    """Works before the focused widget sees the key."""
    unsure: tuple[str, ...] = ()
    """More keys, which some terminals report and others do not: bound, but never promised."""


_ALL, _IN, _ON = Place.PROGRAM, Place.PROMPT, Place.TRANSCRIPT
_LIB, _EDIT = Place.LIBRARY, Place.PERSONA_EDITOR

KEYS: Final = (
    Key("prompt.send", ("enter",), "send", "Send", "Prompt", _IN),
    Key("prompt.newline", ("ctrl+j",), "newline", "New line", "Prompt", _IN, unsure=("shift+enter", "alt+enter")),
    Key("prompt.older", ("up",), "older", "Line up, or the message before", "Prompt", _IN),
    Key("prompt.newer", ("down",), "newer", "Line down, or the message after", "Prompt", _IN),
    Key("reply.stop", ("escape",), "stop", "Stop the reply; else back to the prompt", "Reply"),
    Key("reply.regenerate", ("r",), "screen.regenerate", "Make the reply again, beside this one", "Reply", _ON),
    Key("reply.continue", ("c",), "screen.continue_reply", "Continue the reply", "Reply", _ON),
    Key("message.edit", ("e",), "screen.edit", "Edit the message, as a new branch", "Reply", _ON),
    Key("message.edit_question", ("E",), "screen.edit_question", "Edit the question of the reply, as a new branch", "Reply", _ON),
    Key("message.copy", ("y",), "screen.copy", "Copy the message", "Reply", _ON),
    Key("reply.export", ("w",), "screen.export", "Write the reply to a file: HTML, SVG, CSV, JSON Lines", "Reply", _ON),
    Key("branch.previous", ("left_square_bracket",), "screen.branch(-1)", "Branch before", "Reply", _ON),
    Key("branch.next", ("right_square_bracket",), "screen.branch(1)", "Branch after", "Reply", _ON),
    Key("branch.tree", ("b",), "screen.tree", "All branches, as a tree", "Reply", _ON),
    Key("reply.compare", ("v",), "screen.compare", "Compare settings side by side", "Reply", _ON),
    Key("step.mode", ("ctrl+g",), "stepping", "Step by step: every token waits; again, and it runs on", "Step by step"),
    Key("step.back", ("backspace",), "step_back", "Take back the newest token, while one waits", "Step by step"),
    Key("step.pause", ("P",), "screen.pause_when", "Let tokens wait by entropy, closeness or rank", "Step by step", _ON),
    Key("token.left", ("left",), "token(-1)", "Token before", "Tokens", _ON),
    Key("token.right", ("right",), "token(1)", "Token after", "Tokens", _ON),
    Key("token.up", ("up",), "line(-1)", "Line above", "Tokens", _ON),
    Key("token.down", ("down",), "line(1)", "Line below", "Tokens", _ON),
    Key("token.open", ("enter",), "screen.open_inspector", "Candidates of the token", "Tokens", _ON),
    Key("token.surprising", ("n",), "jump('surprising', 1)", "Next surprising token", "Tokens", _ON),
    Key("token.surprising_before", ("N",), "jump('surprising', -1)", "Surprising token before", "Tokens", _ON),
    Key("token.uncertain", ("h",), "jump('uncertain', 1)", "Next step of high entropy", "Tokens", _ON),
    Key("token.uncertain_before", ("H",), "jump('uncertain', -1)", "Step of high entropy before", "Tokens", _ON),
    Key("token.forced", ("f",), "jump('forced', 1)", "Next forced token", "Tokens", _ON),
    Key("token.forced_before", ("F",), "jump('forced', -1)", "Forced token before", "Tokens", _ON),
    Key("view.page_up", ("pageup",), "page(-1)", "Page up", "Tokens", _ON),
    Key("view.page_down", ("pagedown",), "page(1)", "Page down", "Tokens", _ON),
    Key("view.top", ("home",), "top", "First message", "Tokens", _ON),
    Key("view.end", ("end",), "follow", "Last token, and follow the end", "Tokens", _ON),
    Key("view.tint", ("t",), "tint", "Tint by the next: probability, surprise, entropy, rank, none", "Heat map", _ON),
    Key("view.lines", ("g",), "lines", "Sparklines along the reply", "Heat map", _ON),
    Key("score.message", ("s",), "screen.score", "Score the message and all before it", "Heat map", _ON),
    Key("score.all", ("S",), "screen.score_all", "Score the whole prompt", "Heat map", _ON),
    Key("view.persona", ("p",), "system", "Show or fold the persona's text", "Heat map", _ON),
    Key("reply.effects", ("u",), "effects", "What each sampler did to the reply", "What if"),
    Key("whatif.take", ("a",), "take_what_if", "Make the what-if the settings", "What if"),
    Key("whatif.drop", ("z",), "drop_what_if", "Throw the what-if away", "What if"),
    Key("whatif.parting", ("m",), "parting", "First token that the what-if changes", "What if"),
    Key("pane.next", ("tab",), "app.focus_next", "Next pane", "Panes", _ALL),
    Key("pane.previous", ("shift+tab",), "app.focus_previous", "Pane before", "Panes", _ALL),
    Key("pane.samplers", ("ctrl+t",), "pane('samplers')", "Samplers", "Panes"),
    Key("pane.inspector", ("ctrl+o",), "pane('inspector')", "Inspector", "Panes"),
    Key("pane.personas", ("ctrl+l",), "pane('personas')", "Personas", "Panes"),
    Key("library.open", ("L",), "screen.library", "Persona library", "Persona library", _ON),
    Key("library.look", ("enter",), "look", "Read the persona; there, use it", "Persona library", _LIB),
    Key("library.other", ("tab", "shift+tab"), "other", "Between the list and what is read", "Persona library", _LIB),
    Key("library.use", ("u",), "use", "Use the persona", "Persona library", _LIB),
    Key("library.prompt", ("p",), "prompt", "Its exact prompt, or its card", "Persona library", _LIB),
    Key("library.find", ("slash",), "find", "Find a persona by name, #tag or text", "Persona library", _LIB),
    Key("library.tag", ("t",), "tag(1)", "Only personas with the next tag", "Persona library", _LIB),
    Key("library.tag_before", ("T",), "tag(-1)", "Only personas with the tag before", "Persona library", _LIB),
    Key("library.favourite", ("f",), "favourite", "Make it a favourite, or no longer one", "Persona library", _LIB),
    Key("library.new", ("n",), "new", "New persona", "Persona library", _LIB),
    Key("library.duplicate", ("d",), "duplicate", "Duplicate the persona", "Persona library", _LIB),
    Key("library.edit", ("e",), "edit", "Edit the persona here", "Persona library", _LIB),
    Key("library.edit_outside", ("E",), "edit_outside", "Edit the persona in $VISUAL or $EDITOR", "Persona library", _LIB),
    Key("library.delete", ("x", "delete"), "delete", "Delete the persona, into the bin", "Persona library", _LIB),
    Key("library.undo", ("z",), "undo", "Bring the last deleted persona back", "Persona library", _LIB),
    Key("library.switching", ("s",), "switching", "What another persona does: ask, branch or begin anew", "Persona library", _LIB),
    Key("library.close", ("escape", "q"), "close", "Back to the conversation", "Persona library", _LIB),
    Key("persona.save", ("ctrl+o", "ctrl+s"), "save", "Save the persona", "Persona editor", _EDIT),
    Key("persona.problem", ("ctrl+t",), "problem", "Go to its next problem", "Persona editor", _EDIT),
    Key("persona.outside", ("ctrl+g",), "outside", "Edit its text in $VISUAL or $EDITOR", "Persona editor", _EDIT),
    Key("persona.leave", ("escape",), "leave", "Leave the editor", "Persona editor", _EDIT),
    Key("chat.new", ("ctrl+n",), "new_chat", "New conversation", "Program"),
    Key("engine.restart", ("ctrl+r",), "app.restart", "Start the engine again, after it died or where it does not stop", "Program", _ALL),
    Key("palette.open", ("ctrl+p",), "app.command_palette", "Commands", "Program", _ALL, True),
    Key("help.open", ("f1", "question_mark"), "app.help", "Help", "Program", _ALL),
    Key("app.interrupt", ("ctrl+c",), "app.interrupt", "Stop the reply; twice quits", "Program", _ALL, True),
    Key("app.quit", ("ctrl+q",), "app.quit", "Quit", "Program", _ALL),
)  # fmt: skip
"""Every action, in the order help shows them."""

BY_ID: Final = {key.id: key for key in KEYS}

_NAMES: Final = {
    "escape": "Esc", "backspace": "Backspace", "enter": "Enter", "pageup": "PgUp", "pagedown": "PgDn", "up": "↑", "down": "↓",
    "left": "←", "right": "→", "left_square_bracket": "[", "right_square_bracket": "]",
    "question_mark": "?", "slash": "/", "delete": "Del", "tab": "Tab", "home": "Home", "end": "End",
    "space": "Space", "plus": "+", "minus": "-", "equals_sign": "=",
}  # fmt: skip


def key_name(key: str) -> str:
    """A key as a person reads it.

    >>> key_name("ctrl+j"), key_name("shift+enter"), key_name("r")
    ('Ctrl+J', 'Shift+Enter', 'r')
    """
    *modifiers, last = key.split("+")
    name = _NAMES.get(last, last)
    if modifiers:
        name = name.upper() if len(name) == 1 else name
        return "+".join([*(part.capitalize() for part in modifiers), name])
    return name.upper() if len(name) > 1 and name[0] == "f" and name[1:].isdigit() else name


_ARROWS: Final = str.maketrans({"←": "Left", "→": "Right", "↑": "Up", "↓": "Down"})


class KeyNames:
    """What the keys of actions are called in sentences, after a remap.

    Args:
        keymap: binding id to keys, where they were remapped.
        more: ids that are not in `KEYS`, as those of a pane, and the keys they have of themselves.
        ascii_only: call the arrow keys by their names.
    """

    def __init__(
        self,
        keymap: Mapping[str, str] | None = None,
        more: Mapping[str, str] | None = None,
        *,
        ascii_only: bool = False,
    ) -> None:
        self._keymap, self._more, self._ascii = dict(keymap or {}), dict(more or {}), ascii_only

    def remapped(self, keymap: Mapping[str, str], *, ascii_only: bool) -> "KeyNames":
        """The same ids after a remap."""
        return KeyNames(keymap, self._more, ascii_only=ascii_only)

    def every(self, name: str) -> str:
        """All keys of the action with this id.

        >>> KeyNames().every("help.open"), KeyNames({"help.open": "ctrl+e"}).every("help.open")
        ('F1, ?', 'Ctrl+E')
        """
        keys = self._keymap.get(name) or self._more.get(name) or ",".join(BY_ID[name].keys)
        names = ", ".join(key_name(key.strip()) for key in keys.split(","))
        return names.translate(_ARROWS) if self._ascii else names

    def __call__(self, name: str) -> str:
        """The first of them."""
        return self.every(name).split(",")[0]


def way_out(keys: KeyNames) -> str:
    """What to do in a conversation that no longer fits, by the keys of the workbench."""
    edit, before, new = map(keys, ("message.edit", "branch.previous", "chat.new"))
    return (
        f"In the conversation, {edit} on a long message edits it and {before} goes to the branch "
        f"before. {new} begins a new conversation."
    )


def groups() -> dict[str, list[Key]]:
    """The table by heading."""
    found: dict[str, list[Key]] = {}
    for key in KEYS:
        found.setdefault(key.group, []).append(key)
    return found


def reference() -> str:
    """The table as the beginning of the page `docs/reference/keys.md`."""
    lines = [
        "# Keys", "",
        "Drawn from `tui/core/binding.py`; a test holds the two together. The id is what the table",
        "`[keys]` of `config.toml` remaps. Every action is in the command palette (Ctrl+P) too.",
        "Shift+Enter and Alt+Enter arrive only where the terminal reports them; Ctrl+J always does.",
    ]  # fmt: skip
    names = KeyNames()
    for group, keys in groups().items():
        lines += ["", f"## {group}", "", "| key | does | where | id |", "|---|---|---|---|"]
        lines += [f"| {names.every(k.id)} | {k.text} | {k.where} | `{k.id}` |" for k in keys]
    return "\n".join(lines) + "\n"
