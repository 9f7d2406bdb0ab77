"""`logitscope check-samplers`: does every stage do what is written of it?

Keeps true: no model, no file; the same seed makes the same cases.
"""

import argparse
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tui.cli.check.compare import Check

CASES: Final = 2000
_SEED: Final = 1


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    from tui.cli.flags import whole

    parser = subparsers.add_parser(
        "check-samplers",
        help="compare every stage with its written definition on random logits",
        description="Run every stage of the chain on random logits and compare what it leaves "
        "with its written definition. Exit code 1 on a mismatch.",
    )
    parser.add_argument("--cases", type=whole(1, 1_000_000), default=CASES, metavar="N",
                        help=f"cases for each stage (default {CASES})")  # fmt: skip
    parser.add_argument("-s", "--seed", type=whole(0, (1 << 32) - 1), default=_SEED, metavar="N",
                        help=f"start of the random cases (default {_SEED})")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Check every stage and print a table; 1 when one of them differs."""
    import numpy as np

    from tui.cli.check.case import make_case
    from tui.cli.check.compare import Outcome

    started = time.monotonic()
    print(f"{'stage':<22}{'cases':>8}{'mismatches':>12}{'borderline':>12}")
    wrong: list[str] = []
    for number, (name, check) in enumerate(_checks().items()):
        rng = np.random.default_rng([args.seed, number])
        counts = dict.fromkeys(Outcome, 0)
        for index in range(args.cases):
            case = make_case(rng, index)
            outcome, values = check(case)
            counts[outcome] += 1
            if outcome is Outcome.DIFFERS and counts[outcome] <= 3:
                wrong.append(f"{name}, case {index}: {case}; {values}")
        print(
            f"{name:<22}{args.cases:>8}{counts[Outcome.DIFFERS]:>12}{counts[Outcome.BORDERLINE]:>12}",
            flush=True,
        )
    print(
        f"\nseed {args.seed}, {time.monotonic() - started:.0f} s. Equal logits count as one "
        "another; borderline: a threshold met\nto within what single precision can tell. "
        "Where ours is not llama.cpp's: docs/reference/exactness.md."
    )
    if wrong:
        print("\nmismatches (the first three of each stage):")
        print("\n".join(f"  {line}" for line in wrong))
    return 1 if wrong else 0


def _checks() -> "dict[str, Check]":
    """The comparison of every stage, in the order of the default chain."""
    from tui.cli.check import draw, stage

    return {
        "logit_bias": stage.logit_bias,
        "penalties": stage.penalties,
        "dry": stage.dry,
        "top_n_sigma": stage.top_n_sigma,
        "top_k": stage.top_k,
        "tfs_z": stage.tfs_z,
        "typ_p": stage.typ_p,
        "top_p": stage.top_p,
        "min_p": stage.min_p,
        "xtc": stage.xtc,
        "temperature": stage.temperature,
        "temperature (dynamic)": stage.dynamic_temperature,
        "dist": draw.dist,
        "greedy": draw.greedy,
        "mirostat 1": draw.mirostat_1,
        "mirostat 2": draw.mirostat_2,
        "adaptive_p": draw.adaptive_p,
    }
