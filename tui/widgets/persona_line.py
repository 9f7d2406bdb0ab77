"""Personas as lines: one in the list, and the preview of the one under the cursor.

Keeps true: every text of a file is cleaned here, and fits the width it is given.
"""

from rich.cells import cell_len

from tui.core.macro import Scene, expand
from tui.core.persona import BrokenPersona, Persona
from tui.core.text import one_line
from tui.widgets.candidate_cell import Part, fit, wrap

_NAME = 20


def heading_line(
    finding: str | None, count: int, width: int, *, library_key: str = "", ascii_only: bool
) -> list[Part]:
    """The heading and the way into the library, or what is being looked for."""
    if finding is None:
        way = f"{library_key} library" if library_key else ""
        room = width - 2 - len("Personas") - len(way)
        more: list[Part] = [(" " * room, ""), (way, "dim")] if way and room >= 2 else []
        return [("  ", ""), ("Personas", "heading"), *more]
    return [
        ("/ ", "marker"),
        (fit(f"{one_line(finding)}▏", width - 10, ascii_only=ascii_only), "name"),
        (f"{count:>6}", "dim"),
    ]


def persona_line(
    persona: Persona | BrokenPersona, width: int, *, current: bool, chosen: bool, ascii_only: bool
) -> list[Part]:
    """One persona: a mark, its name, and what it is or what is wrong with it."""
    sign = ("*" if ascii_only else "●") if chosen else (">" if ascii_only else "›")
    mark = f"{sign} " if chosen or current else "  "
    if isinstance(persona, BrokenPersona):
        name, tone = one_line(persona.id), "problem"
        first = one_line(str(persona.problems[0].message)) if persona.problems else ""
        about = f"broken: {first}" if first else "broken"
    else:
        name, tone = one_line(persona.name) or persona.id, "current" if chosen else "name"
        about = one_line(persona.creator_notes or persona.system or persona.description)
    room = width - 2
    name_width = min(_NAME, max(8, room // 2))
    parts: list[Part] = [
        (mark, "marker" if current else tone),
        (fit(name, name_width, ascii_only=ascii_only), tone),
    ]
    left = room - name_width - 2
    if left >= 8:
        about_tone = "problem" if tone == "problem" else "dim"
        parts.append(("  " + fit(about, left, ascii_only=ascii_only), about_tone))
    elif tone == "problem" and cell_len(name) + 7 <= room:
        parts[-1] = (fit(f"{name} broken", room, ascii_only=ascii_only), tone)
    return parts


def preview_lines(
    persona: Persona | BrokenPersona, width: int, limit: int, *, ascii_only: bool = False
) -> list[Part]:
    """What a persona is told and how it greets, or each problem of its file."""
    lines: list[Part] = []
    if isinstance(persona, BrokenPersona):
        for problem in persona.problems:
            text = one_line(str(problem), 500)
            lines += [(line, "problem") for line in wrap(text, width, 3, ascii_only=ascii_only)]
        return lines[:limit]
    if persona.greetings and limit >= 1:
        scene = Scene(char=persona.char, user=persona.user_name)
        greeting = one_line(expand(persona.greetings[0], scene)[0], 2000)
        lines += [
            (line, "text")
            for line in wrap(greeting, width, max(1, limit // 2), ascii_only=ascii_only)
        ]
        lines.append(("", ""))
    left = limit - len(lines)
    if left >= 1:
        system = one_line(f"{persona.system}\n{persona.description}", 4000)
        lines += [(line, "dim") for line in wrap(system, width, left, ascii_only=ascii_only)]
    return lines[:limit]
