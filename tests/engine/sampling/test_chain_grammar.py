"""A grammar lets through what it should, at llama.cpp's price in uniforms."""

import json

import numpy as np
import pytest

from tests.engine.sampling.conftest import Words
from tests.engine.sampling.logit_rows import Native, make_rows
from tui.core.errors import UsageError
from tui.core.own_sampler import OwnSampler
from tui.core.settings import Settings
from tui.core.step import Step
from tui.core.whatif import Moment
from tui.sampling import library
from tui.sampling.candidate import Candidates
from tui.sampling.chain import Banned, Chain

COLOURS = 'root ::= (" red" | " blue")+ " the"'


def reply(chain: Chain, words: Words, rows: list[np.ndarray], count: int) -> tuple[str, list[Step]]:
    """The text up to the end of generation, and the steps."""
    text, steps = b"", []
    for i in range(count):
        draw = chain.sample(rows[i % len(rows)])
        steps.append(chain.record(draw, i))
        chain.accept(draw.token)
        if draw.token in words.vocab.eog:
            break
        text += words.piece(draw.token)
    return text.decode(), steps


def native_reply(words: Words, settings: Settings, seed: int, rows, count: int) -> list[int]:
    """What `common_sampler_sample` does: draw, ask the grammar, draw again behind it."""
    native = Native(words.vocab, settings, seed)
    grammar = library.grammar(words.vocab.handle, settings.grammar)
    candidates, one, tokens = Candidates(words.vocab.n_vocab), Candidates(1), []
    for i in range(count):
        candidates.fill(rows[i % len(rows)])
        native.chain.apply(candidates.address)
        token = candidates.id_at(candidates.selected)
        one.load(np.array([token]), np.ones(1, np.float32), is_sorted=False)
        grammar.apply(one.address)
        if one.rows()["logit"][0] == -np.inf:
            candidates.fill(rows[i % len(rows)])
            grammar.apply(candidates.address)
            native.chain.apply(candidates.address)
            token = candidates.id_at(candidates.selected)
        grammar.accept(token)
        native.chain.accept(token)
        tokens.append(token)
        if token in words.vocab.eog:
            break
    grammar.close()
    native.close()
    return tokens


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"xtc_probability": 0.6, "xtc_threshold": 0.02, "repeat_penalty": 1.2},
        {"mirostat": 2},
        {"top_k": 0, "samplers": ("min_p", "adaptive_p"), "adaptive_target": 0.4},
    ],
    ids=["default", "xtc", "mirostat 2", "adaptive-p"],
)
def test_same_tokens_as_llama_cpp(words: Words, values: dict) -> None:
    settings = Settings(grammar='root ::= ([a-z ]+ [0-9])+ "."', **values)
    rows = make_rows(words.vocab.n_vocab, 9, seed=4)
    chain = Chain(words.vocab, settings, 77, [])
    tokens, again = [], 0
    for i in range(40):
        draw = chain.sample(rows[i % len(rows)])
        chain.accept(draw.token)
        tokens.append(draw.token)
        again += draw.resampled
        if draw.token in words.vocab.eog:
            break
    chain.close()
    assert again
    assert tokens == native_reply(words, settings, 77, rows, 40)


def test_the_text_follows_the_grammar_and_ends(words: Words) -> None:
    rows = make_rows(words.vocab.n_vocab, 200)
    chain = Chain(words.vocab, Settings(grammar=COLOURS, top_k=0), 3, [])
    text, steps = reply(chain, words, rows, 200)
    chain.close()
    assert steps[-1].id in words.vocab.eog
    assert text.endswith(" the")
    assert not text.replace(" red", "").replace(" blue", "").removesuffix(" the")
    first = next(step for step in steps if step.resampled)
    assert first.stages[0].sampler == "grammar"
    assert {"dist", "refused.dist"} <= set(first.uniforms)
    assert first.u == first.uniforms["dist"]


def test_what_another_grammar_allows_is_not_taken_from_the_record(words: Words) -> None:
    rows = make_rows(words.vocab.n_vocab, 1)
    settings = Settings(grammar='root ::= " red"', top_k=2, top_p=1.0, min_p=0.0)
    chain = Chain(words.vocab, settings, 3, [])
    step = chain.record(chain.sample(rows[0]), 0)
    chain.close()
    moment = Moment(step, settings)
    assert step.resampled
    assert moment.again(settings.changed(temperature=0.7)).exact
    other = moment.again(settings.changed(grammar='root ::= " blue"'))
    assert (other.exact, other.why_not) == (False, "what this grammar allows is not recorded")
    assert moment.again(settings.changed(off=("grammar",))).exact


def few(ids, logits, values):
    if len(ids) < 5:
        raise ValueError("too few")
    return logits


def test_an_own_stage_that_fails_behind_a_grammar_is_left_out(words: Words) -> None:
    settings = Settings(grammar=COLOURS, samplers=("custom:few", "temperature"))
    own = {"few": OwnSampler("few", few)}
    rows = make_rows(words.vocab.n_vocab, 200)
    chain = Chain(words.vocab, settings, 3, [], own=own)
    text, steps = reply(chain, words, rows, 200)
    chain.close()
    assert text.endswith(" the")
    assert [fault.key for fault in chain.faults] == ["custom:few"]
    names = [tuple(stage.sampler for stage in step.stages) for step in steps if step.resampled]
    assert names[-1] == ("grammar", "temperature")


def test_the_verdict_on_every_recorded_candidate_is_recorded(words: Words) -> None:
    rows = make_rows(words.vocab.n_vocab, 1)
    chain = Chain(words.vocab, Settings(grammar='root ::= "blue"', repeat_penalty=1.1), 3, [5, 6])
    step = chain.record(chain.sample(rows[0]), 0)
    chain.close()
    record = step.record
    allowed = {
        words.piece(int(i)) for i, yes in zip(record.ids, record.allowed, strict=True) if yes
    }
    assert allowed
    assert all(b"blue".startswith(piece) for piece in allowed)
    refused = record.ids[record.allowed == 0]
    assert (record.p_final[record.allowed == 0] == 0).all() or not step.resampled
    assert refused.size


def test_a_schema_is_a_grammar(words: Words) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    rows = make_rows(words.vocab.n_vocab, 7)
    chain = Chain(words.vocab, Settings(json_schema=json.dumps(schema), top_k=0), 5, [])
    text, steps = reply(chain, words, rows, 300)
    chain.close()
    assert steps[-1].id in words.vocab.eog
    assert isinstance(json.loads(text)["n"], int)


@pytest.mark.parametrize(
    ("grammar", "what", "why"),
    [
        ('root ::= "a"\nb ::= [0-9', "line 2, column 11", "unexpected end"),
        ('root ::= "a"\n\nlist = "b"', "line 3, column 6", "expecting ::="),
        ('root ::= "a" | item\n', "line 1, column 16", "item"),
        ('answer ::= "a"', "cannot be used", "no rule called root"),
        ('root ::= root "a" | "b"', "cannot be used", "left recursion"),
        ('root ::= "a"\0', "line 1, column 13", "NUL"),
        ("root ::= " + "(" * 100_000, "cannot be used", "brackets"),
        ("root ::= a\n" * 100_000, "cannot be used", "longer"),
        ("root ::= \ud800", "cannot be used", "surrogate"),
        ('root ::= "a"{3,2}', "line 1, column 13", "at most 2 and at least 3"),
        (
            'root ::= (\n"a" # {9\n { # x\n7 ,\n05 } )',
            "line 3, column 2",
            "at most 5 and at least 7",
        ),
        ('root ::= "a"{2001}', "line 1, column 13", "more than 2000"),
        ('root ::= "a"{1,99999999999999999999}', "line 1, column 13", "more than 2000"),
    ],
)
def test_a_broken_grammar_says_where(words: Words, grammar: str, what: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        Chain(words.vocab, Settings(grammar=grammar), 1, [])
    assert what in caught.value.what
    assert why in caught.value.why


def test_braces_in_texts_classes_and_comments_are_no_counts(words: Words) -> None:
    text = 'root ::= "x{3,2}\\"{3,2}"{2,3} [{3,2}\\]{3,2}]{2} # {3,2}\n'
    Chain(words.vocab, Settings(grammar=text), 1, []).close()


def test_a_grammar_of_very_many_rules_is_read(words: Words) -> None:
    rules = [f"r{n} ::= r{n + 1}" for n in range(13_000)]
    text = "\n".join(["root ::= r0", *rules, 'r13000 ::= "one"'])
    chain = Chain(words.vocab, Settings(grammar=text, top_k=0), 1, [])
    token = chain.sample(make_rows(words.vocab.n_vocab, 1)[0]).token
    chain.close()
    assert b"one".startswith(words.piece(token))


@pytest.mark.parametrize("schema", ["{", '{"type": "wish"}', '{"$ref": "http://a/b"}', "[]"])
def test_a_broken_schema_says_why(words: Words, schema: str) -> None:
    with pytest.raises(UsageError, match="schema"):
        Chain(words.vocab, Settings(json_schema=schema), 1, [])


def test_a_broken_grammar_leaves_the_running_one(words: Words) -> None:
    rows = make_rows(words.vocab.n_vocab, 200)
    chain = Chain(words.vocab, Settings(grammar=COLOURS, top_k=0), 3, [])
    with pytest.raises(UsageError):
        chain.change(Settings(grammar="root ::= ("))
    text, _ = reply(chain, words, rows, 200)
    chain.close()
    assert text.endswith(" the")


def test_a_grammar_that_is_off_forbids_nothing_until_it_is_on_again(words: Words) -> None:
    rows = make_rows(words.vocab.n_vocab, 60)
    settings = Settings(grammar=COLOURS, top_k=0, off=("grammar",))
    chain, plain = Chain(words.vocab, settings, 3, []), Chain(
        words.vocab, Settings(top_k=0), 3, [])  # fmt: skip
    for row in rows[:20]:
        draws = [each.sample(row) for each in (chain, plain)]
        assert draws[0].token == draws[1].token
        assert not chain.record(draws[0], 0).record.allowed.size
        for each in (chain, plain):
            each.accept(draws[0].token)
    chain.change(settings.changed(off=()))
    draw = chain.sample(rows[20])
    said = words.piece(draw.token)
    assert any(word.startswith(said) for word in (b" red", b" blue", b" the"))
    assert chain.record(draw, 0).record.allowed.size
    chain.close()
    plain.close()


def test_a_changed_value_does_not_start_the_grammar_again(words: Words) -> None:
    rows = make_rows(words.vocab.n_vocab, 5)
    settings = Settings(grammar='root ::= "one" " two"', top_k=0)
    chain = Chain(words.vocab, settings, 3, [])
    text = b""
    for i in range(40):
        chain.change(settings.changed(temperature=0.5 + i / 10))
        draw = chain.sample(rows[i % 5])
        chain.accept(draw.token)
        if draw.token in words.vocab.eog:
            break
        text += words.piece(draw.token)
    chain.close()
    assert text == b"one two"


def test_a_token_taken_by_hand_against_the_grammar_ends_the_grammar(words: Words) -> None:
    rows = make_rows(words.vocab.n_vocab, 5)
    chain = Chain(words.vocab, Settings(grammar='root ::= "one"'), 3, [])
    draw = chain.take(chain.sample(rows[0]), words.ids(" world")[0])
    step = chain.record(draw, 0)
    chain.accept(draw.token)
    assert step.by_hand
    assert step.record.allowed[list(step.record.ids).index(draw.token)] == 0
    assert [fault.key for fault in chain.faults] == ["grammar"]
    assert not chain.sample(rows[1]).resampled
    chain.close()


def test_a_fork_goes_on_in_the_middle_of_the_grammar(words: Words) -> None:
    rows = make_rows(words.vocab.n_vocab, 5)
    settings = Settings(grammar='root ::= [a-z]+ "." [0-9]+ "."', top_k=0)
    chain = Chain(words.vocab, settings, 8, [4, 5])
    history, states = [4, 5], []
    for i in range(30):
        states.append(chain.snapshot())
        history.append(chain.sample(rows[i % 5], record=False).token)
        chain.accept(history[-1])
    chain.close()
    fork = Chain(words.vocab, settings, 8, [4, 5])
    fork.restore(states[12], history[:14], replied=12)
    for i in range(12, 30):
        token = fork.sample(rows[i % 5], record=False).token
        assert token == history[i + 2]
        fork.accept(token)
    fork.close()


def test_a_dead_end_names_the_stages(words: Words) -> None:
    rows = make_rows(words.vocab.n_vocab, 1)
    bans = tuple((token, -np.inf) for token in range(words.vocab.n_vocab)
                 if words.piece(token)[:1] in b"on")  # fmt: skip
    chain = Chain(words.vocab, Settings(grammar='root ::= "one"', logit_bias=bans), 1, [])
    with pytest.raises(Banned) as caught:
        chain.sample(rows[0])
    chain.close()
    assert caught.value.stages == ("grammar", "logit_bias")


def test_dry_breakers_are_llama_cpps(words: Words) -> None:
    settings = Settings(dry_multiplier=3.0, dry_allowed_length=1, dry_sequence_breakers=("e", " r"))
    rows = make_rows(words.vocab.n_vocab, 4, seed=2)
    prompt = words.ids("hello world the red the red the") * 3
    native, chain = (
        Native(words.vocab, settings, 6, prompt),
        Chain(words.vocab, settings, 6, prompt),
    )
    for i in range(60):
        draw = chain.sample(rows[i % 4], record=i % 2 == 0)
        chain.accept(draw.token)
        assert draw.token == native.sample(rows[i % 4])
    native.close()
    chain.close()


def test_a_bias_on_a_text_is_a_bias_on_its_tokens(words: Words) -> None:
    rows = make_rows(words.vocab.n_vocab, 1)
    banned = words.ids(" blue")
    chain = Chain(words.vocab, Settings(logit_bias_text=((" blue", -np.inf), ("", 1.0))), 1, [])
    step = chain.record(chain.sample(rows[0]), 0)
    chain.close()
    assert banned
    assert all(step.record.cut[list(step.record.ids).index(token)] == 0 for token in banned)
    assert step.stages[0].sampler == "logit_bias"
    assert chain.warnings == ["logit bias: '' is no token of this model"]


def test_a_record_is_whole_although_a_refused_draw_left_few_candidates(words: Words) -> None:
    settings = Settings(grammar='root ::= "hello"', temperature=1.0, top_k=20)
    chain = Chain(words.vocab, settings, 9, [])
    rows = make_rows(words.vocab.n_vocab, 4, seed=9)
    step = chain.record(chain.sample(rows[0]), 0)
    chain.close()
    assert step.resampled
    assert step.record.ids.size == min(256, words.vocab.n_vocab)
