"""What this build of llama.cpp is and can do, as one JSON object on stdout.

    python -m tui.engine.build MODEL

After it the model, a small one, evaluates a few tokens: as many at once, and one. Run in a process
of its own: a library that does not fit this CPU dies, some of them only when they compute.
"""

import json
import os
import sys
from importlib.metadata import version
from typing import Any, Final

from tui.core.errors import LogitscopeError
from tui.core.model import LoadOptions
from tui.core.text import one_line
from tui.engine.handle import Context, Model
from tui.engine.log import LlamaLog, write
from tui.sampling.compiled import NotCompiled, calls, find

_TOKENS: Final = 40
"""Evaluated at once: enough for llama.cpp to multiply whole tiles."""


def describe() -> dict[str, Any]:
    """Versions, what the build supports, and the CPU features that it uses."""
    import llama_cpp.llama_cpp as lib

    lib.llama_backend_init()
    return {
        "binding": f"llama-cpp-python {version('llama-cpp-python')}",
        "offload": bool(lib.llama_supports_gpu_offload()),
        "RPC": bool(lib.llama_supports_rpc()),
        "mmap": bool(lib.llama_supports_mmap()),
        "mlock": bool(lib.llama_supports_mlock()),
        "compiled part": compiled_part(),
        "built with": lib.llama_print_system_info().decode("utf-8", "replace").strip(),
    }


def compiled_part() -> str:
    """Where the workbench's own compiled part lies, or `no: ` and why it cannot be used."""
    try:
        calls()
        return str(find())
    except NotCompiled as error:
        return f"no: {error}"


def compute(path: str) -> None:
    """Evaluate a few tokens of a model.

    Raises:
        LogitscopeError: it cannot be loaded, or llama.cpp gave up.
    """
    options = LoadOptions(path=path, n_ctx=4 * _TOKENS)
    model = Model(options, LlamaLog(), lambda _: True)
    context = Context(model, options)
    for count in (_TOKENS, 1):
        context.decode(range(count))


def main(path: str) -> int:
    """Print the description, and nothing else on stdout; then compute. 1 where that cannot be done."""
    out = os.dup(1)
    os.dup2(2, 1)
    os.write(out, json.dumps(describe()).encode())
    os.close(out)
    try:
        compute(path)
    except LogitscopeError as error:
        write(one_line(str(error), 400) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
