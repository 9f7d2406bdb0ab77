import os
import signal
import stat
from pathlib import Path

import pytest

from tests.support.talk import Talk, talking
from tests.support.tiny_gguf import write_tiny
from tui.core.messages import Cancel, Died, Load, Loaded, LoadFailed, Loading, Steps, Warned
from tui.core.model import LoadOptions
from tui.core.settings import Settings
from tui.engine.process import ProcessEngine

pytestmark = pytest.mark.asyncio(loop_scope="module")


def damaged(tiny: Path, folder: Path, kind: str) -> Path:
    data = tiny.read_bytes()
    contents = {
        "not a GGUF": b"once upon a time there was no model",
        "a page": b"<!DOCTYPE html><html>not found</html>",
        "a pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "empty": b"",
        "cut in the magic": data[:10],
        "cut in the header": data[:3000],
        "cut in the tensors": data[:-5000],
        "an absurd count": data[:8] + b"\xff" * 16 + data[24:],
        "version 1": data[:4] + b"\1\0\0\0" + data[8:],
    }
    path = folder / "damaged.gguf"
    path.write_bytes(contents[kind])
    return path


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("not a GGUF", "first four bytes"),
        ("a page", "text file"),
        ("a pointer", "Git LFS pointer"),
        ("empty", "empty"),
        ("cut in the magic", "10 bytes"),
        ("cut in the header", "cut short"),
        ("cut in the tensors", "cut short"),
        ("an absurd count", "llama.cpp"),
        ("version 1", "version 1"),
    ],
)
async def test_a_damaged_file_is_refused_in_words(
    talk: Talk, tiny: Path, tmp_path: Path, kind: str, why: str
):
    path = damaged(tiny, tmp_path, kind)
    talk.send(Load(LoadOptions(path=str(path))))
    failed = await talk.next(LoadFailed)
    assert str(path) in failed.what
    assert why in failed.why
    assert failed.hint


async def test_missing_folder_unreadable_and_unsupported(talk: Talk, tiny: Path, tmp_path: Path):
    inside = tmp_path / "folder"
    inside.mkdir()
    (inside / "model.gguf").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe.gguf")
    unknown = write_tiny(tmp_path / "unknown.gguf", arch="marvin")
    for path, why in (
        (tmp_path / "nothing.gguf", "no such file"),
        (inside, "folder"),
        (tmp_path / "pipe.gguf", "not a regular file"),
        (unknown, "architecture"),
        (tmp_path / ("n" * 300), "cannot be read"),
    ):
        talk.send(Load(LoadOptions(path=str(path))))
        failed = await talk.next(LoadFailed)
        assert why in failed.why
    talk.send(Load(LoadOptions(path=str(inside))))
    assert "model.gguf" in (await talk.next(LoadFailed)).hint


async def test_a_context_that_does_not_fit_into_memory_is_refused(talk: Talk, tiny: Path):
    talk.send(Load(LoadOptions(path=str(tiny), n_ctx=2_000_000_000)))
    failed = await talk.next(LoadFailed)
    assert "MiB" in failed.why
    assert "-c" in failed.hint


async def test_a_model_that_does_not_fit_into_memory_is_refused(talk: Talk, tmp_path: Path):
    # Sparse: a file of this length that takes no space.
    path = tmp_path / "large.gguf"
    path.write_bytes(b"GGUF\3\0\0\0" + bytes(16))
    os.truncate(path, 1 << 42)
    talk.send(Load(LoadOptions(path=str(path), use_mmap=False)))
    assert "4194304 MiB" in (await talk.next(LoadFailed)).why


async def test_a_context_beyond_the_training_is_warned_of(talk: Talk, tmp_path: Path):
    path = write_tiny(tmp_path / "short.gguf", n_ctx=256)
    await talk.load(path, n_ctx=512)
    warned = await talk.next(Warned)
    assert "512" in warned.text
    assert "256" in warned.text


async def test_a_context_that_llama_cpp_rounds_up_is_told(talk: Talk, tiny: Path):
    loaded = await talk.load(tiny, n_ctx=1)
    assert f"has {loaded.model.n_ctx} tokens in place of 1:" in (await talk.next(Warned)).text


async def test_a_look_back_below_0_in_a_model_is_none(talk: Talk, tmp_path: Path):
    path = write_tiny(tmp_path / "none.gguf", sampling={"penalty_last_n": -1})
    assert (await talk.load(path)).model.sampling == {"repeat_last_n": 0}


async def test_a_model_that_loads_is_described(talk: Talk, tmp_path: Path):
    path = write_tiny(
        tmp_path / "described.gguf",
        n_ctx=4096,
        n_vocab=400,
        sampling={"temp": 0.3, "top_k": 7, "penalty_last_n": 12, "sequence": "top_k;temperature"},
    )
    loaded = await talk.load(path, n_ctx_limit=1024)
    model = loaded.model
    assert (model.name, model.arch, model.quant) == ("Tiny", "llama", "F32")
    assert (model.n_ctx, model.n_ctx_train, model.n_vocab) == (1024, 4096, 400)
    assert (model.bos, model.eos, model.eog) == (0, 1, (1,))
    assert model.control == (0, 1, 2, 3)
    assert model.sampling == {
        "temperature": pytest.approx(0.3),
        "top_k": 7,
        "repeat_last_n": 12,
        "samplers": "top_k;temperature",
    }
    assert model.can_rewind
    assert model.chat_template.startswith("{% for message")
    assert len(loaded.pieces) == 400
    assert loaded.pieces[1] == b"<|im_end|>"
    assert loaded.pieces[5] == b"\x01"
    assert (await talk.load(path, n_ctx=512)).model.n_ctx == 512


async def test_progress_begins_at_nothing_and_ends_whole(talk: Talk, tiny: Path):
    talk.send(Load(LoadOptions(path=str(tiny))))
    events = await talk.until(lambda event: isinstance(event, Loaded))
    fractions = [event.fraction for event in events if isinstance(event, Loading)]
    assert fractions[0] < 0.5
    assert fractions[-1] == 1.0
    assert fractions == sorted(fractions)


async def test_a_full_context_ends_the_reply(talk: Talk, tiny: Path):
    await talk.load(tiny, n_ctx=256)
    told = await talk.reply(prompt="\n" * 253, settings=Settings(ignore_eos=True))
    assert told.finished.reason == "context"
    assert "256" in told.finished.error
    # Three places were left, and one more token is drawn from the last of them.
    assert (len(told.steps), told.finished.kv_tokens) == (4, 256)


async def test_nothing_can_be_said_without_a_model(tmp_path: Path):
    async with talking() as talk:
        told = await talk.reply("hello")
        assert told.finished.reason == "error"
        assert "No model" in told.finished.error


async def test_a_load_can_be_stopped_and_another_begun(tiny: Path):
    async with talking() as talk:
        talk.send(Load(LoadOptions(path=str(tiny))))
        talk.send(Cancel())
        assert "stopped" in (await talk.next(LoadFailed)).what
        assert isinstance(await talk.load(tiny), Loaded)


async def test_a_file_on_which_llama_cpp_aborts_is_a_death_and_not_ours(tmp_path: Path, tiny: Path):
    log = tmp_path / "logs" / "engine.log"
    engine = ProcessEngine(log)
    await engine.start()
    talk = Talk(engine)
    try:
        bad = write_tiny(tmp_path / "twice.gguf", duplicate=True)
        talk.send(Load(LoadOptions(path=str(bad))))
        died = await talk.next(Died)
        assert (died.why, died.during) == ("signal 6 (SIGABRT)", "load")
        assert "GGML_ASSERT" in died.log[-1]
        assert not [line for line in died.log if line.startswith("I ")]
        assert died.log_path == str(log)
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
        assert not engine.alive
        await engine.start()
        assert isinstance(await talk.load(tiny), Loaded)
    finally:
        await engine.close()


async def test_a_killed_engine_is_a_death_and_can_be_started_again(tiny: Path):
    async with talking(tiny) as talk:
        talk.ask("hello", settings=Settings(ignore_eos=True))
        await talk.next(Steps)
        os.kill(talk.engine.pid, signal.SIGKILL)
        died = await talk.next(Died)
        assert (died.why, died.during) == ("signal 9 (SIGKILL)", "reply")
        talk.ask("lost")
        await talk.engine.start()
        await talk.load(tiny)
        told = await talk.reply("hello", predict=2, settings=Settings(ignore_eos=True))
        assert told.finished.reason == "length"


async def test_closing_leaves_nothing_behind(tiny: Path):
    before = descriptors()
    async with talking(tiny) as talk:
        pid = talk.engine.pid
        talk.ask("hello", settings=Settings(ignore_eos=True))
        await talk.next(Steps)
    assert descriptors() == before
    assert not Path(f"/proc/{pid}").exists()
    rest = [event async for event in talk.engine.events()]
    assert not [event for event in rest if isinstance(event, Died)]


def descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


async def test_the_engine_leaves_when_the_workbench_is_gone(tiny: Path):
    async with talking(tiny) as talk:
        talk.ask("hello", settings=Settings(ignore_eos=True))
        await talk.next(Steps)
        # What the end of the workbench does to the pipe.
        talk.engine._process.stdin.close()
        died = await talk.next(Died)
        assert died.why == "exit code 0"


async def test_garbage_in_the_pipe_ends_the_engine_with_a_word_in_the_log(tiny: Path):
    async with talking(tiny) as talk:
        talk.engine._process.stdin.write(b"\xff\xff\xff\xff")
        died = await talk.next(Died)
        assert (died.why, died.during) == ("exit code 2", "idle")
        assert "4294967295" in died.log[-1]
