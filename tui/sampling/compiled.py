"""The compiled loop (`observer.c`): found, checked, declared.

Keeps true: a library that was compiled from other sources than these is never called. Loaded with the
first chain, not with this module. The calls go through a `PyDLL`, as libllama's samplers do: they
take microseconds, and stand between two decodes.
"""

import ctypes
import sys
from functools import cache
from pathlib import Path

from tui.core.errors import LogitscopeError
from tui.sampling.compiling import LIBRARY, source_sum


class NotCompiled(LogitscopeError):
    """The compiled loop is missing, or is not the one of these sources."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "The compiled part of the workbench cannot be used.",
            why,
            "Install it again: `make clean run` in the sources, or pip install with --force-reinstall.",
        )


def find() -> Path:
    """The library's file, in the first folder of `sys.path` that has it.

    Raises:
        NotCompiled: there is none.
    """
    for folder in sys.path:
        path = Path(folder or ".") / LIBRARY
        if path.is_file():
            return path
    raise NotCompiled(f"There is no {LIBRARY} where Python looks for packages.")


@cache
def calls() -> ctypes.PyDLL:
    """Its functions.

    Raises:
        NotCompiled: see there.
    """
    path = find()
    try:
        library = ctypes.PyDLL(str(path))
        pointer, number, small = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32
        word, real, made = ctypes.c_uint32, ctypes.c_double, ctypes.py_object
        for name, result, *arguments in (
            ("source", word),
            ("new", pointer, number),
            ("free", None, pointer),
            ("begin", small, pointer, pointer, number, small),
            ("resume", small, pointer, small),
            ("draw", made, pointer, pointer, small),
            ("finish", made, pointer, small, small, small),
            ("seed", None, pointer, word),
            ("double", real, pointer),
            ("peek", real, pointer),
            ("single", real, pointer),
            ("skip", None, pointer, number, number),
        ):
            function = getattr(library, f"observer_{name}")
            function.argtypes, function.restype = arguments, result
        same = library.observer_source() == source_sum()
    except (OSError, AttributeError) as error:
        raise NotCompiled(f"{path}: {error}.") from error
    if not same:
        raise NotCompiled(f"{path} was compiled from other sources.")
    return library
