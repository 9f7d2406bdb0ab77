"""`logitscope personas check`: everything that is wrong with personas, each with its place.

Keeps true: what a reply with the persona would warn of is told here without a model: its file, its
chat template, and what it says of samplers of one's own, which are loaded where one is named.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from tui.cli.own import read_samplers
from tui.core.errors import Problem, nearest
from tui.core.launch import persona_layer, stack
from tui.core.own_sampler import PREFIX, OwnSampler
from tui.core.persona import TEMPLATES, BrokenPersona, Persona
from tui.core.text import sanitize
from tui.store.paths import find_paths
from tui.store.persona import find_persona, list_personas, read_persona
from tui.store.toml import read_document


def check(names: Sequence[str]) -> int:
    """Tell every problem; the exit code.

    Args:
        names: ids, files, folders; none = the whole library.

    Raises:
        PersonaError: there is no such persona.
    """
    library = list_personas(find_paths().personas)
    chosen = [one for name in names for one in _named(name, library)] if names else list(library)
    own: Mapping[str, OwnSampler] | None = None
    problems: list[Problem] = []
    for one in chosen:
        if isinstance(one, BrokenPersona):
            problems += one.problems
            continue
        problems += _template_problems(one)
        if _own_names(one) or one.sampling.get("custom"):
            if own is None:
                found = read_samplers(find_paths().samplers)
                own = found.samplers
                problems += found.problems
            problems += _own_problems(one, own)
    for problem in problems:
        print(sanitize(str(problem)))
    print(f"{len(chosen)} checked, {len(problems)} problem{'' if len(problems) == 1 else 's'}")
    return 1 if problems else 0


def _template_problems(persona: Persona) -> Sequence[Problem]:
    """Whether its own chat template can be read."""
    if not persona.chat_template or persona.chat_template in TEMPLATES:
        return ()
    from tui.engine.template import Template, TemplateProblem

    try:
        Template(persona.chat_template, bos="", eos="", now=datetime.now())
    except TemplateProblem as problem:
        told = f"it is no template: {problem}"
        return (Problem(path=persona.path, key="chat_template", message=told),)
    return ()


def _own_names(persona: Persona) -> Sequence[str]:
    """Samplers of one's own in its order, without `custom:`."""
    return [name.removeprefix(PREFIX) for name in persona.samplers if name.startswith(PREFIX)]


def _own_problems(persona: Persona, own: Mapping[str, OwnSampler]) -> Sequence[Problem]:
    """Samplers that are not there, and values that they do not take."""
    document = read_document(Path(persona.path))
    if isinstance(document, Problem):  # it has changed since it was read
        return (document,)
    missing = [
        document.problem("samplers", f"you have no sampler {name!r}", nearest(name, own))
        for name in _own_names(persona)
        if name not in own
    ]
    return missing + [
        document.problem(f"sampling.{problem.key}", problem.message, problem.suggestion)
        for problem in stack((persona_layer(persona),), own)[2]
    ]


def _named(
    name: str, library: Sequence[Persona | BrokenPersona]
) -> Sequence[Persona | BrokenPersona]:
    """A file, every file of a folder, or a persona of the library by its id."""
    path = Path(name)
    found = next((persona for persona in library if persona.id == name), None)
    if found is not None:
        return (found,)
    if path.is_dir():
        return list_personas(path, path)
    if name.endswith(".toml") or "/" in name:
        return (read_persona(path),)
    return (find_persona(name, library),)
