"""The workbench's colours, the only place that names any.

One warm hue, for surprise: the ramp `$p0` (certain, recedes) to `$p5` (steps forward). One accent,
for focus. Everything else is a shade of the background.
"""

from textual.theme import Theme

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
        "scrollbar": "#c9ccc8",
        "scrollbar-background": "#fafaf7",
        "block-cursor-background": "#dde3e6",
        "block-cursor-foreground": "#24292d",
    },
)
_NAMES = ("rule", "quiet", "p0", "p1", "p2", "p3", "p4", "p5")
DARK_NAMES = {name: DARK.variables[name] for name in _NAMES}
"""Our own names, for dark themes that do not have them."""
LIGHT_NAMES = {name: LIGHT.variables[name] for name in _NAMES}
"""The same for light ones."""
