"""Frames between the workbench and its engine process: four bytes of length, then msgpack.

Keeps true: what was sent is what arrives, whatever the pieces it arrives in; a frame is bounded;
garbage is a `WireError`, never a crash or an endless wait for memory. After a `WireError` the stream
has lost its place and must be closed. Opens and closes nothing.
"""

import struct
from collections.abc import Iterator
from typing import Any, Final, Generic, TypeVar

import msgspec

from tui.core.messages import Event, Request

T = TypeVar("T")

MAX_FRAME_BYTES: Final = 64 << 20
"""A vocabulary of 256,000 tokens with long pieces is 4 MB."""
_HEADER: Final = struct.Struct("<I")
_ENCODER: Final = msgspec.msgpack.Encoder()


class WireError(Exception):
    """A frame that is too big, or does not hold what it must."""


def encode(message: Event | Request) -> bytes:
    """One frame.

    Raises:
        WireError: it is larger than `MAX_FRAME_BYTES`, or holds what msgpack cannot (half of a
            surrogate pair, a number beyond 64 bits).
    """
    try:
        body = _ENCODER.encode(message)
    except (ValueError, OverflowError) as error:
        raise WireError(f"{type(message).__name__} cannot be sent: {error}") from error
    if len(body) > MAX_FRAME_BYTES:
        raise WireError(f"{type(message).__name__} has {len(body)} bytes, {MAX_FRAME_BYTES} fit")
    return _HEADER.pack(len(body)) + body


class Frames(Generic[T]):
    """Takes bytes as they come and gives back whole messages of one kind."""

    def __init__(self, kind: Any) -> None:
        self._decoder: msgspec.msgpack.Decoder[T] = msgspec.msgpack.Decoder(kind)
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[T]:
        """Every message that `data` completes.

        Raises:
            WireError: the bytes are not frames of this kind.
        """
        self._buffer += data
        while len(self._buffer) >= _HEADER.size:
            (size,) = _HEADER.unpack_from(self._buffer)
            if size > MAX_FRAME_BYTES:
                raise WireError(f"a frame claims {size} bytes, {MAX_FRAME_BYTES} are allowed")
            end = _HEADER.size + size
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            try:
                yield self._decoder.decode(body)
            # A hostile tag can also meet Python's recursion limit.
            except (msgspec.DecodeError, RecursionError) as error:
                raise WireError(f"a frame cannot be read: {error}") from error

    @property
    def unfinished(self) -> bool:
        """Whether part of a frame has arrived and the rest has not."""
        return bool(self._buffer)


def event_frames() -> Frames[Event]:
    """What an engine process says."""
    return Frames(Event)


def request_frames() -> Frames[Request]:
    """What a workbench says."""
    return Frames(Request)
