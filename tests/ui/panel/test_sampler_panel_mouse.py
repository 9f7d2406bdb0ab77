"""The sampler panel by the pointer."""

from host import WIDE, Host, changes, line_with, lines_of, until
from textual.geometry import Offset

from tui.core.settings import DEFAULTS
from tui.widgets.sampler_panel import SamplerPanel


async def test_a_press_finds_its_row_where_the_foot_will_be():
    panel = SamplerPanel()
    host = Host(panel)
    async with host.run_test(size=(60, 11)) as pilot:
        host.set_focus(None)
        await pilot.pause()
        assert "XTC" in lines_of(panel)[-1]
        await pilot.click(offset=Offset(30, 10))
        assert panel.current.label == "XTC"
        await until(pilot, lambda: "chance" in "".join(lines_of(panel)[-2:]))
        assert line_with(panel, "XTC").startswith("›")


async def test_pointer_presses_and_drags_a_slider():
    panel = SamplerPanel()
    host = Host(panel)
    async with host.run_test(size=WIDE) as pilot:
        y = [row.label for row in panel.rows].index("temperature")
        knob = line_with(panel, "temperature").index("●")
        await pilot.mouse_down(offset=Offset(knob + 5, y))
        assert panel.settings.temperature > 0.8
        await pilot.hover(offset=Offset(59, 0))
        assert panel.settings.temperature == 2.0
        await pilot.mouse_up(offset=Offset(59, 0))
        await pilot.hover(offset=Offset(knob, y))
        assert panel.settings.temperature == 2.0
        assert changes(host)[-1] == panel.settings


async def test_a_press_on_the_neutral_mark_is_exactly_neutral():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=(57, 34)) as pilot:
        y = [row.label for row in panel.rows].index("temperature")
        await pilot.click(offset=Offset(line_with(panel, "temperature").index("┿"), y))
        assert panel.settings.temperature == 1.0


async def test_a_neutral_row_shows_its_slider_under_the_pointer():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        y = [row.label for row in panel.rows].index("tail-free")
        await pilot.hover(offset=Offset(45, y))
        assert "○" in lines_of(panel)[y]
        await pilot.click(offset=Offset(45, y))
        assert panel.settings.tfs_z < 1.0


async def test_the_wheel_changes_a_value_and_moves_the_rows_over_labels():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        y = [row.label for row in panel.rows].index("top-k")
        await pilot._post_mouse_events([_wheel(up=True)], offset=Offset(30, y))
        assert panel.settings.top_k == 41
        await pilot._post_mouse_events([_wheel(up=False)], offset=Offset(30, y))
        assert panel.settings == DEFAULTS
        await pilot._post_mouse_events([_wheel(up=False)], offset=Offset(4, y))
        assert panel.settings == DEFAULTS
        assert panel.current.label == "tail-free"


def _wheel(*, up: bool):
    from textual.events import MouseScrollDown, MouseScrollUp

    return MouseScrollUp if up else MouseScrollDown


async def test_labels_open_and_values_are_typed_by_pointer():
    panel = SamplerPanel()
    async with Host(panel).run_test(size=WIDE) as pilot:
        labels = [row.label for row in panel.rows]
        await pilot.click(offset=Offset(4, labels.index("penalties")))
        assert "presence" in [row.label for row in panel.rows]
        y = [row.label for row in panel.rows].index("top-k")
        await pilot.click(offset=Offset(line_with(panel, "top-k").index("40"), y))
        assert panel.typed == "40"
