"""llama.cpp's log, with its own levels, on file descriptor 2 of the engine process.

Keeps true: a line of llama.cpp is written as it comes and its errors are remembered, so that a load
that failed can say why. The binding's own level names are a version behind and hide errors; they are
not used. Where descriptor 2 leads is the worker's business.
"""

import ctypes
import os
from collections import deque
from typing import Any, Final

from llama_cpp import llama_cpp as llama

_NAMES: Final = {1: "D", 2: "I", 3: "W", 4: "E"}
_DEBUG: Final = 1
_WARN: Final = 3
_CONTINUES: Final = 5


class LlamaLog:
    """Receives every line that llama.cpp logs; one of these lives as long as the process."""

    def __init__(self) -> None:
        self.problems: deque[str] = deque(maxlen=50)
        """Newest warnings and errors, without their level."""
        self._level = _DEBUG
        # The C side keeps only the address: this reference keeps the function alive.
        self._callback: Any = llama.llama_log_callback(self._take)
        llama.llama_log_set(self._callback, ctypes.c_void_p(0))

    def _take(self, level: int, text: bytes, _data: Any) -> None:
        if level == _CONTINUES:
            level = self._level
            head = ""
        else:
            self._level = level
            head = f"{_NAMES.get(level, '?')} "
        if level <= _DEBUG:
            return
        line = text.decode("utf-8", "replace")
        if level >= _WARN and line.strip():
            self.problems.append(line.strip())
        write(head + line)


def write(line: str) -> None:
    """Put text on descriptor 2; a full disk or a closed descriptor costs the line, no more."""
    try:
        os.write(2, line.encode("utf-8", "replace"))
    except OSError:
        return
