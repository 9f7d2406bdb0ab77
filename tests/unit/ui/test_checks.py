"""Settings that no reply uses yet are looked at by the engine at once."""

import msgspec
import pytest

from tests.unit.ui.talk import CONSOLE, talk
from tui.core.launch import Layer
from tui.core.messages import Check, Checked
from tui.core.settings import Settings
from tui.core.status import Activity

BROKEN = "The grammar is broken at line 1, column 9."

HOLDS = "The grammar holds from the next reply on."


def wrong(settings: Settings) -> str:
    return BROKEN if "broken" in "".join(settings.in_force) else ""


async def test_a_broken_grammar_is_told_at_once_and_the_old_one_kept() -> None:
    async with talk() as held:
        held.engine.wrong = wrong
        control = held.controller
        before = control.profile.settings
        control.change_settings(before.changed(grammar='root ::= "good"'))
        await held.engine.dealt_with()
        assert held.notices == [HOLDS]
        good = control.profile.settings
        control.change_settings(good.changed(grammar="", json_schema='{"broken": 1}', top_k=7))
        await held.engine.dealt_with()
        assert control.profile.settings == good.changed(top_k=7)
        assert held.notices[1:] == [f"Not changed. {BROKEN}"]
        assert held.updates[-1].refused_grammar == '{"broken": 1}'


async def test_it_goes_back_to_what_was_found_good_however_fast_one_types() -> None:
    async with talk() as held:
        held.engine.wrong = wrong
        control = held.controller
        before = control.profile.settings.changed(off=("grammar", "top_k"))
        control.change_settings(before)
        control.change_settings(before.changed(grammar="broken", off=("top_k",)))
        control.change_settings(before.changed(grammar="broken too", off=()))
        await held.engine.dealt_with()
        assert control.profile.settings == before.changed(off=("grammar",))
        assert len(held.notices) == 1


async def test_a_late_answer_undoes_nothing_that_was_changed_since() -> None:
    async with talk() as held:
        held.engine.wrong = wrong
        control = held.controller
        before = control.profile.settings
        control.change_settings(before.changed(grammar="broken"))
        control.change_settings(before)
        await held.engine.dealt_with()
        assert control.profile.settings == before
        assert held.notices == []


async def test_what_is_changed_while_the_model_loads_goes_back_too() -> None:
    good = (Layer("flags", {"grammar": "good"}),)
    async with talk(
        engine={"wrong": wrong, "hold_load": True}, first=Activity.LOADING, above=good
    ) as held:
        control = held.controller
        before = control.profile.settings
        control.change_settings(before.changed(grammar="broken"))
        control.change_settings(before.changed(grammar="broken too"))
        await held.engine.finish_load()
        await held.until(Activity.READY)
        await held.engine.dealt_with()
        assert control.profile.settings == before
        assert held.updates[-1].refused_grammar == "broken too"


async def test_a_number_changed_while_the_model_loads_hides_no_broken_grammar() -> None:
    flags = (Layer("flags", {"grammar": "broken"}),)
    async with talk(
        engine={"wrong": wrong, "hold_load": True}, first=Activity.LOADING, above=flags
    ) as held:
        control = held.controller
        control.change_settings(control.profile.settings.changed(top_k=7))
        await held.engine.finish_load()
        await held.until(Activity.READY)
        await held.engine.dealt_with()
        assert held.notices[-1] == f"flags: {BROKEN}"
        assert control.profile.settings.top_k == 7


async def test_an_answer_to_an_older_question_is_not_heard() -> None:
    async with talk() as held:
        control = held.controller
        held.engine.stuck = True
        before = control.profile.settings
        control.change_settings(before.changed(grammar="one"))
        older = held.engine.requests[-1].run
        control.change_settings(before.changed(grammar="two"))
        await held.engine.tell(Checked(run=older, error=BROKEN))
        assert control.profile.settings.grammar == "two"
        assert held.notices == []


async def test_a_number_alone_is_no_question() -> None:
    async with talk() as held:
        control = held.controller
        control.change_settings(control.profile.settings.changed(top_k=3))
        await held.engine.dealt_with()
        assert not [sent for sent in held.engine.requests if isinstance(sent, Check)]


async def test_what_is_to_be_known_of_a_typed_schema_is_told() -> None:
    async with talk() as held:
        control = held.controller
        held.engine.stuck = True
        control.change_settings(control.profile.settings.changed(json_schema="{}"))
        run = held.engine.requests[-1].run
        await held.engine.tell(Checked(run=run, warnings=("`minProperties` is not kept",)))
        assert held.notices == [f"{HOLDS} `minProperties` is not kept"]


@pytest.mark.parametrize("where", ["flag", "persona"])
async def test_a_broken_grammar_of_a_file_or_a_flag_is_told_before_the_first_message(
    where: str,
) -> None:
    values = {"grammar": "broken"}
    rest = (
        {"above": (Layer("flags", values),)}
        if where == "flag"
        else {"personas": (msgspec.structs.replace(CONSOLE, sampling=values),)}
    )
    async with talk(engine={"wrong": wrong}, **rest) as held:
        await held.engine.dealt_with()
        named = {"flag": "flags", "persona": "persona console"}[where]
        assert held.notices == [f"{named}: {BROKEN}"]
        assert held.controller.profile.settings.grammar == "broken"
