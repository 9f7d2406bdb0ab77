"""A past step again, with other settings: no model, no chance.

run.py     the chain over a record; `replay` and what it gives back
stage.py   each stage, where the record may not hold every candidate
heat.py    temperature, likewise
draw.py    the draw, likewise
order.py   which places in the chain's array are certain
limits.py  cuts that the last digits of single precision decide
doubts.py  what is not certain although every candidate is recorded
tail.py    what is known of the candidates that were not recorded
"""

from tui.core.replay.run import Replay, replay

__all__ = ["Replay", "replay"]
