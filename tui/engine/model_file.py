"""A model file before llama.cpp opens it, and what llama.cpp's complaints about it mean.

Keeps true: every way in which a file can be no model has one error that says what, why and what to
do. Reads the first bytes only; judging the rest is llama.cpp's.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tui.core.errors import ModelLoadError
from tui.core.text import one_line

_MAGIC: Final = b"GGUF"
_DOWNLOAD: Final = "Download it again and compare its checksum with the publisher's."
_SMALLEST: Final = 24
"""Bytes of the fixed header of GGUF 2 and 3."""


def check_file(path: Path) -> int:
    """Size in bytes of a file that may be a GGUF.

    Raises:
        ModelLoadError: missing, not a file, unreadable, empty, not a GGUF, or one of version 1.
    """
    what = f"The model {one_line(str(path))} cannot be loaded."
    try:
        if path.is_dir():
            inside = sorted(p.name for p in path.iterdir() if p.suffix == ".gguf")
            hint = (
                f"It holds {one_line(', '.join(inside[:3]))}." if inside else "Name a .gguf file."
            )
            raise ModelLoadError(what, "It is a folder.", hint)
        if path.exists() and not path.is_file():
            raise ModelLoadError(what, "It is not a regular file.", "Name a .gguf file.")
        with path.open("rb") as file:
            head = file.read(_SMALLEST)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        raise ModelLoadError(
            what,
            "There is no such file.",
            "Name a .gguf file, or give no -m for the model that comes with logitscope.",
        ) from None
    except OSError as error:
        raise ModelLoadError(
            what, f"It cannot be read: {error.strerror}.", "Check its permissions."
        ) from None
    if not head:
        raise ModelLoadError(what, "The file is empty.", _DOWNLOAD)
    if head[:4] != _MAGIC[: len(head)]:
        raise ModelLoadError(what, _looks_like(head), "Name a file in GGUF format.")
    if len(head) < _SMALLEST:
        raise ModelLoadError(what, f"The file is cut short: it has {size} bytes.", _DOWNLOAD)
    if head[4:8] == b"\1\0\0\0":
        raise ModelLoadError(
            what, "It is a GGUF of version 1, which llama.cpp no longer reads.", "Convert it again."
        )
    return size


def _looks_like(head: bytes) -> str:
    if head.startswith((b"version https://git-lfs", b"version https:/")):
        return "It is a Git LFS pointer, not the file that it points to."
    if head[:4] in (b"ggml", b"lmgg", b"fmgg", b"tjgg"):
        return "It is in a format older than GGUF."
    if head.lstrip()[:1] in (b"<", b"{"):
        return "It is a text file, perhaps a page that was saved instead of a model."
    return "It is not a GGUF: its first four bytes are not GGUF."


_MEANINGS: Final = (
    ("unknown model architecture", "This version of llama.cpp does not know its architecture.",
     "Use a model of an architecture that llama.cpp supports."),
    ("unknown pre-tokenizer type", "This version of llama.cpp does not know its tokenizer.",
     "Use a newer conversion of the model."),
    ("not within the file bounds", "The file is cut short: a tensor reaches past its end.",
     _DOWNLOAD),
    ("data is not within", "The file is cut short: a tensor reaches past its end.", _DOWNLOAD),
    ("failed to read key-value", "The file is cut short or damaged inside its header.", _DOWNLOAD),
    ("failed to read tensor", "The file is cut short or damaged inside its header.", _DOWNLOAD),
    ("failed to read magic", "The file is cut short.", _DOWNLOAD),
    ("unable to allocate", "There is not enough memory for it.",
     "Choose a smaller model or quantisation."),
    ("failed to allocate", "There is not enough memory for it.",
     "Choose a smaller model or quantisation."),
    ("missing tensor", "A tensor that its architecture needs is missing.",
     "It may be made for another program; use a conversion by llama.cpp."),
    ("invalid split", "A part of the split model is missing or does not belong to it.",
     "Put every part into one folder."),
    ("failed to load model from split", "A part of the split model is missing.",
     "Put every part into one folder."),
)  # fmt: skip


def explain(path: Path, problems: Iterable[str]) -> ModelLoadError:
    """The error for a load that llama.cpp gave up, from the lines it logged."""
    what = f"The model {one_line(str(path))} cannot be loaded."
    lines = [one_line(line) for line in problems]
    for line in lines:
        for sign, why, hint in _MEANINGS:
            if sign in line:
                detail = line.partition("error loading model")[2].lstrip(": ") or line
                return ModelLoadError(what, f"{why} llama.cpp: {detail}", hint)
    last = next((line for line in lines if "error" in line), lines[-1] if lines else "no reason")
    return ModelLoadError(what, f"llama.cpp refused it: {last}", "The file may be damaged.")
