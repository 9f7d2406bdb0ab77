"""llama.cpp's model and context, as two objects that free what they hold.

Keeps true: `Context.ids` are exactly the conversation's tokens in the KV cache, whatever fails; at
least one token is always left to evaluate, so that there are logits. Chooses no token and knows no
template. What stands beside the conversation is in `sequences.py`.
"""

import ctypes
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from llama_cpp import llama_cpp as llama

from tui.core.errors import LogitscopeError, ModelLoadError
from tui.core.model import LoadOptions
from tui.engine.kept import Ends, Logits, Shelf
from tui.engine.log import LlamaLog
from tui.engine.machine import available_memory, memory_limit, usable_cores
from tui.engine.model_file import check_file, explain
from tui.engine.tokenizer import Tokenizer

_MAX_META_BYTES = 1 << 20
_ABORTED = 2
"""What `llama_decode` gives where its abort callback said so."""
_NEVER = llama.ggml_abort_callback()
SEQUENCES: Final = 5
"""The conversation's and spare ones. A model with a recurrent state keeps one for each, and has the
conversation's alone."""
OUTPUTS: Final = 32
"""Rows of logits in one evaluation, at most: they are `4 * n_vocab` bytes each."""
_WORTH: Final = 16
"""Evaluating so many tokens again is worth keeping them."""
_DEAR: Final = 16
"""Where only one token in so many would be lost, they are not kept: all of them would be copied."""

# As a plain address: the binding's typed pointer costs more to make than the call itself.
_logits_ith = llama._lib["llama_get_logits_ith"]
_logits_ith.argtypes, _logits_ith.restype = [ctypes.c_void_p, ctypes.c_int32], ctypes.c_void_p


class DecodeFailed(LogitscopeError):
    """llama.cpp could not evaluate tokens; the cache is empty afterwards."""


def _failed(code: int) -> DecodeFailed:
    what = "The model could not evaluate its tokens."
    if code == 1:
        return DecodeFailed(
            what, "llama.cpp: its cache has no room.", "Load the model with a larger -c."
        )
    return DecodeFailed(
        what, f"llama_decode gave {code}.", "The engine's log has what llama.cpp says of it."
    )


class Model:
    """One GGUF with its vocabulary.

    Args:
        options: what to load and how.
        log: where llama.cpp says why it refuses.
        progress: takes a fraction 0..1; False stops the load.

    Raises:
        ModelLoadError: see `model_file`; also when `progress` stopped it.
    """

    def __init__(
        self, options: LoadOptions, log: LlamaLog, progress: Callable[[float], bool]
    ) -> None:
        path = Path(options.path)
        self.size_bytes = check_file(path)
        memory = 0 if options.use_mmap else available_memory()
        if memory and self.size_bytes > memory:
            raise ModelLoadError(
                f"The model {path} cannot be loaded.",
                f"It has {self.size_bytes >> 20} MiB and {memory >> 20} MiB are free.",
                "Choose a smaller model or quantisation.",
            )
        log.problems.clear()
        stopped = False

        def on_progress(fraction: float, _data: Any) -> bool:
            nonlocal stopped
            stopped = stopped or not progress(fraction)
            return not stopped

        callback = llama.llama_progress_callback(on_progress)
        params = llama.llama_model_default_params()
        params.n_gpu_layers = options.n_gpu_layers
        params.load_mode = _load_mode(options)
        params.progress_callback = callback
        self.pointer = llama.llama_model_load_from_file(os.fsencode(path), params)
        if not self.pointer:
            if stopped:
                raise ModelLoadError("Loading was stopped.", "It was asked to stop.", "")
            raise explain(path, log.problems)
        why = _makes_no_text(self.pointer)
        if why:
            self.close()
            raise ModelLoadError(
                f"The model {path} cannot be loaded.", why, "Choose a model that generates text."
            )
        self.tokenizer = Tokenizer(llama.llama_model_get_vocab(self.pointer))
        self.n_ctx_train: int = llama.llama_model_n_ctx_train(self.pointer)
        self.has_window: bool = llama.llama_model_n_swa(self.pointer) > 0
        self.can_rewind: bool = not (
            llama.llama_model_is_recurrent(self.pointer)
            or llama.llama_model_is_hybrid(self.pointer)
        )

    def meta(self, key: str) -> str:
        """A scalar of the file's header as text; empty when it is not there."""
        size = 256
        while size <= _MAX_META_BYTES:
            buffer = ctypes.create_string_buffer(size)
            n = llama.llama_model_meta_val_str(self.pointer, key.encode(), buffer, size)
            if n < 0:
                return ""
            if n < size:
                return buffer.value.decode("utf-8", "replace")
            size = n + 1
        return ""

    def kv_bytes(self, n_ctx: int) -> int:
        """Memory of a KV cache of `n_ctx` tokens in 16 bits, estimated from the header."""
        heads: int = max(1, llama.llama_model_n_head(self.pointer))
        shared: int = llama.llama_model_n_head_kv(self.pointer)
        width: int = llama.llama_model_n_embd(self.pointer)
        layers: int = llama.llama_model_n_layer(self.pointer)
        return 2 * 2 * n_ctx * (width * shared // heads) * layers

    def close(self) -> None:
        """`llama_model_free`; a second call does nothing."""
        if self.pointer:
            llama.llama_model_free(self.pointer)
            self.pointer = None


def _makes_no_text(model: Any) -> str:
    """Why a model cannot continue a text token by token; empty when it can."""
    if not llama.llama_model_has_decoder(model):
        return "It has no decoder, so it makes no text."
    if llama.llama_model_has_encoder(model):
        return "It reads a text and writes another one, which the workbench cannot show."
    if llama.llama_model_is_diffusion(model):
        return "It does not write token by token."
    return ""


def _load_mode(options: LoadOptions) -> int:
    modes = {
        (True, False): llama.LLAMA_LOAD_MODE_MMAP,
        (True, True): llama.LLAMA_LOAD_MODE_MMAP_MLOCK,
        (False, False): llama.LLAMA_LOAD_MODE_NONE,
        (False, True): llama.LLAMA_LOAD_MODE_MLOCK,
    }
    mode: int = modes[options.use_mmap, options.use_mlock]
    return mode


class Context:
    """A KV cache over a model; the conversation is its sequence 0.

    Raises:
        ModelLoadError: the cache does not fit into memory.
    """

    def __init__(self, model: Model, options: LoadOptions) -> None:
        wanted = options.n_ctx or min(model.n_ctx_train or 1 << 31, options.n_ctx_limit)
        what = f"The model {options.path} cannot be loaded with a context of {wanted} tokens."
        hint = "Ask for a smaller context with -c."
        memory, needed = memory_limit(), model.kv_bytes(wanted)
        if memory and needed > memory:
            why = f"Its cache needs {needed >> 20} MiB and there are {memory >> 20} MiB."
            raise ModelLoadError(what, why, hint)
        params = llama.llama_context_default_params()
        params.n_ctx = wanted
        params.n_batch = max(1, options.n_batch)
        params.n_ubatch = min(params.n_batch, params.n_ubatch)
        params.n_threads = params.n_threads_batch = options.n_threads or usable_cores()
        # A cache of only the window could not go back to an earlier token.
        params.swa_full = True
        # One pool of cells for all sequences, so that the conversation's is not made smaller.
        params.kv_unified = True
        params.n_seq_max = self.n_seq = SEQUENCES if model.can_rewind else 1
        params.n_outputs_max = OUTPUTS
        params.no_perf = True
        self.pointer = llama.llama_init_from_model(model.pointer, params)
        if not self.pointer:
            raise ModelLoadError(what, "llama.cpp could not make its cache.", hint)
        self.n_ctx: int = llama.llama_n_ctx(self.pointer)
        self.n_batch: int = llama.llama_n_batch(self.pointer)
        self.n_threads: int = llama.llama_n_threads(self.pointer)
        self.n_vocab = model.tokenizer.n_vocab
        self.can_rewind = model.can_rewind
        self.ids: list[int] = []
        """Tokens in the cache."""
        # What is kept of a window holds no more than the window, so only its end can be used.
        self._divisible = model.can_rewind and not model.has_window
        self._lowest = 0
        """Going back to fewer tokens than this is not possible."""
        self._ends = Ends()
        self._end: Logits | None = None
        """The logits after `ids`, where the last token need not be evaluated to have them."""
        self._shelf = Shelf(self.pointer, divisible=self._divisible)
        self._row_at, self._row = 0, np.empty(0, np.float32)
        self._memory = llama.llama_get_memory(self.pointer)
        if not self._memory:
            self.close()
            raise ModelLoadError(
                f"The model {options.path} cannot be loaded.",
                "It keeps no memory of a text: it makes embeddings.",
                "Choose a model that generates text.",
            )

    @property
    def room(self) -> int:
        """Tokens for which there is room beside the conversation."""
        return self.n_ctx - len(self.ids)

    def rewind_to(self, prompt: Sequence[int], *, keep: bool = True) -> tuple[int, bool]:
        """Keep what the cache shares with the beginning of `prompt`: all but one token at most, or
        all of it where the logits after it are kept.

        A text that was there before and shares more is brought back, and what is dropped now is
        put aside for later, unless `keep` is False.

        Returns:
            Tokens that need not be evaluated, and whether there are more that the model had to drop
            because it cannot go back to them.
        """
        self._end = None
        shared, here = self._shared(prompt), self._reachable(prompt)
        kept, saved = self._shelf.find(prompt, self._most(prompt))
        if keep and self._worth_keeping(here):
            self._shelve(here)
        if kept is not None and saved >= here + _WORTH:
            self.clear()
            if self._shelf.bring_back(kept):
                self.ids, self._lowest = list(kept.ids), 0 if self._divisible else len(kept.ids)
        reachable = self._reachable(prompt)
        if reachable < len(self.ids):
            if not (reachable and llama.llama_memory_seq_rm(self._memory, 0, reachable, -1)):
                self.clear()
                reachable = 0
            del self.ids[reachable:]
        if reachable == len(prompt):
            self._end = self._ends.get(prompt)
        return reachable, min(shared, len(prompt) - 1) > reachable

    def remember_end(self) -> None:
        """Keep the logits after the prompt that has just been evaluated, and, of a model that cannot
        go back to it, its state."""
        self._ends.put(self.ids, self.logits())
        if not self.can_rewind and len(self.ids) >= _WORTH:
            self._shelf.put(self.ids)

    def put_aside(self) -> bool:
        """Empty the cache; whether what was in it can be brought back."""
        kept = self._shelve(0)
        self.clear()
        return kept

    def shelve(self, ids: Sequence[int], sequence: int) -> None:
        """Keep a text that a spare sequence holds, if it is worth it."""
        if len(ids) - len(self.ids) >= _WORTH:
            self._shelf.put(ids, sequence)

    def reusable(self, prompt: Sequence[int]) -> int:
        """Tokens of `prompt` that would not have to be evaluated."""
        return max(self._reachable(prompt), self._shelf.find(prompt, self._most(prompt))[1])

    def _shared(self, prompt: Sequence[int]) -> int:
        """Leading tokens of `prompt` in the cache."""
        most = min(len(self.ids), len(prompt))
        return next((n for n in range(most) if self.ids[n] != prompt[n]), most)

    def _most(self, prompt: Sequence[int]) -> int:
        """Tokens of `prompt` that need not be evaluated at best."""
        return len(prompt) - (self._ends.get(prompt) is None)

    def _reachable(self, prompt: Sequence[int]) -> int:
        """Leading tokens of `prompt` that the cache can keep so that there will be logits."""
        shared = min(self._shared(prompt), self._most(prompt))
        whole = shared == len(self.ids)
        return shared if whole or (self.can_rewind and shared >= self._lowest) else 0

    def _worth_keeping(self, here: int) -> bool:
        """Whether to keep what a rewind to `here` tokens would drop."""
        lost = len(self.ids) - here
        return lost >= _WORTH and lost * _DEAR >= len(self.ids)

    def _shelve(self, here: int) -> bool:
        """Keep the cache's text, of which only the first `here` tokens are needed now."""
        size, limit = self._shelf.bytes_of(), self._shelf.limit_bytes()
        if size > limit and self._divisible:
            # The end goes anyway; without it the rest may fit.
            fits = int(len(self.ids) * limit / size * 0.99)
            if fits < max(here + _WORTH, self._lowest):
                return False
            if llama.llama_memory_seq_rm(self._memory, 0, fits, -1):
                del self.ids[fits:]
        return self._shelf.put(self.ids)

    def clear(self) -> None:
        """Empty the cache."""
        llama.llama_memory_clear(self._memory, True)
        self.ids.clear()
        self._lowest, self._end = 0, None

    def decode(self, ids: Sequence[int], stop: Callable[[], bool] | None = None) -> bool:
        """Evaluate the next tokens, at most `n_batch`; the logits of the last can be read after it.

        False when `stop`, which is asked many times meanwhile, gave it up: none of them is in the
        cache then, and there are no logits.

        Raises:
            DecodeFailed: the cache is empty then.
        """
        if stop is not None and stop():
            return False
        tokens = (llama.llama_token * len(ids))(*ids)
        if not self.evaluate(llama.llama_batch_get_one(tokens, len(ids)), stop):
            if not llama.llama_memory_seq_rm(self._memory, 0, len(self.ids), -1):
                self.clear()
            return False
        self.ids.extend(ids)
        self._end = None
        return True

    def evaluate(self, batch: Any, stop: Callable[[], bool] | None) -> bool:
        """`llama_decode`; False when `stop` gave it up, with parts of the batch in the cache.

        Raises:
            DecodeFailed: the cache is empty then.
        """
        if stop is None:
            code = llama.llama_decode(self.pointer, batch)
        else:
            asks = llama.ggml_abort_callback(lambda _data: stop())
            llama.llama_set_abort_callback(self.pointer, asks, None)
            code = llama.llama_decode(self.pointer, batch)
            llama.llama_set_abort_callback(self.pointer, _NEVER, None)
        if code == _ABORTED:
            return False
        if code:
            self.clear()
            raise _failed(code)
        return True

    def logits(self) -> npt.NDArray[np.float32]:
        """float32[n_vocab] after `ids`: libllama's memory or a row that is kept; until the next
        decode."""
        if self._end is not None:
            return self._end
        address = _logits_ith(self.pointer, -1)
        if address != self._row_at:
            row = (ctypes.c_float * self.n_vocab).from_address(address)
            self._row_at, self._row = address, np.ctypeslib.as_array(row)
        return self._row

    def close(self) -> None:
        """`llama_free`; a second call does nothing."""
        if self.pointer:
            llama.llama_free(self.pointer)
            self.pointer = None
