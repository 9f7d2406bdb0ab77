"""What a scripted engine says: its replies, how far each has come, the values of its events."""

from collections.abc import Sequence

import msgspec

from tui.core.messages import Finished, Generate, PromptReady, Timings, Turn, Waiting
from tui.core.model import LoadOptions, ModelInfo
from tui.core.settings import Settings
from tui.core.step import Step
from tui.engine.invented import EOG


class Reply(msgspec.Struct, frozen=True):
    """One scripted reply."""

    pieces: tuple[bytes, ...]
    """Its tokens, without the end-of-generation token."""
    reason: str = "eog"
    """How it ends; `eog` adds the end-of-generation token as a last step."""
    error: str = ""
    kind: str = ""


def reply(text: str, *, reason: str = "eog", error: str = "") -> Reply:
    """A reply of one token a word, the blank before a word in its token.

    >>> reply("red blue").pieces
    (b'red', b' blue')
    """
    words = text.split(" ")
    pieces = [word if n == 0 else f" {word}" for n, word in enumerate(words)]
    return Reply(tuple(piece.encode() for piece in pieces if piece), reason, error)


class Run:
    """The reply that is being made."""

    def __init__(self, request: Generate, script: Reply, seed: int, number: int) -> None:
        self.request = request
        self.script = script
        self.settings: Settings = request.settings
        self.version = 0
        self.seed = (seed, number)
        self.said: list[Step] = []
        self.i = 0
        self.pause = request.pause
        self.waiting: Step | None = None
        resume = request.resume
        self.base = len(resume.ids) if resume else 0
        """Tokens of the script that an earlier reply has said."""
        self.road = resume.token if resume else -1
        self.drawn = resume.drawn if resume else True
        total = len(script.pieces) + (script.reason == "eog") - self.base
        total = max(1, total) if resume and script.pieces else total
        self.length = total if request.predict < 0 else min(total, request.predict)
        self.reason = script.reason if self.length == total else "length"


def waiting(run: Run, step: Step, why: str) -> Waiting:
    """The event of a step that waits."""
    return Waiting(run=run.request.run, step=step, why=why, can_go_back=run.i > 0)


def timings(tokens: int) -> Timings:
    """Of a reply of so many tokens, at 50 a second."""
    return Timings(
        load_s=0.5, prompt_tokens=8, prompt_s=0.01, prompt_tps=800.0, gen_tokens=tokens,
        gen_s=tokens / 50, gen_tps=50.0, sample_s=tokens / 1000, sample_tps=1000.0, ttft_s=0.02,
    )  # fmt: skip


def finished(run: int, reason: str, text: str, tokens: int, error: str, kind: str = "") -> Finished:
    """The end of a run."""
    return Finished(
        run=run, reason=reason, text=text, timings=timings(tokens), error=error, kind=kind,
        kv_tokens=8 + tokens,
    )  # fmt: skip


def prompt_ready(
    run: int, turns: Sequence[Turn], prompt: str | None, kept: tuple[int, ...] = ()
) -> PromptReady:
    """A prompt of eight tokens, and those of an earlier reply that is gone on with."""
    text = prompt if prompt is not None else "".join(f"<|{t.role}|>{t.text}" for t in turns)
    ids = (*range(1, 9), *kept)
    reused = len(ids) - 1 if kept else 0
    return PromptReady(run=run, ids=ids, text=text, reused_tokens=reused, notes=())


def model_info(options: LoadOptions, n_vocab: int, n_ctx: int) -> ModelInfo:
    """A model with this vocabulary."""
    return ModelInfo(
        path=options.path, name="Scripted", arch="script", quant="F64", description="a script",
        n_vocab=n_vocab, n_ctx=n_ctx, n_ctx_train=n_ctx, n_params=0, size_bytes=0, n_threads=1,
        bos=-1, eos=EOG, eog=(EOG,), control=(EOG,), chat_template="", sampling={},
        can_rewind=True, load_s=0.5,
    )  # fmt: skip
