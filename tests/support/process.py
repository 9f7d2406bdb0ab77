"""What a process holds, as Linux tells it."""

from pathlib import Path
from typing import NamedTuple


class Held(NamedTuple):
    """Of one process, now."""

    rss_mb: float
    files: int
    threads: int


def held(pid: int | None = None) -> Held:
    """What the process `pid` (default: this one) holds."""
    folder = Path("/proc") / (str(pid) if pid else "self")
    lines = dict(
        line.split(":", 1) for line in (folder / "status").read_text(encoding="ascii").splitlines()
    )
    return Held(
        rss_mb=int(lines["VmRSS"].split()[0]) / 1024,
        files=len(list((folder / "fd").iterdir())),
        threads=int(lines["Threads"]),
    )
