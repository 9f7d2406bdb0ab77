import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.core import messages as m
from tui.core.model import LoadOptions, ModelInfo
from tui.core.settings import Settings
from tui.core.step import ChainState, Record, StageTrace, Step
from tui.engine import wire

finite = st.floats(allow_nan=False, width=64)
small = st.integers(-1, 2**31 - 1)
text = st.text(max_size=20)
texts = st.lists(text, max_size=3).map(tuple)
ids = st.lists(small, max_size=8).map(tuple)
blob = st.binary(max_size=40)
turns = st.lists(st.builds(m.Turn, role=text, text=text, ids=ids), max_size=3).map(tuple)
chain = st.builds(
    Settings,
    temperature=finite,
    top_k=small,
    logit_bias=st.lists(st.tuples(small, st.one_of(finite, st.just(-math.inf))), max_size=3).map(
        tuple
    ),
    logit_bias_text=st.lists(st.tuples(text, finite), max_size=2).map(tuple),
    samplers=texts,
    custom=st.dictionaries(text, st.dictionaries(text, finite, max_size=2), max_size=2),
)
options = st.builds(LoadOptions, path=text, n_ctx=small, use_mmap=st.booleans())
requests = st.one_of(
    st.builds(m.Load, options),
    st.builds(
        m.Generate,
        run=small,
        turns=turns,
        prompt=st.none() | text,
        settings=chain,
        seed=st.integers(0, 2**32 - 1),
        stop=texts,
    ),
    st.builds(m.ChangeSettings, small, chain),
    st.builds(m.Cancel, small),
    st.builds(m.Render, run=small, turns=turns),
    st.just(m.Quit()),
)
stage = st.builds(StageTrace, text, small, finite, finite, st.booleans())
record = st.builds(
    Record, blob, blob, blob, blob, finite, small, small, finite, finite, finite
)  # fmt: skip
state = st.builds(
    ChainState, st.dictionaries(text, small, max_size=2), finite, st.tuples(finite, finite)
)
step = st.builds(
    Step,
    i=small,
    id=small,
    piece=blob,
    text=text,
    p_raw=finite,
    p_final=finite,
    rank=small,
    entropy_bits=finite,
    u=st.none() | finite,
    uniforms=st.dictionaries(text, finite, max_size=2),
    stages=st.lists(stage, max_size=3).map(tuple),
    record=record,
    state=state,
    resampled=st.booleans(),
)
timings = st.builds(m.Timings, load_s=finite, prompt_tokens=small)
numbers = ("n_vocab", "n_ctx", "n_ctx_train", "n_params", "size_bytes", "n_threads", "bos", "eos")
info = st.builds(
    ModelInfo,
    eog=ids,
    control=ids,
    sampling=st.dictionaries(text, st.one_of(finite, small, text), max_size=3),
    load_s=finite,
    **dict.fromkeys(numbers, small),
)
events = st.one_of(
    st.builds(m.Loading, finite),
    st.builds(m.Loaded, info, st.lists(blob, max_size=5).map(tuple)),
    st.builds(m.LoadFailed, text, text, text),
    st.builds(m.PromptReady, run=small, ids=ids, text=text, reused_tokens=small, notes=texts),
    st.builds(m.Prefill, small, small, small),
    st.builds(m.Steps, small, st.lists(step, max_size=3).map(tuple)),
    st.builds(m.SettingsChanged, small, small, st.dictionaries(text, finite, max_size=2), small),
    st.builds(m.Rates, small, timings),
    st.builds(m.Finished, run=small, reason=text, text=text, timings=timings, error=text),
    st.builds(m.Warned, text),
    st.builds(m.Died, why=text, log=texts, log_path=text, during=text),
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


@settings(max_examples=50, deadline=None)
@given(st.lists(requests, max_size=4), st.lists(st.integers(0, 10_000), max_size=6))
def test_requests_arrive_as_they_were_sent_however_they_are_cut(sent, places):
    frames = wire.request_frames()
    stream = b"".join(wire.encode(message) for message in sent)
    assert [got for part in cut(stream, places) for got in frames.feed(part)] == sent
    assert not frames.unfinished


@settings(max_examples=50, deadline=None)
@given(st.lists(events, max_size=4), st.lists(st.integers(0, 10_000), max_size=6))
def test_events_arrive_as_they_were_sent_however_they_are_cut(sent, places):
    frames = wire.event_frames()
    stream = b"".join(wire.encode(message) for message in sent)
    assert [got for part in cut(stream, places) for got in frames.feed(part)] == sent


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_an_error_or_a_wait_never_a_crash(data):
    frames = wire.event_frames()
    try:
        for _ in frames.feed(data):
            pass
    except wire.WireError:
        pass
    else:
        assert len(data) < 4 or frames.unfinished or data[:4] == b"\0\0\0\0"


def test_a_frame_that_claims_too_much_is_refused_before_its_body_arrives():
    with pytest.raises(wire.WireError, match="4294967295"):
        list(wire.event_frames().feed(b"\xff\xff\xff\xff"))


def test_a_frame_of_the_other_direction_is_refused():
    with pytest.raises(wire.WireError, match="cannot be read"):
        list(wire.event_frames().feed(wire.encode(m.Quit())))


def test_deep_nesting_is_refused():
    body = b"\x81\xa4type" + b"\x91" * 100_000
    with pytest.raises(wire.WireError, match="cannot be read"):
        list(wire.event_frames().feed(len(body).to_bytes(4, "little") + body))


def test_what_msgpack_cannot_hold_is_said_and_not_sent():
    with pytest.raises(wire.WireError, match="Generate cannot be sent"):
        wire.encode(m.Generate(run=1, prompt="\udc80", settings=Settings(), seed=1))
