"""What is known of a loaded model, and its vocabulary, as values.

A model's texts are hostile like any other: raw here, cleaned by `core.text` when drawn.
"""

import msgspec

from tui.core.text import visible


class LoadOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to load a model."""

    path: str
    n_ctx: int = 0
    """Context size in tokens; 0 = the model's own, at most `n_ctx_limit`."""
    n_ctx_limit: int = 8192
    """Bound on the model's own context when `n_ctx` is 0, so that a laptop is not filled."""
    n_threads: int = 0
    """0 = as many as there are usable cores."""
    n_batch: int = 512
    n_gpu_layers: int = -1
    """-1 = as many as fit; no effect in a build without a GPU."""
    use_mmap: bool = True
    use_mlock: bool = False
    chat_template: str = ""
    """Jinja text that replaces the model's own."""


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A loaded model."""

    path: str
    name: str
    arch: str
    quant: str
    description: str
    n_vocab: int
    n_ctx: int
    """Context in use."""
    n_ctx_train: int
    n_params: int
    size_bytes: int
    n_threads: int
    bos: int
    """-1 when there is none; likewise `eos`."""
    eos: int
    eog: tuple[int, ...]
    """Every end-of-generation token."""
    control: tuple[int, ...]
    """Every control token."""
    chat_template: str
    """Empty when the model has none."""
    sampling: dict[str, float | int | str]
    """`general.sampling.*` of the file, as our settings keys."""
    can_rewind: bool
    """False for models that cannot drop a part of their state."""
    load_s: float


class Vocabulary(msgspec.Struct, frozen=True):
    """The bytes of every token."""

    pieces: tuple[bytes, ...]
    """By id; control tokens have their name (`<|im_end|>`) as bytes."""
    whole: bool = True
    """False for what a trace names: the other tokens' pieces are empty, since nobody told them."""

    def visible(self, token: int, *, ascii_only: bool = False) -> str:
        """A token as it is shown in a table; `⟨id⟩` when its bytes are not known."""
        known = 0 <= token < len(self.pieces)
        if known and (self.whole or self.pieces[token]):
            return visible(self.pieces[token], ascii_only=ascii_only)
        return f"<{token}>" if ascii_only else f"⟨{token}⟩"
