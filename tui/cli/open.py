"""`logitscope open FILE.jsonl`: a recorded reply in the workbench, read-only, without its model."""

import argparse

from tui.cli.flags import FLAGS, add_flag

_TAKEN = ("color", "mouse", "ascii", "slow", "debug")
"""Flags of the workbench that concern the screen alone."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "open",
        help="a recorded reply in the workbench",
        description="Look at a recorded reply in the workbench, read-only: its tokens, their"
        " candidates, what other settings would have made of them. FILE is what"
        " `logitscope run --export FILE.jsonl`, the workbench or `run --json` wrote. No model is"
        " needed.",
    )
    parser.add_argument("file", metavar="FILE", help="a .jsonl trace")
    for flag in FLAGS:
        if flag.dest in _TAKEN:
            add_flag(parser, flag)


def run(args: argparse.Namespace) -> int:
    """Open it; the exit code."""
    from tui.cli.own import read_samplers
    from tui.cli.screen import show
    from tui.core.export.reply import shown_again
    from tui.core.launch import Launch, Layer
    from tui.core.model import LoadOptions
    from tui.engine.recorded import RecordedEngine
    from tui.store.config import read_config
    from tui.store.paths import find_paths, typed_path
    from tui.store.trace_file import open_trace

    given = vars(args)
    path = typed_path(args.file)
    opened = open_trace(path)
    reply = opened.reply
    paths = find_paths()
    config = read_config(paths.config_file)
    wanted = reply.settings.custom or any(
        stage.sampler.startswith("custom:") for s in reply.steps for stage in s.stages
    )
    found = read_samplers(paths.samplers, quiet=True) if wanted else None
    system = next((turn.text for turn in reply.turns if turn.role == "system"), None)
    launch = Launch(
        options=LoadOptions(path=reply.model.path),
        above=(Layer(f"trace {path.name}", reply.settings.to_json()),),
        own=found.samplers if found else {},
        notice="; ".join(
            [
                *map(str, found.problems if found else ()),
                f"{path.name}: no model is needed, and nothing is changed",
            ]
        ),
        conversation=shown_again(reply, "\n".join(opened.notes)),
        system=system,
        keymap=config.keys,
        theme=config.theme,
        ascii_only=given.get("ascii", config.ascii),
        slow=given.get("slow", config.slow),
        mouse=given.get("mouse", config.mouse),
    )
    return show(
        launch, lambda paths: RecordedEngine(reply.model, reply.vocabulary), paths,
        getattr(args, "color", "auto"),
    )  # fmt: skip
