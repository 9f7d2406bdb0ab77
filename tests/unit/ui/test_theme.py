import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from tui.theme import DARK, LIGHT, names_for, own_themes


def luminance(color: Color) -> float:
    """Relative luminance, WCAG 2."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Color, other: Color) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


COLOURS = [name for name in names_for(DARK, "truecolor") if not name.endswith("-style")]


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", [name for name in COLOURS if name != "rule"])
def test_every_colour_of_text_can_be_read(theme: Theme, name: str) -> None:
    background = Color.parse(theme.background)
    assert contrast(background, Color.parse(theme.variables[name])) >= 4.5


def test_the_ramp_rises_in_brightness_on_dark() -> None:
    levels = [Color.parse(DARK.variables[f"p{n}"]) for n in range(6)]
    light = [color.brightness for color in levels]
    assert light == sorted(light)


def test_both_themes_have_every_name() -> None:
    assert set(names_for(DARK, None)) <= DARK.variables.keys() & LIGHT.variables.keys()


@pytest.mark.parametrize("theme", own_themes("standard"), ids=lambda theme: theme.name)
def test_in_16_colours_no_two_levels_look_the_same(theme: Theme) -> None:
    looks = [(RichColor.parse(theme.variables[f"p{n}"]).downgrade(ColorSystem.STANDARD).number,
              theme.variables.get(f"p{n}-style")) for n in range(6)]  # fmt: skip
    assert len(set(looks)) == 6


@pytest.mark.parametrize("name", ["ansi-dark", "ansi-light"])
def test_in_the_terminal_s_own_colours_no_two_levels_look_the_same(name: str) -> None:
    names = names_for(BUILTIN_THEMES[name], "truecolor")
    looks = [(names[f"p{n}"], names.get(f"p{n}-style")) for n in range(6)]
    assert all(colour.startswith("ansi_") for colour, _ in looks)
    assert len(set(looks)) == 6
