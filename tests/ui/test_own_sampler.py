"""Samplers of one's own and the copied chain, in the workbench."""

import json

from tests.ui.desk import desk
from tui.core.errors import Problem
from tui.core.messages import ChangeSettings, Fault
from tui.core.own_sampler import OwnSampler, Parameter

MINE = OwnSampler("mine", lambda ids, logits, values: logits,
                  parameters=[Parameter("a", maximum=2.0)])  # fmt: skip


async def test_a_sampler_of_ones_own_has_a_row_and_its_fault_is_on_it() -> None:
    async with desk("one two three four", own={"mine": MINE}, size=(120, 50)) as work:
        panel = work.bench.samplers
        assert any("mine" in line for line in work.lines())
        joined = panel.settings.changed(
            samplers=("custom:mine", *panel.settings.samplers), custom={"mine": {"a": 1.5}}
        )
        await work.ask("hello")
        work.controller.change_settings(joined)
        await work.tokens(1)
        sent = [one for one in work.engine.requests if isinstance(one, ChangeSettings)]
        assert sent[-1].settings.custom == {"mine": {"a": 1.5}}
        await work.until(lambda: any("mine" in line and "1.5" in line for line in work.lines()))
        problem = Problem(key="custom:mine", message="NaN", path="mine.py", line=3)
        await work.engine.tell(Fault(run=1, problem=problem))
        await work.until(lambda: any("mine.py:3" in line for line in work.lines()))
        await work.engine.finish()
        await work.until(work.caught_up)


async def test_the_palette_copies_the_chain_and_the_request() -> None:
    async with desk() as work:
        commands = {one.title: one for one in work.app.get_system_commands(work.app.screen)}
        commands["Copy the chain as a line"].callback()
        assert work.app.clipboard.startswith("logits → top-k 40")
        commands["Copy the settings as llama-server JSON"].callback()
        assert json.loads(work.app.clipboard)["temperature"] == 0.2
