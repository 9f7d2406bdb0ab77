"""The demo model that ships with logitscope.

This module only says where the file is. What made it (corpus, training, scores) lies beside it
in the repository and stays out of the wheel; nothing here imports any of that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

MODEL_PATH: Final[Path] = Path(__file__).with_name("demo.gguf")

__all__ = ["MODEL_PATH"]
