import pytest
from textual.color import Color

from tui.theme import DARK, DARK_NAMES, LIGHT


def luminance(color: Color) -> float:
    """Relative luminance, WCAG 2."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Color, other: Color) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", [name for name in DARK_NAMES if name != "rule"])
def test_every_colour_of_text_can_be_read(theme: object, name: str) -> None:
    background = Color.parse(theme.background)
    assert contrast(background, Color.parse(theme.variables[name])) >= 4.5


def test_the_ramp_rises_in_brightness_on_dark() -> None:
    levels = [Color.parse(DARK.variables[f"p{n}"]) for n in range(6)]
    light = [color.brightness for color in levels]
    assert light == sorted(light)


def test_both_themes_have_every_name() -> None:
    assert DARK_NAMES.keys() <= DARK.variables.keys() & LIGHT.variables.keys()
