"""Replies with their traces, made by the scripted engine."""

import asyncio
from collections.abc import Sequence

import msgspec

from tui.core.export.reply import ReplyTrace
from tui.core.messages import Finished, Generate, Load, Loaded, PromptReady, Steps, Turn
from tui.core.model import LoadOptions, Vocabulary
from tui.core.settings import DEFAULTS, Settings
from tui.engine.scripted import Reply, ScriptedEngine

HOSTILE = (
    b"</script><script>alert(1)</script>", b"<img src=x onerror=alert(1)>", b"\x1b]52;c;eA==\x07",
    "\u202eevil".encode(), b"a\x00b", b"\xff\xfe", b"\xed\xa0\x80", b"<!--", b"]]>", b"&amp;",
    b"\r\n", b"\t=1", b"=cmd|' /C calc'!A0", b"'\"`", "\u2028\u2029".encode(), "東京".encode(),
    b"\xf0\x9f", b"\x8e\xb5", " שלום".encode(), b"\n\n", b" ", "\ufffe\uffff".encode(),
)  # fmt: skip
"""Tokens that mean harm to one format or another."""
TURNS = (
    Turn(role="system", text="<b>Be brief.</b>"),
    Turn(role="user", text="Hello & \x1b[2J <i>"),
)


def made(
    *pieces: bytes,
    settings: Settings = DEFAULTS,
    turns: Sequence[Turn] = TURNS,
    path: str = "/secret/place/model.gguf",
) -> ReplyTrace:
    """A whole reply of these tokens and an end token."""
    return asyncio.run(_made(pieces, settings, tuple(turns), path))


async def _made(
    pieces: Sequence[bytes], settings: Settings, turns: tuple[Turn, ...], path: str
) -> ReplyTrace:
    engine = ScriptedEngine([Reply(tuple(pieces))], free=True)
    await engine.start()
    engine.send(Load(LoadOptions(path=path)))
    engine.send(Generate(run=1, turns=turns, settings=settings, seed=7))
    values: dict[str, object] = {"steps": ()}
    async for event in engine.events():
        match event:
            case Loaded(model, all_pieces):
                values |= {"model": model, "vocabulary": Vocabulary(all_pieces)}
            case PromptReady(ids=ids):
                values["prompt"] = ids
            case Steps(_, steps):
                values["steps"] = (*values["steps"], *steps)
            case Finished():
                values |= {"reason": event.reason, "text": event.text, "timings": event.timings}
                break
    await engine.close()
    return ReplyTrace(settings=settings, seed=7, turns=turns, **values)


def with_step(reply: ReplyTrace, i: int, **values: object) -> ReplyTrace:
    """The reply with another step in one place."""
    steps = list(reply.steps)
    steps[i] = msgspec.structs.replace(steps[i], **values)
    return msgspec.structs.replace(reply, steps=tuple(steps))
