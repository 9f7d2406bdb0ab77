"""What the flags, the configuration and the files they name add up to: the start of either command.

Keeps true: everything that can be wrong without a model is told here, before one is loaded.
"""

import argparse
import re
from typing import Any, Final

import msgspec

from tui.cli.flags import FLAGS, RUN, WORKBENCH, sampler_values
from tui.cli.own import named_samplers
from tui.cli.stream import decoded, read_stdin_bytes
from tui.core.errors import UsageError
from tui.core.launch import Launch, Layer, persona_layer
from tui.core.model import LoadOptions
from tui.core.own_sampler import OwnSampler
from tui.core.own_source import Source
from tui.core.persona import BrokenPersona, Persona
from tui.core.values import no_schema
from tui.store.config import Config, read_config
from tui.store.paths import Paths, typed_path
from tui.store.persona import find_persona, list_personas
from tui.store.preset import preset_layer

DEFAULT_PERSONA: Final = "js-console"
"""With the shipped model only."""
PROMPT_LIMIT_BYTES: Final = 64 << 20


class Startup(msgspec.Struct, frozen=True, kw_only=True):
    """A start of the workbench or of `run`."""

    options: LoadOptions
    config: Config
    below: tuple[Layer, ...]
    """Layers under the persona, without the model's own."""
    above: tuple[Layer, ...]
    """Layers over the persona."""
    library: tuple[Persona | BrokenPersona, ...]
    persona: Persona | None
    system: str | None
    """`-sys`; None = the persona's."""
    prompt: str | None
    """None = none was given."""
    raw: bool
    """The prompt goes without the chat template."""
    predict: int
    stop: tuple[str, ...]
    """Stop texts of the flags, without the persona's."""
    special_input: bool
    own: dict[str, OwnSampler]
    """Samplers of one's own, by name; `run` looks for them only where one is named."""
    own_sources: tuple[Source, ...]
    notes: tuple[str, ...]
    """What a person should know, without it having stopped anything."""


def gather(args: argparse.Namespace, command: str, paths: Paths) -> Startup:
    """Read everything that `args` name.

    Raises:
        UsageError: a flag, file, persona, preset or configuration that cannot be used.
    """
    given = vars(args)
    config = read_config(paths.config_file)
    library = list_personas(paths.personas)
    raw = bool(given.get("raw", False))
    if raw and ("system" in given or "system_file" in given):
        raise UsageError(
            "-sys and -no-cnv cannot be used together.",
            "A system prompt needs the chat template, and -no-cnv leaves it out.",
            "Leave one of the two out.",
        )
    above = [preset_layer(given["preset"], paths.presets)] if "preset" in given else []
    values = chain_values(given, sampler_values(args))
    name = _persona_name(given, command, raw, config)
    persona = None if name is None else find_persona(name, library)
    below = (Layer("config.toml", config.values),) if config.values else ()
    others = (*below, *([persona_layer(persona)] if persona else []), *above)
    found = named_samplers(given, values, others, paths.samplers, screen=command == WORKBENCH)
    if values:
        above.append(Layer("flags", values))
    return Startup(
        options=_options(given),
        config=config,
        below=below,
        above=tuple(above),
        library=library,
        persona=persona,
        system=_one_of(given, "system", "system_file"),
        prompt=_prompt(given),
        raw=raw,
        predict=max(-1, given.get("predict", -1)),
        stop=tuple(_escaped(text, given) for text in given.get("stop", ())),
        special_input=bool(given.get("special_input", False)),
        own=found.samplers,
        own_sources=found.sources,
        notes=(*(note for layer in above for note in layer.notes), *map(str, found.problems)),
    )


def launch(startup: Startup, args: argparse.Namespace) -> Launch:
    """The start of the workbench."""
    given, config = vars(args), startup.config
    return Launch(
        options=startup.options,
        below=startup.below,
        above=startup.above,
        own=startup.own,
        own_sources=startup.own_sources,
        notice="; ".join(startup.notes),
        personas=startup.library,
        persona=startup.persona.id if startup.persona else "",
        system=startup.system,
        prompt=startup.prompt or "",
        predict=startup.predict,
        stop=startup.stop,
        special_input=startup.special_input,
        keymap=config.keys,
        theme=config.theme,
        ascii_only=given.get("ascii", config.ascii),
        slow=given.get("slow", config.slow),
        mouse=given.get("mouse", config.mouse),
    )


def layers(startup: Startup, model: dict[str, Any]) -> tuple[Layer, ...]:
    """Every layer of a reply of `run`, lowest first, over the `model`'s own values."""
    persona = (persona_layer(startup.persona),) if startup.persona else ()
    return (Layer("model", model), *startup.below, *persona, *startup.above)


def _persona_name(given: dict[str, Any], command: str, raw: bool, config: Config) -> str | None:
    """None = none; an empty name that was given is a name, and nobody's."""
    if "persona" in given:
        return str(given["persona"])
    if raw or (command == RUN and "model" in given):
        return None
    return config.persona or (None if "model" in given else DEFAULT_PERSONA)


def _options(given: dict[str, Any]) -> LoadOptions:
    from tui.demo import MODEL_PATH

    template = _one_of(given, "chat_template", "chat_template_file") or ""
    if template and "{" not in template:
        raise UsageError(
            f"--chat-template cannot be {template.strip()!r}.",
            "Names of built-in templates are llama.cpp's own; this takes the text of a template.",
            "Give the Jinja text, or --chat-template-file FILE.",
        )
    names = ("n_ctx", "n_batch", "n_gpu_layers", "use_mmap", "use_mlock")
    return LoadOptions(
        path=str(typed_path(given.get("model", str(MODEL_PATH)))),
        n_threads=max(0, given.get("n_threads", 0)),
        chat_template=template,
        **{name: given[name] for name in names if name in given},
    )


def chain_values(given: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The flags' layer with its files read; a grammar of one kind puts out the other.

    Raises:
        UsageError: a grammar and a schema, or a file that cannot be read.
    """
    breakers = values.get("dry_sequence_breakers")
    if breakers:
        values["dry_sequence_breakers"] = [_escaped(text, given) for text in breakers]
    grammar = _one_of(given, "grammar", "grammar_file")
    schema = _one_of(given, "json_schema", "json_schema_file")
    if grammar is not None and schema is not None:
        raise UsageError(
            "A grammar and a JSON schema cannot be used together.",
            "The schema is a grammar too.",
            "Leave one of the two out.",
        )
    if grammar is not None:
        values |= {"grammar": grammar, "json_schema": ""}
    if schema is not None:
        if why := no_schema(schema):
            raise UsageError("The JSON schema cannot be read.", f"{why[:1].upper()}{why[1:]}.")
        values |= {"json_schema": schema, "grammar": ""}
    return values


def _one_of(given: dict[str, Any], text: str, file: str) -> str | None:
    """A text that one flag gives and another reads from a file."""
    if text in given and file in given:
        names = [_spelling(key) for key in (text, file)]
        raise UsageError(
            f"{names[0]} and {names[1]} cannot be used together.", "", "Leave one of the two out."
        )
    return read_file(given[file]) if file in given else given.get(text)


def _spelling(dest: str) -> str:
    """The first spelling of the flag that stores `dest`."""
    return next(flag.names[0] for flag in FLAGS if flag.dest == dest)


def _prompt(given: dict[str, Any]) -> str | None:
    text, file = given.get("prompt"), given.get("prompt_file")
    if text is not None and file is not None:
        raise UsageError("There are two prompts.", "-p and -f (or -) are given.", "Leave one out.")
    if "-" in (text, file):
        return read_stdin()
    if file is not None:
        return _escaped(read_file(file), given)
    return None if text is None else _escaped(text, given)


def read_stdin() -> str:
    """All of standard input, without one final newline. No escapes: it can hold every byte.

    Raises:
        UsageError: it is not UTF-8, or it is too long to be a prompt.
    """
    return _decoded(read_stdin_bytes(PROMPT_LIMIT_BYTES + 1), "Standard input")


def read_file(name: str) -> str:
    """The text of a file, without one final newline, as llama.cpp does.

    Raises:
        UsageError: it cannot be read, is not UTF-8, or is too long.
    """
    try:
        with typed_path(name).open("rb") as file:
            return _decoded(file.read(PROMPT_LIMIT_BYTES + 1), f"The file {name}")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"The file {name} cannot be read.", f"{why}.") from error


def _decoded(data: bytes, what: str) -> str:
    return decoded(data, what, PROMPT_LIMIT_BYTES).removesuffix("\n")


_ESCAPE: Final = re.compile(rb"\\(x[0-9A-Fa-f]{2}|[nrt'\"\\])")
_MEANS: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"'": b"'", b'"': b'"', b"\\": b"\\"}


def _escaped(text: str, given: dict[str, Any]) -> str:
    return unescape(text) if given.get("escape", True) else text


def unescape(text: str) -> str:
    r"""Read `\n`, `\r`, `\t`, `\'`, `\"`, `\\` and `\x41` as llama.cpp does; others stay.

    Raises:
        UsageError: the bytes are not UTF-8 afterwards.
    """
    data = _ESCAPE.sub(
        lambda found: _MEANS.get(found[1]) or bytes([int(found[1][1:], 16)]), text.encode("utf-8")
    )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            "The escapes in the text do not make UTF-8.",
            f"Byte {error.start} is 0x{data[error.start]:02x}.",
            "Use --no-escape to take backslashes as they are.",
        ) from error
