"""The croupier's loaded die under other settings: the true odds, and what a formula makes of them."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.talk import talking
from tui.core.lexicon import Lexicon
from tui.core.messages import Turn
from tui.core.settings import preset
from tui.core.whatif import Moment
from tui.store.persona import list_personas

NEUTRAL = preset("neutral")
FACES = [str(face).encode() for face in range(1, 7)]


async def test_temperature_3_flattens_the_loaded_die_by_the_formula(
    demo_model: Path, tmp_path: Path
) -> None:
    system = next(p.system for p in list_personas(tmp_path) if p.id == "croupier")
    async with talking(demo_model) as talk:
        turns = (
            Turn(role="system", text=system),
            Turn(role="user", text="roll the loaded die"),
        )
        told = await talk.reply(turns=turns, settings=NEUTRAL, predict=32)
        model, pieces = talk.loaded.model, talk.loaded.pieces
    step = next(step for step in told.steps if step.piece in FACES)
    places = [step.record.ids.tolist().index(pieces.index(face)) for face in FACES]

    raw = step.record.p_raw[places]
    assert raw[5] == pytest.approx(0.5, abs=0.03)
    assert raw[:5] == pytest.approx([0.1] * 5, abs=0.03)

    lexicon = Lexicon(pieces, eog=model.eog, silent=model.control)
    history = (*told.prompt.ids, *(s.id for s in told.steps[: step.i]))
    moment = Moment(step, NEUTRAL, history, lexicon)
    # With the faces alone left, the formula is p^(1/3) over its sum, exactly.
    faces = moment.under(NEUTRAL.changed(top_k=6, temperature=3.0,
                                         samplers=("top_k", "temperature")))  # fmt: skip
    assert faces.exact
    formula = raw ** (1 / 3) / (raw ** (1 / 3)).sum()
    assert faces.p_final[places] == pytest.approx(formula, rel=1e-4)
    true = np.array([0.1] * 5 + [0.5]) ** (1 / 3)
    assert faces.p_final[places] == pytest.approx(true / true.sum(), abs=0.02)
    # Over the whole vocabulary the faint ones rise too; what was not recorded of them is estimated,
    # and the answer says that it is not exact.
    whole = moment.under(NEUTRAL.changed(temperature=3.0))
    assert not whole.exact
    ratios = whole.p_final[places] / whole.p_final[places[5]]
    assert ratios == pytest.approx(formula / formula[5], rel=1e-4)
