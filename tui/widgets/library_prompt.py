"""The exact prompt of a persona as lines: what was done to it, then every character of it.

Keeps true: control tokens are told from text by more than a colour; nothing is trimmed. Texts are
cleaned in `fold`.
"""

from tui.core.model import ModelInfo, Vocabulary
from tui.core.prompt_preview import PromptPreview, prompt_parts
from tui.core.text import one_line
from tui.widgets.fold import Line, fold


def prompt_note(shown: PromptPreview, model: ModelInfo | None) -> str:
    """Its length, short."""
    if not shown.ids or model is None:
        return ""
    return f"{len(shown.ids):,} of {model.n_ctx:,} tokens"


def prompt_lines(
    shown: PromptPreview,
    model: ModelInfo | None,
    vocabulary: Vocabulary | None,
    width: int,
    *,
    ascii_only: bool = False,
) -> list[Line]:
    """The whole view."""

    def told(text: str, tone: str = "") -> list[Line]:
        return fold([(text, tone)], width, ascii_only=ascii_only)

    if shown.why_not:
        return told(one_line(shown.why_not, 600), "problem" if shown.failed else "dim")
    if model is None or vocabulary is None or not shown.ids:
        return told("The prompt is empty.", "dim")
    count, room = len(shown.ids), model.n_ctx
    name = one_line(model.name, 40) or "the model"
    reused = f", {shown.reused_tokens:,} of them evaluated already" if shown.reused_tokens else ""
    lines = told(f"{count:,} tokens for {name}{reused}", "heading")
    if count >= room:
        lines += told(
            f"It does not fit: the context holds {room:,} tokens. -c makes it larger, as far as the "
            "model goes; else shorten the persona.", "problem",
        )  # fmt: skip
    lines += told(f"made with a first message of yours: {one_line(shown.first, 120)}", "dim")
    for note in shown.notes:
        lines += told(f"- {one_line(note, 300)}", "warn")
    parts = prompt_parts(shown.ids, vocabulary.pieces, frozenset(model.control))
    text = [(text, "control" if control else "text") for text, control in parts]
    return [*lines, [], *fold(text, width, ascii_only=ascii_only)]
