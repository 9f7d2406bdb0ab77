"""Leaving when the terminal goes away or the system says so.

Without this, a dropped connection kills the program before it can put anything in order, and a
polite kill leaves the terminal in the alternate screen.
"""

import asyncio
import os
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


def _go(leave: Callable[[], object], number: int) -> None:
    timer = threading.Timer(PATIENCE_S, os._exit, (128 + number,))
    timer.daemon = True
    timer.start()
    leave()
