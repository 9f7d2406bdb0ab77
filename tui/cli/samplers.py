"""`logitscope samplers list|new|chain`: the stages there are, a template, and a chain as text.

Also what the flag `--custom SAMPLER.PARAMETER=NUMBER` means, for every command that has it.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tui.cli.flags import FLAGS, add_flag, add_sampler_flags, sampler_values
from tui.core.errors import Problem, UsageError, nearest
from tui.core.launch import Layer, stack
from tui.core.own_sampler import PREFIX, OwnSampler
from tui.core.plan import chain_line, ignored
from tui.core.request import lacking, request_of
from tui.core.samplers import PARAMS, STAGES, Kind, Param
from tui.core.text import one_line, plain_number

_CHAIN_FLAGS: Final = (
    "preset", "samplers", "logit_bias", "logit_bias_variants", "custom", "ignore_eos", "grammar",
    "grammar_file", "json_schema", "json_schema_file",
)  # fmt: skip
"""Flags of `chain` besides the parameters."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "samplers",
        help="built-in and own samplers; a template for a new one",
        description="List the stages a chain can be made of, begin a sampler of your own, or print "
        "a chain as one line or as llama-server JSON.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="every stage, with its parameters")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    new = actions.add_parser("new", help="write a template into the samplers folder")
    new.add_argument("name", metavar="NAME", help="small letters, digits and -")
    new.add_argument("--from", dest="template", metavar="EXAMPLE", default="blank",
                     help="blank, top-a or no-letter (default blank)")  # fmt: skip
    chain = actions.add_parser("chain", help="a chain as one line, or as llama-server JSON")
    chain.add_argument(
        "--json", action="store_true", help="print the request fields of llama-server"
    )
    for flag in FLAGS:
        if flag.dest in _CHAIN_FLAGS:
            add_flag(chain, flag)
    add_sampler_flags(chain)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; 1 when a file of one's own has a problem.

    Raises:
        UsageError: a name, example or file that cannot be used.
    """
    from tui.store.own_samplers import find_own_samplers, new_sampler
    from tui.store.paths import find_paths

    if args.action == "chain":
        return _chain(args)
    folder = find_paths().samplers
    if args.action == "new":
        path = new_sampler(folder, args.name, args.template)
        print(path)
        print(f"Use it with --samplers 'top_k;custom:{args.name};temperature', or in the panel.")
        return 0
    found = find_own_samplers(folder)
    own = list(found.samplers.values())
    if args.json:
        print(json.dumps(_json(own, found.problems), allow_nan=False))
    else:
        _print_list(own, found.problems, str(folder))
    return 1 if found.problems else 0


def _chain(args: argparse.Namespace) -> int:
    from tui.cli.startup import chain_values
    from tui.store.own_samplers import find_own_samplers
    from tui.store.paths import find_paths
    from tui.store.preset import preset_layer

    paths, given = find_paths(), vars(args)
    layers = [preset_layer(given["preset"], paths.presets)] if "preset" in given else []
    values = chain_values(given, sampler_values(args))
    if asked := given.get("custom"):
        values["custom"] = custom_values(asked, find_own_samplers(paths.samplers).samplers)
    settings, _, problems = stack([*layers, Layer("flags", values)])
    if problems:
        raise UsageError("The settings cannot be used.", "; ".join(map(str, problems)))
    notes = [note for layer in layers for note in layer.notes] + list(ignored(settings))
    if args.json:
        if names := lacking(settings):
            notes.append(f"llama-server does not have, and leaves out: {', '.join(names)}")
        print(json.dumps(request_of(settings), allow_nan=False))
    else:
        print(chain_line(settings))
    for note in notes:
        print(f"logitscope: {one_line(note, 400)}", file=sys.stderr)
    return 0


def custom_value(text: str) -> tuple[str, str, float]:
    """`--custom top-a.a=0.2`: sampler, parameter, value.

    Raises:
        UsageError: it does not look like that.
    """
    place, equals, amount = text.partition("=")
    name, dot, key = place.strip().removeprefix(PREFIX).rpartition(".")
    value: float | None
    try:
        value = float(amount)
    except ValueError:
        value = None
    cannot = f"--custom cannot be {one_line(text, 80)!r}."
    if not (equals and dot and name and key) or value is None:
        raise UsageError(
            cannot, "It is SAMPLER.PARAMETER=NUMBER.", "For example --custom top-a.a=0.2."
        )
    if not math.isfinite(value):
        raise UsageError(cannot, f"{value} is not a finite number.")
    return name, key, value


def custom_values(
    given: Iterable[tuple[str, str, float]], samplers: Mapping[str, OwnSampler]
) -> dict[str, dict[str, float]]:
    """What `--custom` gave, as `Settings.custom`.

    Raises:
        UsageError: an unknown sampler or parameter, or a value out of range.
    """
    values: dict[str, dict[str, float]] = {}
    for name, key, value in given:
        parameters = {p.name: p for p in own_sampler(name, samplers).parameters}
        if key not in parameters:
            guess = nearest(key, parameters)
            raise UsageError(
                f"The sampler {name} has no parameter {key!r}.",
                guess and f"{guess[:1].upper()}{guess[1:]}",
                f"It has: {', '.join(parameters) or 'none'}.",
            )
        problem = parameters[key].check(value)
        if problem is not None:
            raise UsageError(f"--custom {name}.{key}: {problem}.")
        values.setdefault(name, {})[key] = value
    return values


def own_sampler(name: str, samplers: Mapping[str, OwnSampler]) -> OwnSampler:
    """The sampler of this name, with or without `custom:`.

    Raises:
        UsageError: there is none, with the nearest name.
    """
    name = name.removeprefix(PREFIX)
    if name not in samplers:
        guess = nearest(name, samplers)
        raise UsageError(
            f"You have no sampler {name!r}.",
            guess and f"{guess[:1].upper()}{guess[1:]}",
            "`logitscope samplers list` shows yours; `samplers new NAME` begins one.",
        )
    return samplers[name]


def _print_list(own: list[OwnSampler], problems: tuple[Problem, ...], folder: str) -> None:
    for stage in STAGES.values():
        letter = f" [{stage.char}]" if stage.char else ""
        drawing = "  (draws)" if stage.kind is Kind.DRAW else ""
        print(f"{stage.name}{letter}  {stage.help}{drawing}")
        for key in stage.params:
            print(f"    {_param(PARAMS[key])}")
    print(f"\nyours, in {one_line(folder)}:")
    if not own and not problems:
        print("    none yet; `logitscope samplers new NAME` begins one")
    for sampler in own:
        print(f"{sampler.stage_name}  {one_line(sampler.help)}")
        for parameter in sampler.parameters:
            print(f"    {_param(parameter.as_param())}")
    for problem in problems:
        print(f"problem: {one_line(str(problem), 400)}")


def _param(param: Param) -> str:
    if param.kind not in ("int", "float"):
        return f"{param.key}: {one_line(param.help)}"
    span = f"{_number(param.minimum)} to {_number(param.maximum)}"
    neutral = "" if param.neutral is None else f", off at {_number(param.neutral)}"
    return f"{param.key} = {_number(param.default)} ({span}{neutral}): {one_line(param.help)}"


def _number(value: float | int | str | None) -> str:
    return plain_number(value) if isinstance(value, float) else str(value)


def _json(own: list[OwnSampler], problems: tuple[Problem, ...]) -> dict[str, Any]:
    def row(name: str, what: str, params: list[Param], source: str) -> dict[str, Any]:
        return {
            "name": name,
            "help": what,
            "source": source,
            "params": [
                {"key": p.key, "default": p.default, "neutral": p.neutral, "minimum": p.minimum,
                 "maximum": p.maximum, "help": p.help} for p in params
            ],
        }  # fmt: skip

    built_in = [
        row(stage.name, stage.help, [PARAMS[key] for key in stage.params], stage.source)
        for stage in STAGES.values()
    ]
    yours = [row(s.stage_name, s.help, [p.as_param() for p in s.parameters], s.path) for s in own]
    return {"built_in": built_in, "own": yours, "problems": [str(problem) for problem in problems]}
