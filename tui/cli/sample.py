"""`logitscope sample`: the real chain, once, over a list of numbers. No model.

Keeps true: what is printed is what libllama and our own stages left, read after each of them; only
the words of a reason come from the written definitions. The seed is 0 unless another is given, so
that the same line prints the same twice; every other value begins as llama.cpp's default.
"""

import argparse
import json
import secrets
import sys
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tui.cli.flags import FLAGS, add_flag, add_sampler_flags, sampler_values, whole
from tui.cli.number import LIMIT_COUNT, probabilities, read_list, read_positions
from tui.cli.own import named_samplers
from tui.core.definitions.candidate import softmax
from tui.core.errors import UsageError
from tui.core.launch import Layer, stack
from tui.core.own_sampler import OwnSampler
from tui.core.plan import chain_line, ignored, make_plan
from tui.core.reason import percent, reasons
from tui.core.replay import replay
from tui.core.samplers import STAGES
from tui.core.settings import DRY_BREAKERS, Settings
from tui.core.step import Step
from tui.core.text import one_line

_CHAIN_FLAGS: Final = ("preset", "samplers", "logit_bias", "custom")
_ROWS: Final = 20
"""Candidates that the table shows unless `--top` asks for more."""
_SEED: Final = 0

After = tuple[str, npt.NDArray[np.int64], npt.NDArray[np.float64]]
"""(stage, ids of the survivors, their probabilities), most likely first."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "sample",
        help="run the sampler chain over a list of numbers, without a model",
        description="Run the sampler chain once over a list of numbers and show what each stage "
        "left. Ids are places in the list, from 0. Values begin as llama.cpp's defaults; "
        "`--preset neutral` begins with every stage off.",
    )
    what = parser.add_argument_group("numbers").add_mutually_exclusive_group(required=True)
    form = "0.5,0.3,0.2, or @FILE, or - for standard input"
    what.add_argument("--probs", metavar="LIST", help=f"probabilities: {form}")
    what.add_argument("--logits", metavar="LIST", help=f"logits, -inf allowed: {form}")
    parser.add_argument("--history", metavar="IDS", default="",
                        help="tokens said so far, oldest first, for the repetition stages")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--top", type=whole(1, LIMIT_COUNT), default=_ROWS, metavar="N",
                        help=f"rows of the table (default {_ROWS})")  # fmt: skip
    chain = parser.add_argument_group("sampler chain")
    for flag in FLAGS:
        if flag.dest in _CHAIN_FLAGS:
            add_flag(chain, flag)
    add_sampler_flags(chain)


def run(args: argparse.Namespace) -> int:
    """Sample once and print.

    Raises:
        UsageError: numbers or settings that cannot be used.
        LogitscopeError: nothing was left to draw.
    """
    logits, notes = _logits(args)
    history = read_positions(args.history, "--history", len(logits))
    settings, own, told = _settings(args)
    step, stages, final, warnings = _sampled(logits, settings, history, own)
    notes += [*told, *ignored(settings, own)]
    if settings.dry_sequence_breakers != DRY_BREAKERS and "dry" in make_plan(settings).active:
        notes.append("DRY's breakers need the vocabulary of a model: no effect here")
    for note in [*notes, *warnings]:
        print(f"logitscope: {one_line(note, 400)}", file=sys.stderr)
    if args.json:
        print(_json(step, stages, final))
    else:
        _print_table(step, stages, final, settings, history, own, args.top)
    return 0


def _logits(args: argparse.Namespace) -> tuple[npt.NDArray[np.float32], list[str]]:
    if args.logits is not None:
        logits = np.array(read_list(args.logits, "--logits"), np.float32)
        if not np.isfinite(logits).any():
            raise UsageError("--logits: every logit is -inf.", "Then nothing can be drawn.")
        return logits, []
    values, note = probabilities(read_list(args.probs, "--probs"), "--probs")
    with np.errstate(divide="ignore"):
        return np.log(np.array(values)).astype(np.float32), [note] if note else []


def _settings(args: argparse.Namespace) -> tuple[Settings, dict[str, OwnSampler], list[str]]:
    """llama.cpp's defaults, the preset, the flags; samplers of one's own; what is to be told."""
    from tui.store.paths import find_paths
    from tui.store.preset import preset_layer

    paths = find_paths()
    layers = [Layer("sample", {"seed": _SEED})]
    if name := getattr(args, "preset", ""):
        layers.append(preset_layer(name, paths.presets))
    values = sampler_values(args)
    found = named_samplers(vars(args), values, layers, paths.samplers)
    settings, _, problems = stack([*layers, Layer("flags", values)], found.samplers)
    notes = [note for layer in layers for note in layer.notes]
    return settings, found.samplers, [*notes, *map(str, (*found.problems, *problems))]


def _sampled(
    logits: npt.NDArray[np.float32], settings: Settings, history: list[int],
    own: dict[str, OwnSampler],
) -> tuple[Step, list[After], After, list[str]]:  # fmt: skip
    """Run the chain: the step, what each stage left, what the draw was made from, warnings."""
    from tui.sampling.chain import Chain
    from tui.sampling.vocab import Vocab

    seed = settings.seed if settings.seed >= 0 else secrets.randbelow(1 << 32)
    left: list[After] = []

    def watch(name: str, rows: npt.NDArray[np.void]) -> None:
        alive = rows[np.isfinite(rows["logit"])]
        is_draw = name == chain.plan.draw and name != "greedy"
        p = alive["p"].astype(np.float64) if is_draw else softmax(alive["logit"].astype(np.float64))
        left.append(_ordered(name, alive["id"], p))

    chain = Chain(Vocab(logits.size), settings, seed, history, own=own, watch=watch)
    try:
        draw = chain.sample(logits)
        warnings = [*chain.warnings, *map(str, chain.faults)]
        return chain.record(draw, 0), left[:-1], left[-1], warnings
    finally:
        chain.close()


def _ordered(name: str, ids: npt.NDArray[Any], p: npt.NDArray[np.float64]) -> After:
    """Most likely first."""
    order = np.lexsort((ids, -p))
    return name, ids[order].astype(np.int64), p[order]


def _json(step: Step, stages: list[After], final: After) -> str:
    def listed(after: After) -> list[dict[str, Any]]:
        _, ids, p = after
        return [{"id": i, "p": q} for i, q in zip(ids.tolist(), p.tolist(), strict=True)]

    shown = [
        {"sampler": after[0], "kept": trace.kept, "candidates": listed(after)}
        for after, trace in zip(stages, step.stages, strict=True)
    ]
    return json.dumps({"stages": shown, "final": listed(final), "chosen": step.id}, allow_nan=False)


def _print_table(
    step: Step, stages: list[After], final: After, settings: Settings, history: list[int],
    own: dict[str, OwnSampler], limit: int,
) -> None:  # fmt: skip
    """The chain, a row for each stage, then a row for each candidate with what removed it."""
    print(chain_line(settings, own))
    print()
    print(f"{'stage':<14}{'kept':>8}{'mass':>10}{'entropy':>12}")
    print(f"{'start':<14}{step.record.n_finite:>8}{'100 %':>10}{step.entropy_bits:>7.2f} bits")
    for trace in step.stages:
        label = _label(trace.sampler)
        print(f"{label:<14}{trace.kept:>8}{percent(trace.mass):>10}{trace.entropy_bits:>7.2f} bits"
              f"{'' if trace.changed else '   changed nothing'}")  # fmt: skip
    print()
    columns = [dict(zip(a[1].tolist(), a[2].tolist(), strict=True)) for a in (*stages, final)]
    again = replay(step, settings, history, own)
    heads = ["start", *(_label(a[0]) for a in stages), _label(again.draw)]
    widths = [max(10, len(head) + 2) for head in heads]
    print(f"{'id':>6}" + "".join(f"{head:>{w}}" for head, w in zip(heads, widths, strict=True)))
    order = np.argsort(-step.record.logits, kind="stable").tolist()
    whys = dict(zip(order[:limit], reasons(step, again, settings, order[:limit]), strict=True))
    for place in order[:limit]:
        token = int(step.record.ids[place])
        cells = [percent(float(step.record.p_raw[place]))]
        cells += [percent(column[token]) if token in column else "" for column in columns]
        line = f"{token:>6}" + "".join(f"{c:>{w}}" for c, w in zip(cells, widths, strict=True))
        why = "" if token in columns[-1] else whys[place]
        mark = "◂ taken" if step.u is None else f"◂ drawn with u = {step.u:.4f}"
        print(f"{line}  {mark if token == step.id else why}".rstrip())
    if step.record.n_vocab > limit:
        print(f"{step.record.n_vocab - limit} more; --top N shows more rows")


def _label(name: str) -> str:
    return STAGES[name].label if name in STAGES else name
