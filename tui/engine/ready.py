"""A model that is ready: its handles, its prompts, and what a person is told about it."""

import ctypes
import datetime
import math
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from llama_cpp import llama_cpp as llama

from tui.core.messages import Compare, Event, Generate, Render, Score
from tui.core.model import LoadOptions, ModelInfo
from tui.core.own_source import Source, load_all
from tui.core.resume import Resume
from tui.core.settings import Settings
from tui.engine.desk import Desk
from tui.engine.handle import Context, Model
from tui.engine.inbox import Inbox
from tui.engine.log import LlamaLog, write
from tui.engine.machine import available_memory
from tui.engine.prompt import Prompt, Prompter
from tui.engine.tokenizer import Tokenizer
from tui.sampling.chain import Chain
from tui.sampling.vocab import Vocab

_NUMBER: Final = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_SAMPLING: Final = {
    "top_k": ("top_k", int),
    "top_p": ("top_p", float),
    "min_p": ("min_p", float),
    "xtc_probability": ("xtc_probability", float),
    "xtc_threshold": ("xtc_threshold", float),
    "temp": ("temperature", float),
    "penalty_last_n": ("repeat_last_n", int),
    "penalty_repeat": ("repeat_penalty", float),
    "mirostat": ("mirostat", int),
    "mirostat_tau": ("mirostat_tau", float),
    "mirostat_eta": ("mirostat_eta", float),
}
"""`general.sampling.*` keys that llama.cpp applies: our key and its kind."""
_TEMPLATES: Final = 8
"""Templates besides the loaded one that are kept compiled."""
_QUANT_WORDS: Final = {
    "(guessed) ": "",
    "all ": "",
    " - Small": "_S",
    " - Medium": "_M",
    " - Large": "_L",
}


class Ready:
    """See the module; arguments and errors as `handle.Model`, `now` as `prompt.Prompter`.

    `own` are the sources of samplers of one's own. What is wrong with them goes to the log: whoever
    has read them has told it.
    """

    def __init__(
        self,
        options: LoadOptions,
        log: LlamaLog,
        progress: Callable[[float], bool],
        now: datetime.datetime,
        own: Iterable[Source] = (),
    ) -> None:
        begun = time.perf_counter()
        self._model = Model(options, log, progress)
        try:
            self.context = Context(self._model, options)
        except BaseException:
            self._model.close()
            raise
        self.tokenizer: Tokenizer = self._model.tokenizer
        template = options.chat_template or _template(self._model)
        self._now = now
        self._prompters = {"": Prompter(self.tokenizer, template, now)}
        self.vocab = Vocab(
            n_vocab=self.tokenizer.n_vocab,
            handle=self.tokenizer.vocab,
            eog=tuple(sorted(self.tokenizer.eog)),
            suppress=self.tokenizer.suppress(),
            tokenize=self.tokenizer.encode,
            pieces=self.tokenizer.pieces,
            silent=self.tokenizer.silent,
        )
        samplers, problems = load_all(own)
        self.own = {name: s.with_pieces(self.tokenizer.pieces) for name, s in samplers.items()}
        """Samplers of one's own, by name."""
        for problem in problems:
            write(f"sampler: {problem}\n")
        self.info = _describe(self._model, self.context, options, template, begun)
        self.warnings = tuple(
            _warnings(self.info, options.n_ctx, self._model.kv_bytes(self.context.n_ctx))
        )
        """What a person should know of it, without having stopped anything."""

    def prompt(self, request: Generate | Render | Score | Compare) -> Prompt:
        """The prompt that a request asks for."""
        if isinstance(request, Generate) and request.prompt is not None:
            return self._prompters[""].raw(request.prompt, special_input=request.special_input)
        prompter = self._prompters.get(request.template)
        if prompter is None:
            if len(self._prompters) > _TEMPLATES:
                self._prompters = {"": self._prompters[""]}
            prompter = Prompter(self.tokenizer, request.template, self._now)
            self._prompters[request.template] = prompter
        made = prompter.conversation(request.turns, special_input=request.special_input)
        match request:
            case Generate(resume=Resume(prompt=before, ids=ids)) if before:
                # The template ends a reply with tokens of its own, so those that ended it are not said.
                said = tuple(token for token in ids if token not in self.tokenizer.eog)
                return made.exactly(before + said)
        return made

    def knows(self, ids: Iterable[int]) -> bool:
        """Whether all of these are tokens of the model."""
        return all(0 <= token < self.tokenizer.n_vocab for token in ids)

    def desk(self, inbox: Inbox, say: Callable[[Event], None], between: Callable[[], None]) -> Desk:
        """What works on this model, with these ways in and out."""
        return Desk(
            self.context, self.tokenizer, self.vocab, self.own, inbox, say, between,
            self.info.load_s,
        )  # fmt: skip

    def check(self, settings: Settings) -> tuple[str, ...]:
        """Build the chain that these settings ask for; what a person should know of them.

        Raises:
            UsageError: they cannot be used.
        """
        chain = Chain(self.vocab, settings, 0, (), own=self.own)
        try:
            return tuple(chain.warnings)
        finally:
            chain.close()

    def close(self) -> None:
        """Free the context, then the model."""
        self.context.close()
        self._model.close()


def _template(model: Model) -> str:
    found = llama.llama_model_chat_template(model.pointer, None)
    return found.decode("utf-8", "replace") if found else ""


def _describe(
    model: Model, context: Context, options: LoadOptions, template: str, begun: float
) -> ModelInfo:
    tokenizer = model.tokenizer
    quant = (llama.llama_ftype_name(llama.llama_model_ftype(model.pointer)) or b"").decode()
    for words, short in _QUANT_WORDS.items():
        quant = quant.replace(words, short)
    description = ctypes.create_string_buffer(256)
    llama.llama_model_desc(model.pointer, description, len(description))
    return ModelInfo(
        path=options.path,
        name=model.meta("general.name"),
        arch=model.meta("general.architecture"),
        quant=quant.partition(" - ")[0],
        description=description.value.decode("utf-8", "replace"),
        n_vocab=tokenizer.n_vocab,
        n_ctx=context.n_ctx,
        n_ctx_train=model.n_ctx_train,
        n_params=llama.llama_model_n_params(model.pointer),
        size_bytes=max(model.size_bytes, llama.llama_model_size(model.pointer)),
        n_threads=context.n_threads,
        bos=tokenizer.bos,
        eos=tokenizer.eos,
        eog=tuple(sorted(tokenizer.eog)),
        control=tokenizer.control,
        chat_template=template,
        sampling=_sampling(model),
        can_rewind=model.can_rewind,
        load_s=time.perf_counter() - begun,
    )


def _warnings(info: ModelInfo, asked_n_ctx: int, kv_bytes: int) -> Iterator[str]:
    if info.n_ctx > asked_n_ctx > 0:
        yield (
            f"The context has {info.n_ctx} tokens in place of {asked_n_ctx}: llama.cpp rounds it up."
        )
    if info.n_ctx > info.n_ctx_train > 0:
        yield (
            f"The context of {info.n_ctx} tokens is longer than the {info.n_ctx_train} that the "
            "model was trained for: replies may lose their sense beyond that."
        )
    memory = available_memory()
    if memory and info.size_bytes > memory:
        yield (
            f"The model has {info.size_bytes >> 20} MiB and {memory >> 20} MiB are free: parts of "
            "it are read from the disk again and again, which is slow."
        )
    if memory and kv_bytes > memory:
        yield (
            f"The cache of the context may grow to {kv_bytes >> 20} MiB and {memory >> 20} MiB are "
            "free: the engine may be killed before it is full. -c makes it smaller."
        )


def _sampling(model: Model) -> dict[str, float | int | str]:
    """The file's own sampler values, read as leniently as llama.cpp reads them."""
    found: dict[str, float | int | str] = {}
    for key, (ours, kind) in _SAMPLING.items():
        number = _NUMBER.match(model.meta(f"general.sampling.{key}"))
        if number is None:
            continue
        value = float(number[0])
        if math.isfinite(value):
            found[ours] = int(value) if kind is int else value
    if "repeat_last_n" in found:
        # llama.cpp's flag refuses a value below 0, its sampler takes that of a file for 0.
        found["repeat_last_n"] = max(int(found["repeat_last_n"]), 0)
    order = model.meta("general.sampling.sequence")
    if order:
        found["samplers"] = order
    return found
