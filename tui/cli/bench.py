"""`logitscope bench`: what the workbench costs on top of llama.cpp, as ratios of one run."""

import argparse
import json
from collections.abc import Iterator
from typing import Any, Final

from tui.cli.flags import whole
from tui.core.text import one_line

_TURNS: Final = 8
"""Replies with the drawer open, and as many with it shut."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "bench",
        help="what the workbench costs on top of llama.cpp",
        description="Measure llama.cpp's own loop against the workbench's, taking turns.",
    )
    add = parser.add_argument
    add("-m", "--model", metavar="FILE", default=argparse.SUPPRESS,
        help="GGUF file; without it the shipped demo model")  # fmt: skip
    add("-t", "--threads", metavar="N", type=whole(-1, 512), dest="n_threads", default=argparse.SUPPRESS,
        help="CPU threads; 0 = every usable core")  # fmt: skip
    add("--rounds", metavar="N", type=whole(1, 1000), default=argparse.SUPPRESS,
        help="how often each side takes its turn; 5, or what 25 s hold")  # fmt: skip
    add("--ui", action="store_true", default=argparse.SUPPRESS,
        help="measure the workbench itself, on an engine that follows a script; with -m also how fast "
        "that model replies beside it")  # fmt: skip
    add("--json", action="store_true", default=argparse.SUPPRESS,
        help="one JSON object instead of a table")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Measure and print.

    Raises:
        LogitscopeError: the model cannot be loaded, or a side died.
    """
    import asyncio

    if getattr(args, "ui", False):
        return _run_ui(args)
    from tui.demo import MODEL_PATH
    from tui.engine.race import race
    from tui.store.paths import typed_path

    rounds = getattr(args, "rounds", 0)
    path = typed_path(getattr(args, "model", str(MODEL_PATH)))
    figures = asyncio.run(race(path, max(0, getattr(args, "n_threads", 0)), rounds))
    if getattr(args, "json", False):
        print(json.dumps(figures))
    else:
        print("\n".join(table(figures)))
    return 0


def _run_ui(args: argparse.Namespace) -> int:
    import asyncio

    from tui.cli.bench_drawer import beside
    from tui.cli.bench_ui import measure
    from tui.store.paths import typed_path

    rounds = getattr(args, "rounds", 0)
    figures = asyncio.run(measure())
    if "model" in args:
        path, n_threads = typed_path(args.model), max(0, getattr(args, "n_threads", 0))
        figures["beside_tps"] = asyncio.run(beside(path, n_threads, rounds or _TURNS))
    if getattr(args, "json", False):
        print(json.dumps({"ui": figures}))
    else:
        print("\n".join(ui_table(figures)))
    return 0


def ui_table(figures: dict[str, Any]) -> Iterator[str]:
    """The figures of the workbench for a reader."""
    width, height = figures["size"]
    redraw, token, one = (figures[k] for k in ("redraw_us", "token_us", "one_reply_redraw_us"))
    cursor = figures["cursor_us"]
    tokens, rate = figures["tokens"], figures["stream_tps"]
    yield f"{width} x {height} cells, {rate} tokens per second, processor time without the engine's"
    yield ""
    yield f"{'':34}{'at 500':>12}{f'at {tokens}':>12}{'ratio':>8}"
    yield f"{'a redraw, us':34}{redraw['start']:>12}{redraw['end']:>12}{redraw['ratio']:>8}"
    yield f"{'a token, us':34}{token['start']:>12}{token['end']:>12}"
    yield f"{'a redraw, all in one reply, us':34}{'':12}{one['end']:>12}{one['ratio']:>8}"
    yield (
        f"{'a step of the cursor, us':34}{cursor['start']:>12}{cursor['end']:>12}"
        f"{cursor['ratio']:>8}  at the start and at the end of that reply"
    )
    yield ""
    yield f"{'share of a core while tokens come':34}{figures['core_share']:>12.1%}"
    yield f"{'share of a core at rest':34}{figures['idle_core_share']:>12.1%}"
    drawer = figures["inspector_core_share"]
    columns, rows = drawer["size"]
    yield (
        f"{f'the same at {columns} x {rows}, inspector shut':34}{drawer['shut']:>12.1%}"
        f"  open {drawer['open']:.1%}"
    )
    beside = figures.get("beside_tps")
    if beside is not None:
        yield (
            f"{'beside it, tokens per second, shut':34}{beside['shut']:>12}  open {beside['open']}"
            f"  ratio {beside['ratio']}"
        )
        yield f"  {one_line(beside['model'])}, {beside['threads'] or 'all'} threads"
    size = figures["whatif_vocabulary"]
    what = f"what-if drawn, ms at {size:,} tokens"
    cpu = figures["whatif_repaint_cpu_ms"]
    yield f"{what:46}{figures['whatif_repaint_ms']:>12}  ({cpu} of processor time)"
    yield f"{'sent to the terminal, bytes a redraw':36}{figures['bytes_per_redraw']:>10}"


def table(figures: dict[str, Any]) -> Iterator[str]:
    """The figures for a reader."""
    decode, sample = figures["decode_tps"], figures["sample_us"]
    yield f"{one_line(figures['model'])}, {figures['threads']} threads, medians of {figures['rounds']} rounds"
    yield ""
    yield f"{'':34}{'llama.cpp':>12}{'logitscope':>12}{'ratio':>8}"
    yield (
        f"{'tokens per second':34}{decode['native']:>12}{decode['logitscope']:>12}"
        f"{decode['ratio']:>8}"
    )
    yield (
        f"{'between two tokens, us':34}{sample['native']:>12}{sample['traced']:>12}"
        f"{sample['ratio']:>8}"
    )
    yield f"{'  without a record, us':34}{'':12}{sample['staged']:>12}"
    yield f"{'  the record, us of processor time':34}{'':12}{figures['record_cpu_us']:>12}"
    yield ""
    yield f"{'what-if on a recorded step, ms':34}{'':12}{figures['whatif_ms']:>12}"
    yield f"{'binding with 10 logprobs, t/s':34}{figures['binding_logprobs_tps']:>12}"
    yield f"{'engine process at its peak, MB':34}{'':12}{figures['peak_rss_mb']:>12}"
