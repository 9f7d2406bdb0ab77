"""What this build of llama.cpp is and can do, as one JSON object on stdout.

    python -m tui.engine.build

Run in a process of its own: a library that was built for another CPU dies when it is called.
"""

import json
import os
import sys
from importlib.metadata import version
from typing import Any

from tui.sampling.compiled import NotCompiled, calls, find


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


def main() -> int:
    """Print the description; nothing else reaches stdout."""
    out = os.dup(1)
    os.dup2(2, 1)
    os.write(out, json.dumps(describe()).encode())
    os.close(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
