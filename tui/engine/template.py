"""A chat template: Jinja from a stranger, run in a sandbox with bounds on time, memory and output.

Keeps true: whatever the template does, `render` returns text or raises `TemplateProblem`; the date
it sees is the one of the session's start, so that the same turns always make the same prompt. Knows
nothing of tokens.
"""

import datetime
import json
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final, Never, TypeVar

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

try:
    import resource
except ImportError:  # Windows has no limits of this kind.
    resource = None  # type: ignore[assignment]

MAX_CPU_S: Final = 2.0
"""Processor time of one rendering."""
MAX_MEMORY_BYTES: Final = 256 << 20
"""What one rendering may take on top of what the process has."""
MAX_CHARS: Final = 4 << 20
"""Longest result."""
MAX_TEMPLATE_CHARS: Final = 1 << 20


T = TypeVar("T")


class TemplateProblem(Exception):
    """The template cannot be read, refuses the conversation, or goes beyond its bounds."""


class _TooSlow(BaseException):
    """Out of time. Not an `Exception`, so that no template catches it."""


class _GenerationBlock(Extension):
    """`{% generation %}`, which marks the model's own words for training, and means nothing here."""

    tags = {"generation"}  # noqa: RUF012 (Jinja declares it so)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Keep what stands inside."""
        next(parser.stream)
        return list(parser.parse_statements(("name:endgeneration",), drop_needle=True))


class Template:
    """One template.

    Args:
        source: its Jinja text.
        bos: text of the token that begins a prompt, `bos_token` inside.
        eos: text of the token that ends one.
        now: what `strftime_now` tells.

    Raises:
        TemplateProblem: it cannot be read.
    """

    def __init__(self, source: str, *, bos: str, eos: str, now: datetime.datetime) -> None:
        self.source = source
        if len(source) > MAX_TEMPLATE_CHARS:
            raise TemplateProblem(f"it is {len(source)} characters long")
        sandbox = ImmutableSandboxedEnvironment(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.loopcontrols", _GenerationBlock],
        )
        sandbox.filters["tojson"] = _to_json
        sandbox.globals.update(raise_exception=_refuse, strftime_now=now.strftime)
        self._values = {"bos_token": bos, "eos_token": eos, "tools": None, "documents": None}
        self._template = _guarded(lambda: sandbox.from_string(source))

    def render(self, messages: Sequence[dict[str, str]], *, reply: bool) -> str:
        """The prompt of these messages (`role`, `content`), up to a `reply` if one is to follow.

        Raises:
            TemplateProblem: see there.
        """
        values = {**self._values, "messages": list(messages), "add_generation_prompt": reply}
        return _guarded(lambda: _joined(self._template.generate(**values)))


def _joined(parts: Iterator[str]) -> str:
    found: list[str] = []
    size = 0
    for part in parts:
        size += len(part)
        if size > MAX_CHARS:
            raise TemplateProblem(f"it makes more than {MAX_CHARS} characters")
        found.append(part)
    return "".join(found)


def _guarded(work: Callable[[], T]) -> T:
    try:
        with _bounds():
            return work()
    except TemplateProblem:
        raise
    except _TooSlow:
        raise TemplateProblem(f"it takes longer than {MAX_CPU_S:g} s") from None
    except MemoryError:
        raise TemplateProblem("it takes too much memory") from None
    except RecursionError:
        raise TemplateProblem("it is nested too deeply") from None
    except jinja2.TemplateSyntaxError as error:
        raise TemplateProblem(f"line {error.lineno}: {error.message}") from None
    # A template can raise whatever the operations that it writes raise.
    except Exception as error:
        raise TemplateProblem(f"{error}") from error


@contextmanager
def _bounds() -> Iterator[None]:
    with _memory_bound():
        if not hasattr(signal, "setitimer"):
            yield
            return
        before = signal.signal(signal.SIGVTALRM, _too_slow)
        # Repeats: an exception inside a callback that swallows it must not be the last one.
        signal.setitimer(signal.ITIMER_VIRTUAL, MAX_CPU_S, 0.1)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)


@contextmanager
def _memory_bound() -> Iterator[None]:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        pages = 0
    if resource is None or not pages:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = pages * resource.getpagesize() + MAX_MEMORY_BYTES
    ceilings = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([wanted, *ceilings]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _too_slow(_signal: int, _frame: FrameType | None) -> Never:
    raise _TooSlow


def _refuse(message: object) -> Never:
    raise TemplateProblem(str(message))


def _to_json(value: Any, indent: int | None = None, **_rest: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
