"""A model's tokenizer: text to ids and ids to bytes, as libllama does both.

Keeps true: text that a person wrote is never read as a control token unless asked for; a text that
stands in the middle of a prompt gets the ids it would have had there, without the blank that an SPM
tokenizer puts at a beginning. Holds libllama's pointer but does not own it.
"""

import ctypes
import re
from typing import Any, Final

from llama_cpp import llama_cpp as llama

_SPM: Final = 1
_GUARD: Final = "\x01"
"""A byte that no vocabulary merges with anything."""


class Tokenizer:
    """See the module. `vocab` is a `llama_vocab *`."""

    def __init__(self, vocab: Any) -> None:
        self.vocab = vocab
        self.n_vocab: int = llama.llama_vocab_n_tokens(vocab)
        self.bos: int = llama.llama_vocab_bos(vocab)
        self.eos: int = llama.llama_vocab_eos(vocab)
        self.add_bos: bool = llama.llama_vocab_get_add_bos(vocab) and self.bos >= 0
        self._spm: bool = llama.llama_vocab_type(vocab) == _SPM
        self._buffer = ctypes.create_string_buffer(256)
        every = range(self.n_vocab)
        self.pieces: tuple[bytes, ...] = tuple(self._piece(token, True) for token in every)
        """By id; control tokens have their name."""
        attrs = [llama.llama_vocab_get_attr(vocab, token) for token in every]
        control = llama.LLAMA_TOKEN_ATTR_CONTROL
        inert = control | llama.LLAMA_TOKEN_ATTR_UNKNOWN
        special = inert | llama.LLAMA_TOKEN_ATTR_USER_DEFINED
        self.control: tuple[int, ...] = tuple(t for t in every if attrs[t] & control)
        self.eog: frozenset[int] = frozenset(
            t for t in every if llama.llama_vocab_is_eog(vocab, t)
        )  # fmt: skip
        self._special = frozenset(t for t in every if attrs[t] & special)
        self.silent = frozenset(t for t in every if attrs[t] & inert)
        """Tokens that add nothing to a reply: control tokens and the unknown one."""
        names = {llama.llama_vocab_get_text(vocab, t) or b"" for t in self.silent} - {b""}
        ordered = sorted((name.decode("utf-8", "replace") for name in names), key=len, reverse=True)
        self._control_text = re.compile("|".join(map(re.escape, ordered)) or r"(?!)")

    @property
    def bos_text(self) -> str:
        """The text of the token that begins a prompt; empty when there is none."""
        return self.name(self.bos)

    @property
    def eos_text(self) -> str:
        """The text of the token that ends one; empty when there is none."""
        return self.name(self.eos)

    def name(self, token: int) -> str:
        """A token's text, that of a control token included; empty outside the vocabulary."""
        if not 0 <= token < self.n_vocab:
            return ""
        return self.pieces[token].decode("utf-8", "replace")

    def piece(self, token: int) -> bytes:
        """What the token adds to a reply: its bytes, none for a control token."""
        return b"" if token in self.silent else self.pieces[token]

    def text(self, ids: tuple[int, ...]) -> str:
        """The ids as text, control tokens by name."""
        return b"".join(self.pieces[token] for token in ids).decode("utf-8", "replace")

    def control_texts(self, text: str) -> list[str]:
        """The control-token texts that stand in `text`."""
        return self._control_text.findall(text)

    def break_control(self, text: str) -> str:
        """`text` with an invisible character inside every control-token text."""
        return self._control_text.sub(lambda found: f"{found[0][0]}\u200b{found[0][1:]}", text)

    def suppress(self) -> tuple[int, ...]:
        """Tokens that the model itself bans."""
        count = ctypes.c_int32(0)
        found = llama.llama_vocab_get_suppress_tokens(self.vocab, ctypes.byref(count))
        return tuple(found[: count.value]) if found else ()

    def encode(self, text: str) -> list[int]:
        """Plain text; control-token texts stay text."""
        return self._encode(text, False, False)

    def encode_whole(self, text: str, *, special: bool) -> list[int]:
        """A whole prompt as llama-completion tokenises it: the model's own begin token is added."""
        return self._encode(text, True, special)

    def encode_after(self, before: list[int], text: str, *, special: bool) -> list[int]:
        """The ids that `text` adds to a prompt whose ids so far are `before`."""
        if not text:
            return []
        if not self._spm or not before or before[-1] in self._special:
            return self._encode(text, False, special)
        guarded = self._encode(_GUARD + text, False, special)
        # At most: the blank of a beginning, then the guard itself.
        for place, token in enumerate(guarded[:2]):
            if self.pieces[token] == _GUARD.encode():
                return guarded[place + 1 :]
        return self._encode(text, False, special)

    def _encode(self, text: str, add_special: bool, special: bool) -> list[int]:
        data = text.encode("utf-8", "replace")
        size = len(data) + 8
        while True:
            out = (llama.llama_token * size)()
            n = llama.llama_tokenize(self.vocab, data, len(data), out, size, add_special, special)
            if n >= 0:
                return list(out[:n])
            size = -n

    def _piece(self, token: int, special: bool) -> bytes:
        while True:
            size = len(self._buffer)
            n = llama.llama_token_to_piece(self.vocab, token, self._buffer, size, 0, special)
            if n >= 0:
                return self._buffer.raw[:n]
            self._buffer = ctypes.create_string_buffer(-n)
