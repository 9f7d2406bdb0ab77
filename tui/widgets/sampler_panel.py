"""The sampler panel: a row for each stage of the chain, in order, live.

The pointer's part: sliders are set and dragged, rows are pressed, the wheel turns a value. The keys'
part is in `sampler_keys`, what a row shows in `sampler_row`, how it is drawn in `sampler_line`.
"""

from textual import events

from tui.widgets import sampler_edit as edit
from tui.widgets.sampler_keys import SamplerKeys
from tui.widgets.sampler_row import NEUTRAL, RowKind


class SamplerPanel(SamplerKeys):
    """Shows and changes the settings of the chain."""

    _dragged = False
    """Whether the pointer holds a slider."""

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press on a slider sets it and holds it; elsewhere a press moves the cursor."""
        offset = event.get_content_offset(self)
        index = None if offset is None else self._row_at(offset.y)
        if offset is None or index is None or (self._entry is not None and not self._take()):
            return
        self._message = ""
        self._go(index)
        self._dragged = self._slide(offset.x)
        if self._dragged:
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag a held slider; show the slider of the row under the pointer."""
        offset = event.get_content_offset_capture(self)
        if self._dragged:
            self._slide(min(max(offset.x, self._columns.zone), self._columns.zone_end))
            return
        index = self._row_at(offset.y)
        self._point(-1 if index is None else index)

    def on_mouse_up(self) -> None:
        """Let go of a slider."""
        self._dragged = False
        self.release_mouse()

    def on_leave(self) -> None:
        """No row is under the pointer."""
        self._point(-1)

    def _point(self, index: int) -> None:
        if index != self._pointed:
            self._pointed = index
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A label opens its sub-rows or takes its preset; a value is typed."""
        offset = event.get_content_offset(self)
        if offset is None or self._row_at(offset.y) != self._cursor or self._entry is not None:
            return
        row = self.current
        if row.kind is RowKind.PRESET:
            self.choose_preset(row.stage)
        elif row.opened is not None and (
            row.kind is RowKind.PRESETS or offset.x < self._columns.value
        ):
            self.action_open()
        elif row.kind is RowKind.DRAW or self._columns.value <= offset.x < self._columns.zone:
            self.action_enter()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Wheel over a value: more; over a label: the rows move."""
        self._wheel(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Wheel over a value: less; over a label: the rows move."""
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, presses: int) -> None:
        offset = event.get_content_offset(self)
        index = None if offset is None else self._row_at(offset.y)
        if offset is None or (self._entry is not None and not self._take()):
            return
        event.stop()
        if index is not None and offset.x >= self._columns.value:
            self._go(index)
            self.action_change(presses)
        else:
            self.action_step(-presses)

    def _slide(self, x: int) -> bool:
        """Set the current row's slider from cell `x`; False when there is none there."""
        row = self.current
        fraction = self._columns.fraction_at(x)
        if row.amount is None or fraction is None or row.reason not in ("", NEUTRAL):
            return False
        at_rest = row.rest is not None and self._columns.cell(row.rest) == x
        keys = (row.key,)
        self._change(
            edit.make_neutral(self._table, self.settings, keys)
            if at_rest
            else edit.slide(self._table, self.settings, row.key, fraction)
        )
        return True
