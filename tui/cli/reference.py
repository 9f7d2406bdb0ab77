"""The reference pages, drawn from the tables: `python -m tui.cli.reference` writes them.

Keeps true: a row of a table is on its page, and a page holds nothing that no table says. A test
fails when the committed pages differ.
"""

import argparse
import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tui.cli.flags import LATER
from tui.cli.keymap import key_page
from tui.cli.main import COMMANDS, build_parser
from tui.cli.parser import Parser, takes_value
from tui.cli.sampler_page import sampler_page, span, value
from tui.core.macro import MACROS
from tui.core.samplers import PARAMS, STAGES
from tui.core.settings import PRESETS
from tui.store.config import KEYS as CONFIG_KEYS
from tui.store.key import Key
from tui.store.paths import HOME_VARIABLE
from tui.store.persona_keys import KEYS as PERSONA_KEYS
from tui.store.toml import LIMIT_BYTES

SOURCES: Final = Path(__file__).parents[1]
FOLDER: Final = Path(__file__).parents[2] / "docs" / "reference"
_NOTE: Final = "<!-- Written by `make docs` from the tables in the sources. -->"

EXIT_CODES: Final = (
    (0, "done; also Ctrl+C twice in the workbench"),
    (1, "a check failed, or a reply could not be finished"),
    (
        2,
        "bad usage; a bad prompt, persona, configuration or grammar; a prompt too long; no terminal",
    ),
    (3, "the model cannot be loaded"),
    (4, "the engine died"),
    (130, "interrupted"),
)


def pages() -> dict[str, str]:
    """Every generated page by its file name."""
    made = {
        "samplers.md": sampler_page(),
        "settings.md": settings_page(),
        "personas.md": persona_page(),
        "cli.md": cli_page(),
        "files.md": file_page(),
    }
    return {"keys.md": key_page(), **{name: f"{_NOTE}\n\n{text}" for name, text in made.items()}}


def settings_page() -> str:
    """Settings, presets and `config.toml`."""
    stage_of = {key: stage.name for stage in STAGES.values() for key in stage.params}
    rows = [
        f"| `{param.key}` | {param.kind} | {value(param.default)} | {span(param)} |"
        f" {f'`{stage_of[param.key]}`' if param.key in stage_of else ''} | {param.help} |"
        for param in PARAMS.values()
    ]
    lines = [
        "# Settings",
        "",
        "Keys are llama-server's request fields and defaults are llama.cpp's. They are the same in"
        " a persona's `[sampling]`, in a preset, in `config.toml` and in the trace of"
        " `run --json`.",
        "",
        "Lowest to highest: llama.cpp's defaults → the model's `general.sampling.*` → `config.toml`"
        " → the persona → the preset → flags → the panel. The panel names the place that each value"
        " came from.",
        "",
        "In flags and files a value below the range counts as its lower end where llama.cpp takes it"
        f" so: {', '.join(f'`{param.key}`' for param in PARAMS.values() if param.below)}.",
        "",
        "| key | type | default | range | stage | |",
        "|---|---|---|---|---|---|",
        *rows,
        "| `samplers` | texts | the default order | | | stages between the bias and the draw |",
        "| `off` | texts | | | | stages that are switched off |",
        "| `logit_bias` | pairs | | | `logit_bias` | `[[token, bias], …]`; `false` bans |",
        "| `logit_bias_variants` | pairs | | | `logit_bias` | `[[text, bias], …]`: every spelling of"
        " the text that is one token |",
        "| `ignore_eos` | bool | false | | `logit_bias` | ban the end-of-generation tokens |",
        "| `grammar` | text | | | | GBNF that the reply must obey |",
        "| `json_schema` | text | | | | JSON schema that the reply must obey |",
        "| `custom` | table | | | | values of samplers of your own, by stage and parameter |",
        "",
        "## Presets",
        "",
        "`--preset NAME`. A built-in preset is whole: it sets every stage and the order, whatever"
        " the persona says. Bias, grammar and seed are no part of it. A file"
        " `presets/NAME.toml` in the configuration folder holds settings at its top level, sets"
        " only what it names, and hides a built-in preset of its name.",
        "",
        "| preset | over llama.cpp's defaults |",
        "|---|---|",
        *(
            f"| `{name}` | {', '.join(f'`{k}` {value(v)}' for k, v in values.items()) or 'nothing'} |"
            for name, (_, values) in PRESETS.items()
        ),
        "",
        "## config.toml",
        "",
        "Where it lies: `logitscope paths`. A file with a problem is told with its line and stops"
        " the start; nothing in it is silently dropped.",
        "",
        *_keys(CONFIG_KEYS),
    ]
    return "\n".join(lines) + "\n"


def persona_page() -> str:
    """The persona file."""
    lines = [
        "# Persona file",
        "",
        "One TOML file is one persona; its id is the file's name without `.toml`: letters, digits,"
        " dots, dashes and underscores, at most 64. Your own lie in `personas/` of the"
        " configuration folder (`logitscope paths`) and hide a built-in persona of the same id."
        f" A file is UTF-8 and at most {LIMIT_BYTES >> 20} MiB.",
        "",
        "An unknown key, a value of the wrong type and a value out of range are problems;"
        " `logitscope personas check` tells all of them, each with its line. A persona with a"
        " problem is listed and cannot be used until it is corrected.",
        "",
        *_keys(PERSONA_KEYS),
        "",
        "`system` may be missing where there is a description, personality, scenario or example"
        " dialogue. The keys of `[sampling]` are those of [settings](settings.md); `samplers` stands"
        " at the top of the file, not in the table.",
    ]
    for key in PERSONA_KEYS:
        lines += _inner(key, "")
    lines += [
        "",
        "## Macros",
        "",
        "They are expanded in every text of the file that reaches the model, never in what you type."
        " What a die or a choice showed is kept with the conversation: a branch that you walk back to"
        " says the same. In `post_history_instructions` each reply has its own draw. What is not in"
        " this table stays as it is written.",
        "",
        "| macro | |",
        "|---|---|",
        *(f"| `{name}` | {about} |" for name, about in MACROS),
    ]
    return "\n".join(lines) + "\n"


def _inner(key: Key, above: str) -> Iterator[str]:
    """The keys of a table, and of the tables in it."""
    if not key.inner:
        return
    name = above + key.name
    title = f"[{name}]" if key.type is dict else f"[[{name}]]"
    yield from ("", f"## `{title}`", "", f"{key.help[:1].upper()}{key.help[1:]}.", "")
    yield from _keys(key.inner)
    for one in key.inner:
        yield from _inner(one, f"{name}.")


def _keys(keys: Iterable[Key]) -> Iterator[str]:
    yield "| key | value | needed | |"
    yield "|---|---|---|---|"
    for key in keys:
        yield f"| `{key.name}` | {key.shape} | {'yes' if key.required else ''} | {key.help} |"


def cli_page() -> str:
    """Commands, flags and exit codes."""
    parser = build_parser()
    lines = [
        "# Command line",
        "",
        "`logitscope` alone opens the workbench; `logitscope COMMAND --help` tells more."
        " Flags are llama.cpp's where it has them, `_` is taken for `-` inside long names, and a"
        " flag that needs a value takes the next argument whatever it begins with.",
        "",
        "| command | |",
        "|---|---|",
        "| `logitscope` | open the workbench |",
    ]
    commands = parser.commands
    for name in COMMANDS:
        lines.append(f"| [`logitscope {name}`](#logitscope-{name}) | {_about(commands[name])} |")
    lines += ["", "## Exit codes", "", "| code | |", "|---|---|"]
    lines += [f"| {code} | {what} |" for code, what in EXIT_CODES]
    lines += [
        "",
        "Errors go to stderr: what happened, why, what to do next. `--debug` adds the traceback.",
        "",
        "## Environment",
        "",
        "| variable | |",
        "|---|---|",
        f"| `{HOME_VARIABLE}` | one folder for configuration, data, state and cache |",
        "| `NO_COLOR` | the workbench draws without colours |",
        "",
        "## logitscope",
        "",
        *_flags(parser),
        "",
        f"Refused by name until they are there: {', '.join(f'`{name}`' for name in LATER)}.",
    ]
    for name, command in commands.items():
        lines += ["", f"## logitscope {name}", "", _about(command), ""]
        lines += _command(command, name)
    return "\n".join(lines) + "\n"


def _command(parser: Parser, name: str) -> Iterator[str]:
    yield (
        f"`{' '.join(parser.format_usage().split()[1:])}`"
        if name != "run"
        else ("`logitscope run [flags] [-p TEXT | -f FILE | -]`")
    )
    for action, inner in parser.commands.items():
        yield ""
        yield f"`{' '.join(inner.format_usage().split()[1:])}`: {_help_of(parser, action)}"
    rows = list(_flags(parser))
    if len(rows) > 2:
        yield ""
        yield from rows


def _help_of(parser: Parser, name: str) -> str:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return next((c.help or "" for c in action._choices_actions if c.dest == name), "")
    return ""


def _flags(parser: Parser) -> Iterator[str]:
    yield "| flag | |"
    yield "|---|---|"
    seen: set[int] = set()
    for action in parser.options.values():
        if id(action) in seen or action.help == argparse.SUPPRESS or action.dest == "help":
            continue
        seen.add(id(action))
        names = ", ".join(f"`{name}`" for name in action.option_strings)
        metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
        takes = f" `{metavar}`" if takes_value(action) or action.nargs == "?" else ""
        yield f"| {names}{takes} | {_cell(action.help or '')} |"


def _about(parser: Parser) -> str:
    return _cell(parser.description or "")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def file_page() -> str:
    """Every source file and the first line of what it says of itself."""
    lines = [
        "# Files",
        "",
        "The first line of each module. `tests/` mirrors the rooms; pages are in `docs/`.",
    ]
    room = None
    for path in sorted(SOURCES.rglob("*.py"), key=lambda p: (p.parent.parts, p.name)):
        about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if path.parent != room:
            room = path.parent
            lines += ["", f"## {room.relative_to(SOURCES.parent)}/", "", "| file | |", "|---|---|"]
        lines.append(f"| `{path.name}` | {_cell(about.partition(chr(10))[0])} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(FOLDER / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
