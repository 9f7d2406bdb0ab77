"""What this machine lets one process have: cores and memory, containers included.

Reads the kernel's own files and falls back to what Python knows; changes nothing.
"""

import os
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")
_CGROUP = Path("/sys/fs/cgroup")
_MEMINFO = Path("/proc/meminfo")


def usable_cores() -> int:
    """Physical cores that this process may run on, at least 1.

    Two hardware threads of one core share its arithmetic units, so a second one slows llama.cpp
    down; a container's CPU quota counts as fewer cores.
    """
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if allowed is None:
        return max(1, os.cpu_count() or 1)
    siblings = {_read(_CPUS / f"cpu{cpu}/topology/thread_siblings_list") or cpu for cpu in allowed}
    return max(1, min(len(siblings), _quota() or len(siblings)))


def _quota() -> int:
    """Whole cores of the container's quota; 0 when there is none."""
    match _read(_CGROUP / "cpu.max").split():
        case [quota, period] if quota.isdigit() and period.isdigit() and int(period):
            return max(1, int(quota) // int(period))
    return 0


def available_memory() -> int:
    """Bytes that can be taken without swapping; 0 when unknown.

    What a container has in the page cache counts as free: the kernel gives it back when asked.
    """
    free = _meminfo("MemAvailable")
    limit, used = _read(_CGROUP / "memory.max"), _read(_CGROUP / "memory.current")
    if limit.isdigit() and used.isdigit():
        stat = dict(line.split(" ", 1) for line in _read(_CGROUP / "memory.stat").splitlines())
        cache = sum(int(stat.get(name, 0)) for name in ("inactive_file", "active_file"))
        free = min(free, max(0, int(limit) - max(0, int(used) - cache)))
    return free


def memory_limit() -> int:
    """Bytes that this machine or container has in all; 0 when unknown."""
    limit, total = _read(_CGROUP / "memory.max"), _meminfo("MemTotal")
    return min(total, int(limit)) if limit.isdigit() else total


def _meminfo(wanted: str) -> int:
    for line in _read(_MEMINFO).splitlines():
        name, _, rest = line.partition(":")
        if name == wanted:
            return int(rest.split()[0]) * 1024
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
