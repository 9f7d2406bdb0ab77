"""Leaving when the terminal goes away or the system says so.

Without this, a dropped connection kills the program before it can put anything in order, and a
polite kill leaves the terminal in the alternate screen. Keeps true: where the terminal is gone the
process ends, even while the main thread waits for a terminal that takes no more.
"""

import asyncio
import os
import select
import signal
import threading
from collections.abc import Callable
from typing import Final

PATIENCE_S: Final = 6.0
"""Time for an orderly exit before the process ends anyway; more than an engine has for its own
(`engine.process.QUIT_S`), after which the terminal is still to be put in order."""


def watch(leave: Callable[[], object]) -> None:
    """On SIGHUP and SIGTERM, leave in order, and end in any case soon after.

    Must be called on the event loop of the main thread; elsewhere it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(number, _go, leave, number)


def watch_terminal() -> None:
    """Take it for a SIGHUP when nobody holds the other end of the terminal any more.

    From before the first drawing on. A signal alone would not do: only the loop hears it, which may be
    waiting for the thread that writes, and that one ended with its terminal.
    """
    terminal = next((number for number in (0, 1, 2) if os.isatty(number)), None)
    if terminal is not None:
        threading.Thread(target=_stay, args=(terminal,), name="hangup", daemon=True).start()


def _go(leave: Callable[[], object], number: int) -> None:
    _end_anyway(number)
    leave()


def _end_anyway(number: int) -> None:
    timer = threading.Timer(PATIENCE_S, os._exit, (128 + number,))
    timer.daemon = True
    timer.start()


def _stay(terminal: int) -> None:
    poll = select.poll()
    # Asked for nothing, it tells of a hang-up alone.
    poll.register(terminal, 0)
    if any(event & select.POLLHUP for _, event in poll.poll()):
        _end_anyway(signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGHUP)
