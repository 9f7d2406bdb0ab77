"""The workbench's colours, the only place that names any.

One warm hue, for surprise: the ramp `$p0` (certain, recedes) to `$p5` (steps forward). One accent,
for focus. Everything else is a shade of the background. In 16 colours some levels differ by dim, bold
or underline alone.
"""

from dataclasses import replace
from typing import Final

from textual.theme import Theme

_FEW: Final = ("standard", "windows")
"""Rich's names of 16 colours."""

DARK = Theme(
    name="logitscope-dark",
    primary="#5bb8ec",
    accent="#5bb8ec",
    warning="#d99a4e",
    error="#e5766b",
    success="#86b387",
    foreground="#ccd0d4",
    background="#121416",
    surface="#181b1e",
    panel="#1e2225",
    dark=True,
    variables={
        "rule": "#363b40",
        "quiet": "#8b9197",
        "p0": "#8b9197",
        "p1": "#a09f9b",
        "p2": "#b8ac98",
        "p3": "#cdae84",
        "p4": "#efba70",
        "p5": "#ffc05a",
        "p0-style": "none",
        "p4-style": "none",
        "p5-style": "bold",
        "scrollbar": "#363b40",
        "scrollbar-hover": "#50565c",
        "scrollbar-active": "#50565c",
        "scrollbar-background": "#121416",
        "scrollbar-background-hover": "#121416",
        "scrollbar-background-active": "#121416",
        "block-cursor-background": "#2a3238",
        "block-cursor-foreground": "#ccd0d4",
    },
)
LIGHT = Theme(
    name="logitscope-light",
    primary="#1a6a96",
    accent="#1a6a96",
    warning="#8f5200",
    error="#b3261e",
    success="#2e6b30",
    foreground="#24292d",
    background="#fafaf7",
    surface="#f1f1ec",
    panel="#e9e9e3",
    dark=False,
    variables={
        "rule": "#c9ccc8",
        "quiet": "#696f74",
        "p0": "#696f74",
        "p1": "#67625c",
        "p2": "#6d5b45",
        "p3": "#7a5426",
        "p4": "#8a4c00",
        "p5": "#a33f00",
        "p0-style": "none",
        "p4-style": "none",
        "p5-style": "bold",
        "scrollbar": "#c9ccc8",
        "scrollbar-background": "#fafaf7",
        "block-cursor-background": "#dde3e6",
        "block-cursor-foreground": "#24292d",
    },
)
_NAMES: Final = (
    "rule",
    "quiet",
    "p0",
    "p1",
    "p2",
    "p3",
    "p4",
    "p5",
    "p0-style",
    "p4-style",
    "p5-style",
)
_SIXTEEN_DARK: Final = {
    "p0": "#aaaaaa", "p1": "#aaaaaa", "p2": "#aa5500", "p3": "#ffff55", "p4": "#ffff55",
    "p5": "#ffff55", "p0-style": "dim", "p4-style": "bold", "p5-style": "bold underline",
    "quiet": "#aaaaaa", "rule": "#555555",
}  # fmt: skip
"""Exactly colours of the palette, so that no two levels become one."""
_SIXTEEN_LIGHT: Final = {
    "p0": "#555555", "p1": "#000000", "p2": "#aa5500", "p3": "#aa0000", "p4": "#aa0000",
    "p5": "#aa0000", "p0-style": "none", "p4-style": "bold", "p5-style": "bold underline",
    "quiet": "#555555", "rule": "#aaaaaa",
}  # fmt: skip
_OWN_DARK: Final = {
    "p0": "ansi_white", "p1": "ansi_white", "p2": "ansi_yellow", "p3": "ansi_bright_yellow",
    "p4": "ansi_bright_yellow", "p5": "ansi_bright_yellow", "p0-style": "dim", "p4-style": "bold",
    "p5-style": "bold underline", "quiet": "ansi_white", "rule": "ansi_bright_black",
}  # fmt: skip
"""The same by the terminal's own colours, for the themes that use those."""
_OWN_LIGHT: Final = {
    "p0": "ansi_bright_black", "p1": "ansi_black", "p2": "ansi_yellow", "p3": "ansi_red",
    "p4": "ansi_red", "p5": "ansi_red", "p0-style": "none", "p4-style": "bold",
    "p5-style": "bold underline", "quiet": "ansi_bright_black", "rule": "ansi_white",
}  # fmt: skip


def own_themes(color_system: str | None) -> tuple[Theme, Theme]:
    """The dark and the light theme for a terminal.

    Args:
        color_system: Rich's name of what the terminal can show; `standard` is 16 colours.
    """
    if color_system not in _FEW:
        return DARK, LIGHT
    dark, light = (
        replace(theme, variables={**theme.variables, **few})
        for theme, few in ((DARK, _SIXTEEN_DARK), (LIGHT, _SIXTEEN_LIGHT))
    )
    return replace(dark, warning="#ffff55"), replace(light, warning="#aa5500")


def names_for(theme: Theme, color_system: str | None) -> dict[str, str]:
    """Our own names, for themes that do not have them."""
    if theme.ansi:
        return _OWN_DARK if theme.dark else _OWN_LIGHT
    dark, light = own_themes(color_system)
    ours = dark if theme.dark else light
    return {name: ours.variables[name] for name in _NAMES}
