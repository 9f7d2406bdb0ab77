"""An app around one widget, which writes down what the widget says."""

from collections.abc import Callable

from rich.cells import cell_len
from textual import on
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from tui.core.settings import Settings
from tui.widgets.inspector import Inspector
from tui.widgets.persona_list import PersonaList
from tui.widgets.sampler_panel import SamplerPanel

WIDE, NARROW = (60, 34), (30, 12)


class Host(App[None]):
    """Shows `widget` alone."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_mount(self) -> None:
        self.widget.focus()

    @on(SamplerPanel.Changed)
    async def _changed(self, message: SamplerPanel.Changed) -> None:
        self.heard.append(message)

    @on(SamplerPanel.PresetChosen)
    async def _preset_chosen(self, message: SamplerPanel.PresetChosen) -> None:
        self.heard.append(message)

    @on(SamplerPanel.ChainCopied)
    async def _chain_copied(self, message: SamplerPanel.ChainCopied) -> None:
        self.heard.append(message)

    async def on_inspector_forked(self, message: Inspector.Forked) -> None:
        self.heard.append(message)

    async def on_inspector_tried(self, message: Inspector.Tried) -> None:
        self.heard.append(message)

    async def on_persona_list_chosen(self, message: PersonaList.Chosen) -> None:
        self.heard.append(message)


def lines_of(widget: SamplerPanel | Inspector | PersonaList) -> list[str]:
    """What stands on each line, and that it fits."""
    width, height = widget.size
    lines = [widget.render_line(y).text for y in range(height)]
    assert [cell_len(line) for line in lines] == [width] * height
    return [line.rstrip() for line in lines]


def line_with(widget: SamplerPanel | Inspector | PersonaList, text: str) -> str:
    """The first line that says `text`."""
    found = [line for line in lines_of(widget) if text in line]
    assert found, f"no line says {text!r}: {lines_of(widget)}"
    return found[0]


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Let the app run until something holds; the test's time limit ends a wait in vain."""
    while not holds():
        await pilot.pause()


async def go_to(pilot: Pilot[None], panel: SamplerPanel, label: str) -> None:
    """Put the cursor on the row with this label."""
    index = [row.label for row in panel.rows].index(label)
    panel.action_step(index - panel.rows.index(panel.current))
    await pilot.pause()


def changes(host: Host) -> list[Settings]:
    """What the panel made of the settings, in order."""
    return [m.settings for m in host.heard if isinstance(m, SamplerPanel.Changed)]
