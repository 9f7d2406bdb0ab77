"""The workbench on this process's terminal, and what is told where there is none.

Keeps true: a fault of the workbench is told in words once the terminal is as it was; its traceback
goes to a log.
"""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from tui.cli.stream import is_terminal
from tui.core.errors import LogitscopeError, NoTerminal
from tui.core.launch import Launch
from tui.engine.base import Engine
from tui.store.paths import Paths, private_folder


def show(launch: Launch, engine: Callable[[Paths], Engine], paths: Paths, color: str) -> int:
    """Open the workbench; the exit code.

    Args:
        launch: how.
        engine: makes the engine, once it is known that there is a screen.
        paths: where the log of a fault goes.
        color: `on`, `off` or `auto`.

    Raises:
        NoTerminal: there is no screen to open it on.
        LogitscopeError: a key map that cannot be used, or a fault of the workbench.
    """
    if not all(map(is_terminal, (sys.stdin, sys.stdout, sys.stderr))):
        raise NoTerminal(
            "The workbench needs a terminal.",
            "Standard input, output or error is not one.",
            "`logitscope run` makes one reply without a screen.",
        )
    if os.environ.get("TERM", "dumb") == "dumb":
        raise NoTerminal(
            "The workbench needs a terminal that can draw.",
            f"TERM is {os.environ.get('TERM', 'not set')}.",
            "Set TERM, for example to xterm-256color, or use `logitscope run`.",
        )
    match color:
        case "off":
            os.environ["NO_COLOR"] = "1"
        case "on":
            os.environ.pop("NO_COLOR", None)
    from tui.app import LogitscopeApp
    from tui.cli.keymap import check_keymap, known_bindings
    from tui.hangup import watch_terminal
    from tui.store.persona_library import PersonaLibrary

    wrong = check_keymap(launch.keymap, known_bindings(), paths.config_file)
    if wrong is not None:
        raise wrong

    app = LogitscopeApp(launch, engine(paths), PersonaLibrary(paths))
    watch_terminal()
    app.run(mouse=launch.mouse)
    if app.failure is not None:
        raise _broken(app.failure, private_folder(paths.logs) / "workbench.log") from app.failure
    return app.return_code or 0


def own_engine(paths: Paths) -> Engine:
    """llama.cpp in a process of its own, with a log of its own."""
    from tui.engine.process import ProcessEngine, own_log

    return ProcessEngine(own_log(private_folder(paths.logs)))


def _broken(error: BaseException, log: Path) -> LogitscopeError:
    """What to tell of a fault of our own; its traceback goes to `log`."""
    from tui.store.atomic import write_text

    write_text(log, "".join(traceback.format_exception(error)))
    return LogitscopeError(
        "The workbench broke; this should not happen.",
        f"{type(error).__name__}: {error}",
        f"Where is in {log}; please tell us.",
    )
