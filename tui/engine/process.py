"""The workbench's side of the engine process.

Keeps true: the model's process dies with the workbench and never the other way round; its end, when
nobody asked for it, is the event `Died` with the last lines of its log; every event arrives in the
order it was said. Starts and reaps the process, moves frames, decides nothing.
"""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from tui.core.errors import EngineDied
from tui.core.messages import (
    ChangeSettings,
    Check,
    Checked,
    Compare,
    Died,
    Event,
    Finished,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Loop,
    Quit,
    Render,
    Request,
    Score,
    SettingsRefused,
    Timings,
)
from tui.core.settings import Settings
from tui.core.text import one_line
from tui.engine.base import Capabilities
from tui.engine.wire import WireError, encode, event_frames

_CHUNK_BYTES: Final = 1 << 18
_LOG_LINES: Final = 20
"""Lines that `Died` carries."""
_LOG_TAIL_BYTES: Final = 1 << 14
_LOG_LIMIT_BYTES: Final = 4 << 20
"""A log that has grown beyond this begins again."""
_OLD_LOGS: Final = 8
QUIT_S: Final = 3.0
"""How long a process may take to leave before it is killed."""


def own_log(folder: Path) -> Path:
    """A log for the engine of this process alone, in `folder`; of the others the newest stay."""
    with suppress(OSError):
        others = sorted(folder.glob("engine-*.log"), key=lambda path: path.stat().st_mtime)
        for path in others[:-_OLD_LOGS]:
            path.unlink()
    return folder / f"engine-{os.getpid()}.log"


class ProcessEngine:
    """llama.cpp in a process of its own.

    Args:
        log_path: where the process logs, created with mode 0600; None = a file that lives as long
            as this object is open.
    """

    def __init__(self, log_path: Path | None = None) -> None:
        self.capabilities = Capabilities()
        self._log_path = log_path
        self._own_log: Path | None = None
        self._log_start = 0
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._closing = False
        self._loading = False
        self._settings: dict[int, Settings] = {}
        """What every reply that is being made was last asked for, by run."""

    @property
    def alive(self) -> bool:
        """Started, not closed, not dead."""
        return self._process is not None and not self._closing

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Start the process, or a new one after `Died`; does nothing while it is alive.

        Raises:
            EngineDied: it cannot be started.
        """
        if self.alive:
            return
        self._closing = False
        self._loading = False
        self._settings.clear()
        environment = {**os.environ, "GGML_NO_BACKTRACE": "1", "PYTHONUNBUFFERED": "1"}
        try:
            log = self._open_log()
            try:
                # -P: a folder called `tui` where the user happens to be is not this package. A
                # session of its own: Ctrl+C in the terminal is the workbench's to answer.
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-P",
                    "-m",
                    "tui.engine.worker",
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                    env=environment,
                )
            finally:
                os.close(log)
        except OSError as error:
            raise EngineDied(
                "The engine cannot be started.",
                f"{error}.",
                "logitscope doctor looks for the cause.",
            ) from error
        self._reader = asyncio.create_task(self._read(self._process), name="engine events")

    def send(self, request: Request) -> None:
        """Hand over a request; what cannot be sent is answered with an error event."""
        process = self._process
        if process is None or process.stdin is None or self._closing:
            return
        try:
            frame = encode(request)
        except WireError as error:
            self._refuse(request, str(error))
            return
        if isinstance(request, Load):
            self._loading = True
        elif isinstance(request, Generate) or (
            isinstance(request, ChangeSettings) and request.run in self._settings
        ):
            self._settings[request.run] = request.settings
        elif isinstance(request, Compare):
            self._settings |= {lane.run: lane.settings for lane in request.lanes}
        process.stdin.write(frame)

    async def events(self) -> AsyncIterator[Event]:
        """Every event, in order, until `close`; goes on over restarts."""
        while (event := await self._events.get()) is not None:
            yield event

    def kill(self) -> None:
        """Kill the process; `Died` follows."""
        if self._process is not None and not self._closing:
            _kill(self._process)

    async def close(self) -> None:
        """Ask the process to leave, kill it if it does not, and end `events`."""
        process, reader = self._process, self._reader
        if process is not None and reader is not None:
            self.send(Quit())
            self._closing = True
            try:
                await asyncio.wait_for(asyncio.shield(reader), QUIT_S)
            except TimeoutError:
                _kill(process)
                await reader
        self._closing = True
        if self._own_log is not None:
            self._own_log.unlink(missing_ok=True)
            self._own_log = None
        self._events.put_nowait(None)

    # --- events -----------------------------------------------------------------------------------

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Move frames until the process ends, then say how it ended."""
        assert process.stdout is not None
        assert process.stdin is not None
        frames = event_frames()
        damage = ""
        while data := await process.stdout.read(_CHUNK_BYTES):
            try:
                for event in frames.feed(data):
                    self._note(event)
                    self._events.put_nowait(event)
            except WireError as error:
                damage = f"it sent what cannot be read: {error}"
                _kill(process)
                break
        code = await process.wait()
        process.stdin.close()
        with suppress(ConnectionError):
            await process.stdin.wait_closed()
        self._process = None
        if self._closing:
            return
        during = "load" if self._loading else "reply" if self._settings else "idle"
        path = self._log_path or self._own_log or Path()
        self._events.put_nowait(
            Died(
                why=damage or ending(code),
                log=self._last_lines(),
                log_path=str(path),
                during=during,
            )
        )

    def _note(self, event: Event) -> None:
        match event:
            case Loaded() | LoadFailed():
                self._loading = False
            case SettingsRefused(run=run, settings=settings):
                self._settings[run] = settings
            case Finished(run=run):
                self._settings.pop(run, None)

    def _refuse(self, request: Request, error: str) -> None:
        match request:
            case Load(options):
                self._events.put_nowait(
                    LoadFailed(
                        f"The model {one_line(options.path)} cannot be loaded.",
                        error,
                        "Check its name.",
                    )
                )
            case ChangeSettings(run, _):
                held = self._settings.get(run)
                if held is not None:
                    self._events.put_nowait(SettingsRefused(run=run, settings=held, error=error))
            case Check(run=run):
                self._events.put_nowait(Checked(run=run, error=error))
            case Generate(run=run) | Render(run=run) | Score(run=run) | Loop(run=run):
                self._fail(run, error)
            case Compare(lanes=lanes):
                for lane in lanes:
                    self._fail(lane.run, error)

    def _fail(self, run: int, error: str) -> None:
        self._events.put_nowait(
            Finished(
                run=run, reason="error", text="", timings=Timings(), error=error, kind="usage"
            )
        )  # fmt: skip

    # --- the log ----------------------------------------------------------------------------------

    def _open_log(self) -> int:
        if self._log_path is None and self._own_log is None:
            descriptor, name = tempfile.mkstemp(prefix="logitscope-", suffix=".log")
            os.close(descriptor)
            self._own_log = Path(name)
        path = self._log_path or self._own_log
        assert path is not None
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if os.fstat(log).st_size > _LOG_LIMIT_BYTES:
            os.ftruncate(log, 0)
        self._log_start = os.fstat(log).st_size
        return log

    def _last_lines(self) -> tuple[str, ...]:
        path = self._log_path or self._own_log
        if path is None:
            return ()
        try:
            with path.open("rb") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(self._log_start, end - _LOG_TAIL_BYTES))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return ()
        lines = [line for line in map(one_line, text.splitlines()) if line]
        # llama.cpp describes every model at length; what went wrong stands in the other lines.
        told = [line for line in lines if not line.startswith("I ")]
        return tuple(told or lines)[-_LOG_LINES:]


def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


def ending(code: int) -> str:
    """How a process ended, from what it returned: an exit code, or a signal with its name."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {-code} ({signal.Signals(-code).name})"
    except ValueError:
        return f"signal {-code}"
