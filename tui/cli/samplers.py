"""`logitscope samplers list|new|chain`: the stages there are, a template, and a chain as text."""

import argparse
import json
import sys
from typing import Any, Final

from tui.cli.flags import FLAGS, add_flag, add_sampler_flags, sampler_values
from tui.cli.own import named_samplers, read_samplers
from tui.core.errors import Problem
from tui.core.launch import Layer, stack
from tui.core.number import plain_number
from tui.core.own_sampler import OwnSampler
from tui.core.plan import chain_line, ignored
from tui.core.request import lacking, request_of
from tui.core.samplers import PARAMS, STAGES, Kind, Param
from tui.core.text import one_line

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
    new.add_argument("name", metavar="NAME", help="small letters, digits, - and _")
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
    from tui.store.own_samplers import TRY, new_sampler
    from tui.store.paths import find_paths

    if args.action == "chain":
        return _chain(args)
    folder = find_paths().samplers
    if args.action == "new":
        path = new_sampler(folder, args.name, args.template)
        print(path)
        print(
            f"Use it with --samplers 'top_k;custom:{args.name};temperature' "
            f"--custom {args.name}.{TRY[args.template]}, or in the panel."
        )
        return 0
    found = read_samplers(folder)
    own = list(found.samplers.values())
    if args.json:
        print(json.dumps(_json(own, found.problems), allow_nan=False))
    else:
        _print_list(own, found.problems, str(folder))
    return 1 if found.problems else 0


def _chain(args: argparse.Namespace) -> int:
    from tui.cli.startup import chain_values
    from tui.store.paths import find_paths
    from tui.store.preset import preset_layer

    paths, given = find_paths(), vars(args)
    layers = [preset_layer(given["preset"], paths.presets)] if "preset" in given else []
    values = chain_values(given, sampler_values(args))
    found = named_samplers(given, values, layers, paths.samplers)
    settings, _, problems = stack([*layers, Layer("flags", values)], found.samplers)
    notes = [note for layer in layers for note in layer.notes]
    notes += [*map(str, (*found.problems, *problems)), *ignored(settings, found.samplers)]
    if args.json:
        if names := lacking(settings):
            notes.append(f"llama-server does not have, and leaves out: {', '.join(names)}")
        print(json.dumps(request_of(settings), allow_nan=False))
    else:
        print(chain_line(settings, found.samplers))
    for note in notes:
        print(f"logitscope: {one_line(note, 400)}", file=sys.stderr)
    return 0


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
