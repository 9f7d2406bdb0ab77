"""What both sides of `bench` are asked to do."""

from typing import Final

from tui.core.settings import Settings

PROMPT: Final = "A scope draws a voltage over time. This one draws what a model nearly said."
SETTINGS: Final = Settings(ignore_eos=True)
"""llama.cpp's defaults, without an end, so that every side makes as many tokens."""
SEED: Final = 42
N_CTX: Final = 1024
LOGPROBS: Final = 10
"""What the binding is asked to tell of each token."""
