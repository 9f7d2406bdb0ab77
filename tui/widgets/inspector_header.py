"""The lines over the candidates: which token, how likely, how sure; and what other settings say.

Keeps true: a piece of text is never cut where it can stand on a line of its own; what is not exact
says so and why.
"""

from rich.cells import cell_len

from tui.core.binding import KeyNames
from tui.widgets.candidate_cell import Part, fit, wrap
from tui.widgets.candidate_table import CandidateTable

_TOKEN = 22
"""Cells of a token's text."""
_TAKING = "{} takes a candidate, 1 to 9 that line, {} goes back."


def header_lines(
    table: CandidateTable, position: tuple[int, int] | None, width: int, *, whole: str = "",
    waiting: str = "", keys: KeyNames, ascii_only: bool = False,
) -> list[list[Part]]:  # fmt: skip
    """As many lines as it takes.

    Args:
        table: of the step.
        position: 1-based number of the token in its reply, and how many the reply has.
        width: in cells.
        whole: what other settings mean for the whole reply, in words.
        waiting: why the token waits to be taken, in words; empty for one that was.
        keys: what the keys of the inspector are called.
        ascii_only: draw with ASCII alone.
    """
    reading, step = table.reading, table.step
    name = "What if" if reading.asked else "Waits: token" if waiting else "Token"
    place = f"{name} {position[0]} of {position[1]}" if position else name
    pieces: list[Part] = [(place, "heading"), (_quoted(table, step.id, ascii_only), "chosen")]
    if reading.asked:
        pieces.append((_answer(table, ascii_only), "heading"))
    pieces += [
        (f"rank {step.rank}", "value"),
        (f"entropy {step.entropy_bits:.2f} bit exact", "value"),
        ("no draw" if step.u is None else f"u {step.u:.3f}", "value"),
    ]
    lexicon = reading.moment.lexicon
    if lexicon is not None and lexicon.ends(step.id):
        pieces.append(("ends the reply", "value"))
    if step.by_hand:
        pieces.append(("taken by hand", "value"))
    if step.resampled:
        pieces.append(("drawn again for the grammar", "value"))
    lines: list[list[Part]] = []
    used = width
    for text, tone in pieces:
        if lines and used + 2 + cell_len(text) <= width:
            lines[-1] += [("  ", ""), (text, tone)]
        else:
            lines.append([("  ", ""), (text, tone)])
            used = 0
        used += 2 + cell_len(text)
    more = [(f"not exact: {reading.why_not}", 2)] if reading.asked and not reading.exact else []
    if waiting:
        # To its end: there stands how to go back.
        taking = _TAKING.format(keys("inspector.fork"), keys("step.back"))
        more.append((f"{waiting[:1].upper()}{waiting[1:]}. {taking}", 4))
    for text, most in (*more, *([(whole, 2)] if whole else [])):
        found = wrap(text, width - 2, most, ascii_only=ascii_only)
        lines += [[("  ", ""), (line, "value")] for line in found]
    return lines


def _quoted(table: CandidateTable, token: int, ascii_only: bool) -> str:
    left, right = ("<", ">") if ascii_only else ("‹", "›")
    text = table.name(token, ascii_only=ascii_only)
    return left + fit(text, min(cell_len(text), _TOKEN), ascii_only=ascii_only) + right


def _answer(table: CandidateTable, ascii_only: bool) -> str:
    """What the same dice take."""
    reading = table.reading
    about = "" if reading.exact else "perhaps "
    if reading.token == table.step.id:
        return f"{about}the same token"
    if reading.token is None:
        left = bool((reading.p_final > 0.0).any())
        return "the dice fall outside the record" if left else f"{about}no token is left"
    cut = ", this one is cut" if reading.forbidden else ""
    return f"{about}same dice: {_quoted(table, reading.token, ascii_only)}{cut}"
