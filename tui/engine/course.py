"""What both sides of `bench` are asked to do."""

from typing import Final

from tui.core.settings import Settings

PROMPT: Final = "A scope draws a voltage over time. This one draws what a model nearly said."
SETTINGS: Final = Settings()
"""llama.cpp's defaults."""
ENDLESS: Final = SETTINGS.changed(ignore_eos=True)
"""The same for a real reply, which else might end early; the other loops go on after an end."""
SEED: Final = 42
N_CTX: Final = 1024
LOGPROBS: Final = 10
"""What the binding is asked to tell of each token."""
