"""The persona list, used as a person uses it."""

import pytest
from host import Host, line_with, lines_of, until
from textual.geometry import Offset

from tui.core.errors import Problem
from tui.core.persona import BrokenPersona, Persona
from tui.widgets.persona_list import PERSONA_BINDINGS, PersonaList

CROUPIER = Persona(id="croupier", name="Croupier", system="You are a croupier.",
                   greetings=("Place your bets.",))  # fmt: skip
CONSOLE = Persona(id="js-console", name="JavaScript console", system="Reply with the value only.")
BROKEN = BrokenPersona(
    id="mine",
    path="/p/mine.toml",
    problems=(
        Problem(message="no key is called 'nmae'", path="/p/mine.toml", key="nmae", line=3),
        Problem(message="second"),
    ),
)
ALL = (CROUPIER, CONSOLE, BROKEN)


def chosen(host: Host) -> list[str]:
    return [m.persona_id for m in host.heard if isinstance(m, PersonaList.Chosen)]


async def fill(personas, pilot, *, listed=ALL, current="js-console"):
    personas.personas, personas.current = listed, current
    await pilot.pause()


@pytest.mark.parametrize("size", [(30, 6), (38, 16), (80, 24)])
async def test_lists_them_and_marks_the_one_in_force(size):
    personas = PersonaList()
    async with Host(personas).run_test(size=size) as pilot:
        await fill(personas, pilot)
        assert line_with(personas, "Croupier").startswith("  ")
        assert line_with(personas, "JavaScript").startswith("●")
        assert "broken" in line_with(personas, "mine")
        assert personas.highlighted is CONSOLE


async def test_enter_chooses_and_changes_nothing_itself():
    personas = PersonaList()
    host = Host(personas)
    async with host.run_test(size=(60, 16)) as pilot:
        await fill(personas, pilot)
        await pilot.press("up", "enter")
        await pilot.pause()
        assert chosen(host) == ["croupier"]
        assert personas.current == "js-console"
        await fill(personas, pilot, current="croupier")
        assert line_with(personas, "Croupier").startswith("●")


async def test_a_broken_one_cannot_be_chosen_and_says_why():
    personas = PersonaList()
    host = Host(personas)
    async with host.run_test(size=(60, 16)) as pilot:
        await fill(personas, pilot)
        assert "no key is called" in line_with(personas, "mine")
        await pilot.press("end", "enter")
        await pilot.pause()
        assert chosen(host) == []
        text = " ".join(line.strip() for line in lines_of(personas))
        assert "/p/mine.toml:3: nmae: no key is called 'nmae'" in text
        assert "second" in text


async def test_previews_greeting_and_prompt_when_there_is_room():
    personas = PersonaList()
    async with Host(personas).run_test(size=(60, 16)) as pilot:
        await fill(personas, pilot, current="croupier")
        lines = [line.strip() for line in lines_of(personas)]
        assert lines.index("Place your bets.") < lines.index("You are a croupier.")
        await pilot.resize_terminal(60, 5)
        await until(pilot, lambda: personas.size.height == 5)
        assert "Place your bets." not in "".join(lines_of(personas))


async def test_finding_by_name():
    personas = PersonaList()
    host = Host(personas)
    async with host.run_test(size=(60, 16)) as pilot:
        await fill(personas, pilot)
        await pilot.press("slash", *"CROU")
        assert personas.listed == (CROUPIER,)
        assert "CROU" in lines_of(personas)[0]
        await pilot.press("enter")
        await pilot.pause()
        assert chosen(host) == ["croupier"]
        assert personas.listed == ALL


async def test_finding_nothing_says_how_to_see_all_again():
    personas = PersonaList()
    host = Host(personas)
    async with host.run_test(size=(60, 16)) as pilot:
        await fill(personas, pilot)
        await pilot.press("slash", *"zz", "enter")
        assert "Esc shows all" in "".join(lines_of(personas))
        await pilot.press("escape")
        assert personas.listed == ALL
        assert chosen(host) == []
        await pilot.press("slash", "backspace")
        assert lines_of(personas)[0].split() == ["Personas", "l", "library"]


async def test_many_personas_scroll():
    many = tuple(Persona(id=f"p{i}", name=f"Number {i}", system="s") for i in range(100))
    personas = PersonaList()
    async with Host(personas).run_test(size=(40, 12)) as pilot:
        await fill(personas, pilot, listed=many, current="p50")
        assert line_with(personas, "●").split()[:3] == ["●", "Number", "50"]
        await pilot.press("end")
        assert "Number 99" in line_with(personas, "›")
        await pilot.press("home")
        assert "Number 0" in line_with(personas, "›")


async def test_clicks_move_and_a_double_click_chooses():
    personas = PersonaList()
    host = Host(personas)
    async with host.run_test(size=(60, 16)) as pilot:
        await fill(personas, pilot)
        await pilot.click(offset=Offset(5, 1))
        assert personas.highlighted is CROUPIER
        assert chosen(host) == []
        await pilot.click(offset=Offset(5, 1), times=2)
        assert chosen(host) == ["croupier"]


async def test_an_empty_library_says_so():
    personas = PersonaList()
    async with Host(personas).run_test(size=(40, 12)) as pilot:
        await pilot.press("down", "enter", "slash", "x", "escape")
        assert "no personas" in "".join(lines_of(personas))


EVIL = "\x1b]52;c;eA==\x07[/foo]\u202e日本語👩‍👩‍👧 \x9b1m"


@pytest.mark.parametrize("size", [(30, 10), (80, 24)])
@pytest.mark.parametrize("ascii_only", [False, True])
async def test_hostile_files_are_harmless(size, ascii_only):
    evil = (
        Persona(id=EVIL, name=EVIL, system=EVIL * 40, greetings=(EVIL,)),
        BrokenPersona(id=EVIL + "2", path=EVIL, problems=(Problem(message=EVIL, path=EVIL),)),
    )
    personas = PersonaList(ascii_only=ascii_only)
    async with Host(personas).run_test(size=size) as pilot:
        await fill(personas, pilot, listed=evil, current="")
        for key in ("home", "end"):
            await pilot.press(key)
            text = "\n".join(lines_of(personas))
            assert "[/foo]" in text
            assert not any(bad in text for bad in ("\x1b", "\x07", "\u202e", "\x9b"))
            assert text.isascii() or not ascii_only


async def test_without_colour_the_state_is_a_sign_or_a_word(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    personas = PersonaList()
    async with Host(personas).run_test(size=(60, 16)) as pilot:
        await fill(personas, pilot)
        await pilot.press("up")
        assert line_with(personas, "Croupier").startswith("›")
        assert line_with(personas, "JavaScript").startswith("●")
        assert "broken" in line_with(personas, "mine")


def test_keys_have_ids():
    assert all(binding.id and binding.id.startswith("persona.") for binding in PERSONA_BINDINGS)
