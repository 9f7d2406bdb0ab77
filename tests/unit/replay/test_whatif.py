"""A recorded reply under other settings: the same as a reply that is made with them."""

import math
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from tui.core.conversation import Message
from tui.core.effects import Effects
from tui.core.lexicon import Lexicon
from tui.core.messages import SettingsChanged
from tui.core.replay.tail import tail_of
from tui.core.settings import Settings, preset
from tui.core.step import Record, Step
from tui.core.tint import Mark
from tui.core.whatif import Moment, Past, Sweep, next_state
from tui.sampling.chain import Chain
from tui.sampling.vocab import Vocab

NEUTRAL = preset("neutral")
PROMPT = (1, 2, 3)
SIZE, STEPS = 400, 40


def language_like(seed: int, size: int) -> np.ndarray:
    """A row with a few likely tokens and a long tail, as a model makes."""
    rng = np.random.default_rng(seed)
    row = rng.normal(-2.0, 1.5, size)
    row[rng.integers(0, size, 60)] += rng.uniform(4.0, 14.0, 60)
    return row.astype(np.float32)


def reply_with(settings: Settings, *, taken: Message | None = None, steps: int = STEPS) -> Message:
    """A reply that the real chain makes; with `taken` its tokens are put in place of the drawn."""
    chain = Chain(Vocab(SIZE), settings, 11, PROMPT)
    message = Message(0, None, "assistant", "", settings=settings, prompt=PROMPT)
    for i in range(steps):
        step = chain.record(chain.sample(language_like(i, SIZE)), i)
        message.steps.append(step)
        chain.accept(taken.steps[i].id if taken else step.id)
    chain.close()
    return message


def sweep(message: Message, settings: Settings, lexicon: Lexicon | None = None) -> Sweep:
    found = Sweep(Past(message, lexicon, {}), settings)
    while not found.finished:
        found.advance()
    return found


OTHERS = [
    NEUTRAL.changed(top_k=3),
    NEUTRAL.changed(min_p=0.1, temperature=1.4),
    Settings(temperature=0.3),
    Settings(repeat_penalty=1.4),
    Settings(tfs_z=0.6, top_p=1.0),
    Settings(typical_p=0.4),
    Settings(xtc_probability=0.5, xtc_threshold=0.05),
]


@pytest.mark.parametrize("other", OTHERS, ids=lambda s: ",".join(s.to_json()))
def test_a_reply_parts_where_one_made_with_the_other_settings_parts(other: Settings) -> None:
    message, made = reply_with(Settings()), reply_with(other)
    first = next(i for i in range(STEPS) if message.steps[i].id != made.steps[i].id)
    found = sweep(message, other)
    assert found.first == first
    assert not found.unsure


@pytest.mark.parametrize("other", OTHERS, ids=lambda s: ",".join(s.to_json()))
def test_each_token_is_marked_as_the_chain_would_have_it_there(other: Settings) -> None:
    message = reply_with(Settings())
    forced = reply_with(other, taken=message)
    marks = sweep(message, other).marks
    for i, (step, there) in enumerate(zip(message.steps, forced.steps, strict=True)):
        place = there.record.ids.tolist().index(step.id)
        wanted = None if there.id == step.id else Mark.DIFFERENT
        if not there.record.p_final[place] > 0.0:
            wanted = Mark.FORBIDDEN
        assert marks.get(i) == wanted, i


def test_what_a_draw_learns_is_carried_over_the_reply() -> None:
    message = reply_with(Settings())
    for other in (
        Settings(mirostat=2, mirostat_tau=3.0, mirostat_eta=0.5, temperature=1.0),
        Settings(samplers=("min_p", "adaptive_p"), adaptive_target=0.3),
    ):
        forced = reply_with(other, steps=12)
        found = Sweep(Past(reply_with(other, steps=12), None, {}), other.changed(min_keep=1))
        for step in forced.steps:
            found.advance()
            if step.i + 1 < len(forced.steps):
                state = forced.steps[step.i + 1].state
                assert found._state.mirostat_mu == pytest.approx(state.mirostat_mu, abs=1e-4)
                assert found._state.adaptive == pytest.approx(state.adaptive, abs=1e-4)
        assert not found.marks
    assert message.steps[0].state.mirostat_mu == 10.0


def test_one_step_is_asked_as_if_mirostat_had_just_been_switched_on() -> None:
    message = reply_with(Settings())
    other = Settings(mirostat=2, mirostat_tau=1.0, temperature=1.0)
    reading = Past(message, None, {}).moment(20).under(other)
    p = Moment(message.steps[20]).again(Settings(temperature=1.0, samplers=())).p_final
    kept = reading.p_final > 0.0
    # μ begins at 2τ: what is more surprising than 2 bits goes, the likeliest stays.
    assert kept.sum() == max(1, int((-np.log2(p[p > 0]) <= 2.0).sum()))


def test_the_settings_of_the_step_itself_are_no_question() -> None:
    message = reply_with(Settings())
    past = Past(message, None, {})
    reading = past.moment(5).under(Settings(seed=99))
    assert not reading.asked
    assert reading.token == message.steps[5].id
    assert not sweep(message, Settings(seed=99)).marks


def test_a_change_in_the_middle_of_a_reply_counts_from_there() -> None:
    message = reply_with(Settings())
    message.changes.append(SettingsChanged(0, 30, {"top_k": 1}, 1))
    past = Past(message, None, {})
    assert [past.settings(i).top_k for i in (0, 29, 30, 39)] == [40, 40, 1, 1]
    assert past.settings(31) is past.settings(39)


def test_settings_that_were_taken_back_are_forgotten() -> None:
    message = reply_with(Settings())
    past = Past(message, None, {})
    message.changes.append(SettingsChanged(0, 30, {"top_k": 1}, 1))
    assert past.settings(30).top_k == 1
    message.shorten(29)
    message.changes.append(SettingsChanged(0, 29, {"top_k": 7}, 2))
    assert past.settings(30).top_k == 7


def test_a_removed_token_that_a_person_took_is_not_laid_on_the_other_settings() -> None:
    message = reply_with(Settings(top_k=3))
    place = 12
    step = message.steps[place]
    far = int(np.flatnonzero(~(step.record.p_final > 0.0))[0])
    message.steps[place] = msgspec.structs.replace(
        step, id=int(step.record.ids[far]), p_final=0.0, rank=far + 1, by_hand=True
    )
    assert place not in sweep(message, Settings(top_k=2)).marks


def test_what_the_chain_carried_is_what_the_record_says_where_the_settings_held() -> None:
    aim = Settings(mirostat=2, mirostat_tau=3.0)
    message = reply_with(aim)
    message.changes.append(SettingsChanged(0, 20, {"mirostat_eta": 0.3}, 1))
    found = Sweep(Past(message, None, {}), aim)
    while found.done < 20:
        found.advance()
    assert not found.marks
    found.advance()
    moment = found.past.moment(20)
    assert moment.settings.mirostat_eta == 0.3
    again = moment.again(aim, moment.step.state)
    assert (20 in found.marks) == (again.token != moment.step.id)
    assert found._state is not None
    assert found._state.mirostat_mu == pytest.approx(
        next_state(moment.step.state, aim, moment.step, again).mirostat_mu
    )


def test_a_token_taken_by_hand_is_no_matter_of_dice() -> None:
    message = reply_with(Settings())
    other = Settings(temperature=3.0)
    place = next(i for i, mark in sweep(message, other).marks.items() if mark is Mark.DIFFERENT)
    message.steps[place] = msgspec.structs.replace(message.steps[place], by_hand=True)
    assert place not in sweep(message, other).marks


EMPTY = Record(b"", b"", b"", b"", 0.0, 0, 0, 0.0, 0.0, 0.0)


def test_a_step_without_a_record_answers_nothing_and_is_counted() -> None:
    message = reply_with(Settings())
    message.steps[3] = msgspec.structs.replace(message.steps[3], record=EMPTY)
    past = Past(message, None, {})
    reading = past.moment(3).under(Settings(top_k=1))
    assert not reading.asked
    assert reading.again is None
    found = sweep(message, Settings(top_k=1))
    assert 3 not in found.marks
    assert found.missing == 1
    effects = survey(message)
    assert effects.missing == 1


def test_a_step_read_back_from_bytes_answers_the_same() -> None:
    message = reply_with(Settings())
    back = [msgspec.msgpack.decode(msgspec.msgpack.encode(s), type=Step) for s in message.steps]
    other = Settings(top_k=3, temperature=1.5)
    first = sweep(message, other).marks
    message.steps = back
    assert sweep(message, other).marks == first


def test_the_weight_of_what_was_not_recorded_is_estimated_closely() -> None:
    row = language_like(1, 32_000)
    chain = Chain(Vocab(row.size), NEUTRAL, 1, [])
    step = chain.record(chain.sample(row), 0)
    chain.close()
    tail = tail_of(step)
    rest = np.delete(row.astype(np.float64), step.record.ids)
    for t in (1.3, 2.0, 3.0):
        scaled = tail.scaled(t)
        assert scaled.low <= scaled.middle <= scaled.high
        assert math.exp(scaled.middle) == pytest.approx(np.exp(rest / t).sum(), rel=0.02)


# --- effects --------------------------------------------------------------------------------------


def survey(message: Message) -> Effects:
    found = Effects(Past(message, None, {}))
    while not found.finished:
        found.advance()
    return found


def test_effects_count_what_each_stage_removed_and_changed() -> None:
    settings = Settings(top_k=200, top_p=0.6, min_p=0.01, temperature=1.5)
    message = reply_with(settings)
    rows = {row.name: row for row in survey(message).rows}
    assert list(rows) == ["top_k", "top_p", "min_p", "temperature"]
    for place, name in enumerate(rows):
        kept = [[SIZE, *(stage.kept for stage in step.stages)] for step in message.steps]
        gone = [counts[place + 1] < counts[place] for counts in kept]
        before = [1.0 if place == 0 else step.stages[place - 1].mass for step in message.steps]
        lost = [b - step.stages[place].mass for b, step in zip(before, message.steps, strict=True)]
        assert rows[name].removed == sum(gone)
        assert rows[name].mean_mass == pytest.approx(np.mean(lost), abs=1e-6)
    assert rows["top_p"].words == "top-p 0.6"
    without_top_p = reply_with(settings.changed(top_p=1.0), taken=message)
    assert rows["top_p"].outcomes == [
        i for i in range(STEPS) if without_top_p.steps[i].id != message.steps[i].id
    ]
    assert rows["top_p"].outcomes


def test_a_stage_that_never_did_anything_is_called_a_placebo() -> None:
    rows = {row.name: row for row in survey(reply_with(Settings(min_p=1e-6, top_k=399))).rows}
    assert rows["min_p"].placebo
    assert rows["min_p"].verdict == "never removed anything here: a placebo"
    assert not rows["temperature"].placebo


def test_a_stage_that_stands_twice_is_two_rows() -> None:
    order = ("top_k", "temperature", "top_p", "temperature")
    rows = survey(reply_with(Settings(samplers=order))).rows
    assert [(row.name, row.nth) for row in rows] == [
        ("top_k", 0), ("temperature", 0), ("top_p", 0), ("temperature", 1)
    ]  # fmt: skip


# --- what a vocabulary says -----------------------------------------------------------------------


def test_spellings_and_ends_become_tokens() -> None:
    lexicon = Lexicon(
        (b"<end>", b"yes", b" yes", b"Yes", b"\xe2\x96", b"no"), eog=(0,), silent=(0,)
    )
    settings = Settings(logit_bias_variants=(("yes", -math.inf),), ignore_eos=True)
    assert lexicon.resolve(settings).bias == ((1, -math.inf), (2, -math.inf), (3, -math.inf),
                                              (0, -math.inf))  # fmt: skip
    assert lexicon.resolve(settings.changed(off=("logit_bias",))).bias == ()
    assert lexicon.text(4) is None
    assert lexicon.text(0) is None
    assert lexicon.text(2) == " yes"
    assert lexicon.resolve(Settings(logit_bias_text=(("yes", 1.0),))).doubt


def test_a_bias_by_text_is_marked_as_not_certain() -> None:
    moment = Past(reply_with(Settings()), Lexicon((b"a",) * SIZE), {}).moment(0)
    reading = moment.under(Settings(logit_bias_text=(("a", 1.0),)))
    assert not reading.exact
    assert "tokenizer" in reading.why_not


def test_what_the_model_itself_bans_stays_banned() -> None:
    settings = Settings()
    chain = Chain(Vocab(SIZE, suppress=(7,)), settings, 1, [])
    row = language_like(0, SIZE)
    row[7] = row.max() + 1
    step = chain.record(chain.sample(row), 0)
    chain.close()
    moment = Moment(step, settings, (), Lexicon((b"a",) * SIZE))
    reading = moment.under(Settings(temperature=2.0))
    place = step.record.ids.tolist().index(7)
    assert reading.p_final[place] == 0.0
    assert reading.stages[0].sampler == "logit_bias"


def test_xtc_switched_on_is_not_certain_behind_a_lone_candidate() -> None:
    settings = Settings(min_p=0.5, top_k=0)
    message = reply_with(settings)
    other = settings.changed(xtc_probability=0.5, xtc_threshold=0.05)
    made = reply_with(other, taken=message)
    counts = [step.state.draws["xtc"] for step in made.steps]
    thrown = [after > before for before, after in pairwise([*counts, STEPS])]
    lone = thrown.index(False)
    assert 0 < lone < STEPS - 1
    found = Sweep(Past(message, None, {}), other)
    while found.done <= lone:
        found.advance()
    assert found.unsure == 0
    assert [i in found.marks for i in range(lone)] == [
        step.id != message.steps[i].id for i, step in enumerate(made.steps[:lone])
    ]
    while not found.finished:
        found.advance()
    assert found.unsure == sum(thrown[lone:]) > 0
    # With the coins that the reply itself threw all is certain.
    assert sweep(made, other.changed(min_keep=0, temperature=0.7)).unsure == 0
