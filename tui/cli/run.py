"""`logitscope run`: one reply to stdout, without a screen."""

import argparse

from tui.cli.flags import RUN, add_flags
from tui.core.errors import UsageError


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "run",
        help="one reply to stdout",
        description="Make one reply and stream it to stdout. The prompt is -p, -f, or stdin.",
    )
    add_flags(parser, RUN)


def run(args: argparse.Namespace) -> int:
    """Make the reply; the exit code."""
    import asyncio

    from tui.cli.export import ExportOutput
    from tui.cli.output import open_output
    from tui.cli.reply import Reply
    from tui.cli.startup import gather, read_stdin
    from tui.core.export import format_of
    from tui.engine.process import ProcessEngine
    from tui.store.paths import find_paths
    from tui.store.target import find_target

    top = getattr(args, "top", 10)
    as_json = getattr(args, "json", False)
    output = open_output(as_json=as_json, top=top)
    try:
        targets = [find_target(name) for name in getattr(args, "export", ()) if format_of(name)]
        startup = gather(args, RUN, find_paths())
        output = open_output(as_json=as_json, top=top, own=startup.own)
        if targets:
            output = ExportOutput(output, targets, top, startup.own)
        prompt = read_stdin() if startup.prompt is None else startup.prompt
        if not prompt and not startup.raw:
            raise UsageError("The prompt is empty.", "", "Give it with -p, -f or on stdin.")
        return asyncio.run(Reply(ProcessEngine(), startup, prompt, output).make())
    except BaseException as error:
        interrupted = isinstance(error, KeyboardInterrupt)
        said = "It was interrupted." if interrupted else str(error) or type(error).__name__
        output.failed(said)
        raise
