"""The table of flags. llama.cpp's spelling wins; sampler flags come from `core.samplers.PARAMS`.

Declares and converts; what the values mean together is `startup.py`'s matter. A flag that was not
given leaves no attribute behind (`SUPPRESS`), so that flags before and after a command's name add
up.
"""

import argparse
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from tui.core.errors import Problem, UsageError
from tui.core.number import read_number, read_whole
from tui.core.samplers import PARAMS, Param
from tui.core.settings import check_value, counted, parse_order, parse_sequence

Convert = Callable[[str], Any]

WORKBENCH: Final = "workbench"
RUN: Final = "run"
BOTH: Final = (WORKBENCH, RUN)


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """One flag."""

    names: tuple[str, ...]
    """Spellings, llama.cpp's first."""
    dest: str
    help: str
    metavar: str = ""
    """Name of its value; empty for a switch."""
    group: str
    convert: Convert = str
    choices: tuple[str, ...] = ()
    optional: str = ""
    """The value that the bare flag stands for; empty when a value must follow."""
    repeat: bool = False
    value: Any = True
    """What a switch stores."""
    commands: tuple[str, ...] = BOTH


def whole(low: int, high: int) -> Convert:
    """A converter for whole numbers from `low` to `high`."""

    def convert(text: str) -> int:
        try:
            value = read_whole(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{value} is out of range: {low} to {high}")
        return value

    return convert


def _layers(text: str) -> int:
    """`-ngl`: a count, `auto` or `all`."""
    named = {"auto": -1, "all": 1 << 20}
    return named[text] if text in named else whole(-1, 1 << 20)(text)


_BIAS: Final = re.compile(r"\s*(\d+)\s*([+-])\s*(\d*\.?\d+(?:[eE][+-]?\d+)?|inf)\s*\Z")


def bias(text: str) -> list[Any]:
    """`-l 15043+1`, `-l 29905-inf`: a token id and what is added to its logit; `-inf` is a ban."""
    found = _BIAS.match(text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not ID+BIAS or ID-BIAS, for example 15043+1 or 29905-inf"
        )
    token, sign, amount = found.groups()
    value = float(amount)
    if math.isinf(value):
        if sign == "+":
            raise argparse.ArgumentTypeError(f"{text!r}: a bias of +inf is not possible")
        return [int(token), False]
    return [int(token), -value if sign == "-" else value]


_SPELLED: Final = re.compile(r"(.+?)([+-])(\d*\.?\d+(?:[eE][+-]?\d+)?|inf)\Z", re.DOTALL)


def spelled_bias(text: str) -> list[Any]:
    """`--logit-bias-variants yes-inf`: a text and what is added to every spelling of it."""
    found = _SPELLED.match(text)
    amount = float(found[3]) if found else math.inf
    if found is None or (math.isinf(amount) and found[2] == "+"):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not TEXT+BIAS or TEXT-BIAS, for example yes+2 or no-inf"
        )
    if math.isinf(amount):
        return [found[1], False]
    return [found[1], -amount if found[2] == "-" else amount]


def _own_value(text: str) -> tuple[str, str, float]:
    from tui.cli.own import custom_value

    return custom_value(text)


def _order(text: str) -> list[str]:
    return _named(parse_order(text))


def _sequence(text: str) -> list[str]:
    return _named(parse_sequence(text))


def _named(parsed: tuple[tuple[str, ...], list[Problem]]) -> list[str]:
    order, problems = parsed
    if problems:
        # The flag names itself; the key would say the same again.
        told = [str(msgspec.structs.replace(problem, key="")) for problem in problems]
        raise argparse.ArgumentTypeError("; ".join(told))
    return list(order)


_MODEL, _PROMPT, _CHAIN, _OUT = "model", "prompt", "chain", "output"

FLAGS: Final = (
    Flag(names=("-m", "--model"), dest="model", metavar="FILE", group=_MODEL,
         help="GGUF file; without it the shipped demo model"),
    Flag(names=("-c", "--ctx-size"), dest="n_ctx", metavar="N", group=_MODEL,
         convert=whole(0, 1 << 26), help="context in tokens; 0 = the model's own, at most 8192"),
    Flag(names=("-n", "--predict", "--n-predict"), dest="predict", metavar="N", group=_MODEL,
         convert=whole(-2, 1 << 26), help="most tokens to make; -1 = until the end"),
    Flag(names=("-t", "--threads"), dest="n_threads", metavar="N", group=_MODEL,
         convert=whole(-1, 512), help="CPU threads; 0 or -1 = every usable core"),
    Flag(names=("-b", "--batch-size"), dest="n_batch", metavar="N", group=_MODEL,
         convert=whole(1, 1 << 16), help="prompt tokens evaluated at once"),
    Flag(names=("-ngl", "--gpu-layers", "--n-gpu-layers"), dest="n_gpu_layers", metavar="N",
         group=_MODEL, convert=_layers, help="layers on the GPU: a number, auto or all"),
    Flag(names=("--mlock",), dest="use_mlock", group=_MODEL, help="keep the model in memory"),
    Flag(names=("--no-mmap",), dest="use_mmap", value=False, group=_MODEL,
         help="read the whole file instead of mapping it"),
    Flag(names=("--chat-template",), dest="chat_template", metavar="JINJA", group=_MODEL,
         help="template text that replaces the model's own"),
    Flag(names=("--chat-template-file",), dest="chat_template_file", metavar="FILE", group=_MODEL,
         help="the same, from a file"),
    Flag(names=("-p", "--prompt"), dest="prompt", metavar="TEXT", group=_PROMPT,
         help="the first user turn"),
    Flag(names=("-f", "--file"), dest="prompt_file", metavar="FILE", group=_PROMPT,
         help="the same, from a file; one final newline is dropped; - is stdin"),
    Flag(names=("-",), dest="prompt_file", value="-", group=_PROMPT, commands=(RUN,),
         help="read the prompt from stdin (also when neither -p nor -f is given)"),
    Flag(names=("-sys", "--system-prompt"), dest="system", metavar="TEXT", group=_PROMPT,
         help="system prompt, in place of the persona's"),
    Flag(names=("-sysf", "--system-prompt-file"), dest="system_file", metavar="FILE", group=_PROMPT,
         help="the same, from a file"),
    Flag(names=("--persona",), dest="persona", metavar="NAME", group=_PROMPT,
         help="a persona: its prompt, its settings, its stop texts"),
    Flag(names=("-r", "--reverse-prompt"), dest="stop", metavar="TEXT", group=_PROMPT, repeat=True,
         help="text that ends the reply; may be repeated"),
    Flag(names=("-e", "--escape"), dest="escape", group=_PROMPT,
         help="read \\n, \\t, \\x41 ... in -p, -f, -r and breakers as characters (the default)"),
    Flag(names=("--no-escape",), dest="escape", value=False, group=_PROMPT,
         help="take -p, -f, -r and breakers as they are"),
    Flag(names=("-no-cnv", "--no-conversation"), dest="raw", group=_PROMPT, commands=(RUN,),
         help="evaluate the prompt as it is, without the chat template"),
    Flag(names=("--special-input",), dest="special_input", group=_PROMPT,
         help="control-token texts in the prompt become control tokens"),
    Flag(names=("-i", "--interactive"), dest="interactive", group=_PROMPT, commands=(WORKBENCH,),
         help="accepted; the workbench always is"),
    Flag(names=("--preset",), dest="preset", metavar="NAME", group=_CHAIN,
         help="settings by name: default, neutral, greedy, or one of yours; or a file: FILE.toml, "
         "or FILE.json as llama-server has it"),
    Flag(names=("--samplers",), dest="samplers", metavar="A;B;C", group=_CHAIN, convert=_order,
         help="stages between the bias and the draw, in order"),
    Flag(names=("--sampler-seq", "--sampling-seq"), dest="samplers", metavar="LETTERS",
         group=_CHAIN, convert=_sequence, help="the same, one letter a stage; f is tail-free; the later of the two counts"),
    Flag(names=("-l", "--logit-bias"), dest="logit_bias", metavar="ID+BIAS", group=_CHAIN,
         convert=bias, repeat=True, help="add to a token's logit; ID-inf bans it; may be repeated"),
    Flag(names=("--logit-bias-variants",), dest="logit_bias_variants", metavar="TEXT+BIAS",
         group=_CHAIN, convert=spelled_bias, repeat=True,
         help="the same for every spelling of a text (capitals, a blank before it) that is one "
         "token; may be repeated"),
    Flag(names=("--custom",), dest="custom", metavar="S.P=N", group=_CHAIN, convert=_own_value,
         repeat=True, help="value of a parameter of a sampler of your own; may be repeated"),
    Flag(names=("--ignore-eos",), dest="ignore_eos", group=_CHAIN,
         help="ban the end-of-generation tokens"),
    Flag(names=("--grammar",), dest="grammar", metavar="GBNF", group=_CHAIN,
         help="grammar that the reply must obey"),
    Flag(names=("--grammar-file",), dest="grammar_file", metavar="FILE", group=_CHAIN,
         help="the same, from a file"),
    Flag(names=("-j", "--json-schema"), dest="json_schema", metavar="JSON", group=_CHAIN,
         help="JSON schema that the reply must obey"),
    Flag(names=("-jf", "--json-schema-file"), dest="json_schema_file", metavar="FILE", group=_CHAIN,
         help="the same, from a file"),
    Flag(names=("--json",), dest="json", group=_OUT, commands=(RUN,),
         help="write the trace: one JSON object a line"),
    Flag(names=("--top",), dest="top", metavar="N", group=_OUT, commands=(RUN,),
         convert=whole(0, 1 << 16), help="candidates listed per step in --json (default 10)"),
    Flag(names=("--export",), dest="export", metavar="FILE", group=_OUT, commands=(RUN,),
         repeat=True, help="write the reply and its trace to a file too: .html, .svg, .csv,"
         " .candidates.csv or .jsonl; may be repeated"),
    Flag(names=("-co", "--color"), dest="color", metavar="on|off|auto", group=_OUT,
         choices=("on", "off", "auto"), optional="on",
         help="colours of the workbench; run writes the reply alone and has none"),
    Flag(names=("--no-mouse",), dest="mouse", value=False, group=_OUT, commands=(WORKBENCH,),
         help="leave the mouse to the terminal"),
    Flag(names=("--ascii",), dest="ascii", group=_OUT, commands=(WORKBENCH,),
         help="draw with ASCII characters only"),
    Flag(names=("--slow",), dest="slow", group=_OUT, commands=(WORKBENCH,),
         help="fewer screen updates, for a slow line"),
    Flag(names=("--debug",), dest="debug", group=_OUT, help="show tracebacks"),
)  # fmt: skip
"""Every flag of the workbench and of `run`, without the sampler parameters."""

_HUB: Final = ("Downloading a model by name comes in a later version.", "Give a file with -m.")
_SESSION: Final = ("Saved conversations come in a later version.", "Leave it out.")
LATER: Final = {
    "-hf": _HUB,
    "-hfr": _HUB,
    "--hf-repo": _HUB,
    "--session": _SESSION,
    "--continue": _SESSION,
}
"""Flags that are promised and refused by name until they are there."""


def add_flags(parser: argparse.ArgumentParser, command: str) -> None:
    """Give `parser` every flag of `command` (`workbench` or `run`)."""
    titles = {_MODEL: "model", _PROMPT: "prompt", _CHAIN: "sampler chain", _OUT: "output"}
    for group, title in titles.items():
        box = parser.add_argument_group(title)
        for flag in FLAGS:
            if flag.group == group and command in flag.commands:
                add_flag(box, flag)
        if group == _CHAIN:
            add_sampler_flags(box)
    for name in LATER:
        parser.add_argument(
            name, dest="later", help=argparse.SUPPRESS, default=argparse.SUPPRESS,
            action=Later, nargs=0 if name == "--continue" else None,
        )  # fmt: skip


class Later(argparse.Action):
    """A flag that is refused by name."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Say so."""
        name = option_string or self.option_strings[0]
        raise UsageError(f"{name} is not there yet.", *LATER[name])


def add_flag(box: argparse._ActionsContainer, flag: Flag) -> None:
    """Declare one flag to argparse."""
    rest: dict[str, Any] = {"dest": flag.dest, "help": flag.help, "default": argparse.SUPPRESS}
    if not flag.metavar:
        box.add_argument(*flag.names, action="store_const", const=flag.value, **rest)
        return
    rest |= {"metavar": flag.metavar, "type": flag.convert}
    if flag.choices:
        rest["choices"] = flag.choices
    if flag.optional:
        rest |= {"nargs": "?", "const": flag.optional}
    if flag.repeat:
        rest["action"] = Repeated
    box.add_argument(*flag.names, **rest)


class Repeated(argparse.Action):
    """A flag whose values add up."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Append the value to those before it."""
        setattr(namespace, self.dest, [*getattr(namespace, self.dest, []), values])


def add_sampler_flags(box: argparse._ActionsContainer) -> None:
    """Declare a flag for every parameter of the chain; see `sampler_values`."""
    for param in PARAMS.values():
        add_flag(
            box,
            Flag(
                names=param.flags, dest=param.key, group=_CHAIN, repeat=param.kind == "texts",
                metavar="TEXT" if param.kind == "texts" else "N",
                convert=_param(param) if param.kind in ("int", "float") else str,
                help=_param_help(param),
            ),
        )  # fmt: skip


def _param_help(param: Param) -> str:
    default = param.default if isinstance(param.default, int | float) else ""
    return f"{param.help} (default {default:g})" if default != "" else param.help


def _param(param: Param) -> Convert:
    def convert(text: str) -> float | int:
        value: float | int = counted(param.key, _number(param, text))
        problem = check_value(param.key, value)
        if problem is not None:
            hint = problem.suggestion
            raise UsageError(
                f"{_spelling(param)} cannot be {text}.",
                f"{problem.message[:1].upper()}{problem.message[1:]}.",
                hint and f"{hint[:1].upper()}{hint[1:]}.",
            )
        return value

    return convert


def _spelling(param: Param) -> str:
    """llama.cpp's first long name."""
    return next(flag for flag in param.flags if flag.startswith("--"))


def _number(param: Param, text: str) -> float | int:
    whole_number = param.kind == "int"
    try:
        return read_whole(text) if whole_number else read_number(text)
    except ValueError:
        kind = "a whole number" if whole_number else "a number"
        raise UsageError(f"{_spelling(param)} cannot be {text!r}.", f"It is not {kind}.") from None


_VALUES: Final = (
    *PARAMS, "samplers", "logit_bias", "logit_bias_variants", "ignore_eos", "grammar",
    "json_schema",
)  # fmt: skip


def sampler_values(args: argparse.Namespace) -> dict[str, Any]:
    """What the flags say about the chain, as a layer's values: only what was given."""
    given = {key: getattr(args, key) for key in _VALUES if hasattr(args, key)}
    if "dry_sequence_breakers" in given:
        texts = given["dry_sequence_breakers"]
        last_none = max((at for at, text in enumerate(texts) if text == "none"), default=-1)
        given["dry_sequence_breakers"] = texts[last_none + 1 :]
    return given
