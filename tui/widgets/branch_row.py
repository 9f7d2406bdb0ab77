"""A message as a row of the tree of branches, and the same in words.

Pure: content in, content out. Keeps true: what a model or a person wrote is cleaned here.
"""

from typing import Final

from textual.content import Content

from tui.core.branch import Branch
from tui.core.text import one_line, visible
from tui.core.tree import TreeRow
from tui.widgets.candidate_cell import fit, plain
from tui.widgets.candidate_line import percent

_LINES: Final = str.maketrans({"│": "|", "├": "+", "└": "`", "╴": "-"})
_ASIDE: Final = 46
"""Cells for where a branch parts, at the right end of a row."""
_ROOMY: Final = 100
"""Cells from which on a row has room for that."""
_BRIEF: Final = 22
"""Cells for no more than the token and its probability, in a row of `_SOME` cells."""
_SOME: Final = 60
_ENDS: Final = {
    "eog": "It ended by itself.", "stop": "It ended at a stop text.",
    "length": "It was cut at the length limit.", "cancelled": "It was stopped.",
    "context": "It filled the context.", "banned": "No candidate was left.",
    "error": "It failed.",
}  # fmt: skip


def row_content(row: TreeRow, width: int, *, ascii_only: bool = False) -> Content:
    """One row, at most `width` cells: lines of the tree, who speaks, what they say, where it parts."""
    branch = row.branch
    prefix = row.prefix.translate(_LINES) if ascii_only else row.prefix
    shown = ("*" if ascii_only else "●") if branch.shown else " "
    name = "You  " if branch.role == "user" else "Model"
    aside = ""
    if row.siblings > 1 and branch.id >= 0 and width >= _ROOMY:
        aside = fit(f"  {_aside(branch, ascii_only)}", _ASIDE, ascii_only=ascii_only)
    elif row.siblings > 1 and branch.id >= 0 and width >= _SOME:
        aside = fit(f"  {_brief(branch, ascii_only)}", _BRIEF, ascii_only=ascii_only)
    room = max(4, width - len(prefix) - len(name) - 5 - len(aside))
    text = fit(one_line(branch.text, 400) or "(nothing yet)", room, ascii_only=ascii_only)
    look = "$foreground" if branch.shown else "$quiet"
    return Content.assemble(
        (f" {shown} ", "$accent"), (prefix, "$quiet"), (f"{name}  ", f"bold {look}"), (text, look),
        (aside, "$quiet"),
    )  # fmt: skip


def words(row: TreeRow, *, ascii_only: bool = False) -> str:
    """The same in sentences: which branch, where it parts from which, how it ended."""
    branch = row.branch
    what = "message" if branch.role == "user" else "reply"
    said = [f"Branch {row.place + 1} of {row.siblings}." if row.siblings > 1 else f"One {what}."]
    if row.siblings > 1 and branch.id >= 0:
        begins = "Parts from another" if branch.beside is not None else "Begins"
        said.append(f"{begins} at {_aside(branch, ascii_only)}.")
    elif row.siblings > 1 and branch.same:
        said.append("It says the same as another, token by token.")
    elif row.siblings > 1 and branch.beside is not None:
        said.append(f"It ends after token {branch.at}, where another goes on.")
    if branch.reason in _ENDS:
        said.append(_ENDS[branch.reason])
    if row.below:
        said.append(f"{row.below} message{'s' * (row.below > 1)} below.")
    return " ".join(said)


def _aside(branch: Branch, ascii_only: bool) -> str:
    text = f"token {branch.at + 1} {_token(branch, ascii_only)}"
    if branch.p_raw is not None and branch.p_final is not None:
        text += f" raw {percent(branch.p_raw)} % final {percent(branch.p_final)} %"
    return f"{text}, by hand" if branch.by_hand else text


def _brief(branch: Branch, ascii_only: bool) -> str:
    share = "" if branch.p_raw is None else f" {percent(branch.p_raw)} %"
    return f"{_token(branch, ascii_only)}{share}"


def _token(branch: Branch, ascii_only: bool) -> str:
    token = visible(branch.piece, ascii_only=ascii_only) or f"token {branch.id}"
    left, right = ("<", ">") if ascii_only else ("‹", "›")
    return f"{left}{plain(token) if ascii_only else token}{right}"
