"""A past step again, with other settings: no model, no chance.

run.py    the chain over a record; `replay` and what it gives back
stage.py  each stage, where the record may not hold every candidate
draw.py   the draw, likewise
tail.py   what is known of the candidates that were not recorded
"""

from tui.core.replay.run import Replay, replay

__all__ = ["Replay", "replay"]
